package dev.heed.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.heed.tensor.Tensor;
import java.util.Arrays;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

class RowMathTest {
    private static final int[] AWKWARD = {0, 1, 2, 3, 7, 8, 15, 16, 17, 31, 32, 33, 63, 64, 65, 127, 128, 129, 770};
    private final SplittableRandom random = new SplittableRandom(20261121);

    @Test
    void vectorAndScalarGiveTheSameBits() {
        Assumptions.assumeTrue(Kernels.vector(), "vector kernels are not chosen in this run");
        for (int count : AWKWARD) {
            float[] a = values(count + 3);
            float[] b = values(count + 3);
            float[] c = values(count + 3);
            assertThat(all(new VectorRowMath(), a, b, c, count))
                    .as("count %d", count)
                    .isEqualTo(all(new ScalarRowMath(), a, b, c, count));
        }
    }

    private static float[] all(RowMath math, float[] a, float[] b, float[] c, int count) {
        float[] out = new float[18 * (count + 3)];
        int step = count + 3;
        for (int i = 0; i < 18; i++) {
            System.arraycopy(c, 0, out, i * step, step);
        }
        math.add(a, 1, b, 2, out, 1, count);
        math.multiply(a, 1, b, 2, out, step + 1, count);
        math.addProduct(a, 1, b, 2, out, 2 * step + 1, count);
        math.addScaled(0.3f, a, 1, out, 3 * step + 1, count);
        math.normalize(a, 1, 0.1f, 0.7f, out, 4 * step + 1, count);
        math.affine(a, 1, 0.1f, 0.7f, b, 2, c, 0, out, 5 * step + 1, count);
        math.exp(a, 1, math.max(a, 1, count), out, 6 * step + 1, count);
        out[7 * step] = math.max(a, 1, count);
        out[8 * step] = math.sum(a, 1, count);
        out[9 * step] = math.dot(a, 1, b, 2, count);
        out[10 * step] = math.squaredDeviation(a, 1, 0.2f, count);
        math.rotate(out, 11 * step, 12 * step, a, b, 1, count);
        math.scaled(a, 1, 0.1f, 0.7f, b, 2, out, 13 * step + 1, count);
        math.normBackward(a, b, 0.3f, 0.2f, 0.7f, out, 14 * step + 1, true, count);
        math.normBackward(a, b, 0.3f, 0.2f, 0.7f, out, 15 * step + 1, false, count);
        float[] stats = {9, 0.1f, 0.7f, 0.2f, 1.3f, -0.3f, 0.4f};
        math.addNormalizedRows(a, 0, 1, stats, 1, b, 1, 1, 3, out, 16 * step + 1, count);
        math.addRows(a, 0, 1, 3, out, 17 * step + 1, count);
        return out;
    }

    @Test
    void sumsMeetDouble() {
        for (int count : AWKWARD) {
            float[] x = values(count);
            double sum = 0;
            double squares = 0;
            for (float e : x) {
                sum += e;
                squares += ((double) e - 0.25f) * ((double) e - 0.25f);
            }
            assertThat((double) RowMath.CHOSEN.sum(x, 0, count)).isCloseTo(sum, within(1e-4));
            assertThat((double) RowMath.CHOSEN.squaredDeviation(x, 0, 0.25f, count))
                    .isCloseTo(squares, within(1e-6 * squares + 1e-6));
        }
    }

    @Test
    void softmaxRowsMeetDoubleAndSumToOne() {
        for (int width : AWKWARD) {
            Tensor x = tensor(5, width);
            Tensor y = Tensor.zeros(5, width);
            Softmax.rows(x, y);
            Tensor log = Tensor.zeros(5, width);
            Softmax.logRows(x, log);
            for (int r = 0; r < 5; r++) {
                double lse = lse(x, r);
                for (int i = 0; i < width; i++) {
                    assertThat((double) y.get(r, i)).isCloseTo(StrictMath.exp(x.get(r, i) - lse), within(1e-6));
                    assertThat((double) log.get(r, i)).isCloseTo(x.get(r, i) - lse, within(2e-6));
                }
            }
        }
    }

    @Test
    void theLikeliestLogarithmIsExactBesideLargeScores() {
        Tensor x = Tensor.of(new float[] {500, 492, 480}, 1, 3);
        double rest = StrictMath.exp(-8) + StrictMath.exp(-20);
        Softmax.logRows(x, x);
        assertThat((double) x.get(0, 0)).isCloseTo(-StrictMath.log1p(rest), within(1.5e-7));
    }

