package dev.heed.model;

import dev.heed.tensor.Tensor;

/**
 * Logits as probabilities, in double and by {@link StrictMath}: the same bits on every machine.
 *
 * <pre>{@code
 * Tensor logits = model.run("Mia saw a").logits().orElseThrow();
 * double[] next = Probabilities.of(logits.select(0, logits.size(0) - 1)); // of every token, summing to 1
 * }</pre>
 */
public final class Probabilities {
    private Probabilities() {}

    /** The softmax of a row. */
    public static double[] of(Tensor logits) {
        double[] p = exponentials(logits, largest(logits));
        double sum = sum(p);
        for (int i = 0; i < p.length; i++) {
            p[i] /= sum;
        }
        return p;
    }

    /** ln Σ exp of a row: a logit less this is the logarithm of its probability. */
    public static double logSum(Tensor logits) {
        double most = largest(logits);
        return most + StrictMath.log(sum(exponentials(logits, most)));
    }

    private static double largest(Tensor row) {
        double most = Double.NEGATIVE_INFINITY;
        for (int i = 0; i < row.size(0); i++) {
            most = Math.max(most, row.get(i));
        }
        return most;
    }

    /** exp(x − most): none overflows. */
    private static double[] exponentials(Tensor row, double most) {
        double[] all = new double[row.size(0)];
        for (int i = 0; i < all.length; i++) {
            all[i] = StrictMath.exp(row.get(i) - most);
        }
        return all;
    }

    private static double sum(double[] values) {
        double sum = 0;
        for (double value : values) {
            sum += value;
        }
        return sum;
    }
}
