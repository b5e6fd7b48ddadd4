package dev.heed.kernel;

/** A thread's reusable working memory, for one call at a time. Grows, never shrinks. */
final class Scratch {
    static final PerThread<Scratch> OF_THREAD = new PerThread<>(Scratch::new);

    private float[] floats = new float[0];

    private Scratch() {}

    /** At least {@code size} elements; contents are whatever the last user left. */
    float[] floats(int size) {
        if (floats.length < size) {
            floats = new float[size];
        }
        return floats;
    }
}
