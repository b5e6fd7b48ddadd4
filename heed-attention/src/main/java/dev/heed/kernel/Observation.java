package dev.heed.kernel;

import java.util.Arrays;

/** What is known of the weights of one tile of queries while blocks of keys pass by; one number per query. */
final class Observation {
    /** Scores, then weights, of keys [low, high): of each block of all keys those that lie between, [keys][32]. */
    float[][] scores = new float[0][];
    /** First key that any query of the tile sees. */
    int low;
    /** One behind the last. */
    int high;

    final RowBase base = new RowBase();
    /** What is subtracted from scores. */
    final float[] lse = base.lse;
    /** Where the query stands among the keys: i + M − N. */
    final float[] position = new float[Tile.QUERIES];
    /** −Σ α · ln α of the block that passes by, in nats. */
    final float[] entropy = new float[Tile.QUERIES];
    /** Σ α · |position − j| of that block, in keys. */
    final float[] distance = new float[Tile.QUERIES];
    /** The blocks' sums so far: of a million equal weights a float takes in each with the same error. */
    final double[] wholeEntropy = new double[Tile.QUERIES];

    final double[] wholeDistance = new double[Tile.QUERIES];
    /** The k largest α so far, falling, [k][32]. */
    float[] topWeights = new float[0];
    /** Their keys, the first of equals in front, −1 for none; float, exact up to 2²⁴ keys. */
    float[] topKeys = new float[0];

    /** Room for the scores of all keys. */
    float[][] room(int keys) {
        int blocks = Math.ceilDiv(keys, ScoreTile.BLOCK);
        int there = scores.length;
        if (there < blocks) {
            scores = Arrays.copyOf(scores, blocks);
            for (int i = there; i < blocks; i++) {
                scores[i] = new float[ScoreTile.BLOCK * Tile.QUERIES];
            }
        }
        return scores;
    }

    /** The weight of query q on a key, 0 where no query of the tile sees it. */
    float weight(int q, int key) {
        if (key < low || key >= high) {
            return 0;
        }
        int block = key / ScoreTile.BLOCK;
        return scores[block][(key - first(block)) * Tile.QUERIES + q];
    }

    /** The key whose scores a block begins with. */
    int first(int block) {
        return Math.max(low, block * ScoreTile.BLOCK);
    }

    void reset(int top, int from, int to) {
        low = from;
        high = to;
        if (topWeights.length != top * Tile.QUERIES) {
            topWeights = new float[top * Tile.QUERIES];
            topKeys = new float[top * Tile.QUERIES];
        }
        Arrays.fill(topWeights, 0);
        Arrays.fill(topKeys, -1);
        Arrays.fill(entropy, 0);
        Arrays.fill(distance, 0);
        Arrays.fill(wholeEntropy, 0);
        Arrays.fill(wholeDistance, 0);
    }

    /** The block has passed by. */
    void closeBlock() {
        for (int q = 0; q < Tile.QUERIES; q++) {
            wholeEntropy[q] += entropy[q];
            wholeDistance[q] += distance[q];
        }
        Arrays.fill(entropy, 0);
        Arrays.fill(distance, 0);
    }
}
