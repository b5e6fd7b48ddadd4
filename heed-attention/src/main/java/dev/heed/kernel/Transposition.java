package dev.heed.kernel;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;

/**
 * Transposes squares of 16×16 floats in 16 registers, in four passes: for every pair of rows i and i + w, pass w exchanges the
 * blocks off the diagonal. A third of the time of moving single elements, which C2 does not vectorize. (The same passes
 * through memory, and with other lane counts, gain too little to keep.)
 *
 * <pre>
 *   row i       a  a'        a  b
 *   row i + w   b  b'   →    a' b'       (a, a', b, b' of w elements)
 * </pre>
 */
final class Transposition {
    /** Rows and columns of a square; only CPUs with as many lanes have any. */
    static final int SIDE = 16;

    private static final VectorSpecies<Float> F = FloatVector.SPECIES_512;
    // Made once: shuffles and masks are slow to make. SWAP_w exchanges element j with j ^ w.
    // HIGH_w is where j has bit w.
    private static final VectorShuffle<Float> SWAP_8 = VectorShuffle.fromOp(F, j -> j ^ 8);
    private static final VectorShuffle<Float> SWAP_4 = VectorShuffle.fromOp(F, j -> j ^ 4);
    private static final VectorShuffle<Float> SWAP_2 = VectorShuffle.fromOp(F, j -> j ^ 2);
    private static final VectorShuffle<Float> SWAP_1 = VectorShuffle.fromOp(F, j -> j ^ 1);
    private static final VectorMask<Float> HIGH_8 = VectorMask.fromLong(F, 0xFF00);
    private static final VectorMask<Float> HIGH_4 = VectorMask.fromLong(F, 0xF0F0);
    private static final VectorMask<Float> HIGH_2 = VectorMask.fromLong(F, 0xCCCC);
    private static final VectorMask<Float> HIGH_1 = VectorMask.fromLong(F, 0xAAAA);

    private Transposition() {}

    /** to[c][r] = from[r][c]; rows of {@code from} are {@code stride} apart, those of {@code to} {@code toStride}. */
    static void run(float[] from, int at, int stride, int rows, int columns, float[] to, int toAt, int toStride) {
        int fullRows = Lanes.COUNT == SIDE ? rows / SIDE * SIDE : 0;
        int fullColumns = Lanes.COUNT == SIDE ? columns / SIDE * SIDE : 0;
        for (int r = 0; r < fullRows; r += SIDE) {
            for (int c = 0; c < fullColumns; c += SIDE) {
                square(from, at + r * stride + c, stride, to, toAt + c * toStride + r, toStride);
            }
        }
        ScalarTile.transposeElements(
                from,
                at + fullColumns,
                stride,
                fullRows,
                columns - fullColumns,
                to,
                toAt + fullColumns * toStride,
                toStride);
        ScalarTile.transposeElements(
                from, at + fullRows * stride, stride, rows - fullRows, columns, to, toAt + fullRows, toStride);
    }

