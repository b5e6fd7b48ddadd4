package dev.heed.kernel;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;

/**
 * Transposes a square of L×L floats, L the lane count, in log₂ L passes: for every pair of rows i and i + w, pass w exchanges
 * the blocks off the diagonal.
 *
 * <pre>
 *   row i       a  a'        a  b
 *   row i + w   b  b'   →    a' b'       (a, a', b, b' of w elements)
 * </pre>
 *
 * Packing weights so takes two thirds of the time of moving single elements, which C2 does not vectorize.
 */
final class Transposition {
    private static final VectorSpecies<Float> F = Lanes.FLOAT;
    private static final int L = Lanes.COUNT;
    private static final Pass[] PASSES = passes();

    private Transposition() {}

    /**
     * Made once: shuffles and masks are slow to make.
     *
     * @param up moves element j to j + w
     * @param down moves element j + w to j
     * @param high the elements j with j / w odd
     */
    private record Pass(int w, VectorShuffle<Float> up, VectorShuffle<Float> down, VectorMask<Float> high) {}

    private static Pass[] passes() {
        Pass[] passes = new Pass[Integer.numberOfTrailingZeros(L)];
        for (int p = 0; p < passes.length; p++) {
            int w = 1 << p;
            long high = 0;
            for (int j = 0; j < L; j++) {
                high |= (long) (j / w & 1) << j;
            }
            passes[p] = new Pass(
                    w,
                    VectorShuffle.iota(F, L - w, 1, true),
                    VectorShuffle.iota(F, w, 1, true),
                    VectorMask.fromLong(F, high));
        }
        return passes;
    }

    /** to[k][j] = from[j][k] for j, k below L; rows of {@code from} are {@code stride} apart, those of {@code to} 32. */
    static void square(float[] from, int at, int stride, float[] to, int toAt) {
        run(PASSES[0], from, at, stride, to, toAt);
        for (int p = 1; p < PASSES.length; p++) {
            run(PASSES[p], to, toAt, Product.PANEL, to, toAt);
        }
    }

    private static void run(Pass pass, float[] from, int at, int stride, float[] to, int toAt) {
        VectorShuffle<Float> up = pass.up;
        VectorShuffle<Float> down = pass.down;
        VectorMask<Float> high = pass.high;
        int w = pass.w;
        for (int n = 0; n < L / 2; n++) {
            int i = (n & -w) * 2 + (n & w - 1); // the n-th row with bit w clear
            FloatVector a = FloatVector.fromArray(F, from, at + i * stride);
            FloatVector b = FloatVector.fromArray(F, from, at + (i + w) * stride);
            a.blend(b.rearrange(up), high).intoArray(to, toAt + i * Product.PANEL);
            a.rearrange(down).blend(b, high).intoArray(to, toAt + (i + w) * Product.PANEL);
        }
    }
}