    @Test
    void hugeScoresAndRowsOfMinusInfinityStayFinite() {
        float low = Float.NEGATIVE_INFINITY;
        Tensor x = Tensor.of(new float[] {1e4f, -1e4f, 3e38f, -3e38f, low, low, low, 2}, 4, 2);
        Softmax.rows(x, x);
        assertThat(x.array()).containsExactly(1, 0, 1, 0, 0, 0, 0, 1);
    }

    @Test
    void crossEntropyAndItsGradientMeetDouble() {
        Tensor x = tensor(6, 65);
        int[] labels = {0, 64, 3, -100, 17, 5};
        float[] loss = new float[6];
        Softmax.crossEntropy(x, labels, loss);
        Tensor dx = Tensor.zeros(6, 65);
        Softmax.crossEntropyBackward(x, labels, 0.2f, dx);
        for (int r = 0; r < 6; r++) {
            double lse = lse(x, r);
            assertThat((double) loss[r]).isCloseTo(labels[r] < 0 ? 0 : lse - x.get(r, labels[r]), within(1e-6));
            for (int i = 0; i < 65; i++) {
                double p = StrictMath.exp(x.get(r, i) - lse) - (i == labels[r] ? 1 : 0);
                assertThat((double) dx.get(r, i)).isCloseTo(labels[r] < 0 ? 0 : 0.2 * p, within(1e-7));
            }
        }
        assertThatThrownBy(() -> Softmax.crossEntropy(x, new int[] {65, 0, 0, 0, 0, 0}, loss))
                .hasMessageContaining("up to 65");
    }

    @Test
    void whatAnIgnoredRowHoldsChangesNothing() {
        float nan = Float.NaN;
        Tensor x = Tensor.of(new float[] {nan, 1, Float.POSITIVE_INFINITY, nan, 1, 2}, 3, 2);
        int[] labels = {-1, -100, 0};
        float[] loss = new float[3];
        Softmax.crossEntropy(x, labels, loss);
        assertThat(loss).startsWith(0, 0);
        Softmax.crossEntropyBackward(x, labels, 0.1, 1, x);
        assertThat(x.array()).startsWith(0, 0, 0, 0);
    }

    /** As many elements as an int counts, in views that repeat one. */
    @Test
    void countsNearTheLargestIntLeaveNothingOut() {
        int most = Integer.MAX_VALUE;
        AtomicLong seen = new AtomicLong();
        Elements.ranges(most, (from, length) -> seen.addAndGet(length));
        assertThat(seen.get()).isEqualTo(most);
        AtomicLong rows = new AtomicLong();
        RowTasks.rows(most, 1 << 12, row -> rows.incrementAndGet()).task().run(most / 2);
        assertThat(rows.get()).isOne();
    }

    @Test
    void smoothedLabelsShareAPartEvenly() {
        Tensor x = tensor(4, 37);
        int[] labels = {0, 36, -1, 5};
        float[] loss = new float[4];
        Softmax.crossEntropy(x, labels, 0.1, loss);
        Tensor dx = Tensor.zeros(4, 37);
        Softmax.crossEntropyBackward(x, labels, 0.1, 0.25f, dx);
        for (int r = 0; r < 4; r++) {
            double lse = lse(x, r);
            double expected = 0;
            for (int i = 0; i < 37; i++) {
                double target = (i == labels[r] ? 0.9 : 0) + 0.1 / 37;
                expected += target * (lse - x.get(r, i));
                double d = 0.25 * (StrictMath.exp(x.get(r, i) - lse) - target);
                assertThat((double) dx.get(r, i)).isCloseTo(labels[r] < 0 ? 0 : d, within(1e-7));
            }
            assertThat((double) loss[r]).isCloseTo(labels[r] < 0 ? 0 : expected, within(1e-6));
        }
    }

    @Test
    void softmaxGradientMeetsCentralDifferences() {
        Tensor x = tensor(2, 9);
        Tensor dy = tensor(2, 9);
        Tensor p = Tensor.zeros(2, 9);
        Softmax.rows(x, p);
        Tensor dx = Tensor.full(1, 2, 9);
        Softmax.backward(p, dy, dx);
        assertGradient(x, dx, 1, at -> {
            double sum = 0;
            for (int r = 0; r < 2; r++) {
                double lse = lse(at, 9, r);
                for (int i = 0; i < 9; i++) {
                    sum += dy.get(r, i) * StrictMath.exp(at[r * 9 + i] - lse);
                }
            }
            return sum;
        });
    }

    @Test
    void normsMeetDoubleAndTheirGradientsCentralDifferences() {
        for (Norm norm : Norm.values()) {
            for (int width : new int[] {1, 2, 17, 32, 65, 130}) {
                for (Tensor beta : new @Nullable Tensor[] {null, tensor(width)}) {
                    normMeetsDouble(norm, width, beta);
                }
            }
        }
    }

