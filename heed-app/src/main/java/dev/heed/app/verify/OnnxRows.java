package dev.heed.app.verify;

import dev.heed.kernel.Activation;
import dev.heed.kernel.Elements;
import dev.heed.kernel.Norm;
import dev.heed.kernel.Softmax;
import dev.heed.tensor.Tensor;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** ONNX's operators along rows, said with Heed's row kernels: an axis becomes the rows of a matrix. */
final class OnnxRows {
    /** Before it Softmax was taken over all axes from one on, by default the second. */
    private static final int ALONG_ONE_AXIS = 13;

    /** The floating-point types by ONNX's numbers; what is computed here is float32, the first. */
    private static final List<Integer> STASH_TYPES = List.of(1, 10, 11, 16);

    private final OnnxInputs inputs;

    OnnxRows(OnnxInputs inputs) {
        this.inputs = inputs;
    }

    /** Softmax and LogSoftmax: along one axis; before opset 13 over all axes from one on. */
    Map<String, Tensor> softmax(boolean logarithm) {
        Tensor x = inputs.tensor("x");
        boolean one = inputs.opset() >= ALONG_ONE_AXIS;
        int axis = inputs.axis(x, one ? -1 : 1);
        Tensor last = one ? x.transpose(axis, x.rank() - 1) : x;
        Tensor rows = rows(last, one ? x.rank() - 1 : axis);
        Tensor y = Tensor.zeros(rows.shape());
        if (logarithm) {
            Softmax.logRows(rows, y);
        } else {
            Softmax.rows(rows, y);
        }
        Tensor shaped = y.reshape(last.shape());
        return Map.of("y", one ? shaped.transpose(axis, x.rank() - 1) : shaped);
    }

    /** A matrix whose rows are all axes from one on. */
    private static Tensor rows(Tensor x, int axis) {
        int[] shape = x.shape();
        return x.reshape(
                OnnxArray.size(Arrays.copyOf(shape, axis)),
                OnnxArray.size(Arrays.copyOfRange(shape, axis, shape.length)));
    }

    /**
     * LayerNormalization (opset 17) and RMSNormalization (opset 23): over all axes from one on. Scale and bias are repeated to
     * the input; where they are not those of every row, each row is normalised with its own.
     */
    Map<String, Tensor> norm(Norm norm) {
        int stash = inputs.integer("stash_type", 1);
        inputs.require(STASH_TYPES.contains(stash), "stash_type must be one of " + STASH_TYPES, stash);
        Tensor x = inputs.tensor("X");
        int axis = inputs.axis(x, -1);
        Tensor rows = rows(x, axis);
        Tensor gamma = repeated("W", x, axis);
        Tensor beta = inputs.has("B") ? repeated("B", x, axis) : null;
        int step = sameInEveryRow("W", x, axis) && sameInEveryRow("B", x, axis) ? Math.max(1, rows.size(0)) : 1;
        float epsilon = (float) inputs.number("epsilon", 1e-5);
        Tensor y = Tensor.zeros(rows.shape());
        Tensor statistics = Tensor.zeros(rows.size(0), 2);
        for (int r = 0; r < rows.size(0); r += step) {
            norm.forward(
                    rows.slice(0, r, r + step),
                    gamma.select(0, r),
                    beta == null ? null : beta.select(0, r),
                    epsilon,
                    y.slice(0, r, r + step),
                    statistics.slice(0, r, r + step));
        }
        int[] shape = x.shape();
        Arrays.fill(shape, axis, shape.length, 1);
        Map<String, Tensor> outputs = new HashMap<>();
        outputs.put("Y", y.reshape(x.shape()));
        outputs.put("Mean", statistics.select(1, 0).reshape(shape));
        outputs.put("InvStdDev", statistics.select(1, 1).reshape(shape));
        return outputs;
    }

    private Tensor repeated(String input, Tensor x, int axis) {
        return rows(inputs.tensor(input).broadcastTo(x.shape()), axis);
    }

    private boolean sameInEveryRow(String input, Tensor x, int axis) {
        int[] shape = inputs.has(input) ? inputs.shape(input) : new int[0];
        return OnnxArray.size(Arrays.copyOf(shape, Math.max(0, shape.length - (x.rank() - axis)))) == 1;
    }

    /** Gelu (opset 20), exact or by tanh. */
    Map<String, Tensor> gelu() {
        String approximate = inputs.word("approximate", "none");
        boolean byTanh = approximate.equals("tanh");
        inputs.require(byTanh || approximate.equals("none"), "approximate must be none or tanh", approximate);
        return Map.of("y", activated(byTanh ? Activation.GELU_TANH : Activation.GELU, inputs.tensor("x")));
    }

    /** Swish (opset 24): x·σ(alpha·x). */
    Map<String, Tensor> swish() {
        return Map.of("y", gated(inputs.tensor("x")));
    }

    /** SwiGLU (opset 28): a·σ(alpha·a)·b. */
    Map<String, Tensor> swiglu() {
        Tensor a = inputs.tensor("a");
        Tensor b = inputs.tensor("b");
        inputs.require(
                Arrays.equals(a.shape(), b.shape()), "b must have the shape of a, " + a.describe(), b.describe());
        Tensor y = gated(a);
        Elements.multiply(y.array(), 0, b.array(), 0, y.array(), 0, y.elements());
        return Map.of("y", y);
    }

    private Tensor gated(Tensor x) {
        float[] gate = new float[x.elements()];
        Elements.addScaled((float) inputs.number("alpha", 1), x.array(), 0, gate, 0, gate.length);
        Tensor y = activated(Activation.SIGMOID, Tensor.of(gate, x.shape()));
        Elements.multiply(x.array(), 0, y.array(), 0, y.array(), 0, gate.length);
        return y;
    }

    private static Tensor activated(Activation activation, Tensor x) {
        float[] y = new float[x.elements()];
        activation.apply(x.toArray(), 0, y, 0, y.length);
        return Tensor.of(y, x.shape());
    }
}
