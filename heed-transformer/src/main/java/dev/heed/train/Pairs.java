package dev.heed.train;

import dev.heed.text.Tokenizer;
import dev.heed.train.worlds.Sentence;
import dev.heed.train.worlds.Split;
import dev.heed.train.worlds.Text;
import dev.heed.train.worlds.Worlds;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * Pairs of texts as ids, one that is read and one that is written: some to learn from and some to be judged by.
 *
 * <pre>
 *   read     The dog is black . &lt;/s&gt;
 *   written  Der Hund ist schwarz . &lt;/s&gt;
 * </pre>
 */
final class Pairs {
    /** Seed of the generated texts; that of a recipe draws weights and order. */
    private static final long SEED = 1;

    private static final int SENTENCES = 120_000;
    private static final int JUDGED = 1000;

    private final String tokenizerJson;
    private final int vocabulary;
    private final List<Pair> train;
    private final List<Pair> validation;
    private final String first;
    private final String sha256;

    /** Two texts as ids, special tokens included. */
    record Pair(int[] read, int[] written) {}

    /** Two texts. */
    record Texts(String read, String written) {}

    /** @param tokenizerJson whose special tokens end each text */
    Pairs(String tokenizerJson, List<Texts> train, List<Texts> validation) {
        this.tokenizerJson = tokenizerJson;
        try (Tokenizer tokenizer = Tokenizer.parse("tokenizer.json", tokenizerJson)) {
            this.vocabulary = tokenizer.size();
            this.train = encoded(train, tokenizer);
            this.validation = encoded(validation, tokenizer);
        }
        this.first = train.getFirst().read();
        this.sha256 = Hash.sha256(Stream.concat(train.stream(), validation.stream())
                .flatMap(Pairs::each)
                .toArray(String[]::new));
    }

    /** Sentences of the worlds, English to German that names again what "it" stands for: "…, weil das Tier zu müde war." */
    static Pairs naming(Tokenization tokens) {
        return worlds(tokens, Sentence::named);
    }

    /** Sentences of the worlds, English to German with er, sie or es for "it". */
    static Pairs withPronouns(Tokenization tokens) {
        return worlds(tokens, Sentence::pronoun);
    }

    /** Judged by sentences with combinations of words that training never has. */
    private static Pairs worlds(Tokenization tokens, Function<Sentence, Text> german) {
        List<Texts> train = sentences(Split.TRAIN, SENTENCES, german);
        List<String> texts = train.stream().flatMap(Pairs::each).toList();
        return new Pairs(tokens.paired(texts), train, sentences(Split.HELDOUT, JUDGED, german));
    }

    private static List<Texts> sentences(Split split, int count, Function<Sentence, Text> german) {
        return Worlds.sentences(split, SEED)
                .limit(count)
                .map(each -> new Texts(each.english().text(), german.apply(each).text()))
                .toList();
    }

    private static Stream<String> each(Texts texts) {
        return Stream.of(texts.read(), texts.written());
    }

    private static List<Pair> encoded(List<Texts> all, Tokenizer tokenizer) {
        return all.stream()
                .map(each -> new Pair(
                        tokenizer.encode(each.read()).ids(),
                        tokenizer.encode(each.written()).ids()))
                .toList();
    }

    String tokenizerJson() {
        return tokenizerJson;
    }

    int vocabulary() {
        return vocabulary;
    }

    String sha256() {
        return sha256;
    }

    /** The first text that is read. */
    String first() {
        return first;
    }

    List<Pair> of(Task.Split split) {
        return split == Task.Split.TRAIN ? train : validation;
    }

    /** Of a part as many as judge a model: all of the validation part, so many from the beginning of the training part. */
    List<Pair> judging(Task.Split split) {
        return split == Task.Split.TRAIN ? train.subList(0, Math.min(train.size(), validation.size())) : validation;
    }

    long size(Task.Split split) {
        return of(split).stream()
                .mapToLong(pair -> pair.read().length + pair.written().length)
                .sum();
    }

    int longest() {
        return Stream.concat(train.stream(), validation.stream())
                .mapToInt(pair -> Math.max(pair.read().length, pair.written().length))
                .max()
                .orElse(0);
    }
}
