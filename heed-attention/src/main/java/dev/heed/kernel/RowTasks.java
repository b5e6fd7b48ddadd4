package dev.heed.kernel;

import dev.heed.tensor.Tensor;

/** Rows of matrices [rows, width] shared between threads, and the check that they are such. */
final class RowTasks {
    /** Elements of one task, as many as make handing it over worth while. */
    private static final int ELEMENTS = 8192;
    /** An element of a row kernel costs about as much as 64 multiply-adds of a matrix product. */
    private static final long COST = 64;

    /** Columns of one task of a sum over rows: 256 bytes of each. */
    static final int COLUMNS = 64;
    /** An element of a sum over rows, which comes from memory, costs about as much as 24 multiply-adds of a matrix product. */
    private static final long COLUMN_COST = 24;

    private RowTasks() {}

    /** One row. */
    @FunctionalInterface
    interface Row {
        void run(int row);
    }

    static void run(int rows, int width, Row row) {
        Workers.run(work(rows, width), new Workers.Phase(rows(rows, width, row)));
    }

    static Workers.Numbered rows(int rows, int width, Row row) {
        int perTask = Math.max(1, ELEMENTS / Math.max(1, width));
        int tasks = Math.ceilDiv(rows, perTask);
        return new Workers.Numbered(tasks, t -> {
            int first = t * perTask;
            int end = first + Math.min(perTask, rows - first);
            for (int r = first; r < end; r++) {
                row.run(r);
            }
        });
    }

    /** What row kernels cost in multiply-adds. */
    static long work(int rows, int width) {
        return COST * rows * width;
    }

    /** What a sum over rows costs. */
    static long columnWork(int rows, int width) {
        return COLUMN_COST * rows * width;
    }

    /** Columns [from, from + count) of all rows. */
    @FunctionalInterface
    interface Columns {
        void run(int from, int count);
    }

    /** Sums over rows in ranges of columns, which threads share. */
    static void columns(int rows, int width, Columns columns) {
        int tasks = Math.ceilDiv(width, COLUMNS);
        Workers.run(
                tasks, columnWork(rows, width), t -> columns.run(t * COLUMNS, Math.min(COLUMNS, width - t * COLUMNS)));
    }

    /** Index of a row's first element. */
    static int at(Tensor matrix, int row) {
        return matrix.offset() + row * matrix.stride(0);
    }

    static void check(String who, Tensor... matrices) {
        for (Tensor matrix : matrices) {
            boolean fits = matrix.rank() == 2
                    && matrix.size(0) == matrices[0].size(0)
                    && matrix.size(1) == matrices[0].size(1)
                    && (matrix.stride(1) == 1 || matrix.size(1) <= 1);
            if (!fits) {
                throw new IllegalArgumentException(
                        who + ": matrices [rows, width] of one shape with last stride 1 are needed, got "
                                + matrices[0].describe() + " and " + matrix.describe());
            }
        }
    }

    static void checkVector(String who, Tensor vector, int width) {
        if (vector.rank() != 1 || vector.size(0) != width || vector.stride(0) != 1 && width > 1) {
            throw new IllegalArgumentException(
                    who + ": a contiguous vector of width " + width + " is needed, got " + vector.describe());
        }
    }
}
