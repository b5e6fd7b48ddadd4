package dev.heed.kernel;

import dev.heed.tensor.Tensor;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * One block of the inner axis of a matrix product, cut into tasks of up to 128 rows by 32 columns. Tasks that follow each
 * other share their rows of a, which stay in the second-level cache, while the panels of b pass by.
 *
 * @param b panels; panel p starts at {@code bAt + p·perPanel}
 * @param depth length of the inner axis in this block
 * @param c [m, n] of any strides
 * @param onto whether the sums are added to c
 * @param bias [n], contiguous, added last; null for none
 */
record Blocks(
        Left a,
        float[] b,
        int bAt,
        int perPanel,
        int depth,
        Tensor c,
        boolean onto,
        @Nullable Tensor bias) {
    /** Inner axis of a block: a panel of b is then 64 KB and 128 rows of a 256 KB, a quarter of a second-level cache. */
    static final int DEPTH = 512;
    /** An inner axis up to this long stays whole: 128 rows of a are 384 KB then. */
    private static final int WHOLE = 768;
    /** Rows of one task. Each panel of b is fetched once for so many rows; a multiple of 32, the rows of a packed panel. */
    static final int ROWS = 128;

    private static final int PANEL = Product.PANEL;
    private static final int ONE_SUM = Product.ONE_SUM;
    private static final Product PRODUCT = Product.CHOSEN;
    private static final Tile MIXING = Tile.CHOSEN;
    private static final int[] NONE = new int[Tile.PARTS];
    private static final ThreadLocal<float[]> SUMS = ThreadLocal.withInitial(() -> new float[ROWS * PANEL]);
    private static final ThreadLocal<float[]> TILE = ThreadLocal.withInitial(() -> new float[ROWS * PANEL]);

    /**
     * The left operand, from the block's first k on: rows in place, or packed as panels of 32 rows, {@code [k][32]}, row r in lane
     * r. Rows that the last panel lacks are zeros, and all 32 are computed.
     *
     * @param stride distance of rows, or of panels if {@code packed}
     */
    record Left(float[] array, int at, int stride, boolean packed) {}

    /** A thread's room for one task's results, [128][32]. */
    static float[] tile() {
        return TILE.get();
    }

    /** A thread's room for the sums of one block of a task, [128][32]. */
    static float[] sums() {
        return SUMS.get();
    }

    /** Length of the blocks of an inner axis for so many rows, in whole sums: all of it if a's rows stay in the cache anyway. */
    static int depth(int rows, int inner) {
        if ((long) Math.min(rows, ROWS) * inner <= ROWS * WHOLE) {
            return Math.max(1, inner);
        }
        int blocks = Math.ceilDiv(inner, DEPTH);
        return Math.ceilDiv(inner, blocks * ONE_SUM) * ONE_SUM;
    }

    /** All tasks, on this thread. */
    void runHere() {
        int tasks = tasks();
        for (int t = 0; t < tasks; t++) {
            task(t);
        }
    }

    int tasks() {
        return Math.ceilDiv(c.size(0), ROWS) * Panels.count(c.size(1));
    }

    void task(int number) {
        int panels = Panels.count(c.size(1));
        task(number / panels * ROWS, number % panels);
    }

    private void task(int row, int panel) {
        int column = panel * PANEL;
        int rows = Math.min(ROWS, c.size(0) - row);
        int columns = Math.min(PANEL, c.size(1) - column);
        int at = c.offset() + row * c.stride(0) + column * c.stride(1);
        int from = bAt + panel * perPanel;
        boolean whole = columns == PANEL && (!a.packed || rows % PANEL == 0);
        if (whole && c.stride(1) == 1) {
            multiply(row, rows, from, c.array(), at, c.stride(0));
            addBias(rows, column, columns, c.array(), at, c.stride(0));
        } else {
            float[] tile = tile();
            if (onto) {
                fetch(tile, rows, columns, at);
            }
            multiply(row, rows, from, tile, 0, PANEL);
            addBias(rows, column, columns, tile, 0, PANEL);
            store(tile, rows, columns, at);
        }
    }

    private void multiply(int row, int rows, int from, float[] to, int at, int perRow) {
        for (int k = 0; k == 0 || k < depth; k += ONE_SUM) {
            if (onto || k > 0) {
                float[] sums = sums();
                multiply(row, rows, from, k, sums, 0, PANEL);
                PRODUCT.add(sums, rows, PANEL, to, at, perRow);
            } else {
                multiply(row, rows, from, k, to, at, perRow);
            }
        }
    }

    /** One sum of each element, over k and what follows it. */
    private void multiply(int row, int rows, int from, int k, float[] to, int at, int perRow) {
        int count = Math.min(ONE_SUM, depth - k);
        if (a.packed) {
            multiplyPacked(row, rows, from + k * PANEL, k, count, to, at, perRow);
        } else {
            int left = a.at + row * a.stride + k;
            PRODUCT.rows(a.array, left, a.stride, rows, b, from + k * PANEL, count, to, at, perRow);
        }
    }

    /** A packed panel of a is what the weights of a mixture are, b's panel its values; rows that a lacks are zeros. */
    private void multiplyPacked(int row, int rows, int from, int k, int count, float[] to, int at, int perRow) {
        int[] all = {count, count, count};
        for (int r = 0; r < rows; r += PANEL) {
            int first = at + r * perRow;
            for (int i = 0; i < PANEL; i++) {
                Arrays.fill(to, first + i * perRow, first + i * perRow + PANEL, 0);
            }
            int weights = a.at + (row + r) / PANEL * a.stride + k * PANEL;
            MIXING.mix(b, from, PANEL, NONE, all, PANEL, a.array, weights, to, first, perRow);
        }
    }

    private void addBias(int rows, int column, int columns, float[] to, int at, int perRow) {
        if (bias != null) {
            for (int r = 0; r < rows; r++) {
                PRODUCT.addBias(to, at + r * perRow, bias.array(), bias.offset() + column, columns);
            }
        }
    }

    private void fetch(float[] tile, int rows, int columns, int at) {
        for (int r = 0; r < rows; r++) {
            for (int j = 0; j < columns; j++) {
                tile[r * PANEL + j] = c.array()[at + r * c.stride(0) + j * c.stride(1)];
            }
        }
    }

    private void store(float[] tile, int rows, int columns, int at) {
        for (int r = 0; r < rows; r++) {
            for (int j = 0; j < columns; j++) {
                c.array()[at + r * c.stride(0) + j * c.stride(1)] = tile[r * PANEL + j];
            }
        }
    }
}
