package dev.heed.attention;

import static dev.heed.attention.Tensors.row;
import static dev.heed.attention.Tensors.rows;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.data.Offset.offset;

import dev.heed.tensor.Tensor;
import org.junit.jupiter.api.Test;

/** The examples that are worked by hand, to the digits given, by the library itself. */
class WorkedExamplesTest {
    private static final Attention DOT = Attention.scaledDotProduct().scale(1);
    private static final Tensor ONE = Tensor.full(1, 1, 1, 1, 1);

    /** One query of 1 against keys of width 1 that hold the logarithms of the wanted weights. */
    private static Tensor keysFor(double... weights) {
        Tensor keys = Tensor.zeros(1, 1, weights.length, 1);
        for (int j = 0; j < weights.length; j++) {
            keys.array()[j] = (float) Math.log(weights[j]);
        }
        return keys;
    }

    private static void near(float[] actual, double error, double... expected) {
        assertThat(actual).hasSize(expected.length);
        for (int i = 0; i < expected.length; i++) {
            assertThat((double) actual[i]).as("number %d", i).isCloseTo(expected[i], offset(error));
        }
    }

    private static float[] weights(Attention attention, Tensor query, Tensor key, int row) {
        Tensor lse = attention.apply(query, key, key).lse();
        return attention
                .weights(query, key, lse, 0, 0, row, row + 1, 0, key.size(2))
                .toArray();
    }

    @Test
    void average() {
        Tensor value = rows(row(3), row(7), row(5));
        near(DOT.apply(ONE, keysFor(0.5, 0.3, 0.2), value).output().toArray(), 5e-7, 4.6);
    }

    /** deposit 0.35, money 0.30, bank 0.15; I, went, to, the, to share 0.20. Value 1 is the financial sense. */
    @Test
    void bank() {
        Tensor key = keysFor(0.04, 0.04, 0.04, 0.04, 0.15, 0.04, 0.35, 0.30);
        float[] weights = weights(DOT, ONE, key, 0);
        near(weights, 1e-6, 0.04, 0.04, 0.04, 0.04, 0.15, 0.04, 0.35, 0.30);
        double sum = 0;
        for (float weight : weights) {
            sum += weight;
        }
        assertThat(sum).isCloseTo(1, offset(1e-6));
        Tensor financial = rows(row(0), row(0), row(0), row(0), row(0), row(0), row(1), row(1));
        near(DOT.apply(ONE, key, financial).output().toArray(), 1e-6, 0.65);
    }

    /** The other words, whose values are zero here, take the remaining 0.1. */
    @Test
    void itCat() {
        Tensor value = rows(row(0.8, 0.2, 0.1), row(0.1, 0.9, 0.3), row(0, 0, 0));
        near(DOT.apply(ONE, keysFor(0.7, 0.2, 0.1), value).output().toArray(), 5e-7, 0.58, 0.32, 0.13);
    }

    @Test
    void mixture() {
        Tensor query = rows(row(1, 0));
        Tensor key = rows(row(1, 0), row(0, 0), row(-1, 0));
        Tensor value = rows(row(1, 0), row(0, 1), row(1, 1));
        near(weights(DOT, query, key, 0), 5e-7, 0.665241, 0.244728, 0.090031);
        // 0.75527153 lies 0.3 ulp from where six digits round up: half a digit and an ulp
        near(DOT.apply(query, key, value).output().toArray(), 5e-7 + 0x1p-23, 0.755272, 0.334759);
        Reference.Steps steps = Reference.steps(DOT, query, key, value, 0, 0);
        assertThat(steps.scores()[0]).containsExactly(1, 0, -1);
    }

    @Test
    void catSat() {
        Tensor x = rows(row(0.2, 0.8, 0.1), row(0.9, 0.3, 0.7), row(0.4, 0.6, 0.5));
        double[] scores = Reference.steps(DOT, x, x, x, 0, 0).scores()[2];
        assertThat(scores[0]).isCloseTo(0.61, offset(1e-7));
        assertThat(scores[1]).isCloseTo(0.89, offset(1e-7));
        assertThat(scores[2]).isCloseTo(0.77, offset(1e-7));
        near(weights(DOT, x, x, 2), 5e-5, 0.2860, 0.3784, 0.3356);
        near(DOT.apply(x, x, x).output().slice(2, 2, 3).toArray(), 5e-5, 0.5320, 0.5437, 0.4613);
        near(weights(Attention.scaledDotProduct(), x, x, 2), 5e-5, 0.3056, 0.3592, 0.3352);
    }
}
