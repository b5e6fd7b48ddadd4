package dev.heed.train;

import java.util.Arrays;

/**
 * An n-gram model with interpolated, modified Kneser–Ney smoothing (Kneser and Ney 1995; Chen and Goodman 1999, section 3): what
 * a table of short contexts can know of a text, the baseline of a trained model. Of a shorter context counts how many different
 * words stood before it, not how often it stood.
 *
 * <pre>
 *   p(w | h) = (c(h w) − D(c)) / c(h ·) + γ(h) · p(w | h without its first word),   down to 1 / vocabulary
 * </pre>
 *
 * The n-grams are the paths of a tree; a node's number is its place in the arrays.
 */
final class NGrams {
    private static final int ROOT = 0;
    private static final int NONE = -1;
    /** The length of what stands before each text: a word that is never predicted. */
    private static final int BEGINNING = -1;
    /** Counts 1, 2, and 3 or more have discounts of their own. */
    private static final int KINDS = 3;

    private final int order;
    private final int vocabulary;
    private final Tree tree = new Tree();
    /** How often an n-gram stood. */
    private int[] stood = new int[1024];
    /** How many different words stood before it. */
    private int[] before = new int[1024];
    /** The n-gram without its last word. */
    private int[] context = new int[1024];
    /** Its length, negative where it begins a text. */
    private byte[] length = new byte[1024];

    private final double[][] discounts;
    private final long[] sums;
    private final int[][] kinds;

    private NGrams(Iterable<int[]> texts, int order, int vocabulary) {
        this.order = order;
        this.vocabulary = vocabulary;
        texts.forEach(this::read);
        this.discounts = discounts();
        this.sums = new long[tree.size()];
        this.kinds = new int[KINDS][tree.size()];
        for (int node = 1; node < tree.size(); node++) {
            if (length[node] != BEGINNING) {
                sums[context[node]] += count(node);
                kinds[kind(count(node))][context[node]]++;
            }
        }
    }

    /**
     * Counts.
     *
     * @param texts as ids, each by itself
     * @param order words of an n-gram
     * @param vocabulary how many ids there are
     */
    static NGrams of(Iterable<int[]> texts, int order, int vocabulary) {
        return new NGrams(texts, order, vocabulary);
    }

    // ---- counting ----

    /** {@code ends[k]} is the n-gram of k words that ends here, {@link #NONE} where the text is too short. */
    private void read(int[] text) {
        int[] ends = none();
        for (int at = -1; at < text.length; at++) {
            ends = next(ends, at, at < 0 ? vocabulary : text[at]);
        }
    }

    private int[] none() {
        int[] ends = new int[order + 1];
        Arrays.fill(ends, NONE);
        ends[0] = ROOT;
        return ends;
    }

    private int[] next(int[] ends, int at, int word) {
        int[] now = none();
        for (int k = 1; k <= order && ends[k - 1] != NONE; k++) {
            int known = tree.size();
            int node = tree.child(ends[k - 1], word);
            if (node == known) {
                grow();
                context[node] = ends[k - 1];
                boolean begins = k == at + 2; // the beginning counts as a word
                length[node] = (byte) (begins ? -k : k);
                before[now[k - 1]]++;
            }
            stood[node]++;
            now[k] = node;
        }
        return now;
    }

    private void grow() {
        if (tree.size() > stood.length) {
            int room = 2 * stood.length;
            stood = Arrays.copyOf(stood, room);
            before = Arrays.copyOf(before, room);
            context = Arrays.copyOf(context, room);
            length = Arrays.copyOf(length, room);
        }
    }

    /** The longest n-grams, and those before which nothing can stand, count as often as they stood. */
    private int count(int node) {
        return length[node] == order || length[node] < 0 ? stood[node] : before[node];
    }

    private static int kind(int count) {
        return Math.min(count, KINDS) - 1;
    }

