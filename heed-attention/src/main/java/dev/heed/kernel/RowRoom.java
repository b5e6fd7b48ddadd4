package dev.heed.kernel;

/** Three rows of room and 32 partial sums per thread for the row kernels; contents are whatever the last user left. */
final class RowRoom {
    private static final ThreadLocal<RowRoom> OF_THREAD = ThreadLocal.withInitial(RowRoom::new);

    private float[] first = new float[0];
    private float[] second = new float[0];
    private float[] third = new float[0];
    private final float[] sums = new float[RowMath.SUMS];

    private RowRoom() {}

    static float[] first(int width) {
        RowRoom room = OF_THREAD.get();
        if (room.first.length < width) {
            room.first = new float[width];
        }
        return room.first;
    }

    static float[] second(int width) {
        RowRoom room = OF_THREAD.get();
        if (room.second.length < width) {
            room.second = new float[width];
        }
        return room.second;
    }

    static float[] third(int width) {
        RowRoom room = OF_THREAD.get();
        if (room.third.length < width) {
            room.third = new float[width];
        }
        return room.third;
    }

    static float[] sums() {
        return OF_THREAD.get().sums;
    }
}