    private void normMeetsDouble(Norm norm, int width, @Nullable Tensor beta) {
        Tensor x = tensor(3, width);
        Tensor gamma = tensor(width);
        Tensor dy = tensor(3, width);
        Tensor y = Tensor.zeros(3, width);
        Tensor stats = Tensor.zeros(3, 2);
        norm.forward(x, gamma, beta, 1e-2f, y, stats);
        double[] shift = beta == null ? new double[width] : doubles(beta);
        double[] expected = norm(norm, doubles(x), doubles(gamma), shift, width);
        for (int i = 0; i < expected.length; i++) {
            assertThat((double) y.array()[i])
                    .as("%s width %d element %d", norm, width, i)
                    .isCloseTo(expected[i], within(2e-5));
        }
        Tensor dx = Tensor.full(1, 3, width);
        Tensor dGamma = Tensor.full(1, width);
        Tensor dBeta = beta == null ? null : Tensor.full(1, width);
        norm.backward(x, gamma, stats, dy, new Norm.Gradients(dx, true, dGamma, dBeta));
        Tensor alone = Tensor.full(Float.NaN, 3, width);
        norm.backward(x, gamma, stats, dy, new Norm.Gradients(alone, false, null, null));
        assertGradient(x, alone, 0, at -> weighted(dy, norm(norm, at, doubles(gamma), shift, width)));
        assertGradient(x, dx, 1, at -> weighted(dy, norm(norm, at, doubles(gamma), shift, width)));
        assertGradient(gamma, dGamma, 1, at -> weighted(dy, norm(norm, doubles(x), at, shift, width)));
        if (beta != null && dBeta != null) {
            assertGradient(beta, dBeta, 1, at -> weighted(dy, norm(norm, doubles(x), doubles(gamma), at, width)));
        }
    }

    @Test
    void aRowAloneAndAnyThreadsGiveTheSameBits() {
        Tensor x = tensor(300, 770);
        Tensor gamma = tensor(770);
        Tensor one = Tensor.zeros(300, 770);
        Tensor two = Tensor.zeros(300, 770);
        Workers.with(1, () -> forward(x, gamma, one));
        Workers.with(2, () -> forward(x, gamma, two));
        assertThat(Arrays.mismatch(one.array(), two.array())).isEqualTo(-1);
        Tensor alone = Tensor.zeros(1, 770);
        forward(x.slice(0, 299, 300), gamma, alone);
        assertThat(alone.array()).isEqualTo(one.slice(0, 299, 300).toArray());
        Norm.Gradients single = room(one);
        Workers.with(1, () -> backward(x, gamma, single));
        for (int threads = 2; threads <= 5; threads++) {
            Norm.Gradients shared = room(two);
            Workers.with(threads, () -> backward(x, gamma, shared));
            assertThat(arrays(shared)).isDeepEqualTo(arrays(single));
        }
    }

    @Test
    void gradientsOfANormMustNotShareMemory() {
        Tensor x = tensor(3, 8);
        Tensor gamma = tensor(8);
        Tensor stats = Tensor.zeros(3, 2);
        Tensor dX = Tensor.zeros(3, 8);
        Norm.Gradients shared = new Norm.Gradients(dX, false, dX.select(0, 1), null);
        assertThatThrownBy(() -> Norm.LAYER.backward(x, gamma, stats, x, shared))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("Norm.backward: gradients must not share memory");
    }

