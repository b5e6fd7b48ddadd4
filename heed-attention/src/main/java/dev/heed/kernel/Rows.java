package dev.heed.kernel;

/**
 * The arithmetic of decoding: few queries, many keys. Lanes are keys while scores are made (keys are stored transposed
 * in groups of 32) and value coordinates while values are mixed, so a long cache is read once, in order, at the speed of
 * memory. Every sum runs in the order of {@link Tile}: the bits are those of the full pass.
 */
interface Rows {
    /** Keys in a group of transposed storage: group g, coordinate d, key j at (g·D + d)·32 + j. */
    int GROUP = 32;

    /** The implementation that {@link Kernels} chose. */
    Rows CHOSEN = Kernels.vector() ? new VectorRows() : new ScalarRows();

    /**
     * s[r][j] = Σ_d k[d][j] · q[r][d] for one block of {@link ScoreTile#BLOCK} keys, d ascending from 0.
     *
     * @param k transposed keys, group 0 at {@code at}
     * @param q rows of {@code width} numbers
     * @param s rows of BLOCK scores
     */
    void scores(float[] k, int at, int width, float[] q, int rows, float[] s);

    /** The largest of {@code start} and s[from..to); NaN is passed over. */
    float max(float[] s, int from, int to, float start);

    /**
     * o[r][d] += Σ_j p[r][j] · v[j][d] for j in [from, to), ascending.
     *
     * @param v values, row j at {@code at + j·width}
     * @param p rows of BLOCK weights, row r at {@code (row + r)·BLOCK}
     * @param o rows of {@code width} numbers, row r at {@code (row + r)·width}
     */
    void mix(float[] v, int at, int from, int to, int width, float[] p, int row, int rows, float[] o);
}
