package dev.heed.text;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A text as tokens, in order.
 *
 * <pre>{@code
 * try (Tokenizer tokenizer = Tokenizer.load(Path.of("models/tiny"))) {
 *     Tokens tokens = tokenizer.encode("The cat sat.");
 *     tokens.all().forEach(token -> System.out.println(token.id() + " " + token.label()));
 * }
 * }</pre>
 *
 * @param text what was encoded
 * @param pair the second text, or null
 * @param all the tokens of both, with the special tokens that the model expects around them
 */
public record Tokens(String text, @Nullable String pair, List<Token> all) {
    public int size() {
        return all.size();
    }

    public Token get(int index) {
        return all.get(index);
    }

    /** Ids in order. */
    public int[] ids() {
        return all.stream().mapToInt(Token::id).toArray();
    }

    /** Segment numbers in order. */
    public int[] typeIds() {
        return all.stream().mapToInt(Token::typeId).toArray();
    }

    /** Labels in order. */
    public List<String> labels() {
        return all.stream().map(Token::label).toList();
    }

    /**
     * These tokens, if there are at most so many.
     *
     * @throws IllegalArgumentException if there are more
     */
    public Tokens requireAtMost(int longest) {
        return requireAtMost("text", longest);
    }

    /** The same; {@code who} begins the message, where there are several texts. */
    public Tokens requireAtMost(String who, int longest) {
        if (size() > longest) {
            throw new IllegalArgumentException(who + ": at most " + longest + " tokens fit this model, got " + size()
                    + "; shorten the text to about " + characters() * longest / size() + " characters");
        }
        return this;
    }

    private long characters() {
        return text.length() + (pair == null ? 0L : pair.length());
    }
}
