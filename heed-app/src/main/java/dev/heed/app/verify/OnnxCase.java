package dev.heed.app.verify;

import dev.heed.kernel.Norm;
import dev.heed.model.checkpoint.Checkpoint;
import dev.heed.model.checkpoint.DType;
import dev.heed.tensor.Tensor;
import dev.heed.text.Json;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.JsonNode;

/**
 * A backend node test of ONNX: one operator with its attributes in {@code case.json}, inputs and outputs in two safetensors
 * files. Passes where |error| ≤ tolerance + tolerance · |expected|; the tolerance is 1e-3 relative for F32 and F16 and 8e-3
 * (two units in BF16's last place) for BF16.
 */
record OnnxCase(String name, Path folder) implements ConformanceCase {
    static final String DESCRIPTION = "case.json";
    private static final long LARGEST_DESCRIPTION = 1 << 22;
    private static final double BF16_TOLERANCE = 8e-3;
    private static final double F16_TOLERANCE = 1e-3;

    @Override
    public Result run() {
        JsonNode description = Json.read(folder.resolve(DESCRIPTION), LARGEST_DESCRIPTION);
        String operator = description.path("op").asString("");
        try (Checkpoint inputs = Checkpoint.open(folder.resolve("inputs.safetensors"));
                Checkpoint outputs = Checkpoint.open(folder.resolve("outputs.safetensors"))) {
            Map<String, Tensor> computed = computed(operator, new OnnxInputs(inputs, description));
            return new Result(name, compare(description, outputs, computed));
        }
    }

    private static Map<String, Tensor> computed(String operator, OnnxInputs inputs) {
        return switch (operator) {
            case "Attention" -> new OnnxAttention(inputs).outputs();
            case "FlexAttention" -> new OnnxAttention(inputs).flexible();
            case "RotaryEmbedding" -> new OnnxRotary(inputs).outputs();
            case "Softmax" -> new OnnxRows(inputs).softmax(false);
            case "LogSoftmax" -> new OnnxRows(inputs).softmax(true);
            case "LayerNormalization" -> new OnnxRows(inputs).norm(Norm.LAYER);
            case "RMSNormalization" -> new OnnxRows(inputs).norm(Norm.RMS);
            case "Gelu" -> new OnnxRows(inputs).gelu();
            case "SwiGLU" -> new OnnxRows(inputs).swiglu();
            default -> throw new UnsupportedOperationException("operator '" + operator + "' is not supported");
        };
    }

    private static List<Check> compare(JsonNode description, Checkpoint outputs, Map<String, Tensor> computed) {
        List<Check> checks = new ArrayList<>();
        for (JsonNode output : description.path("outputs")) {
            if (output.isObject()) {
                String what = output.path("name").asString();
                Tensor actual = computed.get(what);
                if (actual == null) {
                    throw new UnsupportedOperationException("output " + what + " is not supported");
                }
                checks.add(compare(what, actual, outputs, output.path("key").asString(), description));
            }
        }
        return checks;
    }

    private static Check compare(String what, Tensor actual, Checkpoint outputs, String key, JsonNode description) {
        DType type = outputs.info(key).dtype();
        int[] shape = Arrays.stream(outputs.info(key).shape())
                .mapToInt(Math::toIntExact)
                .toArray();
        if (!Arrays.equals(shape, actual.shape())) {
            return Check.verdict(
                    what, false, "expected shape " + Arrays.toString(shape) + ", computed " + actual.describe());
        }
        double relative = description.path("rtol").asDouble(1e-3);
        double absolute = description.path("atol").asDouble(1e-7);
        double least = type == DType.BF16 ? BF16_TOLERANCE : type == DType.F16 ? F16_TOLERANCE : 0;
        return Comparison.within(
                what,
                rounded(actual, type),
                outputs.doubles(key),
                Math.max(absolute, least),
                Math.max(relative, least));
    }

    /** The operator's outputs have its inputs' type. */
    private static Tensor rounded(Tensor actual, DType type) {
        float[] values = actual.toArray();
        for (int i = 0; i < values.length; i++) {
            values[i] = switch (type) {
                case F16 -> Float.float16ToFloat(Float.floatToFloat16(values[i]));
                case BF16 -> bfloat16(values[i]);
                default -> values[i];
            };
        }
        return Tensor.of(values, actual.shape());
    }

    /** The nearest number with 8 significant bits; of two the even one. */
    private static float bfloat16(float value) {
        int bits = Float.floatToRawIntBits(value);
        int rounded = bits + 0x7fff + ((bits >>> 16) & 1);
        return Float.isNaN(value) ? value : Float.intBitsToFloat(rounded & 0xffff0000);
    }

    /** Inputs and attributes by the names that the operator's definition gives them. */
    static final class OnnxInputs {
        private final Checkpoint file;
        private final Map<String, String> keys = new LinkedHashMap<>();
        private final JsonNode attributes;
        private final JsonNode defaults;

        OnnxInputs(Checkpoint file, JsonNode description) {
            this.file = file;
            this.attributes = description.path("attributes");
            this.defaults = description.path("defaults");
            for (JsonNode input : description.path("inputs")) {
                if (input.isObject()) {
                    keys.put(input.path("name").asString(), input.path("key").asString());
                }
            }
        }

        boolean has(String input) {
            return keys.containsKey(input);
        }

        Tensor tensor(String input) {
            return file.tensor(key(input));
        }

        boolean isBoolean(String input) {
            return file.info(key(input)).dtype() == DType.BOOL;
        }

        boolean[] booleans(String input) {
            return file.booleans(key(input));
        }

        int[] shape(String input) {
            return Arrays.stream(file.info(key(input)).shape())
                    .mapToInt(Math::toIntExact)
                    .toArray();
        }

        int[] integers(String input) {
            return Arrays.stream(file.longs(key(input)))
                    .mapToInt(Math::toIntExact)
                    .toArray();
        }

        private String key(String input) {
            String key = keys.get(input);
            if (key == null) {
                throw new IllegalArgumentException("onnx case: the operator needs an input " + input);
            }
            return key;
        }

        boolean hasAttribute(String name) {
            return attributes.has(name) || defaults.has(name);
        }

        double number(String name, double otherwise) {
            return attributes.path(name).asDouble(defaults.path(name).asDouble(otherwise));
        }

        String word(String name, String otherwise) {
            return attributes.path(name).asString(defaults.path(name).asString(otherwise));
        }

        OnnxGraph graph(String name) {
            return new OnnxGraph(name, attributes.path(name).path("graph"));
        }

        int integer(String name, int otherwise) {
            return attributes.path(name).asInt(defaults.path(name).asInt(otherwise));
        }
    }
}
