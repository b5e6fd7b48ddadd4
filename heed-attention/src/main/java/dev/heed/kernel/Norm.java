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
     * @param stats contiguous [rows, 2], filled with each row's mean and factor for {@link #backward}; or null
     */
    public void forward(
            Tensor x, Tensor gamma, @Nullable Tensor beta, float epsilon, Tensor y, @Nullable Tensor stats) {
        RowTasks.check("Norm.forward", x, y);
        int width = x.size(1);
        RowTasks.checkVector("Norm.forward", gamma, width);
        if (beta != null) {
            RowTasks.checkVector("Norm.forward", beta, width);
        }
        if (stats != null) {
            checkStats("Norm.forward", stats, x.size(0));
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
     * Where {@link #backward} puts the gradients, apart from each other and from what it reads; null for one that is not
     * wanted.
     *
     * @param dX [rows, width], last stride 1
     * @param ontoX whether dX is added to; else it is overwritten
     * @param dGamma [width], added to
     * @param dBeta [width], added to
     */
    public record Gradients(
            @Nullable Tensor dX,
            boolean ontoX,
            @Nullable Tensor dGamma,
            @Nullable Tensor dBeta) {}

    /**
     * The way back. With x̂ = (x − mean)·factor and g = dy·gamma:
     *
     * <pre>
     *   dX (+)= factor · (g − x̂·mean(g·x̂) − mean(g))    (the last term for LAYER only)
     *   dGamma += Σ_rows dy·x̂      dBeta += Σ_rows dy     (in blocks of rows as in {@link Gemm})
     * </pre>
     *
     * @param stats what {@link #forward} filled
     * @throws IllegalArgumentException if shapes do not fit or gradients share memory
     */
    public void backward(Tensor x, Tensor gamma, Tensor stats, Tensor dy, Gradients to) {
        RowTasks.check("Norm.backward", x, dy);
        checkStats("Norm.backward", stats, x.size(0));
        int width = x.size(1);
        for (Tensor vector : new @Nullable Tensor[] {gamma, to.dGamma, to.dBeta}) {
            if (vector != null) {
                RowTasks.checkVector("Norm.backward", vector, width);
            }
        }
        checkApart(to.dX, to.dGamma);
        checkApart(to.dX, to.dBeta);
        checkApart(to.dGamma, to.dBeta);
        Workers.Numbered rows = Workers.Numbered.NONE;
        Workers.Numbered sums = Workers.Numbered.NONE;
        long work = 0;
        if (to.dX != null) {
            Tensor dX = to.dX;
            RowTasks.check("Norm.backward", x, dX);
            rows = RowTasks.rows(x.size(0), width, r -> row(x, gamma, stats, dy, dX, to.ontoX, r));
            work += RowTasks.work(x.size(0), width);
        }
        if (to.dGamma != null || to.dBeta != null) {
            sums = Chain.of(x.size(0), part -> addRows(x, stats, dy, to, part));
            work += RowTasks.columnWork(x.size(0), width);
        }
        Workers.run(work, new Workers.Phase(sums, rows)); // who would wait for another's sums has rows to go on with
    }

    private static void checkStats(String who, Tensor stats, int rows) {
        if (stats.rank() != 2 || stats.size(0) != rows || stats.size(1) != 2 || !stats.isContiguous()) {
            throw new IllegalArgumentException(
                    who + ": contiguous stats [" + rows + ", 2] are needed, got " + stats.describe());
        }
    }

    private static void checkApart(@Nullable Tensor a, @Nullable Tensor b) {
        if (a != null && b != null && a.mayOverlap(b)) {
            throw new IllegalArgumentException("Norm.backward: gradients must not share memory, got " + a.describe()
                    + " and " + b.describe() + "; give x, gamma and beta memory of their own");
        }
    }

    private void row(Tensor x, Tensor gamma, Tensor stats, Tensor dy, Tensor dX, boolean onto, int r) {
        int width = x.size(1);
        float mean = stats.array()[stats.offset() + 2 * r];
        float factor = stats.array()[stats.offset() + 2 * r + 1];
        float[] normal = RowRoom.first(width);
        float[] g = RowRoom.second(width);
        MATH.normalize(x.array(), RowTasks.at(x, r), mean, factor, normal, 0, width);
        MATH.multiply(dy.array(), RowTasks.at(dy, r), gamma.array(), gamma.offset(), g, 0, width);
        float along = MATH.dot(g, 0, normal, 0, width) / width;
        float shift = this == LAYER ? MATH.sum(g, 0, width) / width : 0;
        MATH.normBackward(g, normal, along, shift, factor, dX.array(), RowTasks.at(dX, r), onto, width);
    }

    private static void addRows(Tensor x, Tensor stats, Tensor dy, Gradients to, Chain.Part part) {
        int width = x.size(1);
        for (int piece = 0; piece * RowTasks.COLUMNS < width; piece++) {
            int from = piece * RowTasks.COLUMNS;
            int count = Math.min(RowTasks.COLUMNS, width - from);
            part.add(piece, () -> addRows(x, stats, dy, to, part, from, count));
        }
    }

    private static void addRows(Tensor x, Tensor stats, Tensor dy, Gradients to, Chain.Part part, int from, int count) {
        for (int row = part.from(); row < part.end(); row += Product.ONE_SUM) {
            addRows(x, stats, dy, to, row, Math.min(Product.ONE_SUM, part.end() - row), from, count);
        }
    }

    private static void addRows(
            Tensor x, Tensor stats, Tensor dy, Gradients to, int first, int rows, int from, int count) {
        int at = RowTasks.at(x, first) + from;
        int dyAt = RowTasks.at(dy, first) + from;
        if (to.dGamma != null) {
            MATH.addNormalizedRows(
                    x.array(),
                    at,
                    x.stride(0),
                    stats.array(),
                    stats.offset() + 2 * first,
                    dy.array(),
                    dyAt,
                    dy.stride(0),
                    rows,
                    to.dGamma.array(),
                    to.dGamma.offset() + from,
                    count);
        }
        if (to.dBeta != null) {
            MATH.addRows(dy.array(), dyAt, dy.stride(0), rows, to.dBeta.array(), to.dBeta.offset() + from, count);
        }
    }
}
