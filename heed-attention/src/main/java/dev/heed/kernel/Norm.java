package dev.heed.kernel;

import dev.heed.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * Normalisation of the rows of a matrix [rows, width] with last stride 1: y = (x − mean) · factor · gamma + beta, where factor =
 * 1 / √(variance + ε); mean and variance in two passes and fixed order.
 */
public enum Norm {
    /** Layer norm (Ba, Kiros and Hinton 2016, arXiv 1607.06450); the variance divides by the width. */
    LAYER,
    /** RMS norm (Zhang and Sennrich 2019, arXiv 1910.07467): the mean is taken as 0. */
    RMS;

    private static final RowMath MATH = RowMath.CHOSEN;
    /** {@link #forward(Tensor, Tensor, Tensor, float, Tensor, Tensor)} without a way back. */
    public void forward(Tensor x, Tensor gamma, @Nullable Tensor beta, float epsilon, Tensor y) {
        forward(x, gamma, beta, epsilon, y, null);
    }

    /**
     * Fills y; y may be x.
     *
     * @param gamma [width]
     * @param beta [width], or null for none
     * @param stats [rows, 2], filled with each row's mean and factor for {@link #backward}; or null
     */
    public void forward(
            Tensor x, Tensor gamma, @Nullable Tensor beta, float epsilon, Tensor y, @Nullable Tensor stats) {
        RowTasks.check("Norm.forward", x, y);
        int width = x.size(1);
        RowTasks.checkVector("Norm.forward", gamma, width);
        if (beta != null) {
            RowTasks.checkVector("Norm.forward", beta, width);
        }
        RowTasks.run(x.size(0), width, r -> {
            int at = RowTasks.at(x, r);
            int to = RowTasks.at(y, r);
            float mean = this == LAYER ? MATH.sum(x.array(), at, width) / width : 0;
            float variance = MATH.squaredDeviation(x.array(), at, mean, width) / width;
            float factor = (float) (1 / Math.sqrt((double) variance + epsilon));
            if (stats != null) {
                stats.array()[stats.offset() + 2 * r] = mean;
                stats.array()[stats.offset() + 2 * r + 1] = factor;
            }
            if (beta == null) {
                MATH.scaled(x.array(), at, mean, factor, gamma.array(), gamma.offset(), y.array(), to, width);
            } else {
                MATH.affine(
                        x.array(),
                        at,
                        mean,
                        factor,
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
     * The way back of a row. With x̂ = (x − mean)·factor and g = dy·gamma:
     *
     * <pre>
     *   dx (+)= factor · (g − x̂·mean(g·x̂) − mean(g))    (the last term for LAYER only)
     * </pre>
     *
     * @param stats what {@link #forward} filled
     * @param onto whether dx is added to; else it is overwritten
     */
    public void backward(Tensor x, Tensor gamma, Tensor stats, Tensor dy, Tensor dx, boolean onto) {
        RowTasks.check("Norm.backward", x, dy, dx);
        int width = x.size(1);
        RowTasks.checkVector("Norm.backward", gamma, width);
        RowTasks.run(x.size(0), width, r -> {
            float mean = stats.array()[stats.offset() + 2 * r];
            float factor = stats.array()[stats.offset() + 2 * r + 1];
            float[] normal = RowRoom.first(width);
            float[] g = RowRoom.second(width);
            MATH.normalize(x.array(), RowTasks.at(x, r), mean, factor, normal, 0, width);
            MATH.multiply(dy.array(), RowTasks.at(dy, r), gamma.array(), gamma.offset(), g, 0, width);
            float along = MATH.dot(g, 0, normal, 0, width) / width;
            float shift = this == LAYER ? MATH.sum(g, 0, width) / width : 0;
            MATH.normBackward(g, normal, along, shift, factor, dx.array(), RowTasks.at(dx, r), onto, width);
        });
    }

    /**
     * The way back of the parameters, row by row, in order:
     *
     * <pre>
     *   dGamma += Σ_rows dy·x̂      dBeta += Σ_rows dy
     * </pre>
     *
     * @param dBeta [width], or null for none
     */
    public static void backward(Tensor x, Tensor stats, Tensor dy, Tensor dGamma, @Nullable Tensor dBeta) {
        RowTasks.check("Norm.backward", x, dy);
        int width = x.size(1);
        RowTasks.checkVector("Norm.backward", dGamma, width);
        if (dBeta != null) {
            RowTasks.checkVector("Norm.backward", dBeta, width);
        }
        RowTasks.columns(x.size(0), width, (from, count) -> {
            MATH.addNormalizedRows(
                    x.array(),
                    x.offset() + from,
                    x.stride(0),
                    stats.array(),
                    stats.offset(),
                    dy.array(),
                    dy.offset() + from,
                    dy.stride(0),
                    x.size(0),
                    dGamma.array(),
                    dGamma.offset() + from,
                    count);
            if (dBeta != null) {
                MATH.addRows(
                        dy.array(),
                        dy.offset() + from,
                        dy.stride(0),
                        x.size(0),
                        dBeta.array(),
                        dBeta.offset() + from,
                        count);
            }
        });
    }
}
