package dev.heed.train;

import java.util.Collection;

/**
 * What a text is cut into before a new model learns it; the tokenizer is made from the texts that are learned.
 *
 * <pre>{@code
 * Recipe recipe = Recipe.named("shakespeare-char").withTokens(new Tokenization.BytePairs(1000));
 * }</pre>
 */
public sealed interface Tokenization {
    /** Every character, of one running text. */
    record Characters() implements Tokenization {}

    /** Every word and punctuation mark of the texts. */
    record Words() implements Tokenization {}

    /**
     * Frequent pieces of words, down to single bytes.
     *
     * @param vocabulary tokens at most, special ones and the 256 bytes included
     */
    record BytePairs(int vocabulary) implements Tokenization {}

    /** That of the model that goes on learning. */
    record OfTheModel() implements Tokenization {}

    /** As it is written in a recipe. */
    default String word() {
        return switch (this) {
            case Characters characters -> "characters";
            case Words words -> "words";
            case BytePairs pairs -> "bpe";
            case OfTheModel of -> "that of another model";
        };
    }

    /** tokenizer.json for a model that writes, see {@link WordTokenizer#written}. */
    default String written(Collection<String> texts) {
        return switch (this) {
            case Words words -> WordTokenizer.written(texts);
            case BytePairs pairs -> BytePairTokenizer.written(texts, pairs.vocabulary());
            case Characters characters -> throw wrong("texts that are each by themselves");
            case OfTheModel of -> throw wrong("a new model");
        };
    }

    /** tokenizer.json for a model that writes texts from their beginning, see {@link WordTokenizer#told}. */
    default String told(Collection<String> texts) {
        return switch (this) {
            case Words words -> WordTokenizer.told(texts);
            case BytePairs pairs -> BytePairTokenizer.told(texts, pairs.vocabulary());
            case Characters characters -> throw wrong("texts that are each by themselves");
            case OfTheModel of -> throw wrong("a new model");
        };
    }

    /** tokenizer.json for masked words, see {@link WordTokenizer#masked}. */
    default String masked(Collection<String> texts) {
        return switch (this) {
            case Words words -> WordTokenizer.masked(texts);
            case BytePairs pairs -> BytePairTokenizer.masked(texts, pairs.vocabulary());
            case Characters characters -> throw wrong("masked words");
            case OfTheModel of -> throw wrong("a new model");
        };
    }

    /** tokenizer.json for one text from another, see {@link WordTokenizer#paired}. */
    default String paired(Collection<String> texts) {
        return switch (this) {
            case Words words -> WordTokenizer.paired(texts);
            case BytePairs pairs -> BytePairTokenizer.paired(texts, pairs.vocabulary());
            case Characters characters -> throw wrong("pairs of texts");
            case OfTheModel of -> throw wrong("a new model");
        };
    }

    private IllegalArgumentException wrong(String what) {
        return new IllegalArgumentException(
                "train: " + what + " need a tokenizer of words or byte pairs (words, bpe), got " + word());
    }
}
