package dev.heed.train;

import dev.heed.text.Token;
import dev.heed.text.Tokenizer;
import dev.heed.text.Tokens;
import dev.heed.train.worlds.Sentence;
import dev.heed.train.worlds.Span;
import dev.heed.train.worlds.Split;
import dev.heed.train.worlds.Stories;
import dev.heed.train.worlds.Story;
import dev.heed.train.worlds.Worlds;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Short texts as ids, each by itself: some to learn from and some to be judged by.
 *
 * <pre>
 *   ids    [CLS] the animal didn't cross the street because it     was too tired . [SEP]
 *   meant  [CLS] the animal didn't cross the street because animal was too tired . [SEP]
 * </pre>
 */
final class Documents {
    /** Seed of the generated texts; that of a recipe draws weights, order and masks. */
    private static final long SEED = 1;

    private static final int SENTENCES = 120_000;
    private static final int STORIES = 20_000;
    private static final int JUDGED = 1000;
    private static final int JUDGED_STORIES = 200;

    private final String tokenizerJson;
    private final int vocabulary;
    private final List<Document> train;
    private final List<Document> validation;
    private final String sha256;

    /**
     * A text as ids, or a piece of one.
     *
     * @param meant the same, with the word that is meant where another stands for it
     * @param ends true if the text ends with it
     */
    record Document(int[] ids, int[] meant, boolean ends) {}

    /**
     * A text.
     *
     * @param pronoun a word that stands for another, or null
     * @param meant that other word, or null
     */
    private record Written(
            String text, @Nullable Span pronoun, @Nullable String meant) {}

    private Documents(String tokenizerJson, List<Written> train, List<Written> validation, Pieces pieces) {
        this.tokenizerJson = tokenizerJson;
        try (Tokenizer tokenizer = Tokenizer.parse("tokenizer.json", tokenizerJson)) {
            this.vocabulary = tokenizer.size();
            this.train = encoded(train, tokenizer, pieces);
            this.validation = encoded(validation, tokenizer, pieces);
        }
        this.sha256 = Hash.sha256(Stream.of(train, validation)
                .flatMap(List::stream)
                .map(Written::text)
                .toArray(String[]::new));
    }

    /** Texts of the user's. */
    static Documents of(String tokenizerJson, List<String> train, List<String> validation, Pieces pieces) {
        Documents all = new Documents(tokenizerJson, plain(train), plain(validation), pieces);
        if (all.train.isEmpty() || all.validation.isEmpty()) {
            throw new IllegalArgumentException("train: the texts "
                    + (all.train.isEmpty() ? "to learn from" : "to be judged by (the last tenth)")
                    + " must have a token that stands for text, got only tokens such as [UNK]");
        }
        return all;
    }

    private static List<Written> plain(List<String> texts) {
        return texts.stream().map(text -> new Written(text, null, null)).toList();
    }

    /** English sentences of the worlds; judged by sentences with combinations of words that training never has. */
    static Documents worlds(Tokenization tokens) {
        List<Written> train = sentences(Split.TRAIN, SENTENCES);
        return new Documents(tokens.masked(texts(train)), train, sentences(Split.HELDOUT, JUDGED), Pieces.WHOLE);
    }

    private static List<Written> sentences(Split split, int count) {
        return Worlds.sentences(split, SEED)
                .limit(count)
                .map(Documents::written)
                .toList();
    }

    private static Written written(Sentence sentence) {
        Span pronoun = sentence.english().anaphor();
        String meant = pronoun == null ? null : sentence.referent().english();
        return new Written(sentence.english().text(), pronoun, meant);
    }

    /** Stories; judged by stories with combinations of words that training never has. */
    static Documents stories(Tokenization tokens) {
        List<Written> train = stories(Split.TRAIN, STORIES);
        return new Documents(tokens.told(texts(train)), train, stories(Split.HELDOUT, JUDGED_STORIES), Pieces.WHOLE);
    }

    private static List<Written> stories(Split split, int count) {
        return Stories.stories(split, SEED)
                .limit(count)
                .map(Story::text)
                .map(text -> new Written(text, null, null))
                .toList();
    }

    private static List<String> texts(List<Written> all) {
        return all.stream().map(Written::text).toList();
    }

    private static List<Document> encoded(List<Written> all, Tokenizer tokenizer, Pieces pieces) {
        return all.stream().flatMap(each -> encoded(each, tokenizer, pieces)).toList();
    }

    private static Stream<Document> encoded(Written written, Tokenizer tokenizer, Pieces pieces) {
        Tokens tokens = tokenizer.encode(written.text());
        Span pronoun = written.pronoun();
        if (pronoun == null) {
            return pieces.of(tokens, tokenizer::isSpecial);
        }
        int[] ids = tokens.ids();
        int[] meant = ids.clone();
        meant[at(tokens, pronoun)] =
                tokenizer.id(Objects.requireNonNull(written.meant())).orElseThrow();
        return Stream.of(new Document(ids, meant, true));
    }

    private static int at(Tokens tokens, Span word) {
        List<Token> all = new ArrayList<>(tokens.all());
        for (int i = 0; i < all.size(); i++) {
            if (!all.get(i).special() && all.get(i).start() == word.start()) {
                return i;
            }
        }
        throw new IllegalStateException("train: no token begins where the pronoun does in: " + tokens.text());
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

    List<Document> of(Task.Split split) {
        return split == Task.Split.TRAIN ? train : validation;
    }

    /** Of a part as many as judge a model: all of the validation part, so many from the beginning of the training part. */
    List<Document> judging(Task.Split split) {
        return split == Task.Split.TRAIN ? train.subList(0, Math.min(train.size(), validation.size())) : validation;
    }

    long size(Task.Split split) {
        return of(split).stream().mapToLong(document -> document.ids().length).sum();
    }

    int longest() {
        return Stream.concat(train.stream(), validation.stream())
                .mapToInt(document -> document.ids().length)
                .max()
                .orElse(0);
    }
}
