package dev.heed.kernel;

import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.function.Consumer;

/**
 * Sums over rows that threads share by rows, which each thread wrote itself in the op before. A part, of whole blocks
 * ({@link Product#ONE_SUM}), adds to the sums of the part before it, piece by piece, so the order of every element's sums stays as
 * it is, and of all that a thread reads only these sums come from another core.
 */
final class Chain {
    /** Most parts: the last waits for one piece of each before. */
    private static final int MOST = 8;

    private static final int APART = Workers.APART;

    private final int rows;
    private final int blocks;
    private final int parts;
    /** How many pieces each part has added to, in lines of the cache of their own. */
    private final AtomicIntegerArray done;

    private Chain(int rows) {
        this.rows = rows;
        blocks = Math.ceilDiv(rows, Product.ONE_SUM);
        parts = Math.clamp(blocks, 1, Math.min(MOST, Workers.threads()));
        done = new AtomicIntegerArray(parts * APART);
    }

    /** Tasks that add up {@code rows} rows, a part of them each. */
    static Workers.Numbered of(int rows, Consumer<Part> body) {
        Chain chain = new Chain(rows);
        return new Workers.Numbered(chain.parts, number -> {
            try {
                body.accept(chain.new Part(number));
            } finally {
                chain.done.set(number * APART, Integer.MAX_VALUE);
            }
        });
    }

    /** Rows [from, end), for pieces 0, 1, … of the sums one after the other. */
    final class Part {
        private final int number;

        private Part(int number) {
            this.number = number;
        }

        int from() {
            return start(number);
        }

        int end() {
            return Math.min(rows, start(number + 1));
        }

        private int start(int part) {
            return blocks * part / parts * Product.ONE_SUM;
        }

        boolean isFirst() {
            return number == 0;
        }

        /** Adds to a piece of the sums when all rows before this part's have been. */
        void add(int piece, Runnable sum) {
            Workers.await(() -> number == 0 || done.get((number - 1) * APART) > piece);
            sum.run();
            done.setRelease(number * APART, piece + 1);
        }
    }
}
