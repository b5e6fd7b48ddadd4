package dev.heed.kernel;

import dev.heed.tensor.Tensor;
import java.util.Arrays;

/**
 * Softmax, log-softmax and cross-entropy along the rows of a matrix [rows, width] with last stride 1. The largest element is
 * subtracted first, so nothing overflows. A row of −∞ has a softmax of zeros; its logarithms and losses are NaN.
 */
public final class Softmax {
    private static final RowMath MATH = RowMath.CHOSEN;

    private Softmax() {}

    /** y = softmax(x), row by row; y may be x. */
    public static void rows(Tensor x, Tensor y) {
        RowTasks.check("Softmax.rows", x, y);
        int width = x.size(1);
        RowTasks.run(x.size(0), width, r -> {
            int to = RowTasks.at(y, r);
            float sum = exponentials(x, r, base(x, r), y);
            float inverse = sum == 0 ? 0 : 1 / sum;
            MATH.normalize(y.array(), to, 0, inverse, y.array(), to, width);
        });
    }

    /** dx += p·(dp − Σ p·dp): p the result of {@link #rows}, dp its gradient. */
    public static void backward(Tensor p, Tensor dp, Tensor dx) {
        RowTasks.check("Softmax.backward", p, dp, dx);
        int width = p.size(1);
        RowTasks.run(p.size(0), width, r -> {
            int at = RowTasks.at(p, r);
            int dpAt = RowTasks.at(dp, r);
            float mean = MATH.dot(p.array(), at, dp.array(), dpAt, width);
            float[] centred = RowRoom.first(width);
            MATH.normalize(dp.array(), dpAt, mean, 1, centred, 0, width);
            MATH.addProduct(p.array(), at, centred, 0, dx.array(), RowTasks.at(dx, r), width);
        });
    }

    /** y = (x − max) − log Σ exp(x − max), row by row, so that the likeliest are exact beside large x; y may be x. */
    public static void logRows(Tensor x, Tensor y) {
        RowTasks.check("Softmax.logRows", x, y);
        int width = x.size(1);
        RowTasks.run(x.size(0), width, r -> {
            int to = RowTasks.at(y, r);
            float base = base(x, r);
            float logSum = (float) Ln.inDouble(exponentials(x, r, base));
            MATH.normalize(x.array(), RowTasks.at(x, r), base, 1, y.array(), to, width);
            MATH.normalize(y.array(), to, logSum, 1, y.array(), to, width);
        });
    }

    /**
     * loss[r] = lse(x[r]) − x[r][label], 0 where the label is negative (ignored).
     *
     * @param labels one per row, below the width
     */
    public static void crossEntropy(Tensor logits, int[] labels, float[] loss) {
        crossEntropy(logits, labels, 0, loss);
    }

    /**
     * With label smoothing (Szegedy et al. 2016, section 7): loss[r] = lse(x[r]) − (1 − ε)·x[r][label] − ε·mean(x[r]), 0 where the
     * label is negative.
     *
     * @param smoothing ε: the share of each label that all labels share evenly
     */
    public static void crossEntropy(Tensor logits, int[] labels, double smoothing, float[] loss) {
        RowTasks.check("Softmax.crossEntropy", logits);
        checkLabels("Softmax.crossEntropy", logits, labels);
        if (loss.length != labels.length) {
            throw new IllegalArgumentException("Softmax.crossEntropy: one loss for each of " + labels.length
                    + " rows is needed, got room for " + loss.length);
        }
        RowTasks.run(logits.size(0), logits.size(1), r -> {
            float base = base(logits, r);
            double logSum = Ln.inDouble(exponentials(logits, r, base));
            float own = labels[r] < 0 ? 0 : logits.array()[RowTasks.at(logits, r) + labels[r]];
            double expected = smoothing == 0 ? own : (1 - smoothing) * own + smoothing * mean(logits, r);
            loss[r] = labels[r] < 0 ? 0 : (float) (logSum + ((double) base - expected));
        });
    }

    /**
     * dLogits = scale·(softmax(x) − one-hot(label)), 0 in rows with a negative label, whatever they hold; overwrites, and
     * dLogits may be logits.
     *
     * @param scale gradient of each row's loss: 1 / rows for a mean
     */
    public static void crossEntropyBackward(Tensor logits, int[] labels, float scale, Tensor dLogits) {
        crossEntropyBackward(logits, labels, 0, scale, dLogits);
    }

    /** With label smoothing: dLogits = scale·(softmax(x) − (1 − ε)·one-hot(label) − ε/width). */
    public static void crossEntropyBackward(
            Tensor logits, int[] labels, double smoothing, float scale, Tensor dLogits) {
        RowTasks.check("Softmax.crossEntropyBackward", logits, dLogits);
        checkLabels("Softmax.crossEntropyBackward", logits, labels);
        int width = logits.size(1);
        RowTasks.run(logits.size(0), width, r -> {
            int to = RowTasks.at(dLogits, r);
            if (labels[r] < 0) {
                Arrays.fill(dLogits.array(), to, to + width, 0);
                return;
            }
            float sum = exponentials(logits, r, base(logits, r), dLogits);
            float shared = (float) (smoothing / width) * sum; // as a part of the exponentials
            MATH.normalize(dLogits.array(), to, shared, scale / sum, dLogits.array(), to, width);
            dLogits.array()[to + labels[r]] -= (float) ((1 - smoothing) * scale);
        });
    }

    private static double mean(Tensor x, int row) {
        return (double) MATH.sum(x.array(), RowTasks.at(x, row), x.size(1)) / x.size(1);
    }

    /** What is subtracted: the largest element, or 0 in a row of −∞. */
    private static float base(Tensor x, int row) {
        float most = MATH.max(x.array(), RowTasks.at(x, row), x.size(1));
        return most == Float.NEGATIVE_INFINITY ? 0 : most;
    }

    /** Σ exp(x − base), the terms written to y. */
    private static float exponentials(Tensor x, int row, float base, Tensor y) {
        int to = RowTasks.at(y, row);
        MATH.exp(x.array(), RowTasks.at(x, row), base, y.array(), to, x.size(1));
        return MATH.sum(y.array(), to, x.size(1));
    }

    private static float exponentials(Tensor x, int row, float base) {
        float[] terms = RowRoom.first(x.size(1));
        MATH.exp(x.array(), RowTasks.at(x, row), base, terms, 0, x.size(1));
        return MATH.sum(terms, 0, x.size(1));
    }

    private static void checkLabels(String who, Tensor logits, int[] labels) {
        boolean fits = labels.length == logits.size(0);
        for (int i = 0; fits && i < labels.length; i++) {
            fits = labels[i] < logits.size(1);
        }
        if (!fits) {
            throw new IllegalArgumentException(who + ": one label below " + logits.size(1)
                    + " (negative: ignored) for each of " + logits.size(0) + " rows is needed, got " + labels.length
                    + " labels up to " + Arrays.stream(labels).max().orElse(-1));
        }
    }
}
