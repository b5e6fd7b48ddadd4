package dev.heed.grad;

import static dev.heed.grad.Differences.SEED;
import static dev.heed.grad.Differences.check;
import static dev.heed.grad.Differences.random;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.data.Offset.offset;

import dev.heed.attention.Attention;
import dev.heed.attention.AttentionOutput;
import dev.heed.attention.Score;
import dev.heed.kernel.Workers;
import dev.heed.tensor.Tensor;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Recurrence, windows, means and additive attention: their values against plain loops, their gradients against differences. */
class SequenceOpsTest {
    private static final int[] RAGGED = {2, 0, 5, 1, 3, 1, 4, 5, 2, 1, 3}; // two groups of the scan
    private static final int ROWS = Arrays.stream(RAGGED).sum();

    // ---- values
    // ------------------------------------------------------------------------------------------------------

    /** In double, one sequence after another, as the formulas stand. */
    @Test
    void gruIsItsFormulas() {
        int h = 5;
        Value[] v = parameters(
                new int[] {ROWS, 3 * h}, new int[] {3 * h, h}, new int[] {3 * h}, new int[] {RAGGED.length, h});
        Tensor got = SequenceOps.gru(Tape.off(), v[0], v[1], v[2], v[3], RAGGED).tensor();
        int row = 0;
        for (int s = 0; s < RAGGED.length; s++) {
            double[] state = new double[h];
            for (int i = 0; i < h; i++) {
                state[i] = v[3].tensor().get(s, i);
            }
            for (int t = 0; t < RAGGED[s]; t++, row++) {
                state = gruStep(v, row, state);
                for (int i = 0; i < h; i++) {
                    assertThat((double) got.get(row, i))
                            .as("sequence %d, step %d, unit %d", s, t, i)
                            .isCloseTo(state[i], offset(1e-6));
                }
            }
        }
    }

    private static double[] gruStep(Value[] v, int row, double[] state) {
        int h = state.length;
        double[] a = new double[3 * h];
        for (int g = 0; g < 3 * h; g++) {
            a[g] = v[2].tensor().get(g);
            for (int i = 0; i < h; i++) {
                a[g] += (double) v[1].tensor().get(g, i) * state[i];
            }
        }
        double[] next = new double[h];
        for (int i = 0; i < h; i++) {
            double r = 1 / (1 + Math.exp(-(v[0].tensor().get(row, i) + a[i])));
            double z = 1 / (1 + Math.exp(-(v[0].tensor().get(row, h + i) + a[h + i])));
            double n = Math.tanh(v[0].tensor().get(row, 2 * h + i) + r * a[2 * h + i]);
            next[i] = (1 - z) * n + z * state[i];
        }
        return next;
    }

    @Test
    void aSequenceOfABatchGivesTheBitsItGivesAlone() {
        int h = 7;
        Value[] v = parameters(
                new int[] {ROWS, 3 * h}, new int[] {3 * h, h}, new int[] {3 * h}, new int[] {RAGGED.length, h});
        Tensor together = Workers.with(
                2,
                () -> SequenceOps.gru(Tape.off(), v[0], v[1], v[2], v[3], RAGGED)
                        .tensor());
        for (int s = 0, row = 0; s < RAGGED.length; row += RAGGED[s], s++) {
            Value gates = Value.constant(v[0].tensor().slice(0, row, row + RAGGED[s]));
            Value first = Value.constant(v[3].tensor().slice(0, s, s + 1));
            Tensor alone = SequenceOps.gru(Tape.off(), gates, v[1], v[2], first, new int[] {RAGGED[s]})
                    .tensor();
            assertThat(together.slice(0, row, row + RAGGED[s]).toArray())
                    .as("sequence " + s)
                    .containsExactly(alone.toArray());
        }
    }

    @Test
    void threadsChangeNoBitOfTheScanOrItsGradients() {
        int h = 96; // enough work to be shared
        int[] lengths = new int[24];
        Arrays.setAll(lengths, s -> 3 + s % 5);
        int rows = Arrays.stream(lengths).sum();
        assertThat(Workers.with(2, () -> scanned(h, lengths, rows)))
                .containsExactly(Workers.with(1, () -> scanned(h, lengths, rows)));
    }

    private static float[] scanned(int h, int[] lengths, int rows) {
        Value[] v = parameters(
                new int[] {rows, 3 * h}, new int[] {3 * h, h}, new int[] {3 * h}, new int[] {lengths.length, h});
        Tape tape = Tape.recording();
        Value y = SequenceOps.gru(tape, v[0], v[1], v[2], v[3], lengths);
        tape.backward(y, random(SEED, rows, h));
        float[] all = new float
                [y.tensor().elements()
                        + Arrays.stream(v)
                                .mapToInt(each -> each.tensor().elements())
                                .sum()];
        y.tensor().copyTo(all, 0);
        int at = y.tensor().elements();
        for (Value each : v) {
            each.gradient().copyTo(all, at);
            at += each.tensor().elements();
        }
        return all;
    }

