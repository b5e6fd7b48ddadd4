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

    private final Sides tokenizers;
    private final int vocabulary;
    private final List<Pair> train;
    private final List<Pair> validation;
    private final String first;
    private final String sha256;

    /**
     * Two texts as ids, special tokens included.
     *
     * @param where they are from, for messages
     */
    record Pair(int[] read, int[] written, String where) {
        int longer() {
            return Math.max(read.length, written.length);
        }
    }

    /**
     * Two texts.
     *
     * @param where they are from, for messages: file and line
     */
    record Texts(String read, String written, String where) {}

    /** The tokenizer.json of what is read and that of what is written: mostly the same. */
    record Sides(String read, String written) {
        static Sides alike(String tokenizerJson) {
            return new Sides(tokenizerJson, tokenizerJson);
        }
    }

    /** @param tokenizers whose special tokens end each text */
    Pairs(Sides tokenizers, List<Texts> train, List<Texts> validation) {
        this.tokenizers = tokenizers;
        try (Tokenizer reader = Tokenizer.parse("tokenizer.json", tokenizers.read());
                Tokenizer writer = tokenizers.written().equals(tokenizers.read())
                        ? reader
                        : Tokenizer.parse("tokenizer.json of what is written", tokenizers.written())) {
            this.vocabulary = writer.size();
            this.train = encoded(train, reader, writer);
            this.validation = encoded(validation, reader, writer);
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
        return new Pairs(Sides.alike(tokens.paired(texts)), train, sentences(Split.HELDOUT, JUDGED, german));
    }

    private static List<Texts> sentences(Split split, int count, Function<Sentence, Text> german) {
        return Worlds.sentences(split, SEED)
                .limit(count)
                .map(each -> new Texts(each.english().text(), german.apply(each).text(), "train"))
                .toList();
    }

    private static Stream<String> each(Texts texts) {
        return Stream.of(texts.read(), texts.written());
    }

    private static List<Pair> encoded(List<Texts> all, Tokenizer reader, Tokenizer writer) {
        return all.stream()
                .map(each -> new Pair(
                        reader.encode(each.read()).ids(),
                        writer.encode(each.written()).ids(),
                        each.where()))
                .toList();
    }

    /** That of what is read. */
    String tokenizerJson() {
        return tokenizers.read();
    }

    /** Ids that may be written. */
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

    /** Refuses a pair that is longer than a network has positions, and says which. */
    void requireAtMost(int positions) {
        Stream.concat(train.stream(), validation.stream())
                .filter(pair -> pair.longer() > positions)
                .findFirst()
                .ifPresent(pair -> {
                    throw new IllegalArgumentException(pair.where() + ": a pair must fit the model's " + positions
                            + " positions on either side, got " + pair.read().length + " tokens that are read and "
                            + pair.written().length + " that are written; shorten it or leave it out");
                });
    }
}
