package dev.heed.attention;

import dev.heed.tensor.Tensor;

/** Equality to the last bit, zeros' signs included; every NaN counts as the same. */
final class Bits {
    private Bits() {}

    static void assertSame(AttentionOutput actual, AttentionOutput expected) {
        assertSame("output", actual.output(), expected.output());
        assertSame("lse", actual.lse(), expected.lse());
    }

    static void assertSame(String what, Tensor actual, Tensor expected) {
        assertSame(what + " " + actual.describe(), actual.toArray(), expected.toArray());
    }

    static void assertSame(String what, float[] actual, float[] expected) {
        if (actual.length != expected.length) {
            throw new AssertionError(what + ": " + actual.length + " numbers, expected " + expected.length);
        }
        for (int i = 0; i < actual.length; i++) {
            if (Float.floatToIntBits(actual[i]) != Float.floatToIntBits(expected[i])) {
                throw new AssertionError(what + ": element " + i + " is " + Float.toHexString(actual[i]) + ", expected "
                        + Float.toHexString(expected[i]) + " (" + actual[i] + ", " + expected[i] + ")");
            }
        }
    }

    /** A number that changes with any bit (FNV-1a). */
    static long hash(long start, Tensor tensor) {
        long hash = start;
        for (float value : tensor.toArray()) {
            hash = (hash ^ Float.floatToIntBits(value)) * 0x100000001B3L;
        }
        return hash;
    }
}
