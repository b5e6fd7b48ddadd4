package dev.heed.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.data.Offset.offset;

import dev.heed.grad.Value;
import dev.heed.kernel.Workers;
import dev.heed.tensor.Tensor;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

class OptimizerTest {
    private static final int SIZE = 40_007; // three ranges, the last one short

    @Test
    void adamWFollowsItsDefinitionInDouble() {
        double[] p = {0.5, -1.25};
        double[] m = new double[2];
        double[] v = new double[2];
        Value matrix = Value.parameter(Tensor.of(new float[] {0.5f, -1.25f}, 1, 2));
        Optimizer adam = new Optimizer.AdamWSettings(0.9, 0.99, 1e-8, 0.1).over(Map.of("w", matrix));
        for (int step = 0; step < 20; step++) {
            double rate = 0.01 / (step + 1);
            for (int i = 0; i < 2; i++) {
                double g = Math.sin(step + 3.0 * i);
                matrix.gradient().array()[i] = (float) (2 * g); // halved by the factor
                p[i] -= rate * 0.1 * p[i];
                m[i] = 0.9 * m[i] + 0.1 * g;
                v[i] = 0.99 * v[i] + 0.01 * g * g;
                double mean = m[i] / (1 - Math.pow(0.9, step + 1));
                double square = v[i] / (1 - Math.pow(0.99, step + 1));
                p[i] -= rate * mean / (Math.sqrt(square) + 1e-8);
            }
            adam.step(step, rate, 0.5);
            for (int i = 0; i < 2; i++) {
                assertThat((double) matrix.tensor().array()[i])
                        .as("step " + step)
                        .isCloseTo(p[i], offset(2e-6));
            }
        }
    }

    @Test
    void vectorsDoNotDecay() {
        Value vector = Value.parameter(Tensor.of(new float[] {1, 2, 3}, 3));
        Value matrix = Value.parameter(Tensor.of(new float[] {1, 2, 3}, 3, 1));
        Map<String, Value> both = new LinkedHashMap<>();
        both.put("vector", vector);
        both.put("matrix", matrix);
        new Optimizer.AdamWSettings(0.9, 0.99, 1e-8, 0.5).over(both).step(0, 0.5, 1);
        assertThat(vector.tensor().toArray()).containsExactly(1, 2, 3);
        assertThat(matrix.tensor().toArray()).containsExactly(0.75f, 1.5f, 2.25f);
    }

    @Test
    void gradientDescentWithMomentumGoesAsWrittenByHand() {
        Value value = Value.parameter(Tensor.of(new float[] {1}, 1, 1));
        Optimizer sgd = new Optimizer.SgdSettings(0.5, 0).over(Map.of("w", value));
        value.gradient().array()[0] = 2;
        sgd.step(0, 0.125, 1); // m = 2
        sgd.step(1, 0.125, 1); // m = 1 + 2
        assertThat(value.tensor().get(0, 0)).isEqualTo(1 - 0.25f - 0.375f);
    }

    @Test
    void threadsChangeNoBitOfAStepOrOfTheNorm() {
        assertThat(Workers.with(3, OptimizerTest::trained)).containsExactly(Workers.with(1, OptimizerTest::trained));
    }

    private static float[] trained() {
        Value value = Value.parameter(Tensor.zeros(SIZE, 1));
        Optimizer adam = new Optimizer.AdamWSettings(0.9, 0.99, 1e-8, 0.1).over(Map.of("w", value));
        GradientNorm norm = new GradientNorm(java.util.List.of(value));
        Draws draws = Draws.of(5, "gradients");
        for (int step = 0; step < 3; step++) {
            for (int i = 0; i < SIZE; i++) {
                value.gradient().array()[i] = (float) draws.normal((long) step * SIZE + i);
            }
            adam.step(step, 0.01, GradientNorm.factor(norm.compute(), 1));
        }
        return value.tensor().toArray();
    }

    @Test
    void clippingBringsLongGradientsToTheLimitAndLeavesShortOnes() {
        Value value = Value.parameter(Tensor.zeros(1, 2));
        value.gradient().array()[0] = 3;
        value.gradient().array()[1] = -4;
        double norm = new GradientNorm(java.util.List.of(value)).compute();
        assertThat(norm).isEqualTo(5);
        assertThat(5 * GradientNorm.factor(norm, 1)).isCloseTo(1, offset(1e-6));
        assertThat(GradientNorm.factor(norm, 6)).isEqualTo(1);
        assertThat(GradientNorm.factor(norm, Double.POSITIVE_INFINITY)).isEqualTo(1);
    }

    @Test
    void theRateRisesFallsAndStays() {
        Schedule schedule = new Schedule.WarmUpCosine(1e-3, 1e-4, 100, 2000);
        assertThat(schedule.rate(0)).isCloseTo(1e-3 / 101, offset(1e-12));
        assertThat(schedule.rate(99)).isLessThan(1e-3);
        assertThat(schedule.rate(100)).isCloseTo(1e-3, offset(1e-12));
        assertThat(schedule.rate(1050)).isCloseTo(5.5e-4, offset(1e-12));
        assertThat(schedule.rate(2000)).isEqualTo(1e-4);
        assertThat(schedule.rate(9999)).isEqualTo(1e-4);
        for (int step = 101; step <= 2000; step++) {
            assertThat(schedule.rate(step)).as("step " + step).isLessThan(schedule.rate(step - 1));
        }
    }

    @Test
    void drawsHaveTheMomentsOfTheirDistributions() {
        Draws draws = Draws.of(1, "moments");
        int count = 100_000;
        double uniform = 0;
        double mean = 0;
        double square = 0;
        int[] faces = new int[6];
        for (int i = 0; i < count; i++) {
            double normal = draws.normal(i);
            uniform += draws.uniform(i) / count;
            mean += normal / count;
            square += normal * normal / count;
            faces[draws.below(i, 6)]++;
        }
        assertThat(uniform).isCloseTo(0.5, offset(0.004));
        assertThat(mean).isCloseTo(0, offset(0.013));
        assertThat(square).isCloseTo(1, offset(0.018));
        for (int face : faces) {
            assertThat(face).isBetween(count / 6 - 500, count / 6 + 500);
        }
    }
}
