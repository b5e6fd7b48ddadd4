package dev.heed.model;

import dev.heed.model.arch.Network;
import dev.heed.model.checkpoint.Config;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import tools.jackson.databind.JsonNode;

/**
 * What a model's files say about writing, whatever the caller asks for.
 *
 * @param ends ids that end a text
 * @param first the id that begins what an encoder–decoder writes, else 0
 * @param forced the id after a lone first one, where it is given
 * @param forcedEnd the id that a text ends with when it has as many tokens as asked for, where it is given
 * @param barred ids that are never written
 * @param notFirst ids that are never written first, nor behind a first one that is forced
 * @param barredWords runs of ids of which the last is not written behind the others
 * @param repetition divides the positive logits of ids that stand in the text, and multiplies the negative ones (Keskar et al.
 *     2019, arXiv 1909.05858); 1: none
 * @param unrepeated runs of so many ids are not written a second time; 0: any are
 * @param leastLength with a shorter text, its prompt counted, none that ends it is written
 * @param leastNew before so many tokens are written, none that ends the text is
 * @param mostNew so many tokens are written at most, where it is given and the text does not go on from a prompt
 * @param beams texts that are followed beside each other
 * @param drawing how tokens are to be drawn, where they are; whether they are, the caller says
 * @param renormalizes whether probabilities sum to 1 after all rules, which matters where texts are compared
 */
