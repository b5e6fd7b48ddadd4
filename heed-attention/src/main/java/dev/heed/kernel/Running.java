package dev.heed.kernel;

import java.util.Arrays;

/** The online softmax's state for some queries, and the room that a step needs. */
final class Running {
    /** Largest score so far per query, −∞ before the first key. */
    final float[] max;
    /** Sum of exp(score − max) so far per query. */
    final float[] sum;
    /** exp(old max − new max) of the last step per query: what mixtures must be multiplied by. */
    final float[] factor;
    /** What the last step subtracted per query: the new maximum, or 0 where no key was seen yet. */
    final float[] base;
    /** Eight partial sums per query, [8][queries]. */
    final float[] partial;

    Running(int queries) {
        max = new float[queries];
        sum = new float[queries];
        factor = new float[queries];
        base = new float[queries];
        partial = new float[8 * queries];
        reset();
    }

    void reset() {
        Arrays.fill(max, Float.NEGATIVE_INFINITY);
        Arrays.fill(sum, 0);
    }

    /**
     * Takes in what was found of later keys, as if all had been seen together (FlashDecoding's exact merge); both factors say
     * what the mixtures must be multiplied by before they are added.
     */
    void join(Running later) {
        for (int q = 0; q < max.length; q++) {
            float old = later.max[q];
            rise(q, old);
            later.factor[q] = Exp.exp(old - base[q]);
            sum[q] = Math.fma(sum[q], factor[q], later.sum[q] * later.factor[q]);
        }
    }

    /** Takes in a key that query q sees, with a learned score and a value of zero. */
    void sink(int q, float score) {
        rise(q, score);
        sum[q] = Math.fma(sum[q], factor[q], Exp.exp(score - base[q]));
    }

    /** Raises the maximum to a score, if that is larger. */
    void rise(int q, float score) {
        float most = score > max[q] ? score : max[q];
        base[q] = most == Float.NEGATIVE_INFINITY ? 0 : most;
        factor[q] = Exp.exp(max[q] - base[q]);
        max[q] = most;
    }
}
