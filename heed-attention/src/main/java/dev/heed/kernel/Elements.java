package dev.heed.kernel;

import dev.heed.tensor.Tensor;

/** Elementwise sums and products of flat ranges; long ranges are shared between threads. */
public final class Elements {
    private static final RowMath MATH = RowMath.CHOSEN;
    /** Elements of one task: 64 KB of each operand, which stays in the second-level cache. */
    private static final int RANGE = 16384;
    /** An element of an activation costs about as much as 32 multiply-adds of a matrix product. */
    private static final long COST = 32;

    private Elements() {}

    /** c = a + b; ranges may be the same. */
    public static void add(float[] a, int at, float[] b, int bAt, float[] c, int to, int count) {
        ranges(count, (from, length) -> MATH.add(a, at + from, b, bAt + from, c, to + from, length));
    }

    /** c = a or c += a. */
    public static void addOrCopy(boolean onto, float[] a, int at, float[] c, int to, int count) {
        if (onto) {
            add(c, to, a, at, c, to, count);
        } else {
            ranges(count, (from, length) -> System.arraycopy(a, at + from, c, to + from, length));
        }
    }

    /** c = a·b; ranges may be the same. */
    public static void multiply(float[] a, int at, float[] b, int bAt, float[] c, int to, int count) {
        ranges(count, (from, length) -> MATH.multiply(a, at + from, b, bAt + from, c, to + from, length));
    }

    /** c += a·b, fused. */
    public static void addProduct(float[] a, int at, float[] b, int bAt, float[] c, int to, int count) {
        ranges(count, (from, length) -> MATH.addProduct(a, at + from, b, bAt + from, c, to + from, length));
    }

    /** c = factor·a. */
    public static void scale(float factor, float[] a, int at, float[] c, int to, int count) {
        ranges(count, (from, length) -> MATH.normalize(a, at + from, 0, factor, c, to + from, length));
    }

    /** c += factor·a, fused. */
    public static void addScaled(float factor, float[] a, int at, float[] c, int to, int count) {
        ranges(count, (from, length) -> MATH.addScaled(factor, a, at + from, c, to + from, length));
    }

    /**
     * sum += Σ_rows x, in blocks of rows as in {@link Gemm}.
     *
     * @param x [rows, width], last stride 1
     * @param sum [width], stride 1
     */
    public static void addRows(Tensor x, Tensor sum) {
        RowTasks.check("Elements.addRows", x);
        RowTasks.checkVector("Elements.addRows", sum, x.size(1));
        RowTasks.columns(x.size(0), x.size(1), (from, count) -> {
            for (int row = 0; row < x.size(0); row += Product.ONE_SUM) {
                int rows = Math.min(Product.ONE_SUM, x.size(0) - row);
                int to = sum.offset() + from;
                MATH.addRows(x.array(), RowTasks.at(x, row) + from, x.stride(0), rows, sum.array(), to, count);
            }
        });
    }

    /**
     * sum[ids[r]] += x[r], row by row, in order.
     *
     * @param x [rows, width], last stride 1
     * @param ids one per row
     * @param sum [.., width], last stride 1
     */
    public static void addToRows(Tensor x, int[] ids, Tensor sum) {
        RowTasks.check("Elements.addToRows", x);
        RowTasks.check("Elements.addToRows", sum);
        if (ids.length != x.size(0) || sum.size(1) != x.size(1)) {
            throw new IllegalArgumentException("Elements.addToRows: one id for each row of x and sums of its width are"
                    + " needed, got x " + x.describe() + ", " + ids.length + " ids, sum " + sum.describe());
        }
        for (int id : ids) {
            if (id < 0 || id >= sum.size(0)) {
                throw new IndexOutOfBoundsException(
                        "Elements.addToRows: each id must be a row of sum " + sum.describe() + ", got " + id);
            }
        }
        RowTasks.columns(x.size(0), x.size(1), (from, count) -> {
            for (int r = 0; r < ids.length; r++) {
                int to = RowTasks.at(sum, ids[r]) + from;
                MATH.add(sum.array(), to, x.array(), RowTasks.at(x, r) + from, sum.array(), to, count);
            }
        });
    }

    /** Work on elements [from, from + length). */
    @FunctionalInterface
    public interface Range {
        void run(int from, int length);
    }

    /** Ranges of elements that threads share. */
    public static void ranges(int count, Range range) {
        if (count <= RANGE) {
            range.run(0, count);
            return;
        }
        int tasks = Math.ceilDiv(count, RANGE);
        Workers.run(tasks, COST * count, t -> range.run(t * RANGE, Math.min(RANGE, count - t * RANGE)));
    }
}