record Rules(
        List<Integer> ends,
        int first,
        OptionalInt forced,
        OptionalInt forcedEnd,
        List<Integer> barred,
        List<Integer> notFirst,
        List<int[]> barredWords,
        double repetition,
        int unrepeated,
        int leastLength,
        int leastNew,
        OptionalInt mostNew,
        Generation.Beams beams,
        Optional<Generation.Options> drawing,
        boolean renormalizes) {
    private static final int MOST = 1 << 24;
    private static final String END = "eos_token_id";
    private static final String FORCED = "forced_bos_token_id";
    private static final Map<String, Integer> ENDS = Map.ofEntries(
            Map.entry("llama", 2),
            Map.entry("mistral", 2),
            Map.entry("gemma", 1),
            Map.entry("gemma2", 1),
            Map.entry("gemma3_text", 1),
            Map.entry("gpt2", 50256),
            Map.entry("gpt_neox", 2),
            Map.entry("t5", 1),
            Map.entry("mt5", 1),
            Map.entry("umt5", 1),
            Map.entry("bart", 2),
            Map.entry("marian", 0));

    /** From generation_config.json, whatever config.json says; where a folder has none, from config.json, as older folders have it. */
    static Rules read(Config config, Optional<Config> generation, Network network) {
        int last = network.sizes().vocabulary() - 1;
        Config source = generation.orElse(config);
        List<Integer> ends = generation.isPresent() ? written(source, END, last) : olderEnds(config, last);
        List<Integer> suppressed = written(source, "suppress_tokens", last);
        List<Integer> barred = new ArrayList<>(suppressed);
        List<int[]> words = words(source, last);
        words.stream()
                .filter(word -> word.length == 1 && !ends.contains(word[0]))
                .forEach(word -> barred.add(word[0]));
        return new Rules(
                ends,
                first(source, network, last),
                forcedFirst(source, last),
                forcedEnd(source, suppressed, last),
                List.copyOf(barred),
                written(source, "begin_suppress_tokens", last),
                words.stream().filter(word -> word.length > 1).toList(),
                source.doubleOr("repetition_penalty", 1, 1e-6, 1e6),
                source.intOr("no_repeat_ngram_size", 0, 0, MOST),
                source.has("min_new_tokens") ? 0 : source.intOr("min_length", 0, 0, MOST),
                source.intOr("min_new_tokens", 0, 0, MOST),
                mostNew(source, network),
                beams(source),
                drawing(source),
                source.booleanOr("renormalize_logits", false));
    }

    /** Where config.json does not say what ends a text, the architecture's own end does, as in transformers' configuration classes. */
    private static List<Integer> olderEnds(Config config, int last) {
        boolean unsaid = all(config, END).isEmpty() && !config.isNull(END);
        Integer usual = unsaid ? ENDS.get(config.requireString("model_type")) : null;
        return usual == null || usual > last ? written(config, END, last) : List.of(usual);
    }

    /** Of a file's ids those that the model may write: the others end no text, and need not be barred. */
    private static List<Integer> written(Config source, String key, int last) {
        return all(source, key).stream().filter(id -> id >= 0 && id <= last).toList();
    }

    private static List<Integer> all(Config source, String key) {
        return source.ints(key, Integer.MIN_VALUE, Integer.MAX_VALUE);
    }

    /** An end that is never written is told: texts go on to the number of tokens asked for. */
    static List<String> warnings(Config config, Optional<Config> generation, Rules rules) {
        List<Integer> given = all(generation.orElse(config), END);
        return given.isEmpty() || !rules.ends().isEmpty()
                ? List.of()
                : List.of((generation.isPresent() ? "generation_config.json" : "config.json") + ": '" + END + "' "
                        + given + " is not in the model's vocabulary, so no token ends a text");
    }

    private static int first(Config source, Network network, int last) {
        return network instanceof Network.EncoderDecoder pair
                ? source.optionalInt("decoder_start_token_id", 0, last)
                        .orElseGet(() -> source.intOr("bos_token_id", pair.firstId(), 0, last))
                : 0;
    }

    /** Older folders of BART say that their first id is forced, and not which. */
    private static OptionalInt forcedFirst(Config source, int last) {
        boolean older = source.booleanOr("force_bos_token_to_be_generated", false);
        return id(source, older && !source.has(FORCED) ? "bos_token_id" : FORCED, last);
    }

    /** The smallest of a list that is not barred: all of them are as likely then. */
    private static OptionalInt forcedEnd(Config source, List<Integer> suppressed, int last) {
        OptionalInt free = source.ints("forced_eos_token_id", 0, last).stream()
                .mapToInt(id -> id)
                .filter(id -> !suppressed.contains(id))
                .min();
        return free.isPresent() ? free : id(source, "forced_eos_token_id", last);
    }

    /** {@code max_length} counts the decoder's first id, {@code max_new_tokens} does not. */
    private static OptionalInt mostNew(Config source, Network network) {
        if (!(network instanceof Network.EncoderDecoder)) {
            return OptionalInt.empty();
        }
        int length = source.intOr("max_length", 0, 0, MOST);
        int tokens = source.intOr("max_new_tokens", length - 1, 0, MOST);
        return tokens > 0 ? OptionalInt.of(tokens) : OptionalInt.empty();
    }

    private static Generation.Beams beams(Config source) {
        Generation.Stopping stopping = source.raw("early_stopping")
                .map(value -> switch (value.toString()) {
                    case "\"never\"" -> Generation.Stopping.WHEN_HOPELESS;
                    case "true" -> Generation.Stopping.WHEN_FULL;
                    case "false" -> Generation.Stopping.AS_IT_STANDS;
                    default -> throw source.error("early_stopping", "must be true, false or \"never\"");
                })
                .orElse(Generation.Stopping.AS_IT_STANDS);
        return new Generation.Beams(
                source.intOr("num_beams", 1, 1, Generation.Beams.MOST),
                source.doubleOr("length_penalty", 1, -1e6, 1e6),
                stopping);
    }

    /** Where a file does not say how many of the likeliest are drawn from, transformers takes 50. */
    private static Optional<Generation.Options> drawing(Config source) {
        if (!source.booleanOr("do_sample", false)) {
            return Optional.empty();
        }
        double temperature = source.doubleOr("temperature", 1, Double.MIN_VALUE, 1e6);
        return Optional.of(Generation.Options.sampling(100, temperature, 0)
                .topK(source.intOr("top_k", 50, 0, MOST))
                .topP(source.doubleOr("top_p", 1, Double.MIN_VALUE, 1)));
    }

    private static OptionalInt id(Config source, String key, int last) {
        return source.ints(key, 0, last).stream().mapToInt(id -> id).min(); // a list stands for any of them
    }

    private static List<int[]> words(Config source, int last) {
        List<int[]> words = new ArrayList<>();
        for (JsonNode word : source.raw("bad_words_ids").map(List::of).orElse(List.of()).stream()
                .flatMap(JsonNode::valueStream)
                .toList()) {
            int[] ids = word.valueStream()
                    .mapToInt(id -> id.isInt() ? id.asInt() : -1)
                    .toArray();
            if (ids.length == 0 || Arrays.stream(ids).anyMatch(id -> id < 0 || id > last)) {
                throw source.error("bad_words_ids", "must be lists of ids from 0 to " + last);
            }
            words.add(ids);
        }
        return words;
    }

    /** The id that must be written next, if one must. */
    OptionalInt forcedAfter(int length, boolean isLast) {
        if (isLast && forcedEnd.isPresent()) {
            return forcedEnd;
        }
        return length == 1 ? forced : OptionalInt.empty();
    }

    /** True if logits stay as they are whatever has been written. */
    boolean changesNothing(int least) {
        return barred.isEmpty()
                && notFirst.isEmpty()
                && barredWords.isEmpty()
                && repetition == 1
                && unrepeated == 0
                && leastLength == 0
                && Math.max(least, leastNew) == 0;
    }

    /**
     * Changes logits, in the order of transformers.
     *
     * @param logits [vocabulary]
     * @param text all ids so far, the prompt's too
     * @param written how many of them were written
     * @param least the caller's number of tokens before which none ends the text
     */
    void apply(float[] logits, int[] text, int written, int least) {
        if (repetition != 1) {
            Arrays.stream(text).distinct().filter(id -> id < logits.length).forEach(id -> weaken(logits, id));
        }
        if (unrepeated > 0) {
            barRepeated(logits, text);
        }
        barredWords.stream()
                .filter(word -> endsWithStart(text, word))
                .forEach(word -> bar(logits, word[word.length - 1]));
        if (text.length < leastLength || written < Math.max(least, leastNew)) {
            ends.forEach(id -> bar(logits, id));
        }
        barred.forEach(id -> bar(logits, id));
        boolean firstIsForced = forced.isPresent() && text.length - written == 1;
        if (written == (firstIsForced ? 1 : 0)) {
            notFirst.forEach(id -> bar(logits, id));
        }
    }

    private void weaken(float[] logits, int id) {
        double logit = logits[id];
        logits[id] = (float) (logit < 0 ? logit * repetition : logit / repetition);
    }

    /** What followed the last n − 1 ids wherever they stood before. */
    private void barRepeated(float[] logits, int... text) {
        int before = unrepeated - 1;
        for (int at = 0; at + before < text.length; at++) {
            if (Arrays.equals(text, at, at + before, text, text.length - before, text.length)) {
                bar(logits, text[at + before]);
            }
        }
    }

    private static boolean endsWithStart(int[] text, int... word) {
        int before = word.length - 1;
        return text.length >= before && Arrays.equals(text, text.length - before, text.length, word, 0, before);
    }

    private static void bar(float[] logits, int id) {
        if (id < logits.length) {
            logits[id] = Float.NEGATIVE_INFINITY;
        }
    }
}
