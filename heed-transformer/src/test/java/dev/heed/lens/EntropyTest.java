package dev.heed.lens;

import static org.assertj.core.api.Assertions.assertThat;

import dev.heed.attention.Attention;
import dev.heed.attention.AttentionMap;
import dev.heed.attention.Mask;
import dev.heed.tensor.Tensor;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

class EntropyTest {
    private static final int TOKENS = 37;

    @Test
    void aUniformCausalHeadIsOne() {
        assertThat(Entropy.relativeToUniform(planted(0))).isCloseTo(1, Offset.offset(1e-6));
    }

    @Test
    void aHeadThatLooksOnlyAtItselfIsZero() {
        assertThat(Entropy.relativeToUniform(planted(200))).isCloseTo(0, Offset.offset(1e-6));
    }

    @Test
    void oneTokenHasNoEntropy() {
        Tensor one = Tensor.zeros(1, 1, 1, 1);
        Attention plain = Attention.scaledDotProduct();
        AttentionMap map = AttentionMap.of(
                plain, one, one, plain.apply(one, one, one).lse(), AttentionMap.Tile.whole(0, 0, one, one));
        assertThat(Entropy.relativeToUniform(map)).isNaN();
    }

    /** Causal; the score of a query's own position is {@code own}, all others are 0. */
    private static AttentionMap planted(float own) {
        Tensor bias = Tensor.zeros(TOKENS, TOKENS);
        for (int i = 0; i < TOKENS; i++) {
            bias.set(own, i, i);
        }
        Tensor zeros = Tensor.zeros(1, 1, TOKENS, 4);
        Attention attention =
                Attention.scaledDotProduct().mask(Mask.causalTopLeft()).bias(bias);
        Tensor lse = attention.apply(zeros, zeros, zeros).lse();
        return AttentionMap.of(attention, zeros, zeros, lse, AttentionMap.Tile.whole(0, 0, zeros, zeros));
    }
}
