package dev.heed.lens;

import dev.heed.attention.AttentionMap;
import dev.heed.attention.AttentionMap.Kind;
import dev.heed.model.Model;
import dev.heed.model.Probabilities;
import dev.heed.model.Run;
import dev.heed.model.arch.Network;
import dev.heed.tensor.Tensor;
import dev.heed.text.SpecialToken;
import dev.heed.text.Token;
import dev.heed.text.Tokens;
import dev.heed.text.Visible;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.OptionalInt;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

/**
 * Which word of a sentence a pronoun stands for, as a model of masked words reads it: what it would put in the pronoun's place.
 *
 * <pre>{@code
 * try (Model model = Model.bundled("cloze")) {
 *     Reading reading = Reading.of(model, "The animal didn't cross the street because it was too tired.", "it");
 *     String referent = reading.candidates().getFirst().word();
 * }
 * }</pre>
 *
 * @param candidates the sentence's other words, likeliest first
 * @param head the one that sends the most weight from the pronoun, as it is written, to the likeliest candidate; chosen on this
 *     very sentence, so it illustrates and proves nothing
 * @param likeliest the likeliest word of all
 * @param likeliestProbability its probability
 */
public record Reading(List<Candidate> candidates, String head, String likeliest, double likeliestProbability) {
    /**
     * A reading.
     *
     * @param position of its token, the first where it stands more than once
     * @param probability of the word in the pronoun's place
     * @param share of that of all candidates
     * @param weight that the head sends to it from the pronoun, wherever it stands
     */
    public record Candidate(String word, int position, double probability, double share, double weight) {}

    /**
     * Reads a sentence.
     *
     * @throws IllegalArgumentException if it does not have the pronoun once, or the model does not predict masked words
     */
    public static Reading of(Model model, String sentence, String pronoun) {
        boolean encoder = model.network() instanceof Network.Encoder;
        OptionalInt mask = encoder ? model.tokenizer().id(SpecialToken.MASK) : OptionalInt.empty();
        if (mask.isEmpty()) {
            throw new IllegalArgumentException("resolve: a model of masked words is needed, such as bert, got "
                    + model.sizes().modelType());
        }
        Tokens tokens = model.tokenizer().encode(sentence);
        int at = only(tokens, sentence, pronoun);
        int[] masked = tokens.ids();
        masked[at] = mask.getAsInt();
        Run asked = model.run(model.tokens(masked), Run.Options.logitsOnly());
        Tensor row = asked.logits()
                .orElseThrow(() -> new IllegalArgumentException("resolve: this model has no head that predicts words"))
                .select(0, at);
        return of(model, tokens, at, Probabilities.of(row));
    }

    private static int only(Tokens tokens, String sentence, String pronoun) {
        int[] found = IntStream.range(0, tokens.size())
                .filter(i -> !tokens.get(i).special())
                .filter(i -> sentence.substring(
                                tokens.get(i).start(), tokens.get(i).end())
                        .strip()
                        .toLowerCase(Locale.ROOT)
                        .equals(pronoun))
                .toArray();
        if (found.length != 1) {
            throw new IllegalArgumentException("resolve: the sentence must have one \"" + pronoun + "\", got "
                    + found.length + (found.length == 0 ? hidden(tokens, pronoun) : ""));
        }
        return found[0];
    }

    /** Vocabularies of whole words take "it's" and 'it' for words of their own. */
    private static String hidden(Tokens tokens, String pronoun) {
        Pattern inside = Pattern.compile("\\b" + Pattern.quote(pronoun) + "\\b", Pattern.CASE_INSENSITIVE);
        return tokens.all().stream()
                .filter(token -> !token.special())
                .map(token -> tokens.text().substring(token.start(), token.end()))
                .filter(written -> inside.matcher(written).find())
                .findFirst()
                .map(written -> "; this model reads " + Visible.quote(written) + " as one word: write \"" + pronoun
                        + "\" by itself, such as \"" + pronoun + " is\"")
                .orElse("");
    }

    private static Reading of(Model model, Tokens tokens, int at, double[] p) {
        OptionalInt unknown = model.tokenizer().id(SpecialToken.UNK);
        List<Integer> places = new ArrayList<>();
        for (int i = 0; i < tokens.size(); i++) {
            Token token = tokens.get(i);
            boolean known = unknown.isEmpty() || token.id() != unknown.getAsInt();
            boolean first = places.stream().noneMatch(place -> tokens.get(place).id() == token.id());
            if (!token.special() && known && first && i != at) {
                places.add(i);
            }
        }
        if (places.isEmpty()) {
            throw new IllegalArgumentException("resolve: the sentence has no other word that the model knows");
        }
        places.sort(Comparator.comparingDouble(place -> -p[tokens.get(place).id()]));
        Run run = model.run(tokens, Run.Options.attentionOnly());
        int head = head(model, run, at, tokens.get(places.getFirst()).id());
        int heads = model.sizes().heads();
        double all =
                places.stream().mapToDouble(place -> p[tokens.get(place).id()]).sum();
        List<Candidate> candidates = places.stream()
                .map(place -> new Candidate(
                        tokens.get(place).label(),
                        place,
                        p[tokens.get(place).id()],
                        p[tokens.get(place).id()] / all,
                        weight(
                                run,
                                head / heads,
                                head % heads,
                                at,
                                tokens.get(place).id())))
                .toList();
        int best = IntStream.range(0, p.length).reduce(0, (a, b) -> p[b] > p[a] ? b : a);
        return new Reading(
                candidates,
                "L" + head / heads + "H" + head % heads,
                model.tokenizer().label(best),
                p[best]);
    }

    private static int head(Model model, Run run, int at, int referent) {
        int heads = model.sizes().heads();
        return IntStream.range(0, model.sizes().layers() * heads)
                .boxed()
                .max(Comparator.comparingDouble(head -> weight(run, head / heads, head % heads, at, referent)))
                .orElseThrow();
    }

    /** A query's weight on all tokens of an id but its own. */
    private static double weight(Run run, int layer, int head, int query, int id) {
        int[] ids = run.tokens().ids();
        AttentionMap row = run.recording().map(Kind.SELF, layer, head, query, query + 1, 0, ids.length);
        return IntStream.range(0, ids.length)
                .filter(key -> ids[key] == id && key != query)
                .mapToDouble(key -> row.weight(0, key))
                .sum();
    }
}
