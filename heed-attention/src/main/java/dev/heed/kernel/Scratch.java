package dev.heed.kernel;

/** A thread's reusable working memory, so that calls allocate nothing but their results. Grows, never shrinks. */
final class Scratch {
    private static final ThreadLocal<Scratch> OF_THREAD = ThreadLocal.withInitial(Scratch::new);

    private final float[][] floats = new float[16][0];
    private final int[][] ints = new int[4][0];

    private Scratch() {}

    static Scratch ofThread() {
        return OF_THREAD.get();
    }

    /** Array number {@code slot} with at least {@code size} elements; contents are whatever the last user left. */
    float[] floats(int slot, int size) {
        if (floats[slot].length < size) {
            floats[slot] = new float[size];
        }
        return floats[slot];
    }

    int[] ints(int slot, int size) {
        if (ints[slot].length < size) {
            ints[slot] = new int[size];
        }
        return ints[slot];
    }
}
