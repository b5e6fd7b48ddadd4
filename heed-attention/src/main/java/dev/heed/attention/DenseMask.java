package dev.heed.attention;

import dev.heed.kernel.BlockKind;
import dev.heed.kernel.BlockRule;
import dev.heed.kernel.ElementMask;

/**
 * A boolean array as a mask. Its blocks of 32 queries × 128 keys are looked through once, here, so that no call asks for what
 * is all true or all false.
 *
 * <p>Legend: axes [B, H, N, M] of the array itself, each 1 where it is repeated.
 */
final class DenseMask implements ElementMask, BlockRule {
    /** The kernels' tile: a block of another place or size is answered from those that it touches. */
    private static final int QUERIES = 32;

    private static final int KEYS = 128;

    private final boolean[] visible;
    private final int[] shape;
    private final int queryBlocks;
    private final int keyBlocks;
    private final BlockKind[] kinds;

    /** Takes over the row-major array and the four-axis shape. */
    DenseMask(boolean[] visible, int[] shape) {
        this.visible = visible;
        this.shape = shape;
        this.queryBlocks = Math.ceilDiv(shape[2], QUERIES);
        this.keyBlocks = Math.ceilDiv(shape[3], KEYS);
        this.kinds = new BlockKind[shape[0] * shape[1] * queryBlocks * keyBlocks];
        for (int i = 0; i < kinds.length; i++) {
            kinds[i] = find(i / keyBlocks / queryBlocks, i / keyBlocks % queryBlocks, i % keyBlocks);
        }
    }

    private BlockKind find(int batchHead, int queryBlock, int keyBlock) {
        int queryTo = Math.min(shape[2], (queryBlock + 1) * QUERIES);
        int keyTo = Math.min(shape[3], (keyBlock + 1) * KEYS);
        boolean first = visible[(batchHead * shape[2] + queryBlock * QUERIES) * shape[3] + keyBlock * KEYS];
        for (int i = queryBlock * QUERIES; i < queryTo; i++) {
            int row = (batchHead * shape[2] + i) * shape[3];
            for (int j = keyBlock * KEYS; j < keyTo; j++) {
                if (visible[row + j] != first) {
                    return BlockKind.PARTIAL;
                }
            }
        }
        return first ? BlockKind.FULL : BlockKind.EMPTY;
    }

    @Override
    public boolean visible(int batch, int head, int query, int key) {
        return visible[(batchHead(batch, head) * shape[2] + at(2, query)) * shape[3] + at(3, key)];
    }

    @Override
    public BlockKind kind(int batch, int head, int queryFrom, int queryTo, int keyFrom, int keyTo) {
        BlockKind same = null;
        int first = batchHead(batch, head) * queryBlocks;
        for (int i = at(2, queryFrom) / QUERIES; i <= at(2, queryTo - 1) / QUERIES; i++) {
            for (int j = at(3, keyFrom) / KEYS; j <= at(3, keyTo - 1) / KEYS; j++) {
                BlockKind kind = kinds[(first + i) * keyBlocks + j];
                if (same != null && kind != same) {
                    return BlockKind.PARTIAL;
                }
                same = kind;
            }
        }
        return same == null ? BlockKind.PARTIAL : same;
    }

    private int batchHead(int batch, int head) {
        return at(0, batch) * shape[1] + at(1, head);
    }

    private int at(int axis, int index) {
        return shape[axis] == 1 ? 0 : index;
    }
}
