package dev.heed.kernel;

/**
 * The additive comparison of a tile of 32 queries with a block of keys, lanes are queries as in {@link Tile} (Bahdanau, Cho and
 * Bengio 2014, "Neural Machine Translation by Jointly Learning to Align and Translate", section 3 and appendix A.1.2).
 * One tanh per query, key and coordinate: about sixteen times the time of dot products at D = 64, in the same O(N) memory.
 *
 * <p>Two implementations, {@link VectorAdditive} and {@link ScalarAdditive}, give the same bits.
 */
interface Additive {
    /** Queries in a tile. */
    int Q = Tile.QUERIES;

    /** The implementation that {@link Kernels} chose. */
    Additive CHOSEN = Kernels.vector() ? new VectorAdditive() : new ScalarAdditive();

    /**
     * s[j][q] = Σ_a v[a] · tanh(qT[a][q] + k[j][a]), a ascending, fused multiply-add from 0.
     *
     * @param k keys, row j at {@code at + j·stride}
     * @param v times the scale already
     * @param room 2 · width · 32 numbers that may be overwritten
     */
    void scores(float[] k, int at, int stride, int rows, int width, float[] qT, float[] v, float[] s, float[] room);

    /**
     * The way back, with t = tanh(qT[a][q] + k[j][a]); where dS is 0, as for hidden keys, nothing is added:
     *
     * <pre>
     *   s = Σ_a v_a·t_a     dQT[a][q] += dS·v_a·(1 − t²), j ascending      dV[a][q] += dS·t, j ascending
     *                       dK[j][a]  += Σ_q dS·v_a·(1 − t²), the 32 lanes folded in halves
     * </pre>
     *
     * @param dK rows of {@code dKStride} numbers, row 0 at {@code dKAt}
     * @param room as in {@link #scores}
     */
    void gradients(
            float[] k,
            int at,
            int stride,
            int rows,
            int width,
            float[] qT,
            float[] v,
            float[] dS,
            float[] dQT,
            float[] dK,
            int dKAt,
            int dKStride,
            float[] dV,
            float[] room);

    /** 16 numbers folded in halves, as {@link RowMath#fold} goes on from there. */
    static float fold16(float[] s, int at) {
        float even = ((s[at] + s[at + 8]) + (s[at + 4] + s[at + 12]))
                + ((s[at + 2] + s[at + 10]) + (s[at + 6] + s[at + 14]));
        float odd = ((s[at + 1] + s[at + 9]) + (s[at + 5] + s[at + 13]))
                + ((s[at + 3] + s[at + 11]) + (s[at + 7] + s[at + 15]));
        return even + odd;
    }
}
