package dev.heed.kernel;

import org.jspecify.annotations.Nullable;

/**
 * The arithmetic of one tile: {@link #QUERIES} queries against a block of keys. Scores are kept transposed, lanes are
 * queries: {@code s[key][query]}; in mixtures lanes are coordinates: {@code o[query][d]}. Either way every sum has an
 * order of its own, whatever the width of the CPU's vectors, the tile a query is in, or its neighbours, and so the bits do not
 * depend on these. Keys and values are read where they are, row by row, and nothing is summed across lanes.
 *
 * <pre>
 *   qT [D][32]            k [M][D]                 s [keys][32]                v [M][Dv]        o [32][Dv]
 *   ┌ lanes: queries ┐    row j, read in place     s[j][·] = Σ_d k[j][d]·qT[d][·]               o[q][·] += Σ_j p[j][q]·v[j][·]
 * </pre>
 *
 * Two implementations, {@link VectorTile} and {@link ScalarTile}, give the same bits.
 */
interface Tile {
    /** Queries in a tile: two 16-lane vectors, four 8-lane or eight 4-lane ones. */
    int QUERIES = 32;

    /**
     * Queries are mixed in three parts, of 11, 11 and 10: as many rows of the register tile as fit into the 32 registers of
     * AVX-512 beside what they are made from. What no query of a part sees is left out for it.
     */
    int PART = 11;

    int PARTS = 3;

    /**
     * Most coordinates that a dot product adds up in one sum. Two sums half as long leave 0.7 of the rounding error of one
     * (Higham 1993, The accuracy of floating point summation), and registers for both cost nothing: a tile has half as many rows.
     */
    int ONE_SUM = 32;

    /** Columns of values are mixed 16 at a time; rows of mixtures are as long as this many of them, or 32. */
    int COLUMNS = 16;

    /** Length of a row of a mixture or of copied rows: the next multiple of 32. */
    static int padded(int width) {
        return Math.ceilDiv(width, QUERIES) * QUERIES;
    }

    /** The implementation that {@link Kernels} chose. */
    Tile CHOSEN = Kernels.vector() ? new VectorTile() : new ScalarTile();

    /**
     * s[j][q] = Σ_d k[j][d] · qT[d][q], fused multiply-add from 0 with d ascending: one sum of up to {@link #ONE_SUM} coordinates;
     * of more, one of the even and one of the odd ones, which are added.
     *
     * @param k keys, row j at {@code at + j·stride}
     * @param rows number of keys
     */
    void scores(float[] k, int at, int stride, int rows, int width, float[] qT, float[] s);

    /** s = cap · tanh(s / cap). */
    void softcap(float[] s, int rows, float cap);

    /** Writes −∞ to rows [rowFrom, rowTo) where bit q of {@code visible[j]} is 0. */
    void hide(float[] s, int rowFrom, int rowTo, int[] visible);

    /** Bit q of visible[j] = from[q] ≤ firstKey + j < to[q], for rows j in [rowFrom, rowTo). */
    void interval(int[] from, int[] to, int firstKey, int rowFrom, int rowTo, int[] visible);

    /**
     * One step of the online softmax (Milakov and Gimelshein 2018): takes the scores of a block to p = exp(s − max), which may be
     * {@code s} itself, and brings the running maximum and sum of each query up to date.
     *
     * <p>The block's sum is kept in eight partial sums, key j in sum j mod 8 by its absolute index, joined by a fixed tree.
     *
     * @param firstKey absolute index of row 0
     */
    void softmax(float[] s, int rows, int firstKey, Running run, float[] p);

    /** lse[q] = max[q] + ln(sum[q]), rounded once; −∞ where the sum is 0. */
    void lse(float[] max, float[] sum, float[] lse);

    /** p[j][q] = exp(s[j][q] − base[q]); p may be s. */
    void exponentials(float[] s, int rows, float[] base, float[] p);

    /** dS = p · (dP − delta), the softmax's backward step, into dP; 0 where bit q of {@code visible[j]} is 0 if given. */
    void scoreGradients(float[] p, float[] dP, int rows, float[] delta, int @Nullable [] visible);

    /**
     * acc[j][d] += Σ_i s[i / 32][row + j][i mod 32] · x[i][d] for queries i in [queryFrom, queryTo), fused multiply-add from 0
     * with i ascending: one sum over thousands of queries would lose what a sum of short ones keeps.
     *
     * @param s scores of several tiles of queries, [keys][32] each
     * @param row first of {@code rows} rows of the scores
     * @param x a row of {@code width} numbers, a multiple of 32, per query
     * @param acc rows of {@code width} numbers, row 0 at {@code at}
     */
    void accumulate(
            float[][] s, int row, int rows, int queryFrom, int queryTo, float[] x, int width, float[] acc, int at);

    /** sum[q] = Σ_d xT[d][q] · yT[d][q], added up as in {@link #scores}: where x is y, so are the results. */
    void dots(float[] xT, float[] yT, int width, float[] sum);

    /**
     * Takes finished scores to weights, s = α = exp(s − lse), and what is seen of them to the observation; adds α to
     * {@code columns[(firstKey + j)·32 + q]}. Hidden scores (−∞) weigh 0.
     */
    void observe(float[] s, int rows, int firstKey, Observation seen, float[] columns);

    /** Weights of a block that exceed a query's k-th best so far take their place among its best. */
    void enterTop(float[] s, int rows, int firstKey, Observation seen);

    /** to[c][r] = from[r][c]; rows of {@code from} are {@code stride} apart, those of {@code to} {@code toStride}. */
    void transpose(float[] from, int at, int stride, int rows, int columns, float[] to, int toAt, int toStride);

    /** to[r][d] = from[r][d] · factors[r] + 0, row r at {@code at + r·stride}; the 0 turns −0, which depends on skipped zeros, into 0. */
    void scaleRows(
            float[] from, int at, int stride, float[] factors, int rows, int width, float[] to, int toAt, int toStride);

    /** o[q][d] = o[q][d] · factor[q] + more[q][d], fused: rows of o at {@code at + q·stride}, of more at 32·q; columns are 16 or 32. */
    void join(float[] o, int at, int stride, int columns, float[] factor, float[] more);

    /** o[q][d] = o[q][d] · factor[q], rows of {@code width} numbers, a multiple of 32; what is multiplied by 1 is not touched. */
    void scale(float[] o, int width, float[] factor);

    /**
     * o[q][d] += Σ_j p[j][q] · v[j][d], j ascending, fused multiply-add onto what is there. Query q takes keys from its part's
     * interval at least; whatever p holds for other keys is 0, and they may take part or not.
     *
     * @param v values, row j at {@code at + j·stride}
     * @param from of each part of the queries ({@link #PART}) the first key that one of them sees
     * @param to and one behind the last
     * @param width columns, a multiple of {@link #COLUMNS}
     * @param p p[j][q] at {@code pAt + 32·j + q}
     * @param o row q at {@code oAt + q·oStride}
     */
    void mix(
            float[] v,
            int at,
            int stride,
            int[] from,
            int[] to,
            int width,
            float[] p,
            int pAt,
            float[] o,
            int oAt,
            int oStride);

    /** True if any of the values is NaN or infinite. */
    boolean anyNonFinite(float[] v, int at, int stride, int rows, int width);
}
