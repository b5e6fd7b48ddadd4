package dev.heed.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.heed.attention.Attention;
import dev.heed.attention.AttentionMap;
import dev.heed.grad.Value;
import dev.heed.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.BiFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LayersBeforeAttentionTest {
    private static final int[] RAGGED = {4, 1, 6, 2};
    private static final Gru GRU = new Gru(linear(1, 15, 3), value(2, 15, 5), value(3, 15));
    private static final AdditiveAttention ADDITIVE = new AdditiveAttention(
            new Listener.Site(AttentionMap.Kind.CROSS, 0), linear(4, 6, 3), linear(5, 6, 5), value(6, 6));

    /** Rows of the output that a change of one row reaches. */
    private static List<Integer> changed(BiFunction<Pass, Value, Value> layer, int length, int at) {
        Tensor x = random(7, length, 3);
        Tensor before = layer.apply(Pass.of(length), Value.constant(x)).tensor();
        x.set(x.get(at, 1) + 1, at, 1);
        Tensor after = layer.apply(Pass.of(length), Value.constant(x)).tensor();
        List<Integer> changed = new ArrayList<>();
        for (int row = 0; row < length; row++) {
            if (!java.util.Arrays.equals(
                    before.select(0, row).toArray(), after.select(0, row).toArray())) {
                changed.add(row);
            }
        }
        return changed;
    }

    @Test
    void eachLayerReachesWhatItSaysAndNothingElse() {
        Convolution causal = Convolution.causal(linear(8, 2, 9), 3);
        Convolution centred = Convolution.centred(linear(8, 2, 9), 3);
        assertThat(changed(causal::forward, 8, 3)).containsExactly(3, 4, 5);
        assertThat(changed(centred::forward, 8, 3)).containsExactly(2, 3, 4);
        assertThat(changed(GRU::forward, 8, 3)).containsExactly(3, 4, 5, 6, 7);
        assertThat(new MeanPooling()
                        .forward(Pass.of(2, 3), value(1, 5, 3))
                        .tensor()
                        .shape())
                .containsExactly(2, 3);
    }

    @Test
    void aConvolutionOfWindowsThatDoNotFitItsWeightsIsRefused() {
        assertThatThrownBy(() -> Convolution.causal(linear(8, 2, 9), 4))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("k=4")
                .hasMessageContaining("9");
    }

    /** Ragged sequences attend one by one, uniform ones together: both as each would alone. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void sequencesOfABatchDoNotMeet(boolean uniform) {
        int[] lengths = uniform ? new int[] {3, 3, 3, 3} : RAGGED;
        int rows = java.util.Arrays.stream(lengths).sum();
        Tensor x = random(9, rows, 3);
        Tensor together = encodedAndAsked(lengths, x);
        for (int s = 0, row = 0; s < lengths.length; row += lengths[s], s++) {
            Tensor alone = encodedAndAsked(new int[] {lengths[s]}, x.slice(0, row, row + lengths[s]));
            assertThat(together.select(0, s).toArray())
                    .as("sequence " + s)
                    .containsExactly(alone.select(0, 0).toArray());
        }
    }

    /** The last token of each sequence asks the states of a GRU. */
    private static Tensor encodedAndAsked(int[] lengths, Tensor x) {
        Pass pass = Pass.of(lengths);
        Value states = GRU.forward(pass, Value.constant(x));
        Value asking = pass.lastRows(Value.constant(x));
        return ADDITIVE.forward(pass.single(), asking, pass.memory(states)).tensor();
    }

    @Test
    void aListenerHearsAdditiveAttentionAsAnyOther() {
        Tensor x = random(9, 13, 3);
        List<Tensor> weights = new ArrayList<>();
        Listener listener = new Listener() {
            @Override
            public void attended(Site site, int sequence, Attention attention, Heads heads) {
                weights.add(attention.weights(
                        heads.query(),
                        heads.key(),
                        heads.lse(),
                        0,
                        0,
                        0,
                        1,
                        0,
                        heads.key().size(2)));
            }
        };
        Pass pass = Pass.of(RAGGED).heardBy(listener);
        Value states = GRU.forward(pass, Value.constant(x));
        ADDITIVE.forward(pass.single(), pass.lastRows(Value.constant(x)), pass.memory(states));
        assertThat(weights).hasSize(RAGGED.length);
        for (int s = 0; s < RAGGED.length; s++) {
            double sum = 0;
            for (float weight : weights.get(s).toArray()) {
                sum += weight;
            }
            assertThat(weights.get(s).elements()).isEqualTo(RAGGED[s]);
            assertThat(sum).isBetween(1 - 1e-5, 1 + 1e-5);
        }
    }

    private static Linear linear(long seed, int out, int in) {
        return Linear.learned(value(seed, out, in), value(seed + 100, out));
    }

    private static Value value(long seed, int... shape) {
        return Value.parameter(random(seed, shape));
    }

    private static Tensor random(long seed, int... shape) {
        SplittableRandom dice = new SplittableRandom(seed);
        Tensor tensor = Tensor.zeros(shape);
        for (int i = 0; i < tensor.elements(); i++) {
            tensor.array()[i] = (float) (2 * dice.nextDouble() - 1);
        }
        return tensor;
    }
}
