package dev.heed.train.recall;

import dev.heed.train.Draws;

/**
 * Key–value recall. A text of filler words holds a few pairs, each a key with its value right behind it; at the end a question
 * mark and one of the keys ask for its value:
 *
 * <pre>
 *   f3 f0 k5 v2 f7 k1 v6 f2 … f4 ? k5   →   v2
 *         └──────── distance ────────┘
 * </pre>
 *
 * <p>The distance is the number of tokens from the value to the key that asks for it. Keys of a text differ, values are drawn by
 * themselves, the other pairs stand anywhere.
 *
 * @param keys how many there are
 * @param values how many there are
 * @param fillers how many there are
 * @param pairs in a text
 */
public record RecallTask(int keys, int values, int fillers, int pairs) {
    /** Tokens before the pair that is asked for: room for others, so that its place does not give it away. */
    private static final int LEAD = 8;
    /** The nearest distance at which all pairs have room. */
    public static final int NEAREST = 10;

    public RecallTask {
        if (values < 2 || fillers < 1 || pairs < 1 || pairs > Math.min(4, keys)) {
            throw new IllegalArgumentException(
                    "recall: there must be two values, a filler word, and from 1 to 4 pairs with"
                            + " keys of their own, got " + keys + " keys, " + values + " values, " + fillers
                            + " fillers, " + pairs
                            + " pairs");
        }
    }

    /** How often one is right who has not read the text. */
    public double chance() {
        return 1.0 / values;
    }

    /** How often one is right who knows which values occur, but not whose they are, and says that of any pair. */
    public double chanceOfValuesSeen() {
        return 1.0 / pairs + (1 - 1.0 / pairs) / values;
    }

    /** Words: keys, values, fillers and the question mark. */
    int vocabulary() {
        return keys + values + fillers + 1;
    }

    /**
     * Texts of one length.
     *
     * @param ids one text after another
     * @param answers the value of each, from 0 on
     */
    record Batch(int[] ids, int[] answers, int length) {}

    /**
     * Texts that are like no others of this stream; equal numbers give equal texts.
     *
     * @param number of the batch
     * @param texts of a batch
     * @param nearest the least distance of a text, at least {@link #NEAREST}
     * @param farthest the greatest; the texts are long enough for it. A text's own is drawn uniformly in its logarithm
     */
    Batch draw(Draws stream, long number, int texts, int nearest, int farthest) {
        if (nearest < NEAREST || farthest < nearest) {
            throw new IllegalArgumentException("recall: distances begin at " + NEAREST
                    + ", where all pairs have room, got " + nearest + " to " + farthest);
        }
        int length = LEAD + farthest + 2;
        int[] ids = new int[texts * length];
        int[] answers = new int[texts];
        for (int t = 0; t < texts; t++) {
            Draws draws = new Draws(stream.bits(number * texts + t));
            answers[t] = write(draws, ids, t * length, length, between(draws.uniform(0), nearest, farthest));
        }
        return new Batch(ids, answers, length);
    }

    private static int between(double uniform, int nearest, int farthest) {
        double least = StrictMath.log(nearest);
        double most = StrictMath.log(farthest + 1.0);
        return (int) Math.clamp(StrictMath.exp(least + uniform * (most - least)), nearest, farthest);
    }

    /** One text of {@code length} tokens from {@code at} on; its answer. */
    private int write(Draws draws, int[] ids, int at, int length, int distance) {
        long n = 1;
        int body = length - 2;
        for (int i = 0; i < body; i++) {
            ids[at + i] = keys + values + draws.below(n++, fillers);
        }
        boolean[] taken = new boolean[body];
        boolean[] used = new boolean[keys];
        int asked = -1;
        int answer = -1;
        for (int p = 0; p < pairs; p++) {
            int place = body - distance;
            while (p > 0 && (taken[place] || taken[place + 1])) {
                place = draws.below(n++, body - 1);
            }
            int key = draws.below(n++, keys);
            while (used[key]) {
                key = draws.below(n++, keys);
            }
            int value = draws.below(n++, values);
            taken[place] = true;
            taken[place + 1] = true;
            used[key] = true;
            ids[at + place] = key;
            ids[at + place + 1] = keys + value;
            asked = p == 0 ? key : asked;
            answer = p == 0 ? value : answer;
        }
        ids[at + body] = keys + values + fillers;
        ids[at + body + 1] = asked;
        return answer;
    }
}
