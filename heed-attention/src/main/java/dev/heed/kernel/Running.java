package dev.heed.kernel;

import java.util.Arrays;

/** The online softmax's state for one tile of queries, and the room that a step needs. */
final class Running {
    /** Largest score so far per query, −∞ before the first key. */
    final float[] max = new float[Tile.QUERIES];
    /** Sum of exp(score − max) so far per query. */
    final float[] sum = new float[Tile.QUERIES];
    /** exp(old max − new max) of the last step per query: what mixtures must be multiplied by. */
    final float[] factor = new float[Tile.QUERIES];
    /** What the last step subtracted per query: the new maximum, or 0 where no key was seen yet. */
    final float[] base = new float[Tile.QUERIES];
    /** Eight partial sums per query, [8][32]. */
    final float[] partial = new float[8 * Tile.QUERIES];

    void reset() {
        Arrays.fill(max, Float.NEGATIVE_INFINITY);
        Arrays.fill(sum, 0);
    }
}
