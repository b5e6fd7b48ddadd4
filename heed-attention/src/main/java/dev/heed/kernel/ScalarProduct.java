package dev.heed.kernel;

import java.util.Arrays;

/** {@link Product} in plain Java: the inner loops run over 32 neighbouring floats, which C2 turns into vector code by itself. */
final class ScalarProduct implements Product {
    @Override
    public void rows(
            float[] a, int at, int stride, int rows, float[] b, int panel, int depth, float[] c, int to, int perRow) {
        for (int r = 0; r < rows; r++) {
            int row = to + r * perRow;
            Arrays.fill(c, row, row + PANEL, 0);
            for (int k = 0; k < depth; k++) {
                add(a[at + r * stride + k], b, panel + k * PANEL, c, row);
            }
        }
    }

    private static void add(float x, float[] b, int from, float[] c, int to) {
        for (int j = 0; j < PANEL; j++) {
            c[to + j] = Math.fma(x, b[from + j], c[to + j]);
        }
    }

    @Override
    public void fewRows(
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
            int perRow) {
        for (int p = 0; p < panels; p++) {
            rows(a, at, stride, rows, b, panel + p * perPanel, depth, c, to + p * PANEL, perRow);
        }
    }

    @Override
    public void add(float[] sums, int rows, int columns, float[] c, int to, int perRow) {
        for (int r = 0; r < rows; r++) {
            for (int j = 0; j < columns; j++) {
                c[to + r * perRow + j] += sums[r * columns + j];
            }
        }
    }

    @Override
    public void packRows(float[] from, int at, int stride, int depth, float[] to, int panel) {
        for (int k = 0; k < depth; k++) {
            System.arraycopy(from, at + k * stride, to, panel + k * PANEL, PANEL);
        }
    }

    @Override
    public void packTransposed(float[] from, int at, int stride, int depth, float[] to, int panel) {
        for (int j = 0; j < PANEL; j++) {
            for (int k = 0; k < depth; k++) {
                to[panel + k * PANEL + j] = from[at + j * stride + k];
            }
        }
    }

    @Override
    public void addBias(float[] c, int at, float[] bias, int biasAt, int count) {
        for (int i = 0; i < count; i++) {
            c[at + i] += bias[biasAt + i];
        }
    }
}