    private static void square(float[] from, int at, int stride, float[] to, int toAt, int toStride) {
        FloatVector v0 = FloatVector.fromArray(F, from, at);
        FloatVector v1 = FloatVector.fromArray(F, from, at + stride);
        FloatVector v2 = FloatVector.fromArray(F, from, at + 2 * stride);
        FloatVector v3 = FloatVector.fromArray(F, from, at + 3 * stride);
        FloatVector v4 = FloatVector.fromArray(F, from, at + 4 * stride);
        FloatVector v5 = FloatVector.fromArray(F, from, at + 5 * stride);
        FloatVector v6 = FloatVector.fromArray(F, from, at + 6 * stride);
        FloatVector v7 = FloatVector.fromArray(F, from, at + 7 * stride);
        FloatVector v8 = FloatVector.fromArray(F, from, at + 8 * stride);
        FloatVector v9 = FloatVector.fromArray(F, from, at + 9 * stride);
        FloatVector v10 = FloatVector.fromArray(F, from, at + 10 * stride);
        FloatVector v11 = FloatVector.fromArray(F, from, at + 11 * stride);
        FloatVector v12 = FloatVector.fromArray(F, from, at + 12 * stride);
        FloatVector v13 = FloatVector.fromArray(F, from, at + 13 * stride);
        FloatVector v14 = FloatVector.fromArray(F, from, at + 14 * stride);
        FloatVector v15 = FloatVector.fromArray(F, from, at + 15 * stride);
        FloatVector x;
        FloatVector y;
        // blocks of 8
        x = v0.rearrange(SWAP_8);
        y = v8.rearrange(SWAP_8);
        v0 = v0.blend(y, HIGH_8);
        v8 = x.blend(v8, HIGH_8);
        x = v1.rearrange(SWAP_8);
        y = v9.rearrange(SWAP_8);
        v1 = v1.blend(y, HIGH_8);
        v9 = x.blend(v9, HIGH_8);
        x = v2.rearrange(SWAP_8);
        y = v10.rearrange(SWAP_8);
        v2 = v2.blend(y, HIGH_8);
        v10 = x.blend(v10, HIGH_8);
        x = v3.rearrange(SWAP_8);
        y = v11.rearrange(SWAP_8);
        v3 = v3.blend(y, HIGH_8);
        v11 = x.blend(v11, HIGH_8);
        x = v4.rearrange(SWAP_8);
        y = v12.rearrange(SWAP_8);
        v4 = v4.blend(y, HIGH_8);
        v12 = x.blend(v12, HIGH_8);
        x = v5.rearrange(SWAP_8);
        y = v13.rearrange(SWAP_8);
        v5 = v5.blend(y, HIGH_8);
        v13 = x.blend(v13, HIGH_8);
        x = v6.rearrange(SWAP_8);
        y = v14.rearrange(SWAP_8);
        v6 = v6.blend(y, HIGH_8);
        v14 = x.blend(v14, HIGH_8);
        x = v7.rearrange(SWAP_8);
        y = v15.rearrange(SWAP_8);
        v7 = v7.blend(y, HIGH_8);
        v15 = x.blend(v15, HIGH_8);
        // blocks of 4
        x = v0.rearrange(SWAP_4);
        y = v4.rearrange(SWAP_4);
        v0 = v0.blend(y, HIGH_4);
        v4 = x.blend(v4, HIGH_4);
        x = v1.rearrange(SWAP_4);
        y = v5.rearrange(SWAP_4);
        v1 = v1.blend(y, HIGH_4);
        v5 = x.blend(v5, HIGH_4);
        x = v2.rearrange(SWAP_4);
        y = v6.rearrange(SWAP_4);
        v2 = v2.blend(y, HIGH_4);
        v6 = x.blend(v6, HIGH_4);
        x = v3.rearrange(SWAP_4);
        y = v7.rearrange(SWAP_4);
        v3 = v3.blend(y, HIGH_4);
        v7 = x.blend(v7, HIGH_4);
        x = v8.rearrange(SWAP_4);
        y = v12.rearrange(SWAP_4);
        v8 = v8.blend(y, HIGH_4);
        v12 = x.blend(v12, HIGH_4);
        x = v9.rearrange(SWAP_4);
        y = v13.rearrange(SWAP_4);
        v9 = v9.blend(y, HIGH_4);
        v13 = x.blend(v13, HIGH_4);
        x = v10.rearrange(SWAP_4);
        y = v14.rearrange(SWAP_4);
        v10 = v10.blend(y, HIGH_4);
        v14 = x.blend(v14, HIGH_4);
        x = v11.rearrange(SWAP_4);
        y = v15.rearrange(SWAP_4);
        v11 = v11.blend(y, HIGH_4);
        v15 = x.blend(v15, HIGH_4);
        // blocks of 2
        x = v0.rearrange(SWAP_2);
        y = v2.rearrange(SWAP_2);
        v0 = v0.blend(y, HIGH_2);
        v2 = x.blend(v2, HIGH_2);
        x = v1.rearrange(SWAP_2);
        y = v3.rearrange(SWAP_2);
        v1 = v1.blend(y, HIGH_2);
        v3 = x.blend(v3, HIGH_2);
        x = v4.rearrange(SWAP_2);
        y = v6.rearrange(SWAP_2);
        v4 = v4.blend(y, HIGH_2);
        v6 = x.blend(v6, HIGH_2);
        x = v5.rearrange(SWAP_2);
        y = v7.rearrange(SWAP_2);
        v5 = v5.blend(y, HIGH_2);
        v7 = x.blend(v7, HIGH_2);
        x = v8.rearrange(SWAP_2);
        y = v10.rearrange(SWAP_2);
        v8 = v8.blend(y, HIGH_2);
        v10 = x.blend(v10, HIGH_2);
        x = v9.rearrange(SWAP_2);
        y = v11.rearrange(SWAP_2);
        v9 = v9.blend(y, HIGH_2);
        v11 = x.blend(v11, HIGH_2);
        x = v12.rearrange(SWAP_2);
        y = v14.rearrange(SWAP_2);
        v12 = v12.blend(y, HIGH_2);
        v14 = x.blend(v14, HIGH_2);
        x = v13.rearrange(SWAP_2);
        y = v15.rearrange(SWAP_2);
        v13 = v13.blend(y, HIGH_2);
        v15 = x.blend(v15, HIGH_2);
        // blocks of 1
        x = v0.rearrange(SWAP_1);
        y = v1.rearrange(SWAP_1);
        v0 = v0.blend(y, HIGH_1);
        v1 = x.blend(v1, HIGH_1);
        x = v2.rearrange(SWAP_1);
        y = v3.rearrange(SWAP_1);
        v2 = v2.blend(y, HIGH_1);
        v3 = x.blend(v3, HIGH_1);
        x = v4.rearrange(SWAP_1);
        y = v5.rearrange(SWAP_1);
        v4 = v4.blend(y, HIGH_1);
        v5 = x.blend(v5, HIGH_1);
        x = v6.rearrange(SWAP_1);
        y = v7.rearrange(SWAP_1);
        v6 = v6.blend(y, HIGH_1);
        v7 = x.blend(v7, HIGH_1);
        x = v8.rearrange(SWAP_1);
        y = v9.rearrange(SWAP_1);
        v8 = v8.blend(y, HIGH_1);
        v9 = x.blend(v9, HIGH_1);
        x = v10.rearrange(SWAP_1);
        y = v11.rearrange(SWAP_1);
        v10 = v10.blend(y, HIGH_1);
        v11 = x.blend(v11, HIGH_1);
        x = v12.rearrange(SWAP_1);
        y = v13.rearrange(SWAP_1);
        v12 = v12.blend(y, HIGH_1);
        v13 = x.blend(v13, HIGH_1);
        x = v14.rearrange(SWAP_1);
        y = v15.rearrange(SWAP_1);
        v14 = v14.blend(y, HIGH_1);
        v15 = x.blend(v15, HIGH_1);
        v0.intoArray(to, toAt);
        v1.intoArray(to, toAt + toStride);
        v2.intoArray(to, toAt + 2 * toStride);
        v3.intoArray(to, toAt + 3 * toStride);
        v4.intoArray(to, toAt + 4 * toStride);
        v5.intoArray(to, toAt + 5 * toStride);
        v6.intoArray(to, toAt + 6 * toStride);
        v7.intoArray(to, toAt + 7 * toStride);
        v8.intoArray(to, toAt + 8 * toStride);
        v9.intoArray(to, toAt + 9 * toStride);
        v10.intoArray(to, toAt + 10 * toStride);
        v11.intoArray(to, toAt + 11 * toStride);
        v12.intoArray(to, toAt + 12 * toStride);
        v13.intoArray(to, toAt + 13 * toStride);
        v14.intoArray(to, toAt + 14 * toStride);
        v15.intoArray(to, toAt + 15 * toStride);
    }
}
