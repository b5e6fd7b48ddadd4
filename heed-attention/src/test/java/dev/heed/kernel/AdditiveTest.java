package dev.heed.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.Random;
import org.junit.jupiter.api.Test;

/** The vector version of the additive comparison gives the bits of the scalar one. */
class AdditiveTest {
    private static final int Q = Tile.QUERIES;

    private static float[] numbers(Random random, int count, int specialOneIn) {
        float[] special = {0, -0f, Float.NaN, Float.POSITIVE_INFINITY, 1e-40f, 88, -0.625f};
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = specialOneIn > 0 && random.nextInt(specialOneIn) == 0
                    ? special[random.nextInt(special.length)]
                    : (float) random.nextGaussian();
        }
        return values;
    }

    private static void same(String what, float[] vector, float[] scalar) {
        for (int i = 0; i < scalar.length; i++) {
            assertThat(Float.floatToIntBits(vector[i]))
                    .as("%s element %d", what, i)
                    .isEqualTo(Float.floatToIntBits(scalar[i]));
        }
    }

    @Test
    void scoresAndGradientsHaveTheSameBits() {
        assumeTrue(
                ModuleLayer.boot().findModule("jdk.incubator.vector").isPresent(),
                "jdk.incubator.vector is not readable");
        for (int seed = 0; seed < 60; seed++) {
            Random random = new Random(seed);
            int rows = random.nextInt(20);
            int width = 1 + random.nextInt(20);
            int stride = width + random.nextInt(3);
            int at = random.nextInt(4);
            String what = "seed " + seed + " rows " + rows + " width " + width + " stride " + stride + " at " + at;
            float[] k = numbers(random, at + rows * stride + width, seed % 3 == 0 ? 9 : 0);
            float[] qT = numbers(random, width * Q, seed % 5 == 0 ? 9 : 0);
            float[] v = numbers(random, width, 0);
            float[] dS = numbers(random, rows * Q, 3);
            float[][][] results = new float[2][][];
            for (int way = 0; way < 2; way++) {
                Additive additive = way == 0 ? new ScalarAdditive() : new VectorAdditive();
                float[][] r = {
                    new float[rows * Q], new float[width * Q], new float[rows * stride + 2], new float[width * Q]
                };
                additive.scores(k, at, stride, rows, width, qT, v, r[0], new float[2 * width * Q]);
                additive.gradients(
                        k, at, stride, rows, width, qT, v, dS, r[1], r[2], 2, stride, r[3], new float[2 * width * Q]);
                results[way] = r;
            }
            for (int i = 0; i < 4; i++) {
                same(what + ", array " + i, results[1][i], results[0][i]);
            }
        }
    }
}
