package dev.heed.app.verify;

import dev.heed.attention.Attention;
import dev.heed.attention.AttentionOutput;
import dev.heed.attention.Mask;
import dev.heed.attention.Reference;
import dev.heed.kernel.Gemm;
import dev.heed.tensor.Tensor;
import java.lang.reflect.Array;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * ONNX's operator Attention (opsets 23 to 25) said in Heed's words: its attributes and inputs become an {@link Attention}
 * with a {@link Mask}, and nothing is computed here but the joining of caches.
 *
 * <ul>
 *   <li>Three axes [B, N, H·D] are heads side by side.
 *   <li>past_key and past_value stand before key and value; together they are present_key and present_value.
 *   <li>Query i stands at position i + offset: the length of the past, or of the external cache's nonpad_kv_seqlen less N, or 0.
 *   <li>attn_mask is a boolean mask or a bias; where it has fewer keys than there are, the others are hidden.
 *   <li>qk_matmul_output is the scores: 0 as multiplied and scaled, 1 after softcap, 2 after mask and bias, 3 the weights.
 * </ul>
 */
final class OnnxAttention {
    private final OnnxInputs inputs;
    private final boolean flat;
    private final Tensor query;
    private final Tensor key;
    private final Tensor value;

    OnnxAttention(OnnxInputs inputs) {
        this.inputs = inputs;
        boolean mayBeFlat = inputs.mayHave("q_num_heads");
        this.flat = mayBeFlat && inputs.shape("Q").length == 3;
        for (String input : List.of("Q", "K", "V")) {
            int axes = inputs.shape(input).length;
            String rule = "Q, K and V must all have four axes" + (mayBeFlat ? ", or all three" : "");
            inputs.require(axes == (flat ? 3 : 4), rule, axes);
        }
        inputs.require(
                inputs.has("past_key") == inputs.has("past_value"), "past_key and past_value belong together", "one");
        this.query = heads(inputs.tensor("Q"), "q_num_heads");
        this.key = joined("past_key", heads(inputs.tensor("K"), "kv_num_heads"));
        this.value = joined("past_value", heads(inputs.tensor("V"), "kv_num_heads"));
    }

    Map<String, Tensor> outputs() {
        Attention attention = described();
        AttentionOutput result = attention.apply(query, key, value);
        Map<String, Tensor> outputs = new LinkedHashMap<>();
        outputs.put("Y", flat ? sideBySide(result.output()) : result.output());
        outputs.put("present_key", key);
        outputs.put("present_value", value);
        outputs.put("qk_matmul_output", scores(attention, result));
        return outputs;
    }

    /**
     * FlexAttention (opset 1): functions of all scores, score_mod, and of all weights, prob_mod, come as graphs. Where there is
     * one, the reference gives the scores, the graph changes them, and they go to the kernel as a bias beside a scale of 0, for
     * softmax and mixture; changed weights are multiplied with the values by {@link Gemm}. −∞ hides a key.
     */
    Map<String, Tensor> flexible() {
        Attention attention = scaled();
        if (inputs.hasAttribute("score_mod")) {
            attention = attention.scale(0).bias(changed("score_mod", each(attention, false)));
        }
        AttentionOutput result = attention.apply(query, key, value);
        if (!inputs.hasAttribute("prob_mod")) {
            return Map.of("Y", result.output());
        }
        return Map.of("Y", mixture(changed("prob_mod", AllWeights.of(attention, query, key, result.lse()))));
    }

    private Tensor changed(String graph, Tensor given) {
        float[] floats = given.toArray();
        double[] values = new double[floats.length];
        Arrays.setAll(values, i -> floats[i]);
        OnnxArray changed = inputs.graph(graph).apply(new OnnxArray(OnnxArray.Kind.FLOAT, given.shape(), values));
        inputs.require(
                Arrays.equals(OnnxArray.common(changed.shape(), given.shape()), given.shape()),
                graph + " must give what can be repeated to " + given.describe(),
                Arrays.toString(changed.shape()));
        OnnxArray all = changed.broadcast(given.shape());
        for (int i = 0; i < floats.length; i++) {
            floats[i] = (float) all.values()[i];
        }
        return Tensor.of(floats, given.shape());
    }

    /** Weights [B, Hq, N, M] times values [B, Hkv, M, Dv]. */
    private Tensor mixture(Tensor weights) {
        int group = query.size(1) / key.size(1);
        Tensor output = Tensor.zeros(query.size(0), query.size(1), query.size(2), value.size(3));
        for (int batch = 0; batch < query.size(0); batch++) {
            for (int head = 0; head < query.size(1); head++) {
                Gemm.multiply(
                        weights.select(0, batch).select(0, head),
                        value.select(0, batch).select(0, head / group),
                        output.select(0, batch).select(0, head),
                        false);
            }
        }
        return output;
    }

    // ---- shapes ----

    /** [B, N, H·D] → [B, H, N, D]. */
    private Tensor heads(Tensor tensor, String attribute) {
        int heads = inputs.integer(attribute, 0);
        if (!flat) {
            inputs.require(
                    heads == 0 || heads == tensor.size(1),
                    attribute + " must be axis 1 of " + tensor.describe(),
                    heads);
            return tensor;
        }
        inputs.require(
                heads > 0 && tensor.size(2) % heads == 0,
                attribute + " must divide the last axis of " + tensor.describe(),
                heads);
        return tensor.reshape(tensor.size(0), tensor.size(1), heads, tensor.size(2) / heads)
                .transpose(1, 2);
    }

