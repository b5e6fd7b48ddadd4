package dev.heed.lens;

import java.util.function.IntPredicate;
import java.util.function.IntToDoubleFunction;

/**
 * A number that says what a head's weights are like, between 0 and 1 unless said otherwise. None says what the head is for:
 * each is read beside its baselines.
 *
 * <pre>{@code
 * try (Model model = Model.bundled("story")) {
 *     List<Tokens> texts = List.of(model.tokenizer().encode("Mia saw a dog."));
 *     HeadReport.Head first = HeadReport.of(model, texts, 1).heads().getFirst();
 *     HeadReport.Score previous = first.score(HeadMetric.PREVIOUS_TOKEN);
 * }
 * }</pre>
 */
public enum HeadMetric {
    /** Mean weight on the query's own token; row 0 of a causal head is always 1 (Clark et al. 2019, section 3). */
    SELF("own token", false) {
        @Override
        double of(HeadRows rows, int head) {
            return mean(rows, i -> true, i -> rows.onSelf(head, i));
        }
    },
    /** Mean weight on the token before, row 0 left out (Olsson et al. 2022, appendix). */
    PREVIOUS_TOKEN("previous token", false) {
        @Override
        double of(HeadRows rows, int head) {
            return mean(rows, i -> i > 0, i -> rows.onPrevious(head, i));
        }
    },
    /** Mean weight on key 0, row 0 included (Gu et al. 2025, section 3.2); falls as the text grows. */
    FIRST_TOKEN("first token", false) {
        @Override
        double of(HeadRows rows, int head) {
            return mean(rows, i -> true, i -> rows.onFirst(head, i));
        }
    },
    /** On repeated random tokens: mean weight on earlier copies of the query's token (Wang et al. 2023). */
    DUPLICATE_TOKEN("earlier copies", true) {
        @Override
        double of(HeadRows rows, int head) {
            return mean(rows, i -> rows.probe().copiesBefore(i) > 0, i -> rows.onCopies(head, i));
        }
    },
    /**
     * On repeated random tokens: mean weight on the tokens that followed earlier copies of the query's token, called prefix
     * matching (Olsson et al. 2022, appendix). An induction head also copies, see {@link HeadReport}.
     */
    INDUCTION("after earlier copies", true) {
        @Override
        double of(HeadRows rows, int head) {
            return mean(rows, i -> rows.probe().copiesBefore(i) > 0, i -> rows.onFollowers(head, i));
        }
    },
    /** Mean of each row's entropy divided by that of equal weights, rows that see one key left out: 1 is equal weights. */
    ENTROPY("entropy ÷ its most", false) {
        @Override
        double of(HeadRows rows, int head) {
            return mean(
                    rows,
                    i -> rows.mostEntropy(head, i) > 1e-3,
                    i -> rows.entropy(head, i) / rows.mostEntropy(head, i));
        }
    },
    /** Mean distance from the query to where the weight is, in tokens (Vig and Belinkov 2019). */
    DISTANCE("distance", false) {
        @Override
        double of(HeadRows rows, int head) {
            return mean(rows, i -> true, i -> rows.distance(head, i));
        }
    },
    /** The same of the weight that is not on token 0, which would hide the rest. */
    DISTANCE_WITHOUT_FIRST("distance, first token left out", false) {
        @Override
        double of(HeadRows rows, int head) {
            double far = 0;
            double weight = 0;
            for (int i = 0; i < rows.queries(); i++) {
                far += rows.distance(head, i) - i * rows.onFirst(head, i);
                weight += 1 - rows.onFirst(head, i);
            }
            return weight < 1e-6 ? Double.NaN : far / weight;
        }
    };

    private final String words;
    private final boolean onRepeats;

    HeadMetric(String words, boolean onRepeats) {
        this.words = words;
        this.onRepeats = onRepeats;
    }

    /**
     * True if it says something of cross-attention: where queries and keys are two texts, none is the query's own or the one
     * before, and no offset is a distance.
     */
    public boolean isOfTwoTexts() {
        return this == FIRST_TOKEN || this == ENTROPY;
    }

    /** What it is called in a sentence or above a column. */
    public String words() {
        return words;
    }

    /** True if it is measured on repeated random tokens, false if on texts. */
    public boolean onRepeats() {
        return onRepeats;
    }

    /** The mean of a number per text. */
    Mean over(double... texts) {
        boolean distance = this == DISTANCE || this == DISTANCE_WITHOUT_FIRST;
        return Mean.of(texts).within(0, distance ? Double.POSITIVE_INFINITY : 1);
    }

    /** NaN where no row counts. */
    abstract double of(HeadRows rows, int head);

    private static double mean(HeadRows rows, IntPredicate counts, IntToDoubleFunction value) {
        double sum = 0;
        int count = 0;
        for (int i = 0; i < rows.queries(); i++) {
            if (counts.test(i)) {
                sum += value.applyAsDouble(i);
                count++;
            }
        }
        return sum / count;
    }
}
