package dev.heed.kernel;

/** Three rows of room and 32 partial sums per thread for the row kernels; contents are whatever the last user left. */
final class RowRoom {
    private static final ThreadLocal<RowRoom> OF_THREAD = ThreadLocal.withInitial(RowRoom::new);

    private final float[][] rows = new float[3][0];
    private final float[] sums = new float[RowMath.SUMS];

    private RowRoom() {}

    static float[] first(int width) {
        return OF_THREAD.get().row(0, width);
    }

    static float[] second(int width) {
        return OF_THREAD.get().row(1, width);
    }

    static float[] third(int width) {
        return OF_THREAD.get().row(2, width);
    }

    private float[] row(int number, int width) {
        if (rows[number].length < width) {
            rows[number] = new float[width];
        }
        return rows[number];
    }

    static float[] sums() {
        return OF_THREAD.get().sums;
    }
}
