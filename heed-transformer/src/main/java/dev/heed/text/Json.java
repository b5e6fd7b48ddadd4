package dev.heed.text;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.IntStream;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.TokenStreamLocation;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.core.json.JsonReadFeature;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Strict JSON of untrusted files: UTF-8 only, one value and nothing after it, no name twice, at most 64 levels deep, never
 * more bytes than the caller allows. What is wrong is said in one sentence with the file's name and the place.
 *
 * <pre>{@code
 * JsonNode tree = Json.read(Path.of("models/tiny/config.json"), 1 << 20); // at most 1 MiB
 * String width = Json.write(tree.path("hidden_size"));
 * }</pre>
 */
public final class Json {
    private static final int DEEPEST = 64;
    private static final int LONGEST_ARRAY = Integer.MAX_VALUE - 8;
    private static final StreamReadConstraints LIMITS = StreamReadConstraints.builder()
            .maxNestingDepth(DEEPEST)
            .maxNumberLength(400)
            .maxNameLength(1 << 20)
            .maxStringLength(1 << 28)
            .build();
    private static final JsonFactory STREAMS =
            JsonFactory.builder().streamReadConstraints(LIMITS).build();
    // NaN and Infinity are not JSON, but Python writes them; they are let in here so that Config can name the key.
    private static final JsonMapper TREES = JsonMapper.builder(STREAMS)
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .enable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS)
            .build();

    private Json() {}

    /**
     * Reads a whole file.
     *
     * @param maxBytes refused above, before anything is allocated
     * @throws IllegalArgumentException if it is too large or not strict JSON
     * @throws UncheckedIOException if it cannot be read
     */
    public static JsonNode read(Path file, long maxBytes) {
        return parse(file.toString(), readText(file, maxBytes));
    }

    /** Reads a whole UTF-8 file as text, refusing more than {@code maxBytes} and invalid UTF-8. */
    public static String readText(Path file, long maxBytes) {
        return utf8(file.toString(), ByteBuffer.wrap(readBytes(file, maxBytes)));
    }

    /** Reads a whole file, refusing more than {@code maxBytes}, also of a pipe or a device, whose size nobody knows. */
    static byte[] readBytes(Path file, long maxBytes) {
        int most = (int) Math.min(maxBytes, LONGEST_ARRAY - 1);
        try (InputStream in = Files.newInputStream(file)) {
            long size = Files.size(file);
            if (size > most) {
                throw tooLarge(file, most, Long.toString(size));
            }
            byte[] bytes = in.readNBytes(most + 1);
            if (bytes.length > most) {
                throw tooLarge(file, most, "more");
            }
            return bytes;
        } catch (IOException e) {
            throw IoFailure.cannot(file, "read", e);
        }
    }

    private static IllegalArgumentException tooLarge(Path file, int most, String got) {
        return new IllegalArgumentException(file + ": at most " + most + " bytes are read of such a file, got " + got);
    }

    /** The text of UTF-8 bytes; {@code who} begins the message if they are not UTF-8. */
    public static String utf8(String who, ByteBuffer bytes) {
        CharsetDecoder decoder = StandardCharsets.UTF_8
                .newDecoder()
                .onMalformedInput(CodingErrorAction.REPORT)
                .onUnmappableCharacter(CodingErrorAction.REPORT);
        int start = bytes.position();
        try {
            return decoder.decode(bytes).toString();
        } catch (CharacterCodingException e) {
            int wrong = bytes.position() - start;
            throw new IllegalArgumentException(
                    who + ": must be UTF-8, but byte " + wrong + ", in line " + line(bytes, start, wrong)
                            + ", is not: save it as UTF-8",
                    e);
        }
    }

    /** Counted from 1, as editors do. */
    private static int line(ByteBuffer bytes, int start, int offset) {
        return 1
                + (int) IntStream.range(start, start + offset)
                        .filter(i -> bytes.get(i) == '\n')
                        .count();
    }

    /** The tree of one JSON value; {@code who} begins every message. */
    public static JsonNode parse(String who, String text) {
        try {
            JsonNode tree = TREES.readTree(text);
            if (tree.isMissingNode()) {
                throw new IllegalArgumentException(who + ": must be JSON, got an empty text");
            }
            return tree;
        } catch (JacksonException e) {
            throw new IllegalArgumentException(who + ": bad JSON " + describe(e), e);
        }
    }

    /** A tree as compact JSON text. */
    public static String write(JsonNode tree) {
        return TREES.writeValueAsString(tree);
    }

    /** The tokens of one JSON text, without a tree: for headers that may be large. Names may repeat; the caller checks. */
    public static JsonParser tokens(String text) {
        return STREAMS.createParser(ObjectReadContext.empty(), text);
    }

    /** "in line 3, column 7: why", on one line. */
    public static String describe(JacksonException e) {
        TokenStreamLocation at = e.getLocation();
        return (at == null ? "" : "in line " + at.getLineNr() + ", column " + at.getColumnNr() + ": ") + why(e);
    }

    /** Without what the parser says about itself: where it believes an object began, and all that it would have taken. */
    private static String why(JacksonException e) {
        String why = Visible.escape(e.getOriginalMessage());
        if (why.contains("end-of-input")) {
            return "it ends too early; the rest is missing";
        }
        String plain = why.replaceFirst(" \\(start marker .*|: was expecting \\(JSON .*", "")
                .replaceFirst("\\(('.') \\(code \\d+\\)\\)", "$1");
        return Visible.cut(plain, 200);
    }
}