    @Test
    void whatDoesNotFitIsRefusedBeforeAnythingIsWritten() {
        Tensor x = tensor(3, 8);
        Tensor gamma = tensor(8);
        Tensor turned = Tensor.zeros(2, 3).transpose(0, 1);
        assertThatThrownBy(() -> Norm.LAYER.forward(x, gamma, null, 1e-5f, x, turned))
                .hasMessage("Norm.forward: contiguous stats [3, 2] are needed, got [3, 2]");
        assertThatThrownBy(() -> Norm.RMS.backward(
                        x, gamma, Tensor.zeros(2, 2), x, new Norm.Gradients(Tensor.zeros(3, 8), false, null, null)))
                .hasMessage("Norm.backward: contiguous stats [3, 2] are needed, got [2, 2]");
        Tensor part = tensor(9, 8).slice(0, 0, 2); // more ids than rows would go on with what lies behind the view
        assertThatThrownBy(() -> Elements.addToRows(part, new int[3], Tensor.zeros(4, 8)))
                .hasMessage("Elements.addToRows: one id for each row of x and sums of its width are needed,"
                        + " got x [2, 8], 3 ids, sum [4, 8]");
        assertThatThrownBy(() -> Elements.addToRows(part, new int[2], Tensor.zeros(4, 3)))
                .hasMessageEndingWith("got x [2, 8], 2 ids, sum [4, 3]");
        assertThatThrownBy(() -> Elements.addToRows(part, new int[] {3, 4}, Tensor.zeros(4, 8)))
                .hasMessage("Elements.addToRows: each id must be a row of sum [4, 8], got 4");
        assertThatThrownBy(() -> Softmax.crossEntropy(x, new int[3], new float[2]))
                .hasMessage("Softmax.crossEntropy: one loss for each of 3 rows is needed, got room for 2");
        float[] frequencies = Rotary.frequencies(8, 10_000);
        Rotary rotary = new Rotary(Rotary.Layout.HALVES, frequencies, 1, 10);
        assertThatThrownBy(() -> rotary.turn(x, Integer.MAX_VALUE - 1)).hasMessageContaining("first + T <= 10");
        assertThatThrownBy(() -> rotary.turn(new float[8], 0, 10))
                .hasMessage("Rotary: a position below 10 is needed, got 10");
        assertThatThrownBy(() -> new Rotary(Rotary.Layout.HALVES, frequencies, 1, 1 << 30))
                .hasMessageContaining("got 1073741824 positions, 4 frequencies");
    }

    /** Of 300 rows of 770 that are added to. */
    private static Norm.Gradients room(Tensor dX) {
        return new Norm.Gradients(
                Tensor.of(dX.toArray(), dX.shape()), true, Tensor.full(0.5f, 770), Tensor.full(-2, 770));
    }

    private static float[][] arrays(Norm.Gradients gradients) {
        return Stream.of(gradients.dX(), gradients.dGamma(), gradients.dBeta())
                .map(tensor -> Objects.requireNonNull(tensor).array())
                .toArray(float[][]::new);
    }

    private static int forward(Tensor x, Tensor gamma, Tensor y) {
        Norm.LAYER.forward(x, gamma, gamma, 1e-5f, y);
        Softmax.rows(y, y);
        return 0;
    }

    private static int backward(Tensor x, Tensor gamma, Norm.Gradients to) {
        Tensor stats = Tensor.zeros(x.size(0), 2);
        Tensor y = Tensor.zeros(x.shape());
        Norm.LAYER.forward(x, gamma, null, 1e-5f, y, stats);
        Norm.LAYER.backward(x, gamma, stats, x, to);
        return 0;
    }

    @Test
    void rotationTurnsPairsAndTurnsBack() {
        float[] frequencies = Rotary.frequencies(34, 10_000);
        for (Rotary.Layout layout : Rotary.Layout.values()) {
            Rotary rotary = new Rotary(layout, frequencies, 1, 50);
            Tensor x = tensor(2, 3, 7, 40);
            Tensor turned = Tensor.of(x.toArray(), 2, 3, 7, 40);
            rotary.turn(turned, 40);
            for (int t = 0; t < 7; t++) {
                for (int i = 0; i < 17; i++) {
                    int a = layout == Rotary.Layout.HALVES ? i : 2 * i;
                    int b = layout == Rotary.Layout.HALVES ? i + 17 : 2 * i + 1;
                    double angle = (double) (40 + t) * frequencies[i];
                    double p = x.get(1, 2, t, a);
                    double q = x.get(1, 2, t, b);
                    assertThat((double) turned.get(1, 2, t, a))
                            .isCloseTo(p * StrictMath.cos(angle) - q * StrictMath.sin(angle), within(1e-5));
                    assertThat((double) turned.get(1, 2, t, b))
                            .isCloseTo(q * StrictMath.cos(angle) + p * StrictMath.sin(angle), within(1e-5));
                }
                for (int i = 34; i < 40; i++) {
                    assertThat(turned.get(1, 2, t, i)).isEqualTo(x.get(1, 2, t, i));
                }
            }
            Tensor row = Tensor.of(x.select(0, 1).select(0, 2).slice(0, 3, 4).toArray(), 40);
            rotary.turn(row.array(), 0, 43);
            assertThat(row.array())
                    .isEqualTo(turned.select(0, 1).select(0, 2).slice(0, 3, 4).toArray());
            rotary.turnBack(turned, 40);
            for (int i = 0; i < turned.array().length; i++) {
                assertThat(turned.array()[i]).isCloseTo(x.array()[i], within(1e-6f));
            }
            assertThatThrownBy(() -> rotary.turn(x, 44)).hasMessageContaining("first + T <= 50");
        }
    }

