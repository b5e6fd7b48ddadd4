package dev.heed.bench;

import java.util.Arrays;

/**
 * The middle of some measurements and how far they scatter: what is reported in place of means, which one interrupted run
 * spoils.
 *
 * @param low first quartile
 * @param median middle
 * @param high third quartile
 */
record Quartiles(double low, double median, double high) {
    /**
     * Quartiles with linear interpolation between neighbours (Hyndman and Fan 1996, type 7).
     *
     * @throws IllegalArgumentException if there is nothing to measure
     */
    static Quartiles of(double... values) {
        if (values.length == 0) {
            throw new IllegalArgumentException("Quartiles: at least one value is needed, got none");
        }
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        return new Quartiles(at(sorted, 0.25), at(sorted, 0.5), at(sorted, 0.75));
    }

    /** Quartiles of {@code above[r] / below[r]}: both were measured in round r, so what slows a round cancels. */
    static Quartiles ofRatios(double[] above, double[] below) {
        if (above.length != below.length) {
            throw new IllegalArgumentException(
                    "Quartiles: paired rounds must be equally many, got " + above.length + " and " + below.length);
        }
        double[] ratios = new double[above.length];
        for (int r = 0; r < ratios.length; r++) {
            ratios[r] = above[r] / below[r];
        }
        return of(ratios);
    }

    Quartiles times(double factor) {
        return new Quartiles(low * factor, median * factor, high * factor);
    }

    private static double at(double[] sorted, double share) {
        double position = share * (sorted.length - 1);
        int below = (int) position;
        int above = Math.min(below + 1, sorted.length - 1);
        return sorted[below] + (position - below) * (sorted[above] - sorted[below]);
    }
}
