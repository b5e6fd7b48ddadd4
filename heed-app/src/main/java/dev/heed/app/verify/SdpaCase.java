package dev.heed.app.verify;

import dev.heed.attention.Attention;
import dev.heed.attention.AttentionGradients;
import dev.heed.attention.AttentionOutput;
import dev.heed.attention.Mask;
import dev.heed.tensor.Tensor;
import dev.heed.text.Json;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import tools.jackson.databind.JsonNode;

/**
 * One safetensors file: inputs in float32, PyTorch's answers in float64, and in its metadata the attributes and the error of
 * PyTorch's own float32 pass.
 */
record SdpaCase(String name, Path path) implements ConformanceCase {
    private static final Set<String> INPUTS = Set.of("q", "k", "v", "mask", "bias", "alibi_slopes", "sink", "grad_out");

    static boolean isOne(Map<String, String> metadata) {
        return metadata.containsKey("attributes") || metadata.containsKey("float32_error");
    }

    @Override
    public Result run() {
        try (AttentionFile inputs = AttentionFile.open(path)) {
            Map<String, String> metadata = inputs.file().metadata();
            Attention attention = inputs.with(described(json(metadata, "attributes")));
            return new Result(name, new Run(inputs, attention, json(metadata, "float32_error")).checks());
        }
    }

    private JsonNode json(Map<String, String> metadata, String key) {
        return Json.parse(path + ": " + key, metadata.getOrDefault(key, ""));
    }

    private static Attention described(JsonNode attributes) {
        Attention attention = Attention.scaledDotProduct();
        if (attributes.has("scale")) {
            attention = attention.scale(number(attributes, "scale"));
        }
        if (attributes.has("softcap")) {
            attention = attention.softcap(number(attributes, "softcap"));
        }
        if (attributes.has("causal")) {
            attention = attention.mask(causal(attributes.get("causal").asString("")));
        }
        if (attributes.has("window")) {
            int[] window = integers(attributes, "window");
            require(window.length == 2, "window must be two integers, left and right", attributes.get("window"));
            attention = attention.mask(Mask.windowBottomRight(window[0], window[1]));
        }
        if (attributes.has("lengths")) {
            attention = attention.mask(Mask.lengths(integers(attributes, "lengths")));
        }
        return attention;
    }

    private static void require(boolean kept, String rule, JsonNode got) {
        if (!kept) {
            throw new IllegalArgumentException("sdpa case: " + rule + ", got " + got);
        }
    }

    private static double number(JsonNode values, String key) {
        JsonNode value = values.get(key);
        require(value.isNumber() && Double.isFinite(value.asDouble()), key + " must be a finite number", value);
        return value.asDouble();
    }

    private static Mask causal(String alignment) {
        return switch (alignment) {
            case "top_left" -> Mask.causalTopLeft();
            case "bottom_right" -> Mask.causalBottomRight();
            default ->
                throw new IllegalArgumentException(
                        "sdpa case: causal must be top_left or bottom_right, got '" + alignment + "'");
        };
    }

    private static int[] integers(JsonNode values, String key) {
        JsonNode list = values.get(key);
        int[] integers = new int[list.size()];
        for (int i = 0; i < integers.length; i++) {
            require(list.get(i).isInt(), key + " must be a list of integers", list);
            integers[i] = list.get(i).intValue();
        }
        return integers;
    }

    /** The computed tensors beside the expected ones. */
    private record Run(AttentionFile inputs, Attention attention, JsonNode float32) {
        List<Check> checks() {
            Tensor query = inputs.query();
            Tensor key = inputs.key();
            Tensor value = inputs.value();
            AttentionOutput result = attention.apply(query, key, value);
            Map<String, Tensor> computed = new LinkedHashMap<>();
            computed.put("out", result.output());
            computed.put("lse", result.lse());
            if (inputs.has("weights")) {
                computed.put("weights", AllWeights.of(attention, query, key, result.lse()));
            }
            if (inputs.has("grad_out")) {
                Tensor dOutput = inputs.file().tensor("grad_out");
                AttentionGradients gradients = attention.gradients(query, key, value, result, dOutput);
                computed.put("dq", gradients.dQuery());
                computed.put("dk", gradients.dKey());
                computed.put("dv", gradients.dValue());
            }
            return compared(computed);
        }

        private List<Check> compared(Map<String, Tensor> computed) {
            List<Check> checks = new ArrayList<>();
            Set<String> expected = new LinkedHashSet<>(inputs.file().names());
            expected.removeAll(INPUTS);
            computed.forEach((what, actual) -> {
                if (expected.remove(what)) {
                    double beside = float32.has(what) ? number(float32, what) : 0;
                    checks.add(Comparison.withinTwiceFloat32(what, actual, inputs.file(), beside));
                }
            });
            if (!expected.isEmpty()) {
                throw new IllegalArgumentException("sdpa case: the file expects " + String.join(", ", expected)
                        + ", but " + String.join(", ", computed.keySet()) + " is all that is computed from its inputs");
            }
            return checks;
        }
    }
}
