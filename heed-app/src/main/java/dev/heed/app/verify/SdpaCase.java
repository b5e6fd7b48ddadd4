package dev.heed.app.verify;

import dev.heed.attention.Attention;
import dev.heed.attention.AttentionGradients;
import dev.heed.attention.AttentionOutput;
import dev.heed.attention.Mask;
import dev.heed.model.checkpoint.Checkpoint;
import dev.heed.tensor.Tensor;
import dev.heed.text.Json;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.JsonNode;

/**
 * One safetensors file: inputs in float32, PyTorch's answers in float64, and in its metadata the attributes and the error of
 * PyTorch's own float32 pass.
 */
record SdpaCase(String name, Path path) implements ConformanceCase {
    static boolean isOne(Map<String, String> metadata) {
        return metadata.containsKey("attributes") && metadata.containsKey("float32_error");
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
            attention = attention.scale(attributes.get("scale").asDouble());
        }
        if (attributes.has("softcap")) {
            attention = attention.softcap(attributes.get("softcap").asDouble());
        }
        if (attributes.has("causal")) {
            attention = attention.mask(causal(attributes.get("causal").asString()));
        }
        if (attributes.has("window")) {
            int[] window = integers(attributes.get("window"));
            attention = attention.mask(Mask.windowBottomRight(window[0], window[1]));
        }
        if (attributes.has("lengths")) {
            attention = attention.mask(Mask.lengths(integers(attributes.get("lengths"))));
        }
        return attention;
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

    private static int[] integers(JsonNode list) {
        int[] integers = new int[list.size()];
        for (int i = 0; i < integers.length; i++) {
            integers[i] = list.get(i).asInt();
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
            List<Check> checks = new ArrayList<>();
            add(checks, "out", result.output());
            add(checks, "lse", result.lse());
            if (inputs.has("weights")) {
                add(checks, "weights", weights(result.lse()));
            }
            if (inputs.has("grad_out")) {
                Tensor dOutput = inputs.file().tensor("grad_out");
                AttentionGradients gradients = attention.gradients(query, key, value, result, dOutput);
                add(checks, "dq", gradients.dQuery());
                add(checks, "dk", gradients.dKey());
                add(checks, "dv", gradients.dValue());
            }
            return checks;
        }

        private void add(List<Check> checks, String what, Tensor actual) {
            Checkpoint file = inputs.file();
            if (inputs.has(what) && float32.has(what)) {
                double beside = float32.get(what).asDouble();
                checks.add(Comparison.withinTwiceFloat32(what, actual.toArray(), file.doubles(what), beside));
            }
        }

        private Tensor weights(Tensor lse) {
            return AllWeights.of(attention, inputs.query(), inputs.key(), lse);
        }
    }
}
