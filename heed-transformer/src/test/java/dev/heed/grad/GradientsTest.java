package dev.heed.grad;

import static dev.heed.grad.Differences.SEED;
import static dev.heed.grad.Differences.random;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.offset;

import dev.heed.attention.Attention;
import dev.heed.attention.Mask;
import dev.heed.kernel.Activation;
import dev.heed.kernel.PackedMatrix;
import dev.heed.kernel.Rotary;
import dev.heed.kernel.Workers;
import dev.heed.nn.Pass;
import dev.heed.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every op's backward step against differences of its forward step. */
class GradientsTest {
    /** A function of inputs, all of which are to have gradients. */
    private record Case(String name, Differences.Body body, int[]... shapes) {
        @Override
        public String toString() {
            return name;
        }
    }

    static Stream<Case> ops() {
        List<Case> cases = new ArrayList<>();
        cases.add(new Case("linear", (t, v) -> Ops.linear(t, v.get(0), v.get(1), v.get(2)), s(5, 7), s(3, 7), s(3)));
        cases.add(new Case("linear without bias", (t, v) -> Ops.linear(t, v.get(0), v.get(1), null), s(5, 7), s(3, 7)));
        cases.add(new Case(
                "linear by a part of a transposed matrix",
                (t, v) -> Ops.linear(
                        t, v.get(0), v.get(1).view(w -> w.slice(1, 2, 6).transpose(0, 1)), null),
                s(5, 7),
                s(7, 9)));
        PackedMatrix packed = PackedMatrix.pack(random(SEED, 3, 7));
        cases.add(new Case("linear, packed", (t, v) -> Ops.linear(t, v.get(0), packed, null), s(5, 7)));
        cases.add(new Case("add", (t, v) -> Ops.add(t, v.get(0), v.get(1)), s(3, 5), s(3, 5)));
        cases.add(new Case("sums of sums", GradientsTest::sums, s(3, 5), s(3, 5)));
        cases.add(new Case("multiply", (t, v) -> Ops.multiply(t, v.get(0), v.get(1)), s(3, 5), s(3, 5)));
        cases.add(new Case("multiply by itself", (t, v) -> Ops.multiply(t, v.get(0), v.get(0)), s(3, 5)));
        cases.add(new Case("scale", (t, v) -> Ops.scale(t, v.get(0), -0.75f), s(3, 5)));
        cases.add(new Case("softcap", (t, v) -> Ops.softcap(t, v.get(0), 2), s(3, 5)));
        cases.add(new Case(
                "stack with a part twice",
                (t, v) -> Ops.stack(t, List.of(v.get(0), v.get(1), v.get(0))),
                s(1, 5),
                s(3, 5)));
        for (Activation f : Activation.values()) {
            cases.add(new Case("activate " + f, (t, v) -> Ops.activate(t, f, v.get(0)), s(3, 17)));
            cases.add(new Case(
                    "activate the last time " + f,
                    (t, v) -> Ops.activateLast(t, f, Ops.scale(t, v.get(0), 0.5f)),
                    s(3, 17)));
            cases.add(new Case("gated " + f, (t, v) -> Ops.gated(t, f, v.get(0), v.get(1)), s(3, 17), s(3, 17)));
        }
        cases.add(new Case(
                "activate a sum the last time",
                (t, v) -> {
                    Value a = Ops.scale(t, v.get(0), 2);
                    Value b = Ops.multiply(t, Ops.scale(t, v.get(1), 2), a);
                    return Ops.activateLast(t, Activation.SILU, Ops.add(t, a, b));
                },
                s(3, 17),
                s(3, 17)));
        cases.add(new Case("embedding", (t, v) -> Ops.embedding(t, v.get(0), new int[] {2, 0, 2, 3}), s(5, 3)));
        cases.add(new Case(
                "layer norm", (t, v) -> Ops.layerNorm(t, v.get(0), v.get(1), v.get(2), 1e-5f), s(3, 17), s(17), s(17)));
        cases.add(new Case(
                "layer norm without bias",
                (t, v) -> Ops.layerNorm(t, v.get(0), v.get(1), null, 1e-5f),
                s(3, 17),
                s(17)));
        cases.add(new Case("RMS norm", (t, v) -> Ops.rmsNorm(t, v.get(0), v.get(1), 1e-5f), s(3, 17), s(17)));
        for (Rotary.Layout layout : Rotary.Layout.values()) {
            cases.add(new Case("rotate " + layout, (t, v) -> rotated(t, v.get(0), layout), s(5, 16)));
        }
        cases.add(new Case("dropout", (t, v) -> Ops.dropout(t, v.get(0), 0.4, SEED), s(7, 5)));
        cases.add(new Case(
                "rows and columns",
                (t, v) -> Ops.linear(t, Ops.columns(Ops.rows(v.get(0), 1, 4), 2, 5), v.get(1), null),
                s(5, 7),
                s(2, 3)));
        cases.add(new Case(
                "several rows of one value",
                (t, v) -> Ops.multiply(
                        t, Ops.scale(t, Ops.rows(v.get(0), 1, 3), 2), Ops.scale(t, Ops.rows(v.get(0), 3, 5), 2)),
                s(5, 7)));
        cases.add(
                new Case("causal attention", attention(Mask.causalBottomRight()), s(1, 6, 8), s(1, 6, 8), s(1, 6, 8)));
        cases.add(new Case("attention", attention(Mask.none()), s(1, 3, 8), s(1, 5, 8), s(1, 5, 8)));
        cases.add(new Case("attention with a bias", GradientsTest::biased, s(3, 8), s(5, 8), s(5, 8), s(1, 2, 3, 5)));
        cases.add(new Case(
                "attention with a bias in another order", GradientsTest::turned, s(3, 8), s(5, 8), s(5, 8), s(15, 2)));
        cases.add(new Case(
                "attention of grouped heads in ragged sequences",
                GradientsTest::ragged,
                s(7, 12),
                s(7, 6),
                s(7, 6),
                s(1, 4, 1, 4)));
        cases.add(new Case("attention to itself", GradientsTest::alone, s(5, 8)));
        cases.add(new Case("attention of views that overlap", GradientsTest::overlapping, s(6, 8)));
        int[] labels = {3, -1, 0, 3, 10};
        cases.add(new Case(
                "places of answers, rows of sequences of other lengths as classes",
                (t, v) -> {
                    Pass pass = Pass.of(2, 1, 3).recording(t);
                    List<Value> turned = pass.turned(v.get(0));
                    return pass.mean(List.of(
                            pass.crossEntropy(turned.get(0), new int[] {1, 0}),
                            pass.crossEntropy(turned.get(1), new int[] {0, 0}),
                            pass.crossEntropy(turned.get(2), new int[] {0, 2})));
                },
                s(6, 2)));
        cases.add(new Case(
                "cross-entropy",
                (t, v) -> Ops.crossEntropy(t, v.get(0), v.get(1), v.get(2), labels),
                s(5, 7),
                s(11, 7),
                s(11)));
        for (double smoothing : List.of(0.0, 0.2)) {
            cases.add(new Case(
                    "cross-entropy of logits, smoothing " + smoothing,
                    (t, v) -> Ops.crossEntropy(t, v.get(0), labels, smoothing),
                    s(5, 11)));
        }
        for (Likelihood rule : List.of(new Likelihood(0, 0.2), new Likelihood(1.5f, 0), new Likelihood(1.5f, 0.2))) {
            cases.add(new Case(
                    "cross-entropy by " + rule,
                    (t, v) -> Ops.crossEntropy(t, v.get(0), v.get(1), v.get(2), labels, rule),
                    s(5, 7),
                    s(11, 7),
                    s(11)));
        }
        cases.add(new Case(
                "cross-entropy of an embedding tied to its head",
                (t, v) -> Ops.crossEntropy(
                        t, Ops.embedding(t, v.get(0), new int[] {1, 4, 4}), v.get(0), null, new int[] {0, 1, 4}),
                s(5, 7)));
        return cases.stream();
    }

