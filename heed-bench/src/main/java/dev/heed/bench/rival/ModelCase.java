package dev.heed.bench.rival;

import java.util.List;
import java.util.SplittableRandom;

/**
 * A transformer's forward pass, whole: from token ids to logits or hidden states, with random weights.
 *
 * <p>Legend: B sequences, T tokens each, P cached positions before them, E model width, H heads, V vocabulary.
 *
 * @param family architecture
 * @param batch B
 * @param tokens T
 * @param past P; a decoding step has T = 1
 * @param layers how many
 * @param width E
 * @param heads H
 * @param vocabulary V
 * @param positions rows of the position table
 */
public record ModelCase(
        Family family,
        int batch,
        int tokens,
        int past,
        int layers,
        int width,
        int heads,
        int vocabulary,
        int positions) {
    /** Architectures; both have learned positions and an inner width of 4·E. */
    public enum Family {
        /** Causal, layer norm before each half and at the end, GELU by tanh, logits by the embedding table. */
        GPT2(1e-5),
        /** Sees everything, layer norm after the embeddings and after each half, exact GELU, hidden states out. */
        BERT(1e-12);

        private final double epsilon;

        Family(double epsilon) {
            this.epsilon = epsilon;
        }

        /** Added to the variance in layer norms. */
        public double epsilon() {
            return epsilon;
        }
    }

    /** What the project promises to compare. */
    public static List<ModelCase> all() {
        return List.of(
                new ModelCase(Family.GPT2, 1, 512, 0, 12, 768, 12, 50257, 1024),
                new ModelCase(Family.GPT2, 1, 1, 511, 12, 768, 12, 50257, 1024),
                new ModelCase(Family.BERT, 32, 128, 0, 12, 768, 12, 30522, 512));
    }

    /** {@code gpt2 forward 1×512}, {@code gpt2 decode after 511}, {@code bert forward 32×128}. */
    public String name() {
        String who = family == Family.GPT2 ? "gpt2" : "bert";
        return past > 0 ? who + " decode after " + past : who + " forward " + batch + "×" + tokens;
    }

    public boolean causal() {
        return family == Family.GPT2;
    }

    /** D. */
    public int headWidth() {
        return width / heads;
    }

    /** Operations of all products with weights: 2·E² for each of query, key, value and output, 16·E² for the inner ones. */
    public double operations() {
        double perToken = 24.0 * width * width * layers + (causal() ? 2.0 * width * vocabulary : 0);
        double pairs = causal() ? tokens * (past + (tokens + 1) / 2.0) : (double) tokens * tokens;
        return batch * (tokens * perToken + layers * heads * pairs * (4 * headWidth() + 32));
    }

    /** Bytes of all weights that a step reads, and of the cached keys and values. */
    public long bytes() {
        long weights = 12L * width * width * layers + (causal() ? (long) width * vocabulary : 0);
        return 4 * (weights + 2L * layers * (past + tokens) * width * batch);
    }

    /** Token ids, [B, T] row-major. */
    public long[] ids() {
        return new SplittableRandom(7)
                .longs((long) batch * tokens, 0, vocabulary)
                .toArray();
    }
}
