package dev.heed.model;

import java.util.Arrays;
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

    /** What it began from, and what it wrote. */
    int[] allIds() {
        int[] all = Arrays.copyOf(promptIds, promptIds.length + ids.length);
        System.arraycopy(ids, 0, all, promptIds.length, ids.length);
        return all;
    }

    /** Why a text ended. */
    public enum End {
        /** The model wrote an end token. */
        END_TOKEN,
        /** A stop string appeared. */
        STOP_STRING,
        /** As many tokens as asked for. */
        MAX_TOKENS,
        /** Positions of the model have ended; rotary ones never do. */
        CONTEXT_FULL
    }

    /**
     * Texts that are followed beside each other, of which the one with the best score is given: beam search as transformers
     * defines it.
     *
     * @param count 1 follows the likeliest token alone (greedy)
     * @param lengthPenalty a text's score is the sum of its tokens' log-probabilities / tokens^this
     * @param stopping when the search ends
     */
    public record Beams(int count, double lengthPenalty, Stopping stopping) {
        static final int MOST = 1024;

        /** One text. */
        public static final Beams NONE = new Beams(1, 1, Stopping.AS_IT_STANDS);

        public Beams {
            if (count < 1 || count > MOST) {
                throw new IllegalArgumentException(
                        "generate: the number of beams must be from 1 to " + MOST + ", got " + count);
            }
            if (!Double.isFinite(lengthPenalty)) {
                throw new IllegalArgumentException("generate: the length penalty must be finite, got " + lengthPenalty);
            }
        }

        /** The same with another number. */
        public Beams of(int texts) {
            return new Beams(texts, lengthPenalty, stopping);
        }
    }

    /** When a search with several beams ends, {@code early_stopping} of transformers. */
    public enum Stopping {
        /** As soon as that many texts have ended ({@code true}). */
        WHEN_FULL,
        /** When no text that goes on would, as it stands, have a better score than those that have ended ({@code false}). */
        AS_IT_STANDS,
        /** When no text that goes on can still get a better score, however long it becomes ({@code "never"}). */
        WHEN_HOPELESS
    }

    /**
     * How to write.
     *
     * @param maxTokens at most so many tokens
     * @param minTokens before so many tokens none that ends the text is picked
     * @param temperature 0 takes the likeliest token always (greedy); else logits are divided by it
     * @param topK draws from the so many likeliest tokens, and those as likely as the last of them; 0: from all
     * @param topP draws from the fewest likeliest tokens that together have this probability; 1: from all
     * @param seed the same seed gives the same text
     * @param stop texts that end it
     * @param records keeps attention of every token
     * @param beams texts that are followed beside each other, with temperature 0
     */
    public record Options(
            int maxTokens,
            int minTokens,
            double temperature,
            int topK,
            double topP,
            long seed,
            List<String> stop,
            boolean records,
            Beams beams) {
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
            if (beams.count() > 1 && temperature > 0) {
                throw new IllegalArgumentException("generate: beams need temperature 0, got " + beams.count()
                        + " beams and temperature " + temperature);
            }
            stop = List.copyOf(stop);
        }

        /** The likeliest token each time. */
        public static Options greedy(int maxTokens) {
            return new Options(maxTokens, 0, 0, 0, 1, 0, List.of(), false, Beams.NONE);
        }

        /** Draws tokens as often as the model finds them likely. */
        public static Options sampling(int maxTokens, double temperature, long seed) {
            return new Options(maxTokens, 0, temperature, 0, 1, seed, List.of(), false, Beams.NONE);
        }

        public Options topK(int k) {
            return new Options(maxTokens, minTokens, temperature, k, topP, seed, stop, records, beams);
        }

        public Options topP(double p) {
            return new Options(maxTokens, minTokens, temperature, topK, p, seed, stop, records, beams);
        }

        public Options stop(List<String> texts) {
            return new Options(maxTokens, minTokens, temperature, topK, topP, seed, texts, records, beams);
        }

        public Options atLeast(int tokens) {
            return new Options(maxTokens, tokens, temperature, topK, topP, seed, stop, records, beams);
        }

        public Options recording() {
            return new Options(maxTokens, minTokens, temperature, topK, topP, seed, stop, true, beams);
        }

        /** Follows several texts; those that the model's files ask for are {@link Model#beams()}. */
        public Options beams(Beams texts) {
            return new Options(maxTokens, minTokens, temperature, topK, topP, seed, stop, records, texts);
        }
    }
}
