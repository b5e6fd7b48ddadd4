package dev.heed.kernel;

import dev.heed.tensor.Tensor;

/**
 * One attention call as a kernel sees it; checked already. Queries and keys are what the kernel compares: a bilinear score's
 * queries are projected and a cosine's rows normalised before.
 *
 * @param query [B, Hq, N, D]
 * @param key [B, Hkv, M, D]; query head h reads key head ⌊h·Hkv/Hq⌋
 * @param value [B, Hkv, M, Dv]
 */
public record Problem(Tensor query, Tensor key, Tensor value, Visibility visible, ScoreTerms terms) {
    /** Most queries or keys: from block to block positions are counted in an int, in steps of up to 2¹⁵. */
    public static final int MOST_ROWS = Integer.MAX_VALUE - (1 << 16);

    /** Widest queries, keys and values: those of 128 queries that pass the keys together must fit one array. */
    public static final int WIDEST = (Integer.MAX_VALUE - 8) / 128;

    /** Nothing to do; stands in where a thread has no call. */
    static final Problem NONE = new Problem(
            Tensor.zeros(0, 1, 0, 0),
            Tensor.zeros(0, 1, 0, 0),
            Tensor.zeros(0, 1, 0, 0),
            new Visibility(false, 0, new int[0], new int[0], null, null),
            new ScoreTerms(1, 0, null, null, null, null, null));

    public int batches() {
        return query.size(0);
    }

    public int heads() {
        return query.size(1);
    }

    public int queries() {
        return query.size(2);
    }

    public int keys() {
        return key.size(2);
    }

    /** D. */
    public int width() {
        return query.size(3);
    }

    /** Dv. */
    public int valueWidth() {
        return value.size(3);
    }

    /** Whether the mask, and a bias that is not −∞, let a query see a key. */
    public boolean sees(int batch, int head, int query, int key) {
        return visible.visible(batch, head, query, key) && !terms.hides(batch, head, query, key);
    }

    /** The key and value head that a query head reads. */
    public int keyValueHead(int head) {
        return (int) ((long) head * key.size(1) / query.size(1));
    }
}
