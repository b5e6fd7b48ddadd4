package dev.heed.kernel;

/**
 * The arithmetic of a matrix product: a few rows of a against one or more panels of b. A panel is 32 neighbouring columns of
 * b, kept {@code [k][32]}; a column stays in its lane and every sum runs over k one by one, fused from 0, so the bits do not
 * depend on the width of the CPU's vectors, on the tile an element is in, or on its neighbours.
 *
 * <pre>
 *   a, read in place: row r at {@code at + r·stride}
 *   b panel [k][32]      c[r][0..32) = Σ_k a[r][k]·b[k][·]
 * </pre>
 *
 * Two implementations, {@link VectorProduct} and {@link ScalarProduct}, give the same bits.
 */
interface Product {
    /** Columns of a panel: two 16-lane vectors, four 8-lane or eight 4-lane ones. */
    int PANEL = 32;

    /**
     * Products that one sum should add up, and the sums of blocks of so many be added one after the other: that leaves 0.4 of the
     * rounding error of one sum over 768 products (Higham 1993, The accuracy of floating point summation), and a block of a panel,
     * 16 KB, is in the first-level cache for all rows but the first.
     */
    int ONE_SUM = 128;

    /** The implementation that {@link Kernels} chose. */
    Product CHOSEN = Kernels.vector() ? new VectorProduct() : new ScalarProduct();

    /**
     * c[r][j] = Σ_k a[r][k]·b[k][j] for 32 columns.
     *
     * @param a rows read in place, row r at {@code at + r·stride}
     * @param depth number of k
     */
    void rows(float[] a, int at, int stride, int rows, float[] b, int panel, int depth, float[] c, int to, int perRow);

    /**
     * Up to four rows against neighbouring panels: c[r][32·p + j] = Σ_k a[r][k]·b[p][k][j].
     *
     * @param b panels, {@code perPanel} apart
     */
    void fewRows(
            float[] a,
            int at,
            int stride,
            int rows,
            float[] b,
            int panel,
            int panels,
            int perPanel,
            int depth,
            float[] c,
            int to,
            int perRow);

    /** c[r][j] += sums[r][j]; sums lie side by side. */
    void add(float[] sums, int rows, int columns, float[] c, int to, int perRow);

    /** to[k][j] = from[k][j] for 32 columns j side by side: row k at {@code at + k·stride}. */
    void packRows(float[] from, int at, int stride, int depth, float[] to, int panel);

    /** to[k][j] = from[j][k]: 32 rows, row j at {@code at + j·stride}, k side by side. */
    void packTransposed(float[] from, int at, int stride, int depth, float[] to, int panel);

    /** c[i] += bias[i]. */
    void addBias(float[] c, int at, float[] bias, int biasAt, int count);
}
