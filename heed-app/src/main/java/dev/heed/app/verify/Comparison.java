package dev.heed.app.verify;

import dev.heed.tensor.Tensor;

/** Compares numbers with expected ones, element by element. */
final class Comparison {
    private Comparison() {}

    /**
     * Passes within max(2 × PyTorch's float32 error, 1e-6 × the largest expected magnitude).
     *
     * @param float32 PyTorch's own float32 error
     */
    static Check withinTwiceFloat32(String what, float[] actual, double[] expected, double float32) {
        double largest = 0;
        for (double value : expected) {
            largest = Double.isInfinite(value) ? largest : Math.max(largest, Math.abs(value));
        }
        return compare(what, actual, expected, float32, Math.max(2 * float32, 1e-6 * largest), 0);
    }

    /** Passes where |actual − expected| ≤ absolute + relative · |expected| for every element. */
    static Check within(String what, Tensor actual, double[] expected, double absolute, double relative) {
        return compare(what, actual.toArray(), expected, Double.NaN, absolute, relative);
    }

    private static Check compare(
            String what, float[] actual, double[] expected, double float32, double absolute, double relative) {
        if (actual.length != expected.length) {
            return Check.verdict(what, false, "expected " + expected.length + " numbers, computed " + actual.length);
        }
        double error = 0;
        double allowed = absolute;
        double share = 0;
        for (int i = 0; i < actual.length; i++) {
            double difference = difference(actual[i], expected[i]);
            double bound = absolute + relative * Math.abs(expected[i]);
            double part = difference == 0 ? 0 : difference / bound;
            error = Math.max(error, difference);
            if (part > share) {
                share = part;
                allowed = bound;
            }
        }
        return new Check(what, error, float32, allowed, share, "");
    }

    /** Equal infinities do not differ, and two NaN do not; any other pair with one of them differs infinitely. */
    private static double difference(float actual, double expected) {
        if (actual == expected || (Float.isNaN(actual) && Double.isNaN(expected))) {
            return 0;
        }
        double difference = Math.abs(actual - expected);
        return Double.isNaN(difference) ? Double.POSITIVE_INFINITY : difference;
    }
}
