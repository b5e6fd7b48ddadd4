package dev.heed.text;

/**
 * One token of a text.
 *
 * <pre>{@code
 * try (Tokenizer tokenizer = Tokenizer.load(Path.of("models/tiny"))) {
 *     Tokens tokens = tokenizer.encode("naïve 🐱");
 *     Token last = tokens.get(tokens.size() - 1);
 *     String covered = tokens.text().substring(last.start(), last.end());
 * }
 * }</pre>
 *
 * @param id its number in the vocabulary
 * @param piece its spelling in the vocabulary, such as {@code Ġthe} or {@code ##ing}
 * @param label the same to be read: spaces as ␣, line ends as ↵, bytes that are no character as {@code <0xE2>}
 * @param special true for tokens such as {@code [CLS]} that stand for no text
 * @param sequence 0 for the text, 1 for its pair, −1 for tokens that were added around them
 * @param typeId the segment number that BERT's segment embedding wants
 * @param start first char of the text it stands for, in UTF-16 units of the Java string
 * @param end the char after the last; equal to {@code start} where it stands for no text
 * @param codePointStart {@code start} counted in code points, as Python counts
 * @param codePointEnd {@code end} counted in code points
 * @param word which word of the texts it belongs to, counted from 0 through both texts; −1 for special tokens
 */
public record Token(
        int id,
        String piece,
        String label,
        boolean special,
        int sequence,
        int typeId,
        int start,
        int end,
        int codePointStart,
        int codePointEnd,
        int word) {}
