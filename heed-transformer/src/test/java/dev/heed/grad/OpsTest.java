package dev.heed.grad;

import static org.assertj.core.api.Assertions.assertThat;

import dev.heed.attention.Attention;
import dev.heed.attention.Mask;
import dev.heed.kernel.Activation;
import dev.heed.kernel.PackedMatrix;
import dev.heed.kernel.Rotary;
import dev.heed.nn.Pass;
import dev.heed.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Every op's gradient against central differences of its forward pass. */
class OpsTest {
    private static final long SEED = 7;
    /** Truncation falls with the step's square, float32's rounding grows with its inverse; both are below 1e-3 here. */
    private static final float STEP = 0.01f;

    private static final double TOLERANCE = 3e-3;

    @Test
    void linear() {
        check(List.of(random(3, 7), random(5, 7), random(5)), v -> {
            return tape -> Ops.linear(tape, v.get(0), v.get(1), v.get(2));
        });
    }

    @Test
    void linearOfPackedWeightsPassesTheGradientOn() {
        PackedMatrix packed = PackedMatrix.pack(random(37, 7));
        check(List.of(random(3, 7)), v -> tape -> Ops.linear(tape, v.get(0), packed, null));
    }

    @Test
    void addMultiplyAndScale() {
        check(
                List.of(random(4, 5), random(4, 5)),
                v -> tape -> Ops.add(tape, Ops.multiply(tape, v.get(0), v.get(1)), Ops.scale(tape, v.get(0), -1.5f)));
    }

    @Test
    void softcap() {
        check(List.of(random(4, 5)), v -> tape -> Ops.softcap(tape, v.get(0), 2));
    }

    /** A part may stand in the stack twice. */
    @Test
    void stack() {
        check(List.of(random(1, 5), random(3, 5)), v -> tape -> Ops.stack(tape, List.of(v.get(0), v.get(1), v.get(0))));
    }

    @ParameterizedTest
    @EnumSource(Activation.class)
    void activation(Activation f) {
        Tensor x = random(3, 11);
        awayFromKinks(x);
        check(List.of(x), v -> tape -> Ops.activate(tape, f, v.get(0)));
        check(List.of(x, random(3, 11)), v -> tape -> Ops.gated(tape, f, v.get(0), v.get(1)));
    }

    @Test
    void embeddingAddsUpRepeatedIds() {
        check(List.of(random(6, 4)), v -> tape -> Ops.embedding(tape, v.get(0), new int[] {2, 5, 2, 0}));
    }

    @Test
    void norms() {
        check(
                List.of(random(4, 9), random(9), random(9)),
                v -> tape -> Ops.layerNorm(tape, v.get(0), v.get(1), v.get(2), 1e-5f));
        check(List.of(random(4, 9), random(9)), v -> tape -> Ops.rmsNorm(tape, v.get(0), v.get(1), 1e-5f));
    }

    @Test
    void dropoutKeepsTheSameElementsBothWays() {
        check(List.of(random(6, 9)), v -> tape -> Ops.dropout(tape, v.get(0), 0.4, 11));
        Tensor ones = Tensor.full(1, 200, 100);
        float[] dropped =
                Ops.dropout(Tape.off(), Value.constant(ones), 0.25, 3).tensor().toArray();
        double mean = 0;
        for (float each : dropped) {
            mean += each / dropped.length;
        }
        assertThat(mean).isBetween(0.98, 1.02);
    }

    @ParameterizedTest
    @EnumSource(Rotary.Layout.class)
    void rotation(Rotary.Layout layout) {
        Rotary rotary = new Rotary(layout, Rotary.frequencies(6, 100), 1, 20);
        check(List.of(random(5, 16)), v -> tape -> {
            Value x = Ops.scale(tape, v.get(0), 1); // in place: the parameter itself must stay
            Ops.rotate(tape, Ops.heads(x, 0, 1, 5, 2), rotary, 3);
            return x;
        });
    }

    @Test
    void viewsShareTheGradient() {
        check(
                List.of(random(5, 8)),
                v -> tape -> Ops.multiply(
                        tape,
                        Ops.scale(tape, Ops.rows(v.get(0), 1, 3), 1),
                        Ops.scale(tape, Ops.rows(v.get(0), 3, 5), 1)));
    }

    /** Grouped heads in strided views, ragged sequences, a bias that is learned. */
    @Test
    void attention() {
        Attention causal = Attention.scaledDotProduct().mask(Mask.causalBottomRight());
        check(List.of(random(7, 12), random(7, 6), random(7, 6), random(1, 4, 1, 4)), v -> tape -> {
            Value out = Ops.room(tape, true, 7, 12);
            part(tape, causal.bias(v.get(3).tensor()), v, v.get(3), out, 0, 4);
            part(tape, causal, v, null, out, 4, 3);
            return out;
        });
    }

