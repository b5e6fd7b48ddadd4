package dev.heed.app.verify;

import dev.heed.model.checkpoint.Checkpoint;
import dev.heed.model.checkpoint.DType;
import dev.heed.tensor.Tensor;
import dev.heed.text.Json;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
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
        OnnxOperator operator = OnnxOperator.of(description);
        try (Checkpoint inputs = Checkpoint.open(folder.resolve("inputs.safetensors"));
                Checkpoint outputs = Checkpoint.open(folder.resolve("outputs.safetensors"))) {
            return new Result(
                    name, compare(operator, new OnnxInputs(operator, inputs, description), description, outputs));
        }
    }

    private static List<Check> compare(
            OnnxOperator operator, OnnxInputs inputs, JsonNode description, Checkpoint expected) {
        Map<String, Tensor> computed = operator.outputs(inputs);
        Set<String> left = new LinkedHashSet<>(expected.names());
        List<Check> checks = new ArrayList<>();
        OnnxInputs.keys(operator, "outputs", description, operator.outputs()).forEach((what, key) -> {
            checks.add(compare(what, Objects.requireNonNull(computed.get(what)), expected, key, description));
            left.remove(key);
        });
        if (!left.isEmpty()) {
            throw new IllegalArgumentException(
                    "onnx case: " + DESCRIPTION + " says of no output that it is expected to be "
                            + String.join(", ", left) + " of " + expected.path());
        }
        return checks;
    }

    private static Check compare(String what, Tensor actual, Checkpoint outputs, String key, JsonNode description) {
        DType type = outputs.info(key).dtype();
        double relative = tolerance(description, "rtol", 1e-3);
        double absolute = tolerance(description, "atol", 1e-7);
        double least = type == DType.BF16 ? BF16_TOLERANCE : type == DType.F16 ? F16_TOLERANCE : 0;
        return Comparison.within(
                what, rounded(actual, type), outputs, key, Math.max(absolute, least), Math.max(relative, least));
    }

    /** One from 1 on would let anything pass. */
    private static double tolerance(JsonNode description, String name, double otherwise) {
        JsonNode told = description.path(name);
        double tolerance = told.isMissingNode() ? otherwise : told.isNumber() ? told.asDouble() : Double.NaN;
        if (!(tolerance >= 0 && tolerance < 1)) {
            throw new IllegalArgumentException(
                    "onnx case: " + name + " must be a number from 0 and below 1, got " + told);
        }
        return tolerance;
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
}
