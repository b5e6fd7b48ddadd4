package dev.heed.train.worlds;

import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * Seeded random choices by SplitMix64 (Steele, Lea and Flood 2014), written out so that a seed means the same sentences on
 * every JDK.
 */
final class Dice {
    private static final long GOLDEN_GAMMA = 0x9E3779B97F4A7C15L;

    private long state;

    Dice(long seed) {
        state = mix(seed);
    }

    long next() {
        state += GOLDEN_GAMMA;
        return mix(state);
    }

    /** Uniform over 0 … bound − 1 (bias below bound / 2³², by multiplication). */
    int below(int bound) {
        return (int) (((next() >>> 32) * bound) >>> 32);
    }

    boolean percent(int chance) {
        return below(100) < chance;
    }

    <T> T pick(List<T> choices) {
        return choices.get(below(choices.size()));
    }

    @SafeVarargs
    final <T> T pick(T... choices) {
        return choices[below(choices.length)];
    }

    /** A well mixed 64-bit hash of a text's UTF-8 bytes. */
    static long hash(String text, long seed) {
        long hash = mix(seed);
        for (byte each : text.getBytes(StandardCharsets.UTF_8)) {
            hash = mix(hash + GOLDEN_GAMMA + each);
        }
        return hash;
    }

    private static long mix(long value) {
        long z = (value ^ (value >>> 30)) * 0xBF58476D1CE4E5B9L;
        z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
        return z ^ (z >>> 31);
    }
}
