package dev.heed.kernel;

/**
 * The arithmetic of decoding: few queries, many keys. Lanes are keys while scores are made (keys are stored transposed
 * in groups of {@link #GROUP}) and value coordinates while values are mixed, so a long cache is read once, in order, at
 * the speed of memory. Every sum runs in the order of {@link Tile}: the bits are those of the full pass.
 */
interface Rows {
    /**
     * Numbers side by side in storage, 256 bytes, what four vectors of an inner loop take: so a loop reads memory in one stream.
     * Keys are transposed, key j, coordinate d at (j / 64 · D + d)·64 + j mod 64. Values lie in panels of 64 coordinates, the last
     * narrower, panel c at c·64·128, value j in it at j times its width.
     */
    int GROUP = 64;

    /** Coordinates in panel {@code panel} of values. */
    static int panelWidth(int width, int panel) {
        return Math.min(GROUP, width - panel * GROUP);
    }

    /** The implementation that {@link Kernels} chose. */
    Rows CHOSEN = Kernels.vector() ? new VectorRows() : new ScalarRows();

    /**
     * s[r][j] = Σ_d k[d][j] · q[r][d] for one block of {@link ScoreTile#BLOCK} keys, added up as in {@link Tile#scores}.
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
     * @param v values in panels, the first at {@code at}
     * @param p rows of BLOCK weights, row r at {@code (row + r)·BLOCK}
     * @param o rows of {@code width} numbers, row r at {@code (row + r)·width}
     */
    void mix(float[] v, int at, int from, int to, int width, float[] p, int row, int rows, float[] o);
}
