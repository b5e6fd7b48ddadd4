package dev.heed.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ExpTest {
    /** One billion floats lie in [−104, 0]; all whose result is not 0 or 1 to within half an ulp are tried. */
    @Test
    void everyFloatIsWithinTheStatedError() {
        double worst = 0;
        float at = 0;
        int from = Float.floatToRawIntBits(-0x1p-26f);
        int to = Float.floatToRawIntBits(-104f);
        for (int bits = from; bits <= to; bits++) {
            float x = Float.intBitsToFloat(bits);
            double expected = exp(x);
            double ulp = Math.ulp((float) expected);
            double error = Math.abs(Exp.exp(x) - expected) / ulp;
            if (error > worst) {
                worst = error;
                at = x;
            }
        }
        assertThat(worst).as("worst error in ulp, at " + at).isLessThanOrEqualTo(0.8914);
    }

    /** exp to about 2⁻⁵⁰ by a table of 2^(k/64) and a short series; StrictMath would take a minute. */
    private static double exp(double x) {
        long k = Math.round(x * (64 / LN2));
        double r = (x - k * (LN2_HI / 64)) - k * (LN2_LO / 64);
        double series = r * (1 + r * (0.5 + r * (1.0 / 6 + r * (1.0 / 24 + r * (1.0 / 120 + r * (1.0 / 720))))));
        double power = TABLE[(int) (k & 63)];
        return Math.scalb(power + power * series, (int) (k >> 6));
    }

    private static final double LN2 = 0.6931471805599453;
    private static final double LN2_HI = 0.693147180369123816490;
    private static final double LN2_LO = 1.90821492927058770002e-10;
    private static final double[] TABLE = table();

    private static double[] table() {
        double[] powers = new double[64];
        for (int k = 0; k < 64; k++) {
            powers[k] = StrictMath.pow(2, k / 64.0);
        }
        return powers;
    }

    @Test
    void theSeriesThatMeasuresIsRight() {
        for (double x = -104; x < 0; x += 0.00123) {
            double expected = StrictMath.exp(x);
            assertThat(Math.abs(exp(x) / expected - 1)).isLessThan(0x1p-48);
        }
    }

    @Test
    void specialValues() {
        assertThat(Exp.exp(0f)).isEqualTo(1f);
        assertThat(Exp.exp(-0f)).isEqualTo(1f);
        assertThat(Exp.exp(-Float.MIN_VALUE)).isEqualTo(1f);
        assertThat(Exp.exp(Float.NEGATIVE_INFINITY)).isEqualTo(0f);
        assertThat(Exp.exp(-Float.MAX_VALUE)).isEqualTo(0f);
        assertThat(Exp.exp(-104f)).isEqualTo((float) StrictMath.exp(-104));
        assertThat(Exp.exp(-103f)).isEqualTo((float) StrictMath.exp(-103f));
        assertThat(Exp.exp(-87.5f)).isEqualTo((float) StrictMath.exp(-87.5f));
        for (int payload : new int[] {0x7FC00000, 0x7FC00001, 0xFFC00001, 0x7FC001FF, 0x7F800001}) {
            assertThat(Exp.exp(Float.intBitsToFloat(payload))).isNaN();
        }
    }

    /** What a softmax needs of it: a larger score never weighs less by more than the stated error. */
    @Test
    void resultsAreBetweenZeroAndOne() {
        for (int bits = 0x80000000; bits <= Float.floatToRawIntBits(-110f); bits += 1013) {
            assertThat(Exp.exp(Float.intBitsToFloat(bits))).isBetween(0f, 1f);
        }
    }
}
