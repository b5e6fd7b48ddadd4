package dev.heed.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class TanhTest {
    @Test
    void everySampledFloatIsWithinTheStatedError() {
        double worst = 0;
        float at = 0;
        for (int bits = 0; bits < Float.floatToRawIntBits(20f); bits += 211) {
            float x = Float.intBitsToFloat(bits);
            double expected = StrictMath.tanh(x);
            double error = Math.abs(Tanh.tanh(x) - expected) / Math.ulp((float) expected);
            if (error > worst) {
                worst = error;
                at = x;
            }
            if (Tanh.tanh(-x) != -Tanh.tanh(x)) {
                throw new AssertionError("tanh is odd, but not at " + x);
            }
        }
        assertThat(worst).as("worst error in ulp, at " + at).isLessThanOrEqualTo(1.34);
    }

    @Test
    void specialValues() {
        assertThat(Tanh.tanh(0f)).isZero();
        assertThat(Tanh.tanh(Float.POSITIVE_INFINITY)).isEqualTo(1f);
        assertThat(Tanh.tanh(Float.NEGATIVE_INFINITY)).isEqualTo(-1f);
        assertThat(Tanh.tanh(Float.MIN_VALUE)).isEqualTo(Float.MIN_VALUE);
        assertThat(Tanh.tanh(Float.intBitsToFloat(0x7FC00001))).isNaN();
    }
}