    private static void part(
            Tape tape,
            Attention attention,
            List<Value> v,
            @org.jspecify.annotations.Nullable Value bias,
            Value out,
            int from,
            int n) {
        Ops.attention(
                tape,
                attention,
                Ops.heads(v.get(0), from, 1, n, 4),
                Ops.heads(v.get(1), from, 1, n, 2),
                Ops.heads(v.get(2), from, 1, n, 2),
                bias,
                Ops.heads(out, from, 1, n, 4));
    }

    @ParameterizedTest
    @ValueSource(ints = {5, 1 << 19})
    void crossEntropyInOneTileAndInSeveral(int vocabulary) {
        if (vocabulary == 5) {
            check(
                    List.of(random(6, 4), random(5, 4), random(5)),
                    v -> tape -> Ops.crossEntropy(tape, v.get(0), v.get(1), v.get(2), new int[] {0, 4, -1, 2, 2, 1}));
            return;
        }
        Value w = Value.constant(random(vocabulary, 1));
        check(
                List.of(random(5, 1)),
                v -> tape -> Ops.crossEntropy(tape, v.get(0), w, null, new int[] {0, 4, -1, 2, 7}));
    }

    /** Places of answers: each token of a sequence is a class, in one row for each column. */
    @Test
    void placesAmongTheRowsOfSequencesOfOtherLengths() {
        Tensor scores = random(6, 2);
        check(List.of(scores), v -> tape -> {
            Pass pass = Pass.of(2, 1, 3).recording(tape);
            List<Value> turned = pass.turned(v.get(0));
            return pass.mean(List.of(
                    pass.crossEntropy(turned.get(0), new int[] {1, 0}),
                    pass.crossEntropy(turned.get(1), new int[] {0, 0}),
                    pass.crossEntropy(turned.get(2), new int[] {0, 2})));
        });
        Tensor last = Pass.of(2, 1, 3).turned(Value.constant(scores)).getLast().tensor();
        assertThat(last.shape()).containsExactly(2, 3);
        for (int i = 0; i < 3; i++) {
            assertThat(last.get(1, i)).isEqualTo(scores.get(3 + i, 1));
        }
    }

    @Test
    void nothingIsKeptWhereNothingIsWanted() {
        Tape tape = Tape.recording();
        Value y = Ops.add(tape, Value.constant(random(2, 2)), Value.constant(random(2, 2)));
        assertThat(y.isWanted()).isFalse();
        assertThat(Ops.scale(Tape.off(), Value.parameter(random(2, 2)), 2).isWanted())
                .isFalse();
    }

    // ---- the check
    // ---------------------------------------------------------------------------------------------------

    private interface Forward extends Function<Tape, Value> {}

    /** The loss is Σ y·r with random r, summed in double. */
    private static void check(List<Tensor> inputs, Function<List<Value>, Forward> op) {
        List<Value> values = inputs.stream().map(Value::parameter).toList();
        Forward forward = op.apply(values);
        Tape tape = Tape.recording();
        Value y = forward.apply(tape);
        Tensor r = random(y.tensor().shape());
        tape.backward(y, r);
        for (int input = 0; input < inputs.size(); input++) {
            float[] x = inputs.get(input).array();
            float[] got = values.get(input).gradient().toArray();
            int[] probed = x.length <= 200 ? all(x.length) : new int[] {0, 1, x.length / 2, x.length - 1};
            double[] want = new double[probed.length];
            double largest = 1e-3;
            for (int i = 0; i < probed.length; i++) {
                float kept = x[probed[i]];
                x[probed[i]] = kept + STEP;
                double more = loss(forward, r);
                float up = x[probed[i]];
                x[probed[i]] = kept - STEP;
                double less = loss(forward, r);
                want[i] = (more - less) / ((double) up - x[probed[i]]);
                x[probed[i]] = kept;
                largest = Math.max(largest, Math.abs(want[i]));
            }
            List<String> wrong = new ArrayList<>();
            for (int i = 0; i < probed.length; i++) {
                if (!(Math.abs(got[probed[i]] - want[i]) <= TOLERANCE * largest)) {
                    wrong.add("input " + input + " element " + probed[i] + ": got " + got[probed[i]] + ", want "
                            + want[i]);
                }
            }
            assertThat(wrong).as("seed " + SEED).isEmpty();
        }
    }

    private static double loss(Forward forward, Tensor r) {
        float[] y = forward.apply(Tape.off()).tensor().toArray();
        float[] factors = r.toArray();
        double sum = 0;
        for (int i = 0; i < y.length; i++) {
            sum += (double) y[i] * factors[i];
        }
        return sum;
    }

    private static int[] all(int count) {
        int[] all = new int[count];
        Arrays.setAll(all, i -> i);
        return all;
    }

    private static void awayFromKinks(Tensor x) {
        float[] all = x.array();
        for (int i = 0; i < all.length; i++) {
            all[i] += Math.abs(all[i]) < 0.05 ? 0.1f : 0;
        }
    }

    private static Tensor random(int... shape) {
        Random random = new Random(SEED + Arrays.hashCode(shape));
        Tensor tensor = Tensor.zeros(shape);
        for (int i = 0; i < tensor.elements(); i++) {
            tensor.array()[i] = (float) random.nextGaussian();
        }
        return tensor;
    }
}
