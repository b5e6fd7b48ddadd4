package dev.heed.model;

import dev.heed.model.arch.Network;
import dev.heed.model.checkpoint.Config;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import tools.jackson.databind.JsonNode;

/**
 * What a model's files say about writing, whatever the caller asks for.
 *
 * @param ends ids that end a text
 * @param first the id that begins what an encoder–decoder writes, else 0
 * @param forced the id of the first token after that, where it is given
 * @param barred ids that are never written
 */
record Rules(List<Integer> ends, int first, OptionalInt forced, List<Integer> barred) {
    /** From generation_config.json; where a folder has none, from config.json, as older folders have it. */
    static Rules read(Config config, Config generation, Network network, List<String> warnings) {
        int last = network.sizes().vocabulary() - 1;
        Config source = generation.isEmpty() ? config : generation;
        List<Integer> ends = (source.has("eos_token_id") ? source : config).ints("eos_token_id", 0, last);
        int first = network instanceof Network.EncoderDecoder pair
                ? source.intOr("decoder_start_token_id", pair.firstId(), 0, last)
                : 0;
        List<Integer> barred = new ArrayList<>(source.ints("suppress_tokens", 0, last));
        source.raw("bad_words_ids").ifPresent(words -> words.forEach(word -> bar(word, last, barred, warnings)));
        return new Rules(
                ends,
                first,
                source.optionalInt("forced_bos_token_id", 0, last)
                        .map(OptionalInt::of)
                        .orElse(OptionalInt.empty()),
                List.copyOf(barred));
    }

    private static void bar(JsonNode word, int last, List<Integer> barred, List<String> warnings) {
        if (word.size() == 1
                && word.get(0).isInt()
                && word.get(0).asInt() >= 0
                && word.get(0).asInt() <= last) {
            barred.add(word.get(0).asInt());
        } else {
            warnings.add("'bad_words_ids' of more than one token are not barred");
        }
    }
}
