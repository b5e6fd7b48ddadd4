package dev.heed.attention;

import dev.heed.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.function.Function;

/**
 * A database whose look-up is soft: every entry has a name, a key vector and any value; a query vector is compared with
 * every key, and what comes back is not the one entry that matches but all of them, each with a weight, and the weights sum
 * to one. That is all that attention is: what is asked (query), what is advertised (key), what is returned (value).
 *
 * <pre>{@code
 * SoftLookup<String> library = SoftLookup.<String>builder()
 *         .add("ml", new float[] {1, 0}, "ML algorithms in Python")
 *         .add("web", new float[] {0, 1}, "Web development in JavaScript")
 *         .build();
 * library.lookup(3, 0).best().value();                          // "ML algorithms in Python"
 * library.temperature(0).lookup(3, 0).best().weight();          // 1: an exact look-up
 * library.lookup(3, 0).blend(text -> new float[] {text.length()}); // the weighted average of the lengths
 * }</pre>
 *
 * <p>The score of a key is query·key/√D, and its weight is the softmax over all scores divided by the temperature. The
 * temperature is what lies between look-up and average: towards 0 all weight goes to the highest score (equal ones share it),
 * towards infinity all entries weigh the same. Computed by {@link Attention}. Immutable; safe to share.
 *
 * @param <V> what is stored
 */
public final class SoftLookup<V> {
    private static final Tensor ONE = Tensor.full(1, 1, 1, 1, 1);

    private final List<Entry<V>> entries;
    private final double temperature;

    private record Entry<V>(String name, float[] key, V value) {}

    /**
     * One entry of an answer.
     *
     * @param score query·key/√D, before the temperature
     * @param weight its share of the answer, 0..1
     */
    public record Match<V>(String name, V value, float score, float weight) {}

    private SoftLookup(List<Entry<V>> entries, double temperature) {
        this.entries = entries;
        this.temperature = temperature;
    }

    /** An empty collection at temperature 1. */
    public static <V> Builder<V> builder() {
        return new Builder<>();
    }

    /** Collects entries. */
    public static final class Builder<V> {
        private final List<Entry<V>> entries = new ArrayList<>();

        private Builder() {}

        /** Adds an entry; names need not differ, key vectors must all have the same length. The key is copied. */
        public Builder<V> add(String name, float[] key, V value) {
            if (!entries.isEmpty() && entries.getFirst().key().length != key.length) {
                throw new IllegalArgumentException("SoftLookup.add: all keys must have the same length D="
                        + entries.getFirst().key().length + ", got " + key.length + " for '" + name + "'");
            }
            entries.add(new Entry<>(name, key.clone(), value));
            return this;
        }

        /** @throws IllegalArgumentException if nothing was added */
        public SoftLookup<V> build() {
            if (entries.isEmpty()) {
                throw new IllegalArgumentException("SoftLookup.build: at least one entry is needed, got none");
            }
            return new SoftLookup<>(List.copyOf(entries), 1);
        }
    }

    /**
     * The same entries at another temperature.
     *
     * @param t finite and not negative; 0 is the limit: all weight on the highest score, shared where several are equal
     */
    public SoftLookup<V> temperature(double t) {
        if (!(t >= 0) || Double.isInfinite(t)) {
            throw new IllegalArgumentException("SoftLookup.temperature: it must be finite and not negative, got " + t);
        }
        return new SoftLookup<>(entries, t);
    }

    /**
     * Compares a query of the keys' length D with every key.
     *
     * @throws IllegalArgumentException if it is of another length, or a score is not finite
     */
    public Answer<V> lookup(float... query) {
        int width = entries.getFirst().key().length;
        if (query.length != width) {
            throw new IllegalArgumentException(
                    "SoftLookup.lookup: the query must be as long as the keys, D=" + width + ", got " + query.length);
        }
        int count = entries.size();
        float[] keys = new float[count * width];
        for (int j = 0; j < count; j++) {
            System.arraycopy(entries.get(j).key(), 0, keys, j * width, width);
        }
        // A key that is alone has lse = score: every key is a batch of its own here.
        Tensor alone = Tensor.of(keys, count, 1, 1, width);
        Tensor asked = Tensor.of(query.clone(), 1, 1, 1, width).broadcastTo(count, 1, 1, width);
        return weigh(
                Attention.scaledDotProduct().apply(asked, alone, alone).lse().toArray());
    }

