package dev.heed.model.checkpoint;

import dev.heed.text.Json;
import dev.heed.text.Visible;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.exc.StreamReadException;

/**
 * The header of a safetensors file, believed only after every check: one JSON object from its first byte to its last
 * (spaces may follow), no name twice, no unknown field, at most 16 axes, sizes below 2^63 whose product does not overflow, and
 * tensors that cover the data without a hole, an overlap or a byte left over. The rules are the format's own
 * (huggingface/safetensors, "Format"), read strictly where the reference implementation is lenient.
 */
record Header(Map<String, TensorInfo> tensors, Map<String, String> metadata) {
    private static final int MOST_AXES = 16;

    /** @param dataBytes bytes of the file after the header */
    static Header parse(String file, ByteBuffer bytes, long dataBytes) {
        if (!bytes.hasRemaining() || bytes.get(bytes.position()) != '{') {
            throw new IllegalArgumentException(
                    file + ": bad header at offset 8: a JSON object must begin there with '{'");
        }
        String text = Json.utf8(file + ": bad header", bytes);
        Header header;
        try (JsonParser json = Json.tokens(text)) {
            header = new Reader(file, json).header();
            checkRest(file, text, json);
        } catch (JacksonException e) {
            throw new IllegalArgumentException(file + ": bad header " + Json.describe(e), e);
        }
        header.checkLayout(file, dataBytes);
        return header;
    }

    private static void checkRest(String file, String text, JsonParser json) {
        int after = Math.toIntExact(json.currentLocation().getCharOffset());
        for (int at = after; at < text.length(); at++) {
            if (text.charAt(at) != ' ') {
                throw new IllegalArgumentException(file + ": bad header at offset " + (8 + at)
                        + ": only spaces may follow the JSON object, got "
                        + Visible.quote(text.substring(at, Math.min(at + 8, text.length()))));
            }
        }
    }

    /** Tensors in the order of their bytes must follow one another from 0 to the end of the data. */
    private void checkLayout(String file, long dataBytes) {
        List<TensorInfo> inOrder = new ArrayList<>(tensors.values());
        inOrder.sort(Comparator.comparingLong(TensorInfo::begin).thenComparingLong(TensorInfo::end));
        long expected = 0;
        String before = "the start of the data";
        for (TensorInfo tensor : inOrder) {
            String name = Visible.quote(tensor.name());
            if (tensor.begin() != expected) {
                throw new IllegalArgumentException(file + ": tensor " + name + " must begin at byte " + expected
                        + ", where " + before + " ends, but begins at " + tensor.begin()
                        + (tensor.begin() > expected ? ": a hole" : ": they overlap"));
            }
            if (tensor.end() > dataBytes) {
                throw new IllegalArgumentException(file + ": tensor " + name + " ends at byte " + tensor.end()
                        + " of the data, but the file holds " + dataBytes + ": is it truncated?");
            }
            expected = tensor.end();
            before = "tensor " + name;
        }
        if (expected != dataBytes) {
            throw new IllegalArgumentException(file + ": " + (dataBytes - expected) + " bytes follow " + before
                    + ", which ends at byte " + expected + " of " + dataBytes + ": nothing may follow the last tensor");
        }
    }

    /** Walks the header's JSON once, without building a tree: memory stays within a small multiple of the header. */
    private static final class Reader {
        private final String file;
        private final JsonParser json;
        private final Map<String, TensorInfo> tensors = new LinkedHashMap<>();
        private @Nullable Map<String, String> metadata;

        Reader(String file, JsonParser json) {
            this.file = file;
            this.json = json;
        }

        Header header() {
            expect(json.nextToken(), JsonToken.START_OBJECT, "the header");
            while (json.nextToken() == JsonToken.PROPERTY_NAME) {
                String name = json.currentName();
                if (name.equals("__metadata__")) {
                    readMetadata();
                } else {
                    TensorInfo tensor = tensor(name);
                    if (tensors.putIfAbsent(name, tensor) != null) {
                        throw bad("duplicate tensor " + Visible.quote(name));
                    }
                }
            }
            return new Header(tensors, metadata == null ? Map.of() : metadata);
        }

        private void readMetadata() {
            if (metadata != null) {
                throw bad("duplicate field '__metadata__'");
            }
            Map<String, String> read = new LinkedHashMap<>();
            expect(json.nextToken(), JsonToken.START_OBJECT, "'__metadata__'");
            while (json.nextToken() == JsonToken.PROPERTY_NAME) {
                String key = json.currentName();
                expect(json.nextToken(), JsonToken.VALUE_STRING, "'__metadata__' " + Visible.quote(key));
                if (read.put(key, json.getString()) != null) {
                    throw bad("duplicate '__metadata__' key " + Visible.quote(key));
                }
            }
            metadata = read;
        }

