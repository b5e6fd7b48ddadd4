package dev.heed.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.heed.tensor.Tensor;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class GemmTest {
    private static final int[] AWKWARD = {0, 1, 2, 3, 7, 8, 15, 16, 17, 31, 32, 33, 63, 64, 65, 127, 128, 129};
    private static final float CANARY = 12345f;
    private final SplittableRandom random = new SplittableRandom(20261121);

    @Test
    void linearAddsTheSumsOfBlocksAndTheBiasLastAtEverySize() {
        for (int rows : AWKWARD) {
            for (int in : new int[] {0, 1, 3, 17, 128, 129, 300}) {
                for (int out : new int[] {1, 7, 31, 32, 33, 65, 129, 300}) {
                    Tensor x = random(rows, in);
                    Tensor w = random(out, in);
                    Tensor bias = random(out);
                    Tensor y = Tensor.zeros(rows, out);
                    Gemm.linear(x, PackedMatrix.pack(w), bias, y);
                    assertSame(y, sums(x, w.transpose(0, 1), null, bias), "linear", rows, in, out);
                }
            }
        }
    }

    @Test
    void multiplyAddsTheSumsOfBlocksAtEverySize() {
        for (int m : AWKWARD) {
            for (int k : new int[] {0, 1, 2, 31, 128, 259}) {
                for (int n : AWKWARD) {
                    Tensor a = random(m, k);
                    Tensor b = random(k, n);
                    Tensor c = random(m, n);
                    Tensor onto = Tensor.of(c.toArray(), m, n);
                    Gemm.multiply(a, b, c, false);
                    assertSame(c, sums(a, b, null, null), "multiply", m, k, n);
                    Tensor sum = Tensor.of(onto.toArray(), m, n);
                    Gemm.multiply(a, b, sum, true);
                    assertSame(sum, sums(a, b, onto, null), "multiply onto", m, k, n);
                }
            }
        }
    }

    @Test
    void longInnerAxesHaveTheirBlocksWhereShortOnesDo() {
        for (int in : new int[] {769, 1537, 1700}) {
            Tensor x = random(150, in);
            Tensor w = random(70, in);
            Tensor y = Tensor.zeros(150, 70);
            Gemm.linear(x, PackedMatrix.pack(w), null, y);
            Tensor expected = sums(x, w.transpose(0, 1), null, null);
            assertSame(y, expected, "linear", 150, in, 70);
            Gemm.multiply(x, w.transpose(0, 1), y, false);
            assertSame(y, expected, "multiply", 150, in, 70);
        }
    }

    @Test
    void bothGradientsOfALinearLayerAtOnceAreTheTwoProducts() {
        for (int[] size :
                new int[][] {{0, 3, 4}, {1, 5, 7}, {40, 33, 31}, {130, 65, 96}, {770, 128, 70}, {900, 40, 200}}) {
            int rows = size[0];
            int in = size[1];
            int out = size[2];
            Tensor x = random(rows, in);
            Tensor w = random(out, in);
            Tensor dy = random(rows, out);
            for (int threads : new int[] {1, 2, 5}) {
                for (boolean onto : new boolean[] {false, true}) {
                    Tensor dX = random(rows, in);
                    Tensor dW = onto ? random(out, in) : layout(Tensor.zeros(out, in), 1);
                    Tensor expectedX = sums(dy, w, onto ? dX.contiguous() : null, null);
                    Tensor expectedW = sums(dy.transpose(0, 1), x, onto ? dW : null, null);
                    Workers.with(threads, () -> {
                        Gemm.gradients(dy, x, w, dX, onto, dW, onto);
                        return 0;
                    });
                    assertSame(dX, expectedX, "dX with " + threads + " threads", rows, out, in);
                    assertSame(dW, expectedW, "dW with " + threads + " threads", out, rows, in);
                }
            }
        }
    }

    @Test
    void errorsAreBelowHalfOfAPlainFloatProducts() {
        Tensor a = random(65, 768);
        Tensor b = random(768, 65);
        Tensor c = Tensor.zeros(65, 65);
        Gemm.multiply(a, b, c, false);
        double ours = 0;
        double plain = 0;
        for (int i = 0; i < 65; i++) {
            for (int j = 0; j < 65; j++) {
                double exact = 0;
                float sum = 0;
                for (int k = 0; k < 768; k++) {
                    exact += (double) a.get(i, k) * b.get(k, j);
                    sum = Math.fma(a.get(i, k), b.get(k, j), sum);
                }
                ours += Math.pow(c.get(i, j) - exact, 2);
                plain += Math.pow(sum - exact, 2);
            }
        }
        assertThat(Math.sqrt(ours / plain)).isLessThan(0.5); // 0.42 is expected of six blocks
    }

    @Test
    void anyStridesGiveTheSameBits() {
        for (int[] size : new int[][] {{1, 1, 1}, {5, 40, 33}, {33, 65, 64}, {70, 33, 100}}) {
            int m = size[0];
            int k = size[1];
            int n = size[2];
            Tensor a = random(m, k);
            Tensor b = random(k, n);
            Tensor expected = sums(a, b, null, null);
            for (int layoutA = 0; layoutA < 3; layoutA++) {
                for (int layoutB = 0; layoutB < 3; layoutB++) {
                    for (int layoutC = 0; layoutC < 3; layoutC++) {
                        Tensor c = layout(Tensor.zeros(m, n), layoutC);
                        Gemm.multiply(layout(a, layoutA), layout(b, layoutB), c, false);
                        assertSame(c, expected, "layouts " + layoutA + layoutB + layoutC, m, k, n);
                    }
                }
            }
        }
    }

    @Test
    void aRowAloneHasTheBitsItHasAmongOthers() {
        for (int in : new int[] {5, 64, 700}) {
            Tensor w = random(200, in);
            Tensor bias = random(200);
            PackedMatrix packed = PackedMatrix.pack(w);
            Tensor x = random(131, in);
            Tensor all = Tensor.zeros(131, 200);
            Gemm.linear(x, packed, bias, all);
            for (int row : new int[] {0, 1, 64, 130}) {
                for (int count = 1; count <= Math.min(9, 131 - row); count++) {
                    Tensor some = Tensor.zeros(count, 200);
                    Gemm.linear(x.slice(0, row, row + count), packed, bias, some);
                    assertSame(some, all.slice(0, row, row + count), "row " + row, count, in, 200);
                }
            }
        }
    }

    @Test
    void threadsDoNotChangeBits() {
        Tensor x = random(300, 600);
        Tensor w = random(257, 600);
        PackedMatrix packed = PackedMatrix.pack(w);
        for (int rows : new int[] {1, 3, 300}) {
            Tensor part = x.slice(0, 0, rows);
            Tensor one = Tensor.zeros(rows, 257);
            Tensor two = Tensor.zeros(rows, 257);
            Workers.with(1, () -> linear(part, packed, one));
            Workers.with(2, () -> linear(part, packed, two));
            assertSame(two, one, "linear", rows, 600, 257);
        }
        Tensor one = random(600, 300);
        Tensor two = Tensor.of(one.toArray(), 600, 300);
        Tensor y = random(257, 300);
        Tensor transposed = w.transpose(0, 1);
        Workers.with(1, () -> multiply(transposed, y, one));
        Workers.with(2, () -> multiply(transposed, y, two));
        assertSame(two, one, "multiply", 600, 257, 300);
    }

    @Test
    void productsOfALayersGradientsHaveTheSameBlocksWithAnyNumberOfThreads() {
        for (int[] size : new int[][] {{100, 517, 300}, {300, 517, 100}, {65, 700, 33}, {129, 65, 257}}) {
            int in = size[0];
            int rows = size[1];
            int out = size[2];
            Tensor x = random(rows, in).transpose(0, 1);
            Tensor dy = random(rows, out);
            Tensor w = random(out, in);
            for (int threads : new int[] {1, 2, 3, 5}) {
                Tensor dW = random(in, out);
                Tensor expected = sums(x, dy, dW, null);
                Workers.with(threads, () -> multiply(x, dy, dW));
                assertSame(dW, expected, threads + " threads, dW", in, rows, out);
                Tensor dX = random(rows, in);
                expected = sums(dy, w, dX, null);
                Workers.with(threads, () -> multiply(dy, w, dX));
                assertSame(dX, expected, threads + " threads, dX", rows, out, in);
            }
        }
    }

    @Test
    void vectorAndScalarProductsAgree() {
        assumeTrue(Kernels.vector(), "vector kernels are not chosen in this run");
        Product vector = new VectorProduct();
        Product scalar = new ScalarProduct();
        for (int rows = 1; rows <= 32; rows++) {
            for (int depth : new int[] {0, 1, 2, 9, 33}) {
                float[] a = random(rows, depth + 3).array();
                float[] b = random(depth, 32).array();
                float[] c = random(rows, 40).array();
                float[] d = c.clone();
                vector.rows(a, 0, depth + 3, rows, b, 0, depth, c, 0, 40);
                scalar.rows(a, 0, depth + 3, rows, b, 0, depth, d, 0, 40);
                assertThat(c).as("rows=%d depth=%d", rows, depth).isEqualTo(d);
                float[] sums = random(rows, 32).array();
                vector.add(sums, rows, 32, c, 0, 40);
                scalar.add(sums, rows, 32, d, 0, 40);
                assertThat(c).as("rows=%d added", rows).isEqualTo(d);
            }
        }
        for (int panels = 0; panels <= 9; panels++) {
            for (int rows = 1; rows <= 4; rows++) {
                float[] a = random(rows, 70).array();
                float[] b = random(panels, 75, 32).array();
                float[] c = new float[rows * (panels * 32 + 5)];
                float[] d = new float[rows * (panels * 32 + 5)];
                vector.fewRows(a, 0, 70, rows, b, 0, panels, 75 * 32, 70, c, 0, panels * 32 + 5);
                scalar.fewRows(a, 0, 70, rows, b, 0, panels, 75 * 32, 70, d, 0, panels * 32 + 5);
                assertThat(c).as("panels=%d rows=%d", panels, rows).isEqualTo(d);
            }
        }
        for (int depth : new int[] {0, 1, 7, 8, 15, 16, 17, 33, 40}) {
            float[] from = random(50, 50).array();
            float[] c = new float[depth * 32];
            float[] d = new float[depth * 32];
            vector.packRows(from, 3, 49, depth, c, 0);
            scalar.packRows(from, 3, 49, depth, d, 0);
            assertThat(c).as("packRows depth=%d", depth).isEqualTo(d);
            vector.packTransposed(from, 3, 50, depth, c, 0);
            scalar.packTransposed(from, 3, 50, depth, d, 0);
            assertThat(c).as("packTransposed depth=%d", depth).isEqualTo(d);
        }
    }

    @Test
    void nothingIsWrittenOutsideTheResult() {
        for (int n : AWKWARD) {
            float[] memory = new float[40 * 140];
            Arrays.fill(memory, CANARY);
            Tensor c = Tensor.view(memory, 140 + 5, new int[] {37, n}, new int[] {140, 1});
            Gemm.multiply(random(37, 20), random(20, n), c, false);
            assertUntouched(memory, n);
            Arrays.fill(memory, CANARY);
            Gemm.linear(random(37, 20), PackedMatrix.pack(random(n, 20)), null, c);
            assertUntouched(memory, n);
            Arrays.fill(memory, CANARY);
            Gemm.linear(random(1, 20), PackedMatrix.pack(random(n, 20)), null, c.slice(0, 0, 1));
            for (int i = 0; i < memory.length; i++) {
                boolean inside = i >= 145 && i < 145 + n;
                assertThat(memory[i] == CANARY).as("n=%d i=%d", n, i).isEqualTo(!inside);
            }
        }
    }

    private static void assertUntouched(float[] memory, int n) {
        for (int i = 0; i < memory.length; i++) {
            int row = i / 140;
            int column = i % 140;
            boolean inside = row >= 1 && row <= 37 && column >= 5 && column < 5 + n;
            assertThat(memory[i] == CANARY).as("n=%d i=%d", n, i).isEqualTo(!inside);
        }
    }

    @Test
    void packedWeightsUnpackExactly() {
        for (int out : AWKWARD) {
            for (int in : new int[] {0, 1, 17, 40}) {
                Tensor w = random(out, in);
                Tensor conv = Tensor.of(w.transpose(0, 1).toArray(), in, out);
                assertThat(PackedMatrix.pack(w).unpack().array()).isEqualTo(w.array());
                assertThat(PackedMatrix.pack(conv.transpose(0, 1)).unpack().array())
                        .isEqualTo(w.array());
            }
        }
    }

    @Test
    void rowBlocksOfAnySizeFillThePackedMatrix() {
        for (int step : new int[] {1, 5, 31, 32, 33, 100}) {
            Tensor w = random(129, 21);
            PackedMatrix.Builder builder = PackedMatrix.builder(129, 21);
            for (int from = 0; from < 129; from += step) {
                int to = Math.min(129, from + step);
                builder.packRows(from, w.slice(0, from, to));
            }
            PackedMatrix packed = builder.build();
            assertThat(packed.unpack().array()).as("step %d", step).isEqualTo(w.array());
            assertThat(packed.bytes()).isEqualTo(4 * 160 * 21);
        }
    }

    @Test
    void wrongShapesAreRefusedWithAllOfThem() {
        PackedMatrix w = PackedMatrix.pack(Tensor.zeros(4, 3));
        assertThatThrownBy(() -> Gemm.linear(Tensor.zeros(2, 5), w, null, Tensor.zeros(2, 4)))
                .hasMessageContaining("x [2, 5], W [4, 3], bias none, y [2, 4]");
        assertThatThrownBy(() -> Gemm.linear(Tensor.zeros(3, 2).transpose(0, 1), w, null, Tensor.zeros(2, 4)))
                .hasMessageContaining("stride 1");
        assertThatThrownBy(() -> Gemm.multiply(Tensor.zeros(2, 3), Tensor.zeros(4, 2), Tensor.zeros(2, 2), false))
                .hasMessageContaining("a [2, 3], b [4, 2], c [2, 2]");
        assertThatThrownBy(() -> PackedMatrix.builder(4, 3).packRows(2, Tensor.zeros(3, 3)))
                .hasMessage(
                        "PackedMatrix.packRows: rows must be [count, in] of [out=4, in=3], got [3, 3] from row 2 on");
        for (int from : new int[] {-1, 5, Integer.MAX_VALUE}) {
            assertThatThrownBy(() -> PackedMatrix.builder(4, 3).packRows(from, Tensor.zeros(1, 3)))
                    .hasMessageEndingWith("got [1, 3] from row " + from + " on");
            assertThatThrownBy(() -> PackedMatrix.builder(3, 4).packInputs(from, Tensor.zeros(1, 3)))
                    .hasMessageEndingWith("got [1, 3] from input " + from + " on");
        }
        assertThatThrownBy(() -> PackedMatrix.builder(-1, 3))
                .hasMessage("PackedMatrix: sizes must not be negative, got [out=-1, in=3]");
        assertThatThrownBy(() -> PackedMatrix.builder(Integer.MAX_VALUE, 1))
                .hasMessageContaining("needs 2147483648 elements");
        assertThatThrownBy(() -> w.copyRow(4, new float[3], 0)) // a panel has 32 rows
                .hasMessage("PackedMatrix.copyRow: a row below out=4 is needed, got 4");
    }

    @Test
    void resultsNeedMemoryOfTheirOwn() {
        Tensor square = random(4, 4);
        Tensor other = random(4, 4);
        PackedMatrix w = PackedMatrix.pack(square);
        says(() -> Gemm.linear(other, w, null, other), "Gemm.linear: y must not share memory with what is read");
        says(() -> Gemm.linear(other, w, square.select(0, 3), square), "in the memory of a tensor [4]");
        says(() -> Gemm.multiply(square, other, square, false), "Gemm.multiply: c must not share memory");
        says(() -> Gemm.multiply(square, other, other.transpose(0, 1), true), "Gemm.multiply: c must not share memory");
        says(() -> Gemm.multiplyAndAdd(other, square, null, other), "Gemm.multiplyAndAdd: c must not share memory");
        Tensor dX = random(4, 4);
        Tensor dW = random(4, 4);
        says(() -> Gemm.gradients(other, square, square, dX, false, square, true), "dW must not share memory");
        says(() -> Gemm.gradients(other, square, square, other, true, dW, true), "dX must not share memory");
        says(() -> Gemm.gradients(other, square, square, dX, true, dX, true), "dX must not share memory");
        Tensor oneRow = random(4).broadcastTo(4, 4);
        says(() -> Gemm.multiply(square, other, oneRow, true), "c must have its own place in memory");
    }

    @Test
    void resultsMayLieInTurnsWithOperands() {
        Tensor both = random(5, 12);
        Tensor a = both.slice(1, 0, 4);
        Tensor b = random(4, 8);
        Tensor expected = sums(a, b, null, null);
        Gemm.multiply(a, b, both.slice(1, 4, 12), false);
        assertSame(both.slice(1, 4, 12), expected, "in turns", 5, 4, 8);
    }

    private static void says(ThrowingCallable call, String words) {
        assertThatThrownBy(call).isInstanceOf(IllegalArgumentException.class).hasMessageContaining(words);
    }

    private static Tensor linear(Tensor x, PackedMatrix w, Tensor y) {
        Gemm.linear(x, w, null, y);
        return y;
    }

    private static Tensor multiply(Tensor a, Tensor b, Tensor c) {
        Gemm.multiply(a, b, c, true);
        return c;
    }

    /** Sums of 128 products, each from 0, added one after the other. */
    private static Tensor sums(Tensor a, Tensor b, @Nullable Tensor onto, @Nullable Tensor bias) {
        Tensor c = Tensor.zeros(a.size(0), b.size(1));
        for (int i = 0; i < a.size(0); i++) {
            for (int j = 0; j < b.size(1); j++) {
                float all = onto == null ? 0 : onto.get(i, j);
                for (int first = 0; first < a.size(1); first += 128) {
                    float sum = 0;
                    for (int k = first; k < Math.min(a.size(1), first + 128); k++) {
                        sum = Math.fma(a.get(i, k), b.get(k, j), sum);
                    }
                    all += sum;
                }
                c.set(bias == null ? all : all + bias.get(j), i, j);
            }
        }
        return c;
    }

    /** The same matrix row by row, column by column, or with gaps in both directions. */
    private static Tensor layout(Tensor matrix, int kind) {
        int rows = matrix.size(0);
        int columns = matrix.size(1);
        if (kind == 0) {
            return Tensor.of(matrix.toArray(), rows, columns);
        }
        if (kind == 1) {
            return Tensor.of(matrix.transpose(0, 1).toArray(), columns, rows).transpose(0, 1);
        }
        Tensor gaps = Tensor.view(
                new float[rows * (2 * columns + 3) + 1], 1, new int[] {rows, columns}, new int[] {2 * columns + 3, 2});
        for (int i = 0; i < rows; i++) {
            for (int j = 0; j < columns; j++) {
                gaps.set(matrix.get(i, j), i, j);
            }
        }
        return gaps;
    }

    private static void assertSame(Tensor actual, Tensor expected, String what, int m, int k, int n) {
        float[] a = actual.toArray();
        float[] e = expected.toArray();
        int difference = Arrays.mismatch(a, e);
        assertThat(difference)
                .as(
                        "%s m=%d k=%d n=%d: element %d is %s, expected %s",
                        what,
                        m,
                        k,
                        n,
                        difference,
                        difference < 0 ? "" : a[difference],
                        difference < 0 ? "" : e[difference])
                .isEqualTo(-1);
    }

    private Tensor random(int... shape) {
        Tensor tensor = Tensor.zeros(shape);
        for (int i = 0; i < tensor.array().length; i++) {
            tensor.array()[i] = (float) (random.nextDouble() * 2 - 1);
        }
        return tensor;
    }
}
