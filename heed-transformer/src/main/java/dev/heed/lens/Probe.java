package dev.heed.lens;

/**
 * What a text is made like, as far as metrics must know.
 *
 * <pre>{@code
 * Probe threeTimes = new Probe(1, 20, 3); // a first token, then 20 tokens three times
 * }</pre>
 *
 * @param first tokens before what is repeated, such as the one that begins every text
 * @param period tokens of a piece that is repeated, or 0 where nothing is on purpose
 * @param repeats how often the piece stands in the text
 */
public record Probe(int first, int period, int repeats) {
    /** A text as people write it. */
    public static final Probe TEXT = new Probe(0, 0, 0);

    public Probe {
        if (first < 0 || period < 0 || repeats < 0 || period == 1) {
            throw new IllegalArgumentException(
                    "Probe: a piece of at least 2 tokens is repeated, or none (0), got first " + first + ", period "
                            + period + ", repeats " + repeats);
        }
    }

    /** How many copies of its token stand before a query. */
    int copiesBefore(int query) {
        return query < first || period == 0 ? 0 : (query - first) / period;
    }

    /** Keys that metrics look at, relative to the query: its own, the one before, each earlier copy and what follows it. */
    int[] offsets() {
        int copies = Math.max(0, repeats - 1);
        int[] offsets = new int[2 + 2 * copies];
        offsets[1] = -1;
        for (int r = 1; r <= copies; r++) {
            offsets[2 * r] = -r * period;
            offsets[2 * r + 1] = 1 - r * period;
        }
        return offsets;
    }
}
