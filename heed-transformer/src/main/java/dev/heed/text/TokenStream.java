package dev.heed.text;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Text of tokens that arrive one by one. What is given out never ends within a character: bytes of an unfinished one wait for
 * the rest. All parts together equal {@link Tokenizer#decode} of all ids (but where SentencePiece's single bytes, {@code <0xE2>},
 * make a character and then none: decode takes the first one back). Not for use by several threads.
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
    private final Tokenizer tokenizer;
    private final @Nullable Tidying tidying;
    private int[] ids = new int[16];
    private int size;
    /** Tokens from here are decoded again, so that the decoder sees what stands before the new ones. */
    private int contextFrom;
    /** Tokens before this one have been given out. */
    private int givenTo;

    TokenStream(Tokenizer tokenizer, boolean tidies) {
        this.tokenizer = tokenizer;
        this.tidying = tidies ? new Tidying() : null;
    }

    /** The text that this token completes; empty while a character is unfinished, or a blank that may have to go. */
    public String push(int id) {
        String text = characters(id);
        return tidying == null ? text : tidying.add(text);
    }

    /** A token that stands before the text and is not given out, such as one of a prompt's. */
    public void skip(int id) {
        characters(id);
    }

    private String characters(int id) {
        if (size == ids.length) {
            ids = Arrays.copyOf(ids, 2 * size);
        }
        ids[size++] = id;
        return give(size - unfinished());
    }

    /** How many tokens at the end hold bytes of a character that is not whole yet. */
    private int unfinished() {
        int followers = 0; // bytes 10xxxxxx behind the place
        for (int at = size - 1; at >= givenTo; at--) {
            if (tokenizer.leavesNoText(ids[at])) {
                continue; // what is beside it joins
            }
            byte[] bytes = tokenizer.bytes(ids[at]);
            if (bytes.length == 0) {
                return 0;
            }
            for (int i = bytes.length - 1; i >= 0; i--) {
                if ((bytes[i] & 0xC0) != 0x80) {
                    return followersOf(bytes[i] & 0xFF) > followers ? size - at : 0;
                }
                if (++followers == 3) {
                    return 0;
                }
            }
        }
        return 0;
    }

    /** How many bytes follow the first of a character in UTF-8. */
    private static int followersOf(int first) {
        return first >= 0xF5 ? 0 : first >= 0xF0 ? 3 : first >= 0xE0 ? 2 : first >= 0xC2 ? 1 : 0;
    }

    /** What is left at the end: an unfinished character shows as U+FFFD. */
    public String finish() {
        String text = give(size);
        return tidying == null ? text : tidying.add(text) + tidying.finish();
    }

    /** @param to tokens before this one are whole characters */
    private String give(int to) {
        String before = decode(contextFrom, givenTo);
        String text = decode(contextFrom, to);
        if (text.length() <= before.length()) {
            return "";
        }
        contextFrom = givenTo;
        givenTo = to;
        return text.substring(before.length());
    }

    private String decode(int from, int to) {
        return tokenizer.decodeRaw(Arrays.copyOfRange(ids, from, to), true);
    }
}
