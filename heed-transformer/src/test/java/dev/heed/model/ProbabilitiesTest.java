package dev.heed.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.heed.tensor.Tensor;
import org.junit.jupiter.api.Test;

class ProbabilitiesTest {
    @Test
    void areTheSoftmaxOfARowOfAnySize() {
        double e = Math.E;
        assertThat(Probabilities.of(Tensor.of(new float[] {1, 0}, 2)))
                .containsExactly(new double[] {e / (e + 1), 1 / (e + 1)}, within(1e-15));
        assertThat(Probabilities.of(Tensor.of(new float[] {1e30f, 1e30f, 0}, 3)))
                .containsExactly(0.5, 0.5, 0);
        Tensor barred = Tensor.of(new float[] {Float.NEGATIVE_INFINITY, -3e4f}, 2);
        assertThat(Probabilities.of(barred)).containsExactly(0, 1);
    }

    @Test
    void aLogitLessTheLogSumIsTheLogarithmOfItsProbability() {
        Tensor row = Tensor.of(new float[] {2, -1, 0.5f}, 3);
        double[] p = Probabilities.of(row);
        for (int i = 0; i < p.length; i++) {
            assertThat(row.get(i) - Probabilities.logSum(row)).isCloseTo(Math.log(p[i]), within(1e-15));
        }
    }
}
