package dev.heed.kernel;

import dev.heed.tensor.Tensor;

/** Panels of 32 columns, {@code [k][32]} each, from any strided matrix; see {@link Product}. */
final class Panels {
    private static final int PANEL = Product.PANEL;
    private static final Product PRODUCT = Product.CHOSEN;

    private Panels() {}

    static int count(int columns) {
        return Math.ceilDiv(columns, PANEL);
    }

    /** All panels of {@code matrix} [k, n], one behind the other from {@code at}. */
    static void pack(Tensor matrix, float[] to, int at) {
        int depth = matrix.size(0);
        int panels = count(matrix.size(1));
        // Moving an element costs about as much as twenty multiply-adds.
        Workers.run(panels, 20L * depth * matrix.size(1), p -> packOne(matrix, p * PANEL, to, at + p * depth * PANEL));
    }

    /** Panel {@code column}/32 of {@code matrix} [k, n] to {@code at}; columns that the last one lacks are filled up with zeros. */
    static void packOne(Tensor matrix, int column, float[] to, int at) {
        int depth = matrix.size(0);
        int columns = Math.min(PANEL, matrix.size(1) - column);
        int perK = matrix.stride(0);
        int perColumn = matrix.stride(1);
        int from = matrix.offset() + column * perColumn;
        if (columns == PANEL && perColumn == 1) {
            PRODUCT.packRows(matrix.array(), from, perK, depth, to, at);
        } else if (columns == PANEL && perK == 1) {
            PRODUCT.packTransposed(matrix.array(), from, perColumn, depth, to, at);
        } else {
            packAny(matrix, column, columns, to, at);
        }
    }

    private static void packAny(Tensor matrix, int column, int columns, float[] to, int at) {
        float[] from = matrix.array();
        int perColumn = matrix.stride(1);
        for (int k = 0; k < matrix.size(0); k++) {
            int row = matrix.offset() + k * matrix.stride(0) + column * perColumn;
            int panel = at + k * PANEL;
            for (int j = 0; j < columns; j++) {
                to[panel + j] = from[row + j * perColumn];
            }
            for (int j = columns; j < PANEL; j++) {
                to[panel + j] = 0;
            }
        }
    }
}
