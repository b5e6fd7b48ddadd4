package dev.heed.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class LnTest {
    /** Steps of a prime number of bit patterns visit every exponent, subnormal ones included. */
    @Test
    void everySampledFloatIsWithinHalfAnUlpAndALittle() {
        double worst = 0;
        for (int bits = 1; bits < 0x7F800000 && bits > 0; bits += 1009) {
            worst = Math.max(worst, ulps(Float.intBitsToFloat(bits)));
        }
        assertThat(worst).isLessThan(0.50001);
    }

    @Test
    void nearOneNothingCancels() {
        double worst = 0;
        for (int bits = 0x3F700000; bits < 0x3F900000; bits++) {
            worst = Math.max(worst, ulps(Float.intBitsToFloat(bits)));
        }
        assertThat(worst).isLessThan(0.50001);
        assertThat(ln(1)).isZero();
    }

    @Test
    void doubleResultIsGoodTo48Bits() {
        SplittableRandom random = new SplittableRandom(7);
        for (int i = 0; i < 100_000; i++) {
            float x = (float) (random.nextDouble() * 4096);
            double expected = StrictMath.log(x);
            assertThat(Ln.inDouble(x)).isBetween(expected - error(expected), expected + error(expected));
        }
    }

    @Test
    void specialValues() {
        assertThat(ln(0f)).isEqualTo(Float.NEGATIVE_INFINITY);
        assertThat(ln(-0f)).isEqualTo(Float.NEGATIVE_INFINITY);
        assertThat(ln(-1f)).isNaN();
        assertThat(ln(Float.NaN)).isNaN();
        assertThat(ln(Float.POSITIVE_INFINITY)).isEqualTo(Float.POSITIVE_INFINITY);
    }

    private static float ln(float x) {
        return (float) Ln.inDouble(x);
    }

    private static double error(double expected) {
        return Math.abs(expected) * 0x1p-48;
    }

    private static double ulps(float x) {
        double expected = StrictMath.log(x);
        float result = ln(x);
        return Math.abs(result - expected) / Math.max(Math.ulp((float) expected), Float.MIN_VALUE);
    }
}