    /** Chen and Goodman's estimates from how many n-grams of a length stood once, twice, three and four times. */
    private double[][] discounts() {
        double[][] timesSeen = new double[order + 1][KINDS + 2];
        for (int node = 1; node < tree.size(); node++) {
            int count = count(node);
            if (count < KINDS + 2 && length[node] != BEGINNING) {
                timesSeen[Math.abs(length[node])][count]++;
            }
        }
        double[][] all = new double[order + 1][KINDS];
        for (int k = 1; k <= order; k++) {
            double[] n = timesSeen[k];
            double y = n[1] / (n[1] + 2 * n[2]);
            for (int c = 1; c <= KINDS; c++) {
                double estimate = c - (c + 1) * y * n[c + 1] / n[c];
                all[k][c - 1] = estimate > 0 && estimate < c ? estimate : c / 2.0; // texts too small to tell
            }
        }
        return all;
    }

    // ---- probabilities ----

    /** The sum of −ln p, in nats, over the words of a text that a model predicts: all but its first. */
    double loss(int[] text) {
        double sum = 0;
        int[] ends = none();
        for (int at = -1; at < text.length; at++) {
            if (at > 0) {
                sum -= Math.log(probability(ends, text[at]));
            }
            ends = follow(ends, at < 0 ? vocabulary : text[at]);
        }
        return sum;
    }

    /** As {@link #next}, of n-grams that stood. */
    private int[] follow(int[] ends, int word) {
        int[] now = none();
        for (int k = 1; k < order; k++) {
            now[k] = ends[k - 1] == NONE ? NONE : tree.find(ends[k - 1], word);
        }
        return now;
    }

    /** That a word follows a text. */
    double after(int[] text, int word) {
        int[] ends = follow(none(), vocabulary);
        for (int each : text) {
            ends = follow(ends, each);
        }
        return probability(ends, word);
    }

    private double probability(int[] ends, int word) {
        double p = 1.0 / vocabulary;
        for (int k = 1; k <= order; k++) {
            int h = ends[k - 1];
            if (h == NONE || sums[h] == 0) {
                continue;
            }
            double[] discount = discounts[k];
            double kept = 0;
            for (int kind = 0; kind < KINDS; kind++) {
                kept += discount[kind] * kinds[kind][h];
            }
            int node = tree.find(h, word);
            int count = node == NONE ? 0 : count(node);
            double own = count == 0 ? 0 : count - discount[kind(count)];
            p = (own + kept * p) / sums[h];
        }
        return p;
    }

    /** The tree's edges: open addressing by node and word. */
    private static final class Tree {
        private static final long EMPTY = -1;
        private static final int BITS = 24; // of a word's id; the tokenizers that can be loaded have fewer
        private long[] keys = new long[1 << 12];
        private int[] children = new int[1 << 12];
        private int size = 1;

        Tree() {
            Arrays.fill(keys, EMPTY);
        }

        int size() {
            return size;
        }

        int find(int node, int word) {
            int slot = slot((long) node << BITS | word);
            return keys[slot] == EMPTY ? NONE : children[slot];
        }

        /** Made if it is not there. */
        int child(int node, int word) {
            long key = (long) node << BITS | word;
            int slot = slot(key);
            if (keys[slot] == EMPTY) {
                keys[slot] = key;
                children[slot] = size++;
                if (2 * size > keys.length) {
                    rehash();
                }
                return size - 1;
            }
            return children[slot];
        }

        private int slot(long key) {
            long mixed = key * 0x9E3779B97F4A7C15L;
            int slot = (int) (mixed >>> 32) & (keys.length - 1);
            while (keys[slot] != EMPTY && keys[slot] != key) {
                slot = (slot + 1) & (keys.length - 1);
            }
            return slot;
        }

        private void rehash() {
            long[] old = keys;
            int[] nodes = children;
            keys = new long[2 * old.length];
            children = new int[2 * old.length];
            Arrays.fill(keys, EMPTY);
            for (int i = 0; i < old.length; i++) {
                if (old[i] != EMPTY) {
                    int slot = slot(old[i]);
                    keys[slot] = old[i];
                    children[slot] = nodes[i];
                }
            }
        }
    }
}