    private static int[] s(int... shape) {
        return shape;
    }

    /** Gradients that are handed on, to values that have one already, too, and to both sides of a sum. */
    private static Value sums(Tape tape, List<Value> inputs) {
        Value a = Ops.scale(tape, inputs.get(0), 2);
        Value b = Ops.multiply(tape, a, inputs.get(1));
        Value c = Ops.add(tape, a, b);
        Value d = Ops.add(tape, Ops.multiply(tape, c, inputs.get(1)), c);
        return Ops.add(tape, Ops.add(tape, d, b), Ops.add(tape, a, a));
    }

    /** Six of the eight columns of each of two heads. */
    private static Value rotated(Tape tape, Value input, Rotary.Layout layout) {
        Value x = Ops.scale(tape, input, 1); // rotate works in place
        Ops.rotate(tape, Ops.heads(x, 0, 1, 5, 2), new Rotary(layout, Rotary.frequencies(6, 100), 1, 20), 3);
        return x;
    }

    private static Differences.Body attention(Mask mask) {
        return (tape, v) -> attended(tape, Attention.scaledDotProduct().mask(mask), flat(v), null);
    }

    private static List<Value> flat(List<Value> values) {
        return values.stream()
                .map(value -> value.view(t -> t.reshape(t.elements() / t.size(t.rank() - 1), t.size(t.rank() - 1))))
                .toList();
    }

