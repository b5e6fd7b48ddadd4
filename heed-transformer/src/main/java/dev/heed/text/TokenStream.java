package dev.heed.text;

import java.util.Arrays;

/**
 * Text of tokens that arrive one by one. What is given out never ends within a character: bytes of an unfinished one wait for
 * the rest. All parts together equal {@link Tokenizer#decode} of all ids. Not for use by several threads.
 *
 * <pre>{@code
 * try (Tokenizer tokenizer = Tokenizer.load(Path.of("models/tiny"))) {
 *     TokenStream stream = tokenizer.stream();
 *     for (int id : tokenizer.encode("naïve 🐱").ids()) {
 *         System.out.print(stream.push(id));
 *     }
 *     System.out.println(stream.finish());
 * }
 * }</pre>
 */
public final class TokenStream {
    private static final char UNFINISHED = '\uFFFD';
    /** No character has more bytes than four, and decoders look back one token at most; more than that is text. */
    private static final int LONGEST_WAIT = 8;

    private final Tokenizer tokenizer;
    private int[] ids = new int[16];
    private int size;
    /** Tokens from here are decoded again, so that the decoder sees what stands before the new ones. */
    private int contextFrom;
    /** Tokens before this one have been given out. */
    private int givenTo;

    TokenStream(Tokenizer tokenizer) {
        this.tokenizer = tokenizer;
    }

    /** The text that this token completes; empty while a character is unfinished. */
    public String push(int id) {
        if (size == ids.length) {
            ids = Arrays.copyOf(ids, 2 * size);
        }
        ids[size++] = id;
        String text = decode(contextFrom, size);
        boolean waits =
                !text.isEmpty() && text.charAt(text.length() - 1) == UNFINISHED && size - givenTo < LONGEST_WAIT;
        return waits ? "" : give(text);
    }

    /** What is left at the end: an unfinished character shows as U+FFFD. */
    public String finish() {
        return give(decode(contextFrom, size));
    }

    private String give(String text) {
        String before = decode(contextFrom, givenTo);
        if (text.length() <= before.length()) {
            return "";
        }
        contextFrom = givenTo;
        givenTo = size;
        return text.substring(before.length());
    }

    private String decode(int from, int to) {
        return tokenizer.decodeRaw(Arrays.copyOfRange(ids, from, to), true);
    }
}