    /** [B, H, N, D] → [B, N, H·D]. */
    private static Tensor sideBySide(Tensor output) {
        Tensor rows = output.transpose(1, 2);
        return rows.reshape(rows.size(0), rows.size(1), rows.size(2) * rows.size(3));
    }

    /** The cached rows, then the new ones. */
    private Tensor joined(String past, Tensor now) {
        if (!inputs.has(past)) {
            return now;
        }
        Tensor before = inputs.tensor(past);
        boolean fits = before.rank() == 4;
        for (int axis : new int[] {0, 1, 3}) {
            fits = fits && before.size(axis) == now.size(axis);
        }
        inputs.require(fits, past + " must have the axes [B, Hkv, P, D] of " + now.describe(), before.describe());
        int length = before.size(2);
        Tensor all = Tensor.zeros(now.size(0), now.size(1), length + now.size(2), now.size(3));
        for (int batch = 0; batch < now.size(0); batch++) {
            for (int head = 0; head < now.size(1); head++) {
                Tensor into = all.select(0, batch).select(0, head);
                copy(before.select(0, batch).select(0, head), into.slice(0, 0, length));
                copy(now.select(0, batch).select(0, head), into.slice(0, length, into.size(0)));
            }
        }
        return all;
    }

    private static void copy(Tensor from, Tensor into) {
        from.copyTo(into.array(), into.offset());
    }

    // ---- attributes ----

    private Attention described() {
        Attention attention = masked(scaled().softcap(inputs.number("softcap", 0)));
        if (inputs.integer("is_causal", 0) != 0) {
            attention = attention.mask(Mask.causalAt(offsets()));
        }
        int left = inputs.integer("left_window_size", -1);
        int right = inputs.integer("right_window_size", -1);
        if (left >= 0 || right >= 0) {
            attention = attention.mask(Mask.windowAt(unbounded(left), unbounded(right), offsets()));
        }
        return inputs.has("nonpad_kv_seqlen") ? attention.mask(Mask.lengths(lengths())) : attention;
    }

    private Attention scaled() {
        Attention attention = Attention.scaledDotProduct();
        return inputs.hasAttribute("scale") ? attention.scale(inputs.number("scale", 1)) : attention;
    }

    private static int unbounded(int size) {
        return size < 0 ? Integer.MAX_VALUE : size;
    }

    /** The position of query 0, for all sequences or each. */
    private int[] offsets() {
        if (inputs.has("past_key")) {
            return new int[] {inputs.shape("past_key")[2]};
        }
        if (!inputs.has("nonpad_kv_seqlen")) {
            return new int[] {0};
        }
        return Arrays.stream(lengths()).map(length -> length - query.size(2)).toArray();
    }

    private int[] lengths() {
        int[] lengths = inputs.integers("nonpad_kv_seqlen", 0, key.size(2));
        inputs.require(
                lengths.length == query.size(0), "nonpad_kv_seqlen must have one number per batch", lengths.length);
        return lengths;
    }

    private Attention masked(Attention attention) {
        if (!inputs.has("attn_mask")) {
            return attention;
        }
        int[] shape = inputs.shape("attn_mask");
        inputs.require(shape.length > 0, "attn_mask must have an axis of keys", "one number");
        int told = shape[shape.length - 1];
        inputs.require(told <= key.size(2), "attn_mask must tell of at most " + key.size(2) + " keys", told);
        shape[shape.length - 1] = key.size(2); // those behind the told ones are hidden, whatever stands there
        Attention bounded = attention.mask(Mask.lengths(told));
        if (inputs.isBoolean("attn_mask")) {
            boolean[] visible = new boolean[OnnxArray.size(shape)];
            widen(inputs.booleans("attn_mask"), told, visible);
            return bounded.mask(Mask.dense(visible, shape));
        }
        float[] added = new float[OnnxArray.size(shape)];
        widen(inputs.floats("attn_mask"), told, added);
        return bounded.bias(Tensor.of(added, shape));
    }

    /** Rows of as many numbers as told, to the beginnings of rows for all keys. */
    @SuppressWarnings("SuspiciousSystemArraycopy") // both are arrays of booleans, or both of floats
    private void widen(Object rows, int told, Object wide) {
        for (int row = 0; row * key.size(2) < Array.getLength(wide); row++) {
            System.arraycopy(rows, row * told, wide, row * key.size(2), told);
        }
    }

    // ---- scores ----

    private Tensor scores(Attention attention, AttentionOutput result) {
        return switch (inputs.integer("qk_matmul_output_mode", 0)) {
            case 0 -> each(scaled(), false);
            case 1 -> each(scaled().softcap(inputs.number("softcap", 0)), false);
            case 2 -> each(attention, true);
            case 3 -> AllWeights.of(attention, query, key, result.lse());
            default ->
                throw new UnsupportedOperationException(
                        "qk_matmul_output_mode " + inputs.integer("qk_matmul_output_mode", 0) + " is not supported");
        };
    }

    /** The reference's scores of every head, [B, Hq, N, M]. */
    private Tensor each(Attention attention, boolean masked) {
        Tensor all = Tensor.zeros(query.size(0), query.size(1), query.size(2), key.size(2));
        for (int batch = 0; batch < query.size(0); batch++) {
            for (int head = 0; head < query.size(1); head++) {
                Reference.Steps steps = Reference.steps(attention, query, key, value, batch, head);
                fill(all, batch, head, masked ? steps.masked() : steps.scores());
            }
        }
        return all;
    }

    private static void fill(Tensor all, int batch, int head, double[][] scores) {
        for (int i = 0; i < scores.length; i++) {
            for (int j = 0; j < scores[i].length; j++) {
                all.set((float) scores[i][j], batch, head, i, j);
            }
        }
    }
}
