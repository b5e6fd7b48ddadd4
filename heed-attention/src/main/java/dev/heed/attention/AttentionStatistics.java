package dev.heed.attention;

import dev.heed.kernel.Statistics;
import dev.heed.tensor.Tensor;

/**
 * What the weights of every head look like, without the weights: O(N + M) numbers per head. A query's position among the
 * keys is i + M − N.
 *
 * <pre>{@code
 * AttentionStatistics.Result result =
 *         attention.applyWithStatistics(query, key, value, AttentionStatistics.Request.USUAL);
 * float nats = result.statistics().entropy().get(0, 3, 9); // of head 3, query 9
 * }</pre>
 *
 * @param entropy [B, Hq, N]: −Σ α ln α in nats; at most ln of the number of visible keys, unless a sink takes a share
 * @param distance [B, Hq, N]: Σ α · |position − j|, in keys
 * @param topWeights [B, Hq, N, k]: the k largest weights, falling; 0 where fewer keys have weight
 * @param topKeys row-major [B, Hq, N, k]: their keys, the first of equals in front; −1 where there is none
 * @param offsets the offsets asked for: 0 is the query's own position, −1 the one before
 * @param offsetMass [B, Hq, N, offsets]: weight on the key at position + offset; 0 where there is none
 * @param firstMass [B, Hq, N]: weight on key 0
 * @param columnMass [B, Hq, M]: sum of each key's weights over all queries
 */
public record AttentionStatistics(
        Tensor entropy,
        Tensor distance,
        Tensor topWeights,
        int[] topKeys,
        int[] offsets,
        Tensor offsetMass,
        Tensor firstMass,
        Tensor columnMass) {

    static AttentionStatistics of(Statistics.Results results) {
        return new AttentionStatistics(
                results.entropy(),
                results.distance(),
                results.topWeights(),
                results.topKeys(),
                results.offsets(),
                results.offsetMass(),
                results.firstMass(),
                results.columnMass());
    }

    /**
     * What to look for.
     *
     * @param topKeys how many of the largest weights to keep per query, at least 1
     * @param offsets key positions relative to the query's own
     */
    public record Request(int topKeys, int... offsets) {
        /** The largest weight, and the mass on the query itself and on the key before it. */
        public static final Request USUAL = new Request(1, 0, -1);

        public Request {
            if (topKeys < 1) {
                throw new IllegalArgumentException("AttentionStatistics: top keys must be at least 1, got " + topKeys);
            }
            offsets = offsets.clone();
        }

        @Override
        public int[] offsets() {
            return offsets.clone();
        }
    }

    /** Output, lse and the statistics of one call. */
    public record Result(AttentionOutput attention, AttentionStatistics statistics) {}
}