    @ParameterizedTest
    @CsvSource({"1, 0", "3, 2", "3, 1", "4, 2", "7, 6"})
    void aWindowHoldsItsNeighboursAndNothingOfOtherSequences(int k, int before) {
        Tensor x = random(SEED, ROWS, 3);
        Tensor y = SequenceOps.window(Tape.off(), Value.constant(x), k, before, RAGGED)
                .tensor();
        for (int s = 0, start = 0; s < RAGGED.length; start += RAGGED[s], s++) {
            for (int t = 0; t < RAGGED[s]; t++) {
                for (int j = 0; j < k; j++) {
                    int seen = t + j - before;
                    boolean there = seen >= 0 && seen < RAGGED[s];
                    assertThat(y.select(0, start + t).slice(0, 3 * j, 3 * j + 3).toArray())
                            .as("k %d, before %d, sequence %d, row %d, neighbour %d", k, before, s, t, j)
                            .containsExactly(there ? x.select(0, start + seen).toArray() : new float[3]);
                }
            }
        }
    }

    @Test
    void aMeanIsAttentionWithUniformWeights() {
        Tensor x = random(SEED, 5, 4);
        Tensor uniform = Attention.scaledDotProduct()
                .scale(0)
                .apply(x.slice(0, 0, 1).reshape(1, 1, 1, 4), x.reshape(1, 1, 5, 4), x.reshape(1, 1, 5, 4))
                .output();
        float[] mean = SequenceOps.mean(Tape.off(), Value.constant(x), new int[] {5})
                .tensor()
                .toArray();
        for (int i = 0; i < 4; i++) {
            assertThat((double) mean[i]).isCloseTo(uniform.get(0, 0, 0, i), offset(1e-6));
        }
        assertThat(SequenceOps.mean(Tape.off(), Value.constant(x), new int[] {0, 5})
                        .tensor()
                        .select(0, 0)
                        .toArray())
                .containsExactly(new float[4]);
    }

    // ---- gradients
    // ---------------------------------------------------------------------------------------------------

    @Test
    void gradientsOfGruMeetDifferences() {
        check(
                "gru",
                (tape, v) -> SequenceOps.gru(tape, v.get(0), v.get(1), v.get(2), v.get(3), RAGGED),
                random(1, ROWS, 9),
                random(2, 9, 3),
                random(3, 9),
                random(4, RAGGED.length, 3));
    }

    /** The state of one scan begins another, and the parameters are shared: gradients add up. */
    @Test
    void gradientsOfTwoScansInARowMeetDifferences() {
        int[] one = {1, 1};
        check(
                "two scans in a row",
                (tape, v) -> {
                    Value early = SequenceOps.gru(tape, v.get(0), v.get(1), v.get(2), v.get(3), one);
                    return SequenceOps.gru(tape, v.get(0), v.get(1), v.get(2), early, one);
                },
                random(1, 2, 9),
                random(2, 9, 3),
                random(3, 9),
                random(4, 2, 3));
    }

    @Test
    void gradientsOfWindowsAndMeansMeetDifferences() {
        Tensor x = random(1, ROWS, 2);
        check("causal window", (tape, v) -> SequenceOps.window(tape, v.get(0), 3, 2, RAGGED), x);
        check("centred window", (tape, v) -> SequenceOps.window(tape, v.get(0), 4, 2, RAGGED), x);
        check("mean", (tape, v) -> SequenceOps.mean(tape, v.get(0), RAGGED), x);
    }

    @ParameterizedTest
    @CsvSource({"1", "2"})
    void gradientsOfAdditiveAttentionMeetDifferences(int heads) {
        int a = 4;
        check(
                "additive attention of " + heads,
                (tape, v) -> {
                    Value out = Ops.room(tape, true, 3, 2 * heads);
                    Attention attention = Attention.scaledDotProduct()
                            .score(Score.additive(v.get(3).tensor()));
                    AttentionOutput result = SequenceOps.additive(
                            tape,
                            attention,
                            Ops.heads(v.get(0), 0, 1, 3, heads),
                            Ops.heads(v.get(1), 0, 1, 5, heads),
                            Ops.heads(v.get(2), 0, 1, 5, heads),
                            v.get(3),
                            Ops.heads(out, 0, 1, 3, heads));
                    assertThat(result.lse().elements()).isEqualTo(3 * heads);
                    return out;
                },
                random(1, 3, a * heads),
                random(2, 5, a * heads),
                random(3, 5, 2 * heads),
                heads == 1 ? random(4, a) : random(4, heads, a));
    }

    private static Value[] parameters(int[]... shapes) {
        SplittableRandom dice = new SplittableRandom(SEED);
        return Arrays.stream(shapes)
                .map(shape -> Value.parameter(random(dice.nextLong(), shape)))
                .toArray(Value[]::new);
    }
}
