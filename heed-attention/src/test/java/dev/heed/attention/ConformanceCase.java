package dev.heed.attention;

import dev.heed.tensor.Tensor;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** One file of {@code conformance/sdpa}: inputs in float32, answers in float64, and PyTorch's own float32 error. */
final class ConformanceCase {
    private final ByteBuffer data;
    private final Map<String, Object> header;
    private final Map<String, Object> attributes;
    private final Map<String, Object> float32Error;

    private ConformanceCase(ByteBuffer data, Map<String, Object> header) {
        this.data = data;
        this.header = header;
        Map<String, Object> metadata = object(header, "__metadata__");
        this.attributes = Json.object((String) Objects.requireNonNull(metadata.get("attributes")));
        this.float32Error = Json.object((String) Objects.requireNonNull(metadata.get("float32_error")));
    }

    /** Safetensors: eight bytes of header length, the header in JSON, the numbers. */
    static ConformanceCase read(Path file) throws IOException {
        ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
        int length = Math.toIntExact(bytes.getLong(0));
        String header = new String(bytes.array(), 8, length, StandardCharsets.UTF_8);
        return new ConformanceCase(
                bytes.slice(8 + length, bytes.capacity() - 8 - length).order(ByteOrder.LITTLE_ENDIAN),
                Json.object(header));
    }

    @SuppressWarnings("unchecked")
    private static Map<String, Object> object(Map<String, Object> json, String name) {
        return (Map<String, Object>) Objects.requireNonNull(json.get(name), name);
    }

    boolean has(String name) {
        return header.containsKey(name);
    }

    /** The error within which an answer must be: max(2 × PyTorch's float32 error, 1e-6 × the largest magnitude). */
    double tolerance(String name) {
        double largest = 0;
        for (double expected : doubles(name)) {
            largest = Double.isInfinite(expected) ? largest : Math.max(largest, Math.abs(expected));
        }
        return Math.max(2 * (double) Objects.requireNonNull(float32Error.get(name)), 1e-6 * largest);
    }

    Tensor floats(String name) {
        double[] values = numbers(name, "F32", 4);
        float[] floats = new float[values.length];
        for (int i = 0; i < floats.length; i++) {
            floats[i] = (float) values[i];
        }
        return Tensor.of(floats, shape(name));
    }

    double[] doubles(String name) {
        return numbers(name, "F64", 8);
    }

    private double[] numbers(String name, String type, int size) {
        Map<String, Object> entry = object(header, name);
        if (!type.equals(entry.get("dtype"))) {
            throw new IllegalArgumentException(name + ": expected " + type + ", got " + entry.get("dtype"));
        }
        int from = offset(entry, 0);
        double[] values = new double[(offset(entry, 1) - from) / size];
        for (int i = 0; i < values.length; i++) {
            values[i] = switch (size) {
                case 1 -> data.get(from + i);
                case 4 -> data.getFloat(from + 4 * i);
                default -> data.getDouble(from + 8 * i);
            };
        }
        return values;
    }

    private static int offset(Map<String, Object> entry, int which) {
        return (int) (double) ((List<?>) Objects.requireNonNull(entry.get("data_offsets"))).get(which);
    }

    private int[] shape(String name) {
        List<?> sizes = (List<?>) Objects.requireNonNull(object(header, name).get("shape"));
        return sizes.stream().mapToInt(size -> (int) (double) size).toArray();
    }

    /** The description that the file's attributes ask for. */
    Attention attention() {
        Attention attention =
                Attention.scaledDotProduct().scale(number("scale")).mask(mask());
        if (attributes.containsKey("softcap")) {
            attention = attention.softcap(number("softcap"));
        }
        if (has("bias")) {
            attention = attention.bias(floats("bias"));
        }
        if (has("alibi_slopes")) {
            attention = attention.alibi(floats("alibi_slopes").toArray());
        }
        return has("sink") ? attention.sink(floats("sink").toArray()) : attention;
    }

    private Mask mask() {
        Mask mask = Mask.none();
        if (attributes.containsKey("causal")) {
            mask = mask.and(
                    "top_left".equals(attributes.get("causal")) ? Mask.causalTopLeft() : Mask.causalBottomRight());
        }
        if (attributes.containsKey("window")) {
            int[] window = integers("window");
            mask = mask.and(Mask.windowBottomRight(window[0], window[1]));
        }
        if (attributes.containsKey("lengths")) {
            mask = mask.and(Mask.lengths(integers("lengths")));
        }
        return has("mask") ? mask.and(denseMask()) : mask;
    }

    private Mask denseMask() {
        double[] values = numbers("mask", "U8", 1);
        boolean[] visible = new boolean[values.length];
        for (int i = 0; i < visible.length; i++) {
            visible[i] = values[i] != 0;
        }
        return Mask.dense(visible, shape("mask"));
    }

    private double number(String name) {
        return (double) Objects.requireNonNull(attributes.get(name));
    }

    private int[] integers(String name) {
        List<?> values = (List<?>) Objects.requireNonNull(attributes.get(name));
        return values.stream().mapToInt(value -> (int) (double) value).toArray();
    }
}
