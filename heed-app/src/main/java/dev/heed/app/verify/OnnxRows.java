package dev.heed.app.verify;

import dev.heed.app.verify.OnnxCase.OnnxInputs;
import dev.heed.kernel.Activation;
import dev.heed.kernel.Elements;
import dev.heed.kernel.Norm;
import dev.heed.kernel.Softmax;
import dev.heed.tensor.Tensor;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

/** ONNX's operators along rows, said with Heed's row kernels: an axis becomes the rows of a matrix. */
final class OnnxRows {
    private final OnnxInputs inputs;

    OnnxRows(OnnxInputs inputs) {
        this.inputs = inputs;
    }

    /** Softmax and LogSoftmax (opset 13): along one axis. */
    Map<String, Tensor> softmax(boolean logarithm) {
        Tensor x = inputs.tensor("x");
        int axis = axis(x);
        Tensor last = x.transpose(axis, x.rank() - 1);
        Tensor rows = last.reshape(last.elements() / last.size(-1), last.size(-1));
        Tensor y = Tensor.zeros(rows.shape());
        if (logarithm) {
            Softmax.logRows(rows, y);
        } else {
            Softmax.rows(rows, y);
        }
        return Map.of("y", y.reshape(last.shape()).transpose(axis, x.rank() - 1));
    }

    private int axis(Tensor x) {
        int axis = inputs.integer("axis", -1);
        return axis < 0 ? axis + x.rank() : axis;
    }

    /** LayerNormalization (opset 17) and RMSNormalization (opset 23): over all axes from one on. */
    Map<String, Tensor> norm(Norm norm) {
        Tensor x = inputs.tensor("X");
        int width = 1;
        for (int axis = axis(x); axis < x.rank(); axis++) {
            width *= x.size(axis);
        }
        Tensor rows = x.reshape(x.elements() / width, width);
        Tensor beta = inputs.has("B") ? inputs.tensor("B").reshape(width) : null;
        Tensor y = Tensor.zeros(rows.shape());
        norm.forward(rows, inputs.tensor("W").reshape(width), beta, (float) inputs.number("epsilon", 1e-5), y);
        Map<String, Tensor> outputs = new LinkedHashMap<>(Map.of("Y", y.reshape(x.shape())));
        if (norm == Norm.LAYER) {
            putStatistics(rows, statisticsShape(x), outputs);
        }
        return outputs;
    }

    private int[] statisticsShape(Tensor x) {
        int[] shape = x.shape();
        Arrays.fill(shape, axis(x), shape.length, 1);
        return shape;
    }

    /**
     * Mean and InvStdDev, which Heed computes and keeps to itself: a layer norm is a line x̂ = (x − mean)·invStdDev, and so
     * both can be read off two points of each row.
     */
    private void putStatistics(Tensor rows, int[] shape, Map<String, Tensor> outputs) {
        int width = rows.size(1);
        Tensor normal = Tensor.zeros(rows.shape());
        Norm.LAYER.forward(rows, Tensor.full(1, width), null, (float) inputs.number("epsilon", 1e-5), normal);
        Tensor mean = Tensor.zeros(rows.size(0));
        Tensor inverse = Tensor.zeros(rows.size(0));
        for (int r = 0; r < rows.size(0); r++) {
            int low = extreme(rows, r, -1);
            int high = extreme(rows, r, 1);
            double slope = ((double) normal.get(r, high) - normal.get(r, low))
                    / ((double) rows.get(r, high) - rows.get(r, low));
            inverse.set((float) slope, r);
            mean.set((float) (rows.get(r, high) - normal.get(r, high) / slope), r);
        }
        outputs.put("Mean", mean.reshape(shape));
        outputs.put("InvStdDev", inverse.reshape(shape));
    }

    /** Column of a row's largest element, or with sign −1 of its smallest. */
    private static int extreme(Tensor rows, int row, int sign) {
        int best = 0;
        for (int column = 1; column < rows.size(1); column++) {
            best = sign * rows.get(row, column) > sign * rows.get(row, best) ? column : best;
        }
        return best;
    }

    /** Gelu (opset 20), exact or by tanh. */
    Map<String, Tensor> gelu() {
        Activation activation =
                inputs.word("approximate", "none").equals("tanh") ? Activation.GELU_TANH : Activation.GELU;
        return Map.of("y", activated(activation, inputs.tensor("x")));
    }

    /** SwiGLU (opset 28): a·σ(alpha·a)·b. */
    Map<String, Tensor> swiglu() {
        double alpha = inputs.number("alpha", 1);
        Tensor a = inputs.tensor("a");
        Tensor b = inputs.tensor("b");
        float[] gate = new float[a.elements()];
        Elements.addScaled((float) alpha, a.toArray(), 0, gate, 0, gate.length);
        Tensor sigmoid = activated(Activation.SIGMOID, Tensor.of(gate, a.shape()));
        float[] y = new float[gate.length];
        Elements.multiply(a.toArray(), 0, sigmoid.toArray(), 0, y, 0, y.length);
        Elements.multiply(y, 0, b.toArray(), 0, y, 0, y.length);
        return Map.of("y", Tensor.of(y, a.shape()));
    }

    private static Tensor activated(Activation activation, Tensor x) {
        float[] y = new float[x.elements()];
        activation.apply(x.toArray(), 0, y, 0, y.length);
        return Tensor.of(y, x.shape());
    }
}