    private static Value biased(Tape tape, List<Value> v) {
        Attention attention = Attention.scaledDotProduct().bias(v.get(3).tensor());
        return attended(tape, attention, v.subList(0, 3), v.get(3));
    }

    /** A row per query and key, a column per head, as T5's bias is looked up. */
    private static Value turned(Tape tape, List<Value> v) {
        Value bias = Ops.scale(tape, v.get(3), 2)
                .view(t -> t.reshape(1, 3, 5, 2).transpose(2, 3).transpose(1, 2));
        Attention attention = Attention.scaledDotProduct().bias(bias.tensor());
        return attended(tape, attention, v.subList(0, 3), bias);
    }

    /** Four heads on two, sequences of 4 and 3 tokens, the first with a bias that is learned. */
    private static Value ragged(Tape tape, List<Value> v) {
        Attention causal = Attention.scaledDotProduct().mask(Mask.causalBottomRight());
        Value room = Ops.room(tape, true, 7, 12);
        sequence(tape, causal.bias(v.get(3).tensor()), v, v.get(3), room, 0, 4);
        sequence(tape, causal, v, null, room, 4, 3);
        return room;
    }

    private static void sequence(
            Tape tape, Attention attention, List<Value> v, @Nullable Value bias, Value room, int from, int n) {
        Ops.attention(
                tape,
                attention,
                Ops.heads(v.get(0), from, 1, n, 4),
                Ops.heads(v.get(1), from, 1, n, 2),
                Ops.heads(v.get(2), from, 1, n, 2),
                bias,
                Ops.heads(room, from, 1, n, 4));
    }

    /** Queries, keys and values are one. */
    private static Value alone(Tape tape, List<Value> v) {
        Value x = Ops.scale(tape, v.get(0), 2);
        return attended(tape, Attention.scaledDotProduct(), List.of(x, x, x), null);
    }

    /** Views of as many elements as there are, though some are read twice and others never. */
    private static Value overlapping(Tape tape, List<Value> v) {
        Value queriesAndKeys = Ops.rows(v.get(0), 0, 2);
        Value values = Ops.rows(v.get(0), 2, 4);
        return attended(tape, Attention.scaledDotProduct(), List.of(queriesAndKeys, queriesAndKeys, values), null);
    }

