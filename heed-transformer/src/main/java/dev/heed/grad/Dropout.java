package dev.heed.grad;

import dev.heed.kernel.Elements;
import dev.heed.tensor.Tensor;

/**
 * Which elements dropout keeps: element i by bits of number i of a stream that the seed names, so forward and backward draw the
 * same without keeping a mask, and threads may draw in any order. SplitMix64 (Steele, Lea and Flood 2014).
 */
final class Dropout {
    private static final long GOLDEN_GAMMA = 0x9E3779B97F4A7C15L;

    private Dropout() {}

    /** y = x·keep/(1 − p), contiguous. */
    static void apply(Tensor x, double p, long seed, Tensor y) {
        float grow = (float) (1 / (1 - p));
        long least = (long) Math.ceil(p * 0x1p53);
        float[] from = x.array();
        float[] to = y.array();
        int at = x.offset();
        int toAt = y.offset();
        Elements.ranges(y.elements(), (first, count) -> {
            for (int i = first; i < first + count; i++) {
                to[toAt + i] = from[at + i] * (bits(seed + i * GOLDEN_GAMMA) < least ? 0 : grow);
            }
        });
    }

    /** 53 random bits. */
    private static long bits(long counter) {
        long z = (counter ^ (counter >>> 30)) * 0xBF58476D1CE4E5B9L;
        z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
        return (z ^ (z >>> 31)) >>> 11;
    }
}
