package dev.heed.attention;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.heed.tensor.Tensor;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class AttentionMapTest {
    private final Random random = new Random(3);
    private final Tensor query = Tensors.random(random, 1, 2, 4, 9, 8);
    private final Tensor key = Tensors.random(random, 1, 2, 2, 11, 8);
    private final Tensor value = Tensors.random(random, 1, 2, 2, 11, 5);
    private final Attention attention = Attention.scaledDotProduct().mask(Mask.causalBottomRight());
    private final AttentionOutput result = attention.apply(query, key, value);

    private AttentionMap map(AttentionMap.Tile tile) {
        return AttentionMap.of(attention, query, key, result.lse(), tile);
    }

    @Test
    void aTileKnowsItsPlaceAndItsLabels() {
        AttentionMap map = map(new AttentionMap.Tile(1, 3, 2, 5, 4, 11));
        assertThat(map.name()).isEqualTo("L0H3 (KV 1)");
        assertThat(map.toString()).startsWith("L0H3 (KV 1) [3, 7] [");
        assertThat(map.queryTokens()).containsExactly("2", "3", "4");
        assertThat(map.keyTokens()).containsExactly("4", "5", "6", "7", "8", "9", "10");
        assertThat(map.weights()).extracting(Tensor::describe).isEqualTo("[3, 7]");
        assertThat(map.at(4, AttentionMap.Kind.CROSS).name()).isEqualTo("L4H3 (KV 1)");
        assertThat(map.labelled(List.of("a", "b", "c"), map.keyTokens()).queryTokens())
                .containsExactly("a", "b", "c");
    }

    @Test
    void aHiddenKeyIsNotAZeroWeight() {
        AttentionMap map = map(AttentionMap.Tile.whole(0, 0, query, key));
        for (int i = 0; i < 9; i++) {
            for (int j = 0; j < 11; j++) {
                assertThat(map.visible(i, j)).isEqualTo(j <= i + 2);
                assertThat(map.weight(i, j) > 0).isEqualTo(j <= i + 2);
            }
        }
    }

    @Test
    void aBiasOfMinusInfinityHidesToo() {
        Attention biased =
                attention.bias(Tensor.of(new float[] {0, Float.NEGATIVE_INFINITY, 0, 0, 0, 0, 0, 0, 0, 0, 0}, 11));
        Tensor lse = biased.apply(query, key, value).lse();
        AttentionMap map = AttentionMap.of(biased, query, key, lse, AttentionMap.Tile.whole(0, 0, query, key));
        assertThat(map.visible(3, 0)).isTrue();
        assertThat(map.visible(3, 1)).isFalse();
    }

    @Test
    void theMapChecksItself() {
        AttentionMap map = map(AttentionMap.Tile.whole(1, 2, query, key));
        Tensor values = value.select(0, 1).select(0, 1);
        Tensor outputs = result.output().select(0, 1).select(0, 2);
        assertThat(map.largestRowSumError()).isLessThan(1e-6);
        assertThat(map.largestOutputError(values, outputs)).isLessThan(1e-6);
        assertThat(map.largestOutputError(values, result.output().select(0, 1).select(0, 3)))
                .as("another head's output")
                .isGreaterThan(0.1);
        AttentionMap rows = map(new AttentionMap.Tile(1, 2, 3, 6, 0, 11));
        assertThat(rows.largestOutputError(values, outputs)).isLessThan(1e-6);
    }

    @Test
    void labelsAndPlacesMustFit() {
        AttentionMap map = map(AttentionMap.Tile.whole(0, 0, query, key));
        assertThatThrownBy(() -> map.visible(0, 11))
                .isInstanceOf(IndexOutOfBoundsException.class)
                .hasMessage("AttentionMap.visible: row 0, column 11 must lie within [9, 11], counted from 0");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> map.labelled(List.of("one"), map.keyTokens()))
                .withMessage("AttentionMap: one query token per row, one key token per column and one visible flag per"
                        + " weight are needed, got weights [9, 11], 1 query tokens, 11 key tokens, 99 flags");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> map.largestOutputError(value, result.output()))
                .withMessageStartingWith(
                        "AttentionMap.largestOutputError: value [M, Dv] and output [N, Dv] of one head");
    }
}
