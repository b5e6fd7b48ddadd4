package dev.heed.model;

/**
 * Hears how far something is that takes long, so that a person who waits can be told.
 *
 * <pre>{@code
 * Steps told = (done, all) -> System.err.println(done + " of " + all);
 * HeadReport report = HeadReport.of(model, AttentionMap.Kind.SELF, texts, 1, told);
 * }</pre>
 */
@FunctionalInterface
public interface Steps {
    /**
     * Never called by two threads at once.
     *
     * @param done steps so far
     * @param all steps that there will be, as far as is known: it may grow
     */
    void done(long done, long all);

    /** Nobody listens. */
    static Steps unheard() {
        return (done, all) -> {};
    }

    /** Steps that are counted for a listener. */
    final class Count {
        private final Steps listener;
        private long done;
        private long all;

        /** @param all steps that are foreseen */
        public Count(Steps listener, long all) {
            this.listener = listener;
            this.all = all;
        }

        /** More than was foreseen. */
        public void expect(long more) {
            all += more;
        }

        /** So many more are done. */
        public void add(long more) {
            done += more;
            listener.done(done, all);
        }

        /** What was foreseen and is not needed counts as done. */
        public void finish() {
            add(all - done);
        }
    }
}