    @Test
    void rotationByGivenTablesHasTheBitsOfThoseMadeFromFrequencies() {
        float[] frequencies = Rotary.frequencies(10, 10_000);
        Tensor cos = Tensor.zeros(9, 5);
        Tensor sin = Tensor.zeros(9, 5);
        for (int i = 0; i < 45; i++) {
            int position = i / 5;
            float angle = position * frequencies[i % 5];
            cos.array()[i] = (float) StrictMath.cos(angle);
            sin.array()[i] = (float) StrictMath.sin(angle);
        }
        for (Rotary.Layout layout : Rotary.Layout.values()) {
            Tensor x = tensor(2, 9, 13);
            Tensor y = Tensor.of(x.toArray(), 2, 9, 13);
            new Rotary(layout, frequencies, 1, 9).turn(x, 0);
            Rotary.ofTables(layout, cos, sin).turn(y, 0);
            assertThat(y.array()).isEqualTo(x.array());
        }
        assertThatThrownBy(() -> Rotary.ofTables(Rotary.Layout.HALVES, cos, sin.slice(0, 0, 8)))
                .hasMessage("Rotary: tables must both be [positions, half] with half >= 1, got cos [9, 5], sin [8, 5]");
    }

    @Test
    void elementsAddAndMultiplyLongRanges() {
        float[] a = values(40_001);
        float[] b = values(40_001);
        float[] c = new float[40_003];
        Elements.add(a, 0, b, 0, c, 1, 40_001);
        Elements.addProduct(a, 0, b, 0, c, 1, 40_001);
        Elements.addScaled(0.5f, a, 0, c, 1, 40_001);
        Elements.multiply(c, 1, b, 0, c, 1, 40_001);
        for (int i = 0; i < 40_001; i++) {
            float expected = Math.fma(a[i], 0.5f, Math.fma(a[i], b[i], a[i] + b[i])) * b[i];
            assertThat(c[i + 1]).isEqualTo(expected);
        }
        assertThat(c[0]).isZero();
        assertThat(c[40_002]).isZero();
    }

    private static double weighted(Tensor dy, double[] y) {
        double sum = 0;
        for (int i = 0; i < y.length; i++) {
            sum += dy.array()[i] * y[i];
        }
        return sum;
    }

    private static double[] norm(Norm norm, double[] x, double[] gamma, double[] beta, int width) {
        double[] y = new double[x.length];
        for (int r = 0; r < x.length; r += width) {
            double mean = norm == Norm.LAYER
                    ? Arrays.stream(x, r, r + width).average().orElseThrow()
                    : 0;
            double variance = 0;
            for (int i = 0; i < width; i++) {
                variance += (x[r + i] - mean) * (x[r + i] - mean) / width;
            }
            for (int i = 0; i < width; i++) {
                y[r + i] = (x[r + i] - mean) / Math.sqrt(variance + 1e-2f) * gamma[i] + beta[i];
            }
        }
        return y;
    }

    /** gradient must be {@code start} plus the central differences of f, all in double. */
    private static void assertGradient(Tensor x, Tensor gradient, double start, Function<double[], Double> f) {
        double[] at = doubles(x);
        for (int i = 0; i < at.length; i++) {
            double kept = at[i];
            at[i] = kept + 1e-5;
            double up = f.apply(at);
            at[i] = kept - 1e-5;
            double down = f.apply(at);
            at[i] = kept;
            double expected = start + (up - down) / 2e-5;
            assertThat((double) gradient.array()[i])
                    .as("element %d of %s", i, x.describe())
                    .isCloseTo(expected, within(1e-4 + 1e-4 * Math.abs(expected)));
        }
    }

    private static double lse(Tensor x, int row) {
        return lse(doubles(x), x.size(1), row);
    }

    private static double lse(double[] x, int width, int row) {
        double sum = 0;
        for (int i = 0; i < width; i++) {
            sum += StrictMath.exp(x[row * width + i]);
        }
        return StrictMath.log(sum);
    }

    private static double[] doubles(Tensor x) {
        double[] result = new double[x.array().length];
        for (int i = 0; i < result.length; i++) {
            result[i] = x.array()[i];
        }
        return result;
    }

    private Tensor tensor(int... shape) {
        Tensor tensor = Tensor.zeros(shape);
        System.arraycopy(values(tensor.array().length), 0, tensor.array(), 0, tensor.array().length);
        return tensor;
    }

    private float[] values(int count) {
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = (float) (random.nextDouble() * 4 - 2);
        }
        return values;
    }
}