    /**
     * Weighs the entries by scores that come from elsewhere. Logarithms of wanted weights give those weights at
     * temperature 1.
     *
     * @param scores one finite score per entry, in the order they were added
     */
    public Answer<V> weigh(float... scores) {
        if (scores.length != entries.size()) {
            throw new IllegalArgumentException("SoftLookup.weigh: one score per entry is needed, " + entries.size()
                    + " entries, got " + scores.length + " scores");
        }
        float best = Float.NEGATIVE_INFINITY;
        for (float score : scores) {
            if (!Float.isFinite(score)) {
                throw new IllegalArgumentException("SoftLookup: scores must be finite, got " + Arrays.toString(scores)
                        + "; scale the vectors down");
            }
            best = Math.max(best, score);
        }
        return new Answer<>(entries, scores.clone(), belowBest(scores, best), temperature);
    }

    /** A softmax does not see a common shift; with the best score at 0 no temperature overflows. */
    private static Tensor belowBest(float[] scores, float best) {
        float[] below = new float[scores.length];
        for (int j = 0; j < below.length; j++) {
            below[j] = Math.max(scores[j] - best, -Float.MAX_VALUE);
        }
        return Tensor.of(below, 1, 1, below.length, 1);
    }

    /** Every entry with its weight. */
    public static final class Answer<V> {
        private final List<Entry<V>> entries;
        private final Tensor key;
        private final Attention attention;
        private final List<Match<V>> matches;

        private Answer(List<Entry<V>> entries, float[] scores, Tensor key, double temperature) {
            this.entries = entries;
            this.key = key;
            this.attention = temperature == 0 ? exact(key) : soft(temperature);
            Tensor lse = attention.apply(ONE, key, key).lse();
            Tensor weights = attention.weights(ONE, key, lse, 0, 0, 0, 1, 0, scores.length);
            List<Match<V>> ranked = new ArrayList<>();
            for (int j = 0; j < scores.length; j++) {
                Entry<V> entry = entries.get(j);
                ranked.add(new Match<>(entry.name(), entry.value(), scores[j], weights.get(0, j)));
            }
            ranked.sort(Comparator.comparingDouble((Match<V> match) -> match.score() + 0f) // −0 is 0
                    .reversed());
            this.matches = List.copyOf(ranked);
        }

        private static Attention soft(double temperature) {
            return Attention.scaledDotProduct().scale(Math.min(1 / temperature, Float.MAX_VALUE));
        }

        private static Attention exact(Tensor key) {
            boolean[] best = new boolean[key.size(2)];
            for (int j = 0; j < best.length; j++) {
                best[j] = key.get(0, 0, j, 0) == 0;
            }
            return Attention.scaledDotProduct().mask(Mask.dense(best, best.length));
        }

        /** All entries, highest score and so highest weight first; of equal scores the first that was added. */
        public List<Match<V>> matches() {
            return matches;
        }

        /** The matches. */
        @Override
        public String toString() {
            return matches.toString();
        }

        /** The entry with the highest weight. */
        public Match<V> best() {
            return matches.getFirst();
        }

        /**
         * The weighted average of what the values hold: attention's output.
         *
         * @param numbers the numbers of a value, equally many of each
         */
        public float[] blend(Function<? super V, float[]> numbers) {
            int width = numbers.apply(entries.getFirst().value()).length;
            float[] values = new float[entries.size() * width];
            for (int j = 0; j < entries.size(); j++) {
                float[] row = numbers.apply(entries.get(j).value());
                if (row.length != width) {
                    throw new IllegalArgumentException("SoftLookup.blend: every value must give " + width
                            + " numbers like the first, got " + row.length + " from '"
                            + entries.get(j).name() + "'");
                }
                System.arraycopy(row, 0, values, j * width, width);
            }
            return attention
                    .apply(ONE, key, Tensor.of(values, 1, 1, entries.size(), width))
                    .output()
                    .toArray();
        }
    }
}
