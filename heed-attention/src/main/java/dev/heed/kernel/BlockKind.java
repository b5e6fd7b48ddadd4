package dev.heed.kernel;

/** What some queries see of some keys, by an element-wise mask. */
public enum BlockKind {
    /** No query sees any of the keys: nothing of the block is computed. */
    EMPTY,
    /** Some see some: the mask is asked for each of them. */
    PARTIAL,
    /** Every query sees every key: nobody asks. */
    FULL
}
