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
    /** Largest α so far. */
    final float[] largest = new float[Tile.QUERIES];
    /** Its key, the first of equals; float, exact up to 2²⁴ keys. */
    final float[] largestKey = new float[Tile.QUERIES];
    /** The k-th largest α so far: what a weight must exceed to enter the top k. */
    final float[] entry = new float[Tile.QUERIES];

    void reset() {
        Arrays.fill(entropy, 0);
        Arrays.fill(distance, 0);
        Arrays.fill(largest, 0);
        Arrays.fill(largestKey, -1);
        Arrays.fill(entry, 0);
    }
}