        private TensorInfo tensor(String name) {
            String who = "tensor " + Visible.quote(name);
            DType dtype = null;
            long[] shape = null;
            long[] offsets = null;
            expect(json.nextToken(), JsonToken.START_OBJECT, who);
            while (json.nextToken() == JsonToken.PROPERTY_NAME) {
                String field = json.currentName();
                switch (field) {
                    case "dtype" -> dtype = once(who, field, dtype, dtype(who));
                    case "shape" -> shape = once(who, field, shape, integers(who, field, MOST_AXES));
                    case "data_offsets" -> offsets = once(who, field, offsets, integers(who, field, 2));
                    default -> throw bad(who + " has the unknown field " + Visible.quote(field));
                }
            }
            if (dtype == null || shape == null || offsets == null) {
                throw bad(who + " must have dtype, shape and data_offsets, but "
                        + (dtype == null ? "dtype" : shape == null ? "shape" : "data_offsets") + " is missing");
            }
            return checked(who, name, dtype, shape, offsets);
        }

        private TensorInfo checked(String who, String name, DType dtype, long[] shape, long[] offsets) {
            if (offsets.length != 2 || offsets[0] > offsets[1]) {
                throw bad(
                        who + ": data_offsets must be [begin, end] with begin ≤ end, got " + Arrays.toString(offsets));
            }
            long bytes = bytes(who, dtype, shape);
            if (bytes != offsets[1] - offsets[0]) {
                throw bad(who + ": " + dtype + " " + Arrays.toString(shape) + " needs " + bytes
                        + " bytes, but data_offsets " + Arrays.toString(offsets) + " give "
                        + (offsets[1] - offsets[0]));
            }
            return new TensorInfo(name, dtype, shape, offsets[0], offsets[1]);
        }

        /** As the reference does: the product in the order of the axes stays below 2^64, even if a later axis is 0. */
        private long bytes(String who, DType dtype, long[] shape) {
            try {
                long elements = 1;
                for (long size : shape) {
                    elements = Math.unsignedMultiplyExact(elements, size);
                }
                long bits = Math.unsignedMultiplyExact(elements, dtype.bits());
                if ((bits & 7) != 0) {
                    throw bad(who + ": " + dtype + " " + Arrays.toString(shape) + " is " + Long.toUnsignedString(bits)
                            + " bits, which does not end at a byte");
                }
                return bits >>> 3;
            } catch (ArithmeticException e) {
                throw bad(who + ": shape " + Arrays.toString(shape) + " overflows");
            }
        }

        private DType dtype(String who) {
            expect(json.nextToken(), JsonToken.VALUE_STRING, who + ": dtype");
            try {
                return DType.valueOf(json.getString());
            } catch (IllegalArgumentException e) {
                throw bad(who + ": unknown dtype " + Visible.quote(json.getString()) + ", expected one of "
                        + Arrays.toString(DType.values()));
            }
        }

        private long[] integers(String who, String field, int most) {
            expect(json.nextToken(), JsonToken.START_ARRAY, who + ": " + field);
            long[] values = new long[most];
            int count = 0;
            for (JsonToken token = json.nextToken(); token != JsonToken.END_ARRAY; token = json.nextToken()) {
                expect(token, JsonToken.VALUE_NUMBER_INT, who + ": each number of " + field);
                if (count == most) {
                    throw bad(who + ": " + field + " must have at most " + most + " numbers, got more");
                }
                values[count++] = integer(who, field);
            }
            return Arrays.copyOf(values, count);
        }

        private long integer(String who, String field) {
            boolean fits = switch (json.getNumberType()) {
                case INT, LONG -> json.getLongValue() >= 0 && !json.getString().startsWith("-"); // nor −0
                default -> false;
            };
            if (!fits) {
                throw bad(who + ": each number of " + field + " must be from 0 to 2^63 - 1, got "
                        + Visible.quote(json.getString()));
            }
            return json.getLongValue();
        }

        private <T> T once(String who, String field, @Nullable T before, T value) {
            if (before != null) {
                throw bad(who + ": duplicate field '" + field + "'");
            }
            return value;
        }

        private void expect(@Nullable JsonToken got, JsonToken expected, String what) {
            if (got != expected) {
                String is = got == null ? "the end" : got == JsonToken.VALUE_NUMBER_FLOAT ? "a fraction" : words(got);
                throw bad(what + " must be " + words(expected) + ", got " + is);
            }
        }

        private static String words(JsonToken token) {
            return switch (token) {
                case START_OBJECT -> "an object";
                case START_ARRAY -> "a list";
                case VALUE_STRING -> "a string";
                case VALUE_NUMBER_INT -> "an integer";
                case VALUE_NULL -> "null";
                case VALUE_TRUE -> "true";
                case VALUE_FALSE -> "false";
                default -> token.name();
            };
        }

        private IllegalArgumentException bad(String what) {
            long offset;
            try {
                offset = 8 + json.currentTokenLocation().getCharOffset();
            } catch (StreamReadException e) {
                offset = 8;
            }
            return new IllegalArgumentException(file + ": bad header at offset " + offset + ": " + what);
        }
    }
}
