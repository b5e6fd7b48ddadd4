package dev.heed.kernel;

/**
 * Visibility of one key for one query, for masks that are not intervals. Asked only inside the intervals, and not
 * for blocks that a {@link BlockRule} knows; must be a pure function, safe to call from several threads.
 */
@FunctionalInterface
public interface ElementMask {
    /** True if {@code query} of {@code batch} and {@code head} may attend to {@code key}; all zero-based. */
    boolean visible(int batch, int head, int query, int key);
}
