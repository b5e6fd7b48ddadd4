package dev.heed.model;

import java.util.List;

/**
 * A text that a model wrote.
 *
 * <pre>{@code
 * Generation story = model.generate("Once upon a time", Generation.Options.greedy(80));
 * System.out.println("Once upon a time" + story.text());
 * }</pre>
 *
 * @param promptIds what it began from; for encoder–decoders the decoder's first id
 * @param ids what it wrote, the id that ended it included
 * @param text what it wrote; special tokens leave no text, and a stop string is cut off
 * @param end why it ended
 * @param recording attention of every token, if asked for; else empty
 */
public record Generation(int[] promptIds, int[] ids, String text, End end, Recording recording) {

    /** Why a text ended. */
    public enum End {
        /** The model wrote an end token. */
        END_TOKEN,
        /** A stop string appeared. */
        STOP_STRING,
        /** As many tokens as asked for. */
        MAX_TOKENS,
        /** The model's context is full. */
        CONTEXT_FULL
    }

    /**
     * How to write.
     *
     * @param maxTokens at most so many tokens
     * @param minTokens before so many tokens none that ends the text is picked
     * @param temperature 0 takes the likeliest token always (greedy); else logits are divided by it
     * @param topK draws from the so many likeliest tokens; 0: from all
     * @param topP draws from the fewest likeliest tokens that together have this probability; 1: from all
     * @param seed the same seed gives the same text
     * @param stop texts that end it
     * @param records keeps attention of every token
     */
    public record Options(
            int maxTokens,
            int minTokens,
            double temperature,
            int topK,
            double topP,
            long seed,
            List<String> stop,
            boolean records) {
        public Options {
            if (maxTokens < 0 || minTokens < 0) {
                throw new IllegalArgumentException("generate: numbers of tokens must not be negative, got at most "
                        + maxTokens + " and at least " + minTokens);
            }
            if (!(temperature >= 0) || Double.isInfinite(temperature)) {
                throw new IllegalArgumentException(
                        "generate: temperature must be finite and not negative, got " + temperature);
            }
            if (topK < 0) {
                throw new IllegalArgumentException("generate: top-k must not be negative, got " + topK);
            }
            if (!(topP > 0 && topP <= 1)) {
                throw new IllegalArgumentException("generate: top-p must be above 0 and at most 1, got " + topP);
            }
            if (stop.stream().anyMatch(String::isEmpty)) {
                throw new IllegalArgumentException("generate: a stop string must not be empty");
            }
            stop = List.copyOf(stop);
        }

        /** The likeliest token each time. */
        public static Options greedy(int maxTokens) {
            return new Options(maxTokens, 0, 0, 0, 1, 0, List.of(), false);
        }

        /** Draws tokens as often as the model finds them likely. */
        public static Options sampling(int maxTokens, double temperature, long seed) {
            return new Options(maxTokens, 0, temperature, 0, 1, seed, List.of(), false);
        }

        public Options topK(int k) {
            return new Options(maxTokens, minTokens, temperature, k, topP, seed, stop, records);
        }

        public Options topP(double p) {
            return new Options(maxTokens, minTokens, temperature, topK, p, seed, stop, records);
        }

        public Options stop(List<String> texts) {
            return new Options(maxTokens, minTokens, temperature, topK, topP, seed, texts, records);
        }

        public Options atLeast(int tokens) {
            return new Options(maxTokens, tokens, temperature, topK, topP, seed, stop, records);
        }

        public Options recording() {
            return new Options(maxTokens, minTokens, temperature, topK, topP, seed, stop, true);
        }
    }
}
