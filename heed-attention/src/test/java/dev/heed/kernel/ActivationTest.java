package dev.heed.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ActivationTest {
    private final SplittableRandom random = new SplittableRandom(20261121);

    /** Worst error in ulp of the result over |x| ≤ 12; the bounds are what was measured, rounded up. */
    @ParameterizedTest
    @EnumSource(Activation.class)
    void everyFunctionIsWithinItsMeasuredError(Activation f) {
        double bound = switch (f) {
            case RELU -> 0;
            case GELU -> 4.5;
            case GELU_TANH -> 179;
            case QUICK_GELU -> 20.5;
            case SILU -> 3;
            case SIGMOID -> 2.5;
            case TANH -> 1.5;
        };
        double worst = 0;
        float at = 0;
        for (float x = -12; x <= 12; x += 0.000123f) {
            double expected = exact(f, x);
            double error = Math.abs(Curves.apply(f, x) - expected) / Math.ulp((float) expected);
            if (error > worst) {
                worst = error;
                at = x;
            }
        }
        assertThat(worst).as("%s at x=%s", f, at).isLessThanOrEqualTo(bound);
    }

    @ParameterizedTest
    @EnumSource(Activation.class)
    void slopesMeetCentralDifferences(Activation f) {
        for (double x = -9.00001; x < 9; x += 0.0137) {
            double h = 1e-4;
            double expected = (exact(f, x + h) - exact(f, x - h)) / (2 * h);
            assertThat((double) Curves.slope(f, (float) x))
                    .as("%s at %s", f, x)
                    .isBetween(expected - 2e-6, expected + 2e-6);
        }
    }

    @ParameterizedTest
    @EnumSource(Activation.class)
    void vectorAndScalarGiveTheSameBits(Activation f) {
        Assumptions.assumeTrue(Kernels.vector(), "vector kernels are not chosen in this run");
        RowMath vector = new VectorRowMath();
        RowMath scalar = new ScalarRowMath();
        for (int count : new int[] {0, 1, 3, 4, 8, 15, 16, 17, 33, 10_000}) {
            float[] x = values(count);
            float[] a = new float[count];
            float[] b = new float[count];
            float[] slopeA = new float[count];
            float[] slopeB = new float[count];
            vector.activate(f, x, 0, a, 0, count);
            scalar.activate(f, x, 0, b, 0, count);
            assertThat(Arrays.mismatch(a, b)).as("%s count %d", f, count).isEqualTo(-1);
            vector.activateWithSlope(f, x, 0, a, 0, slopeA, 0, count);
            assertThat(Arrays.mismatch(a, b))
                    .as("%s with slope, count %d", f, count)
                    .isEqualTo(-1);
            scalar.activateWithSlope(f, x, 0, b, 0, slopeB, 0, count);
            assertThat(Arrays.mismatch(a, b))
                    .as("%s with slope, count %d", f, count)
                    .isEqualTo(-1);
            assertThat(Arrays.mismatch(slopeA, slopeB))
                    .as("%s slope, count %d", f, count)
                    .isEqualTo(-1);
            for (RowMath math : List.of(vector, scalar)) {
                float[] own = x.clone();
                math.activateWithSlope(f, own, 0, a, 0, own, 0, count);
                assertThat(Arrays.mismatch(own, slopeB) + Arrays.mismatch(a, b))
                        .as("%s, slope in the memory of x, count %d", f, count)
                        .isEqualTo(-2);
            }
            vector.activate(f, x, 0, x, 0, count);
            assertThat(Arrays.mismatch(x, b))
                    .as("%s in place, count %d", f, count)
                    .isEqualTo(-1);
        }
    }

    @ParameterizedTest
    @EnumSource(Activation.class)
    void largeArgumentsSaturateAndNaNStays(Activation f) {
        boolean bounded = f == Activation.SIGMOID || f == Activation.TANH;
        assertThat(Curves.apply(f, 1e4f)).isEqualTo(bounded ? 1f : 1e4f);
        assertThat(Math.abs(Curves.apply(f, -1e4f))).isEqualTo(f == Activation.TANH ? 1f : 0f);
        assertThat(Curves.slope(f, 1e4f)).isEqualTo(bounded ? 0f : 1f);
        assertThat(Math.abs(Curves.slope(f, -1e4f))).isEqualTo(0f);
        assertThat(Curves.apply(f, Float.NaN)).isNaN();
    }

    @Test
    void longRangesAreSharedWithoutAChange() {
        float[] x = values(100_001);
        float[] one = new float[100_003];
        float[] two = new float[100_003];
        Workers.with(1, () -> run(x, one));
        Workers.with(2, () -> run(x, two));
        assertThat(Arrays.mismatch(one, two)).isEqualTo(-1);
        assertThat(one[0]).isZero();
        assertThat(one[100_002]).isZero();
    }

    private static int run(float[] x, float[] y) {
        Activation.GELU.apply(x, 0, y, 1, x.length);
        return 0;
    }

    private float[] values(int count) {
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = (float) (random.nextDouble() * 40 - 20);
        }
        return values;
    }

    private static double exact(Activation f, double x) {
        return switch (f) {
            case RELU -> Math.max(x, 0);
            case GELU -> x * normal(x);
            case GELU_TANH -> x / (1 + StrictMath.exp(-2 * StrictMath.sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x)));
            case QUICK_GELU -> x / (1 + StrictMath.exp(-1.702 * x));
            case SILU -> x / (1 + StrictMath.exp(-x));
            case SIGMOID -> 1 / (1 + StrictMath.exp(-x));
            case TANH -> StrictMath.tanh(x);
        };
    }

    /** Φ by the series of erf near 0 and the continued fraction of the Mills ratio beyond. */
    private static double normal(double x) {
        double z = Math.abs(x);
        double tail;
        if (z < 3) {
            double term = z;
            double sum = z;
            for (int n = 1; n < 120; n++) {
                term *= z * z / (2 * n + 1);
                sum += term;
            }
            tail = 0.5 - sum * StrictMath.exp(-z * z / 2) / StrictMath.sqrt(2 * Math.PI);
        } else {
            double fraction = z;
            for (int n = 400; n >= 1; n--) {
                fraction = z + n / fraction;
            }
            tail = StrictMath.exp(-z * z / 2) / StrictMath.sqrt(2 * Math.PI) / fraction;
        }
        return x < 0 ? tail : 1 - tail;
    }
}
