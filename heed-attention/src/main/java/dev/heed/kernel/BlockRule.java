package dev.heed.kernel;

/**
 * Tells of a whole block of queries and keys what an element-wise mask would answer for each of its elements, so that empty
 * blocks cost nothing, full ones are not asked, and only partial ones ask per element (FlexAttention, Dong et al. 2024, arXiv
 * 2412.05496, section 3). Must be a pure function, safe to call from several threads.
 */
@FunctionalInterface
public interface BlockRule {
    /**
     * The kind of the block of queries [queryFrom, queryTo), up to 32 of them, and keys [keyFrom, keyTo), up to 128 of one
     * batch and head; neither range needs to begin at a multiple of its size. {@link BlockKind#PARTIAL} is always right.
     */
    BlockKind kind(int batch, int head, int queryFrom, int queryTo, int keyFrom, int keyTo);
}
