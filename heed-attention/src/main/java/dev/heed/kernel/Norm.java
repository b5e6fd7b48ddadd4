package dev.heed.kernel;

import dev.heed.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * Normalisation of the rows of a matrix [rows, width] with last stride 1: y = (x − mean) / √(variance + ε) · gamma + beta, mean
 * and variance in two passes and fixed order. Backward computes them anew, which costs less than keeping them.
 */
public enum Norm {
    /** Layer norm (Ba, Kiros and Hinton 2016, arXiv 1607.06450); the variance divides by the width. */
    LAYER,
    /** RMS norm (Zhang and Sennrich 2019, arXiv 1910.07467): the mean is taken as 0. */
    RMS;

    private static final RowMath MATH = RowMath.CHOSEN;
    /** Columns of one task of the sums over rows. */
    private static final int COLUMNS = 128;

    /**
     * Fills y; y may be x.
     *
     * @param gamma [width]
     * @param beta [width], or null for none
     */
    public void forward(Tensor x, Tensor gamma, @Nullable Tensor beta, float epsilon, Tensor y) {
        RowTasks.check("Norm.forward", x, y);
        int width = x.size(1);
        RowTasks.checkVector("Norm.forward", gamma, width);
        if (beta != null) {
            RowTasks.checkVector("Norm.forward", beta, width);
        }
        RowTasks.run(x.size(0), width, r -> {
            int at = RowTasks.at(x, r);
            int to = RowTasks.at(y, r);
            float mean = mean(x.array(), at, width);
            float factor = factor(x.array(), at, width, mean, epsilon);
            MATH.normalize(x.array(), at, mean, factor, y.array(), to, width);
            if (beta == null) {
                MATH.multiply(y.array(), to, gamma.array(), gamma.offset(), y.array(), to, width);
            } else {
                MATH.affine(
                        y.array(),
                        to,
                        gamma.array(),
                        gamma.offset(),
                        beta.array(),
                        beta.offset(),
                        y.array(),
                        to,
                        width);
            }
        });
    }

    /**
     * Adds to dx, dGamma and dBeta. With x̂ = (x − mean)·factor and g = dy·gamma:
     *
     * <pre>
     *   dGamma += Σ_rows dy·x̂      dBeta += Σ_rows dy      (row by row, in order)
     *   dx     += factor · (g − x̂·mean(g·x̂) − mean(g))    (the last term for LAYER only)
     * </pre>
     */
    public void backward(
            Tensor x, Tensor gamma, float epsilon, Tensor dy, Tensor dx, Tensor dGamma, @Nullable Tensor dBeta) {
        RowTasks.check("Norm.backward", x, dy, dx);
        int width = x.size(1);
        RowTasks.checkVector("Norm.backward", gamma, width);
        RowTasks.checkVector("Norm.backward", dGamma, width);
        if (dBeta != null) {
            RowTasks.checkVector("Norm.backward", dBeta, width);
        }
        float[] means = new float[x.size(0)];
        float[] factors = new float[x.size(0)];
        RowTasks.run(x.size(0), width, r -> {
            means[r] = mean(x.array(), RowTasks.at(x, r), width);
            factors[r] = factor(x.array(), RowTasks.at(x, r), width, means[r], epsilon);
            rowBackward(x, r, means[r], factors[r], gamma, dy, dx);
        });
        int tasks = (width + COLUMNS - 1) / COLUMNS;
        Workers.run(tasks, 16L * x.size(0) * width, t -> sumRows(x, t * COLUMNS, means, factors, dy, dGamma, dBeta));
    }

    private void rowBackward(Tensor x, int row, float mean, float factor, Tensor gamma, Tensor dy, Tensor dx) {
        int width = x.size(1);
        float[] normal = RowRoom.first(width);
        float[] g = RowRoom.second(width);
        MATH.normalize(x.array(), RowTasks.at(x, row), mean, factor, normal, 0, width);
        MATH.multiply(dy.array(), RowTasks.at(dy, row), gamma.array(), gamma.offset(), g, 0, width);
        float along = MATH.dot(g, 0, normal, 0, width) / width;
        float shift = this == LAYER ? MATH.sum(g, 0, width) / width : 0;
        MATH.addScaled(-along, normal, 0, g, 0, width);
        MATH.normalize(g, 0, shift, 1, g, 0, width);
        MATH.addScaled(factor, g, 0, dx.array(), RowTasks.at(dx, row), width);
    }

    private static void sumRows(
            Tensor x, int from, float[] means, float[] factors, Tensor dy, Tensor dGamma, @Nullable Tensor dBeta) {
        int count = Math.min(COLUMNS, x.size(1) - from);
        float[] normal = RowRoom.first(count);
        for (int r = 0; r < x.size(0); r++) {
            int dyAt = RowTasks.at(dy, r) + from;
            MATH.normalize(x.array(), RowTasks.at(x, r) + from, means[r], factors[r], normal, 0, count);
            MATH.addProduct(dy.array(), dyAt, normal, 0, dGamma.array(), dGamma.offset() + from, count);
            if (dBeta != null) {
                int to = dBeta.offset() + from;
                MATH.add(dBeta.array(), to, dy.array(), dyAt, dBeta.array(), to, count);
            }
        }
    }

    private float mean(float[] x, int at, int width) {
        return this == LAYER ? MATH.sum(x, at, width) / width : 0;
    }

    private static float factor(float[] x, int at, int width, float mean, float epsilon) {
        float variance = MATH.squaredDeviation(x, at, mean, width) / width;
        return (float) (1 / Math.sqrt((double) variance + epsilon));
    }
}
