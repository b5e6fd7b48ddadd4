package dev.heed.train;

import dev.heed.text.Json;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * A text as ids, one for each character, cut into a first part to learn from and a last part to be judged by.
 *
 * <pre>{@code
 * Corpus corpus = Corpus.characters(Path.of("tinyshakespeare.txt")); // 65 characters, 90 % and 10 %
 * }</pre>
 */
public final class Corpus {
    private static final long MOST_BYTES = 1L << 30;

    /** Which part. */
    public enum Split {
        TRAIN,
        VALIDATION
    }

    private final int[] train;
    private final int[] validation;
    private final int vocabulary;
    private final String tokenizerJson;
    private final String sha256;

    private Corpus(int[] train, int[] validation, int vocabulary, String tokenizerJson, String sha256) {
        this.train = train;
        this.validation = validation;
        this.vocabulary = vocabulary;
        this.tokenizerJson = tokenizerJson;
        this.sha256 = sha256;
    }

    /** A UTF-8 file. */
    public static Corpus characters(Path file) {
        return characters(file.toString(), Json.readText(file, MOST_BYTES));
    }

    /** A text: the vocabulary is its characters (code points) in their order, the first 90 % are for training. */
    public static Corpus characters(String name, String text) {
        int[] points = text.codePoints().toArray();
        if (points.length < 20) {
            throw new IllegalArgumentException(
                    name + ": a text to learn from needs at least 20 characters, got " + points.length);
        }
        int[] vocabulary = Arrays.stream(points).sorted().distinct().toArray();
        int[] ids = Arrays.stream(points)
                .map(point -> Arrays.binarySearch(vocabulary, point))
                .toArray();
        int cut = (int) (ids.length * 0.9);
        return new Corpus(
                Arrays.copyOf(ids, cut),
                Arrays.copyOfRange(ids, cut, ids.length),
                vocabulary.length,
                tokenizerJson(vocabulary),
                sha256(text));
    }

    /** A byte-pair tokenizer without merges: every character is a token by itself. */
    private static String tokenizerJson(int[] vocabulary) {
        ObjectNode root = JsonNodeFactory.instance.objectNode();
        root.put("version", "1.0").putNull("truncation").putNull("padding");
        root.putArray("added_tokens");
        root.putNull("normalizer").putNull("pre_tokenizer").putNull("post_processor");
        root.putObject("decoder").put("type", "Fuse");
        ObjectNode model = root.putObject("model");
        model.put("type", "BPE").putNull("dropout").putNull("unk_token");
        model.putNull("continuing_subword_prefix").putNull("end_of_word_suffix");
        model.put("fuse_unk", false).put("byte_fallback", false);
        ObjectNode ids = model.putObject("vocab");
        for (int i = 0; i < vocabulary.length; i++) {
            ids.put(Character.toString(vocabulary[i]), i);
        }
        model.putArray("merges");
        return Json.write(root);
    }

    private static String sha256(String text) {
        try {
            byte[] hash = MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(hash);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }

    /** The ids of a part, not to be changed. */
    int[] ids(Split split) {
        return split == Split.TRAIN ? train : validation;
    }

    /** How many ids a part has. */
    public int size(Split split) {
        return ids(split).length;
    }

    /** How many characters it knows. */
    public int vocabulary() {
        return vocabulary;
    }

    /** A tokenizer that gives these ids, in the format of Hugging Face tokenizers. */
    public String tokenizerJson() {
        return tokenizerJson;
    }

    /** SHA-256 of the text in UTF-8. */
    public String sha256() {
        return sha256;
    }
}