    /** Two heads of width 4, merged. */
    private static Value attended(Tape tape, Attention attention, List<Value> qkv, @Nullable Value bias) {
        int queries = qkv.get(0).tensor().size(0);
        int keys = qkv.get(1).tensor().size(0);
        Value room = Ops.room(tape, true, queries, 8);
        Ops.attention(
                tape,
                attention,
                Ops.heads(qkv.get(0), 0, 1, queries, 2),
                Ops.heads(qkv.get(1), 0, 1, keys, 2),
                Ops.heads(qkv.get(2), 0, 1, keys, 2),
                bias,
                Ops.heads(room, 0, 1, queries, 2));
        return room;
    }

    @ParameterizedTest
    @MethodSource("ops")
    void gradientsMeetDifferences(Case each) {
        SplittableRandom dice = new SplittableRandom(SEED);
        Tensor[] inputs = Arrays.stream(each.shapes())
                .map(shape -> random(dice.nextLong(), shape))
                .toArray(Tensor[]::new);
        Differences.check(each.name(), each.body(), inputs);
    }

    @Test
    void nothingIsKeptWhereNothingIsWanted() {
        Value a = Value.constant(random(SEED, 2, 2));
        assertThat(Ops.add(Tape.recording(), a, a).isWanted()).isFalse();
        Value learned = Value.parameter(random(SEED, 2, 2));
        assertThat(Ops.scale(Tape.off(), learned, 2).isWanted()).isFalse();
    }

    @Test
    void aResultLargerThanAnArrayIsRefusedInASentence() {
        assertThatThrownBy(() -> Tape.recording().room(1 << 16, 3, 1 << 16))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(
                        "Tape: a result must fit one Java array (2^31 - 9 elements), got shape [65536, 3, 65536]; take"
                                + " fewer or shorter sequences at once");
    }

    @Test
    void turnedRowsAreTheColumnsOfEachSequence() {
        Tensor scores = random(SEED, 6, 2);
        Tensor last = Pass.of(2, 1, 3).turned(Value.constant(scores)).getLast().tensor();
        assertThat(last.shape()).containsExactly(2, 3);
        for (int i = 0; i < 3; i++) {
            assertThat(last.get(1, i)).isEqualTo(scores.get(3 + i, 1));
        }
    }

    @Test
    void severalTilesOfLogitsGiveWhatRowsGiveByThemselves() {
        int vocabulary = 400_000; // two rows of logits fill a tile
        int[] labels = {7, 399_999, 0, -1, 123_456};
        Value w = Value.parameter(random(SEED, vocabulary, 2));
        Value x = Value.parameter(random(SEED + 1, labels.length, 2));
        Tape tape = Tape.recording();
        Value loss = Ops.crossEntropy(tape, x, w, null, labels);
        tape.backward(loss);
        double sum = 0;
        for (int r = 0; r < labels.length; r++) {
            int row = r;
            Value alone = Value.parameter(x.tensor().slice(0, row, row + 1).contiguous());
            Tape own = Tape.recording();
            Value one = Ops.crossEntropy(own, alone, Value.constant(w.tensor()), null, new int[] {labels[row]});
            own.backward(one, Tensor.full(0.25f, 1));
            assertThat(x.gradient().select(0, row).toArray())
                    .as("row " + row)
                    .containsExactly(alone.gradient().toArray());
            sum += one.tensor().get(0) / 4;
        }
        assertThat((double) loss.tensor().get(0)).isCloseTo(sum, offset(1e-5));
    }

    @Test
    void dropoutIsTheSameForAnyNumberOfThreadsAndKeepsTheMean() {
        Value ones = Value.constant(Tensor.full(1, 300, 400));
        float[] one = Workers.with(
                1, () -> Ops.dropout(Tape.off(), ones, 0.2, SEED).tensor().toArray());
        float[] three = Workers.with(
                3, () -> Ops.dropout(Tape.off(), ones, 0.2, SEED).tensor().toArray());
        assertThat(three).containsExactly(one);
        double mean = 0;
        for (float each : one) {
            mean += each / (double) one.length;
        }
        // The deviation of the mean of 120,000 is 0.5/√120,000 = 0.0014.
        assertThat(mean).isCloseTo(1, offset(0.006));
    }
}
