package dev.heed.lens;

import dev.heed.model.Model;
import dev.heed.text.Token;
import dev.heed.text.Tokens;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;

/**
 * Different random tokens, repeated, behind the token that begins every text of a model, if it has one: nothing but the
 * repetition can be attended to (Olsson et al. 2022, appendix: 25 tokens four times, ten of them).
 *
 * @param texts of one length
 * @param probe how they are made
 */
record RepeatedTexts(List<Tokens> texts, Probe probe) {
    static final int TEXTS = 10;
    private static final int PERIOD = 25;
    private static final int REPEATS = 4;
    /** Of one token, every token would be a copy of all before. */
    private static final int LEAST = 2;

    private static final int NO_TOKEN = -1;

    /**
     * @param like a text of the model, which shows what begins every text
     */
    static RepeatedTexts of(Model model, Tokens like, long seed) {
        int begin = begins(like) ? like.get(0).id() : NO_TOKEN;
        int[] words = words(model);
        int period = period(model, like);
        if (period < LEAST) {
            throw new IllegalArgumentException("head metrics: a model of "
                    + model.sizes().context() + " tokens and " + words.length + " words has no room for repeated ones");
        }
        Random random = new Random(seed);
        Probe probe = new Probe(begins(like) ? 1 : 0, period, REPEATS);
        return new RepeatedTexts(
                IntStream.range(0, TEXTS)
                        .mapToObj(i -> text(model, probe, words, begin, random))
                        .toList(),
                probe);
    }

    /** True if a model has room for repeated tokens behind what begins every text. */
    static boolean fit(Model model, Tokens like) {
        return period(model, like) >= LEAST;
    }

    private static boolean begins(Tokens like) {
        return like.size() > 0 && like.get(0).special();
    }

    private static int[] words(Model model) {
        return IntStream.range(
                        0, Math.min(model.tokenizer().size(), model.sizes().vocabulary()))
                .filter(id -> !model.tokenizer().isSpecial(id))
                .toArray();
    }

    private static int period(Model model, Tokens like) {
        int room = (model.sizes().context() - (begins(like) ? 1 : 0)) / REPEATS;
        return Math.min(Math.min(PERIOD, words(model).length), room);
    }

    private static Tokens text(Model model, Probe probe, int[] words, int begin, Random random) {
        int[] piece = random.ints(0, words.length)
                .distinct() // else a token had copies that the metrics do not count
                .limit(probe.period())
                .map(i -> words[i])
                .toArray();
        int[] ids = new int[probe.first() + probe.period() * probe.repeats()];
        for (int i = 0; i < ids.length; i++) {
            ids[i] = i < probe.first() ? begin : piece[(i - probe.first()) % probe.period()];
        }
        return model.tokens(ids);
    }

    /** The same tokens in random order: no repetition to find. */
    RepeatedTexts shuffled(long seed) {
        return new RepeatedTexts(shuffled(texts, seed), probe);
    }

    /** Each text's own tokens in random order; special ones stay where they are. */
    static List<Tokens> shuffled(List<Tokens> texts, long seed) {
        Random random = new Random(seed);
        return texts.stream().map(text -> shuffled(text, random)).toList();
    }

    private static Tokens shuffled(Tokens text, Random random) {
        List<Integer> places = IntStream.range(0, text.size())
                .filter(i -> !text.get(i).special())
                .boxed()
                .toList();
        List<Integer> drawn = new ArrayList<>(places);
        Collections.shuffle(drawn, random);
        List<Token> all = new ArrayList<>(text.all());
        for (int i = 0; i < places.size(); i++) {
            all.set(places.get(i), text.get(drawn.get(i)));
        }
        return new Tokens(text.text(), text.pair(), List.copyOf(all));
    }
}
