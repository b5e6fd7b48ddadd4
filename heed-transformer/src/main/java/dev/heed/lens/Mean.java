package dev.heed.lens;

import java.util.Arrays;

/**
 * A mean over texts, with its 95 % interval by Student's t and the spread of the texts.
 * It holds the mean of all texts in about 95 of 100 samples, and in fewer where most texts are alike and a few far off: samples
 * without the few say nothing of them.
 *
 * <pre>{@code
 * Mean mean = Mean.of(0.9, 0.8, 0.95).within(0, 1);
 * System.out.println(mean.value() + " (" + mean.low() + " to " + mean.high() + ")");
 * }</pre>
 *
 * @param value NaN of nothing
 * @param low −∞ where fewer than two texts tell nothing of their spread
 * @param high ∞ there
 * @param deviation of single texts from the mean
 * @param count texts
 */
public record Mean(double value, double low, double high, double deviation, int count) {
    /** Student's 0.975 quantiles of few degrees of freedom. */
    private static final double[] EXACT = {12.706, 4.303, 3.182};

    /** Of samples; those that are NaN said nothing and are left out. */
    public static Mean of(double... samples) {
        double[] said = Arrays.stream(samples).filter(x -> !Double.isNaN(x)).toArray();
        int n = said.length;
        double mean = Arrays.stream(said).sum() / n;
        if (n < 2) {
            return new Mean(mean, Double.NEGATIVE_INFINITY, Double.POSITIVE_INFINITY, Double.NaN, n);
        }
        double squares = Arrays.stream(said).map(x -> (x - mean) * (x - mean)).sum();
        double deviation = Math.sqrt(squares / (n - 1));
        double half = studentsT(n - 1) * deviation / Math.sqrt(n);
        return new Mean(mean, mean - half, mean + half, deviation, n);
    }

    /**
     * The same mean of numbers that have bounds, and so has their mean: what an interval of few texts has beyond them is cut off,
     * which costs none of its 95 %.
     */
    public Mean within(double least, double most) {
        return count < 2 ? this : new Mean(value, Math.max(least, low), Math.min(most, high), deviation, count);
    }

    /** The 0.975 quantile: exact for up to three degrees, then Cornish and Fisher's expansion, within 0.3 % of it. */
    private static double studentsT(int degrees) {
        if (degrees <= EXACT.length) {
            return EXACT[degrees - 1];
        }
        double z = Share.Z;
        double v = degrees;
        double z3 = z * z * z;
        double z5 = z3 * z * z;
        double z7 = z5 * z * z;
        return z
                + (z3 + z) / (4 * v)
                + (5 * z5 + 16 * z3 + 3 * z) / (96 * v * v)
                + (3 * z7 + 19 * z5 + 17 * z3 - 15 * z) / (384 * v * v * v);
    }
}
