package dev.heed.attention;

import static org.assertj.core.api.Assertions.assertThat;

import dev.heed.tensor.Tensor;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Gradients where float arithmetic loses most, against the definition in double. */
class GradientAccuracyTest {
    /** Scores of four to six times the cap: 1 − tanh² is 10⁻³ to 10⁻⁵ there, which 1 minus a rounded square does not know. */
    @Test
    void scoresFarAboveTheirCapKeepTheirGradientsDigits() {
        Random random = new Random(1);
        Tensor query = between(random, 1, 1.2f, 40, 8);
        Tensor key = between(random, 1, 1.2f, 50, 8);
        Tensor value = Tensors.random(random, 1, 1, 1, 50, 8);
        Tensor dOutput = Tensors.random(random, 1, 1, 1, 40, 8);
        Attention capped = Attention.scaledDotProduct().scale(1).softcap(2);

        assertThat(relativeErrorOfQueryGradients(capped, query, key, value, dOutput))
                .isLessThan(1e-5); // 8e-4 by the capped score
    }

    /**
     * Early rows of a causal mask see few keys, and dP − Δ is a difference of nearly equal products of 256 numbers. Added up one
     * by one these leave an error of 8.2e-7 here.
     */
    @Test
    void fewKeysOfWideValuesKeepTheirGradientsDigits() {
        Tensor query = Tensors.random(1, 1, 64, 6, 256);
        Tensor key = Tensors.random(11, 1, 64, 6, 256);
        Tensor value = Tensors.random(21, 1, 64, 6, 256);
        Tensor dOutput = Tensors.random(31, 1, 64, 6, 256);
        Attention causal = Attention.scaledDotProduct().scale(1 / 8.0).mask(Mask.causalTopLeft());

        assertThat(relativeErrorOfQueryGradients(causal, query, key, value, dOutput))
                .isLessThan(7e-7);
    }

    /** Each query sees 16,000 keys: 2.4e-6 in one sum. */
    @Test
    void sumsOverThousandsOfKeysKeepTheirDigits() {
        Tensor query = Tensors.random(1, 1, 1, 40, 16);
        Tensor key = Tensors.random(2, 1, 1, 16_000, 16);
        Tensor value = Tensors.random(3, 1, 1, 16_000, 16);
        Tensor dOutput = Tensors.random(4, 1, 1, 40, 16);

        assertThat(relativeErrorOfQueryGradients(Attention.scaledDotProduct(), query, key, value, dOutput))
                .isLessThan(1e-6);
    }

    /** 16,000 queries see each key: 8.6e-7 in one sum. */
    @Test
    void sumsOverThousandsOfQueriesKeepTheirDigits() {
        Tensor query = Tensors.random(1, 1, 1, 16_000, 16);
        Tensor key = Tensors.random(2, 1, 1, 40, 16);
        Tensor value = Tensors.random(3, 1, 1, 40, 16);
        Tensor dOutput = Tensors.random(4, 1, 1, 16_000, 16);
        Attention plain = Attention.scaledDotProduct();
        AttentionGradients fast = plain.gradients(query, key, value, plain.apply(query, key, value), dOutput);
        ReferenceGradients exact = ReferenceGradients.of(plain, query, key, value, dOutput);

        assertThat(relativeError(fast.dKey(), exact.dKey())).isLessThan(5e-7);
        assertThat(relativeError(fast.dValue(), exact.dValue())).isLessThan(5e-7);
    }

    private static double relativeErrorOfQueryGradients(
            Attention attention, Tensor query, Tensor key, Tensor value, Tensor dOutput) {
        return relativeError(
                attention
                        .gradients(query, key, value, attention.apply(query, key, value), dOutput)
                        .dQuery(),
                ReferenceGradients.of(attention, query, key, value, dOutput).dQuery());
    }

    /** The root mean square of the errors over that of the numbers. */
    private static double relativeError(Tensor computed, double[] exact) {
        float[] fast = computed.toArray();
        double errors = 0;
        double squares = 0;
        for (int i = 0; i < fast.length; i++) {
            errors += (fast[i] - exact[i]) * (fast[i] - exact[i]);
            squares += exact[i] * exact[i];
        }
        return Math.sqrt(errors / squares);
    }

    private static Tensor between(Random random, float from, float to, int rows, int width) {
        Tensor tensor = Tensor.zeros(1, 1, rows, width);
        for (int i = 0; i < tensor.elements(); i++) {
            tensor.array()[i] = random.nextFloat(from, to);
        }
        return tensor;
    }
}
