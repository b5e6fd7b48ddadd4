package dev.heed.app.verify;

import dev.heed.kernel.Norm;
import dev.heed.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import tools.jackson.databind.JsonNode;

/**
 * The operators that a case may name: their inputs and outputs in the order of their definition, which is what tells them
 * apart, their attributes, and what computes them.
 */
enum OnnxOperator {
    ATTENTION(
            "Attention",
            "Q K V attn_mask past_key past_value nonpad_kv_seqlen",
            "Y present_key present_value qk_matmul_output",
            "is_causal kv_num_heads left_window_size q_num_heads qk_matmul_output_mode right_window_size scale softcap"
                    + " softmax_precision",
            inputs -> new OnnxAttention(inputs).outputs()),
    FLEX_ATTENTION(
            "FlexAttention",
            "Q K V",
            "Y",
            "prob_mod scale score_mod softmax_precision",
            inputs -> new OnnxAttention(inputs).flexible()),
    ROTARY_EMBEDDING(
            "RotaryEmbedding",
            "input cos_cache sin_cache position_ids",
            "output",
            "interleaved num_heads rotary_embedding_dim",
            inputs -> new OnnxRotary(inputs).outputs()),
    TENSOR_SCATTER(
            "TensorScatter",
            "past_cache update write_indices",
            "present_cache",
            "axis mode",
            inputs -> new OnnxScatter(inputs).outputs()),
    SOFTMAX("Softmax", "x", "y", "axis", inputs -> new OnnxRows(inputs).softmax(false)),
    LOG_SOFTMAX("LogSoftmax", "x", "y", "axis", inputs -> new OnnxRows(inputs).softmax(true)),
    LAYER_NORMALIZATION(
            "LayerNormalization",
            "X W B",
            "Y Mean InvStdDev",
            "axis epsilon stash_type",
            inputs -> new OnnxRows(inputs).norm(Norm.LAYER)),
    RMS_NORMALIZATION(
            "RMSNormalization", "X W", "Y", "axis epsilon stash_type", inputs -> new OnnxRows(inputs).norm(Norm.RMS)),
    GELU("Gelu", "x", "y", "approximate", inputs -> new OnnxRows(inputs).gelu()),
    SWISH("Swish", "x", "y", "alpha", inputs -> new OnnxRows(inputs).swish()),
    SWIGLU("SwiGLU", "a b", "y", "alpha", inputs -> new OnnxRows(inputs).swiglu());

    private static final Set<String> DOMAINS = Set.of("", "ai.onnx", "ai.onnx.preview");

    private final String onnxName;
    private final List<String> inputs;
    private final List<String> outputs;
    private final List<String> attributes;
    private final Function<OnnxInputs, Map<String, Tensor>> definition;

    OnnxOperator(
            String onnxName,
            String inputs,
            String outputs,
            String attributes,
            Function<OnnxInputs, Map<String, Tensor>> definition) {
        this.onnxName = onnxName;
        this.inputs = List.of(inputs.split(" "));
        this.outputs = List.of(outputs.split(" "));
        this.attributes = List.of(attributes.split(" "));
        this.definition = definition;
    }

    /** The operator of a case's description. */
    static OnnxOperator of(JsonNode description) {
        String name = description.path("op").asString("");
        String domain = description.path("domain").asString("");
        if (!DOMAINS.contains(domain)) {
            throw new UnsupportedOperationException(
                    "onnx case: operators of the domain '" + domain + "' are not supported");
        }
        return Arrays.stream(values())
                .filter(operator -> operator.onnxName.equals(name))
                .findFirst()
                .orElseThrow(
                        () -> new UnsupportedOperationException("onnx case: operator '" + name + "' is not supported"));
    }

    List<String> inputs() {
        return inputs;
    }

    List<String> outputs() {
        return outputs;
    }

    List<String> attributes() {
        return attributes;
    }

    /** Every output by its name. */
    Map<String, Tensor> outputs(OnnxInputs given) {
        return definition.apply(given);
    }

    /** What begins every message about a case of this operator. */
    String who() {
        return "onnx " + onnxName + ": ";
    }
}
