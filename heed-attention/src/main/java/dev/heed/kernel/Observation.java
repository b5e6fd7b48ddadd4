package dev.heed.kernel;

import java.util.Arrays;

/** What is known of the weights of one tile of queries while blocks of keys pass by; one number per query. */
final class Observation {
    /** lse, or 0 for a query that sees nothing (all its scores are −∞). */
    final float[] lse = new float[Tile.QUERIES];
    /** Where the query stands among the keys: i + M − N. */
    final float[] position = new float[Tile.QUERIES];
    /** −Σ α · ln α so far, in nats. */
    final float[] entropy = new float[Tile.QUERIES];
    /** Σ α · |position − j| so far, in keys. */
    final float[] distance = new float[Tile.QUERIES];
    /** The k largest α so far, falling, [k][32]. */
    float[] topWeights = new float[0];
    /** Their keys, the first of equals in front, −1 for none; float, exact up to 2²⁴ keys. */
    float[] topKeys = new float[0];

    void reset(int top) {
        if (topWeights.length != top * Tile.QUERIES) {
            topWeights = new float[top * Tile.QUERIES];
            topKeys = new float[top * Tile.QUERIES];
        }
        Arrays.fill(topWeights, 0);
        Arrays.fill(topKeys, -1);
        Arrays.fill(entropy, 0);
        Arrays.fill(distance, 0);
    }
}
