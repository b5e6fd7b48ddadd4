package dev.heed.app.verify;

import dev.heed.model.checkpoint.Checkpoint;
import dev.heed.tensor.Tensor;
import java.util.Arrays;

/** Compares numbers with expected ones, element by element. */
final class Comparison {
    private Comparison() {}

    /**
     * Passes within max(2 × PyTorch's float32 error, 1e-6 × the largest expected magnitude).
     *
     * @param float32 PyTorch's own float32 error, finite
     */
    static Check withinTwiceFloat32(String what, Tensor actual, Checkpoint expected, double float32) {
        double largest = 0;
        for (double value : expected.doubles(what)) {
            largest = Double.isFinite(value) ? Math.max(largest, Math.abs(value)) : largest;
        }
        return compare(what, actual, expected, what, float32, Math.max(2 * float32, 1e-6 * largest), 0);
    }

    /** Passes where |actual − expected| ≤ absolute + relative · |expected| for every element. */
    static Check within(String what, Tensor actual, Checkpoint expected, String key, double absolute, double relative) {
        return compare(what, actual, expected, key, Double.NaN, absolute, relative);
    }

    private static Check compare(
            String what, Tensor actual, Checkpoint file, String key, double float32, double absolute, double relative) {
        int[] shape = shape(file, key);
        if (!Arrays.equals(shape, actual.shape())) {
            return Check.verdict(
                    what, false, "expected shape " + Arrays.toString(shape) + ", computed " + actual.describe());
        }
        float[] computed = actual.toArray();
        double[] expected = file.doubles(key);
        double error = 0;
        double allowed = absolute;
        double share = 0;
        for (int i = 0; i < computed.length; i++) {
            double difference = difference(computed[i], expected[i]);
            double bound = absolute + (Double.isFinite(expected[i]) ? relative * Math.abs(expected[i]) : 0);
            double part = difference == 0 ? 0 : Double.isInfinite(difference) ? difference : difference / bound;
            error = Math.max(error, difference);
            if (part > share) {
                share = part;
                allowed = bound;
            }
        }
        return new Check(what, error, float32, allowed, share, "");
    }

    static int[] shape(Checkpoint file, String tensor) {
        return Arrays.stream(file.info(tensor).shape())
                .mapToInt(size -> (int) Math.min(size, Integer.MAX_VALUE)) // a larger one only beside a 0
                .toArray();
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
