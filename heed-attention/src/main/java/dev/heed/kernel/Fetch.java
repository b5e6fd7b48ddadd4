package dev.heed.kernel;

import dev.heed.tensor.Tensor;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Reads lines of memory before they are needed: a number of each, in order and with nothing between, so that as many are on
 * their way at once as the processor allows. A kernel that reads them between its products has fewer on their
 * way, and waits; Java has no prefetch. Changes no bit. Belongs to one thread.
 */
final class Fetch {
    /** Numbers in a line of the cache. */
    private static final int LINE = 16;
    /** Bytes that a core's own caches hold at most: what is there would be read twice for nothing. */
    private static final long NEAR = 2 << 20;
    /** Numbers that are fetched for several heads at once: 512 KB. */
    private static final int TOGETHER = 1 << 17;

    private static final AtomicLong CALLS = new AtomicLong();

    /** Keys [from, to) of this head have been fetched in this call. */
    private long call;

    private int head;
    private int from;
    private int to;
    /** Where what was only fetched is used, or the compiler would leave the reading out. */
    private float any;

    /** A number for a call that fetches, or 0: where all that it reads and writes is near, or a mask may skip most keys. */
    static long call(Problem p) {
        long rows = (long) p.heads() * p.queries() + (long) p.key().size(1) * p.keys();
        long bytes = p.batches() * rows * (p.width() + p.valueWidth()) * Float.BYTES;
        return bytes > NEAR && p.visible().elements() == null ? CALLS.incrementAndGet() : 0;
    }

    /** Keys and values [first, end) of one head, unless the thread has fetched them since it took up this head. */
    void keysAndValues(long number, Problem p, int batch, int keyHead, int first, int end) {
        if (number == 0) {
            return;
        }
        int which = batch * p.key().size(1) + keyHead;
        if (call != number || head != which) {
            call = number;
            head = which;
            from = first;
            to = first;
        }
        if (first < from || end > to) {
            rows(number, p.key(), batch, keyHead, first, end);
            rows(number, p.value(), batch, keyHead, first, end);
            from = Math.min(from, first);
            to = Math.max(to, end);
        }
    }

    /** Rows [first, end) of one head of [B, H, N, D]. */
    void rows(long number, Tensor x, int batch, int head, int first, int end) {
        if (number == 0) {
            return;
        }
        int at = TileRows.at(x, batch, head, first);
        int width = x.size(3);
        if (x.stride(2) == width) {
            lines(x.array(), at, (end - first) * width);
            return;
        }
        for (int i = 0; i < end - first; i++) {
            lines(x.array(), at + i * x.stride(2), width);
        }
    }

    /**
     * Heads' rows of [B, H, N, D], for this key head and the next ones, in the order of memory. Where heads lie side by side in
     * rows, one has a piece of each, 128 of 1,536 bytes in a small GPT; the processor fetches ahead within a row, not from piece to
     * piece, and what a forward pass through all layers left is in a cache no more. Nothing where heads do not lie so.
     *
     * @param keyHead counted through all batches
     */
    void headsTogether(int keyHeads, int keyHead, Tensor... tensors) {
        int perHead = 0;
        for (Tensor x : tensors) {
            if (x.stride(1) != x.size(3)) {
                return;
            }
            perHead += x.size(1) / keyHeads * x.size(2) * x.size(3);
        }
        int heads = Math.min(keyHeads, TOGETHER / Math.max(1, perHead));
        int first = keyHead % keyHeads;
        if (heads < 2 || first % heads != 0) {
            return;
        }
        for (Tensor x : tensors) {
            int columns = x.size(1) / keyHeads * x.size(3);
            int at = x.offset() + keyHead / keyHeads * x.stride(0) + first * columns;
            for (int row = 0; row < x.size(2); row++) {
                lines(x.array(), at + row * x.stride(2), Math.min(heads, keyHeads - first) * columns);
            }
        }
    }

    void lines(float[] x, int at, int count) {
        float sum = 0; // one instruction a line, and so more lines on their way than if their bits were joined
        for (int i = at; i < at + count; i += LINE) {
            sum += x[i];
        }
        any = sum;
    }
}
