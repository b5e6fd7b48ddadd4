package dev.heed.train.worlds;

import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * One written sentence and where its parts stand.
 *
 * @param text the sentence
 * @param referent the noun that the property is said of, at its mention in the main clause
 * @param other the other candidate noun, or null where there is none
 * @param distractors nouns that are no candidates, in the order of the text
 * @param anaphor the word in the because-clause that stands for the referent ("it"; German er, sie, es, or the noun
 *     repeated), or null where there is no such clause
 * @param property the property word
 */
public record Text(
        String text,
        Span referent,
        @Nullable Span other,
        List<Span> distractors,
        @Nullable Span anaphor,
        Span property) {
    /** What a word-level tokenizer sees: words (with ' and - inside) and single punctuation marks. */
    public static final Pattern TOKEN = Pattern.compile("[\\p{L}'-]+|[.,!?\"]");

    /** The tokens of the text, in order. */
    public List<String> tokens() {
        return tokens(text);
    }

    static List<String> tokens(String text) {
        return TOKEN.matcher(text).results().map(match -> match.group()).toList();
    }
}
