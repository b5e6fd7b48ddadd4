package dev.heed.kernel;

import org.jspecify.annotations.Nullable;

/**
 * A mask resolved for one call: per query the interval {@code [from, to)} of visible keys, and a rule per element for the
 * masks that are no intervals. A query that sees nothing has {@code from == to == 0}.
 *
 * @param perBatch whether {@code from} and {@code to} hold one row of N per sequence, or one for all
 * @param queries N
 * @param from first visible key, [B or 1, N]
 * @param to one behind the last visible key, [B or 1, N]
 * @param elements further condition inside the interval, or null
 * @param blocks what {@code elements} would say of whole blocks, or null where only asking tells
 */
public record Visibility(
        boolean perBatch,
        int queries,
        int[] from,
        int[] to,
        @Nullable ElementMask elements,
        @Nullable BlockRule blocks) {
    int from(int batch, int query) {
        return from[row(batch) + query];
    }

    int to(int batch, int query) {
        return to[row(batch) + query];
    }

    public boolean visible(int batch, int head, int query, int key) {
        return key >= from(batch, query)
                && key < to(batch, query)
                && (elements == null || elements.visible(batch, head, query, key));
    }

    /** What the further condition says of a block; the intervals are not looked at. */
    BlockKind kind(int batch, int head, int queryFrom, int queryTo, int keyFrom, int keyTo) {
        if (elements == null) {
            return BlockKind.FULL;
        }
        return blocks == null ? BlockKind.PARTIAL : blocks.kind(batch, head, queryFrom, queryTo, keyFrom, keyTo);
    }

    /** Index of a sequence's first query in {@code from} and {@code to}. */
    int row(int batch) {
        return perBatch ? batch * queries : 0;
    }
}
