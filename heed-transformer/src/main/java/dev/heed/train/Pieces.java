package dev.heed.train;

import dev.heed.text.Token;
import dev.heed.text.Tokens;
import dev.heed.train.Documents.Document;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Texts of more tokens than a sequence may have, cut into pieces that are about as long as each other. What the tokenizer puts
 * before a text stands before each piece; what it puts behind one stands behind each closed piece, and behind the last open one.
 *
 * <pre>
 *   closed   [CLS] a b c [SEP]   [CLS] d e [SEP]     for networks that read from both sides
 *   open     &lt;s&gt; a b c           &lt;s&gt; d e &lt;/s&gt;         for those that predict how a text goes on
 * </pre>
 *
 * @param most tokens of a piece
 * @param kind whether each piece ends as a text does
 */
record Pieces(int most, Kind kind) {
    /** Texts as they are. */
    static final Pieces WHOLE = new Pieces(Integer.MAX_VALUE, Kind.CLOSED);

    /** Whether each piece ends as a text does. */
    enum Kind {
        CLOSED,
        OPEN
    }

    /**
     * The pieces of a text that there is something to learn of.
     *
     * @param special true for ids that are never asked for in texts that are read from both sides
     */
    Stream<Document> of(Tokens tokens, IntPredicate special) {
        if (tokens.all().stream().allMatch(Pieces::isAdded)) {
            return Stream.empty();
        }
        int[] ids = tokens.ids();
        Stream<Document> pieces = ids.length <= most ? Stream.of(new Document(ids, ids, true)) : cut(tokens.all(), ids);
        return kind == Kind.OPEN
                ? pieces
                : pieces.filter(piece -> Arrays.stream(piece.ids()).anyMatch(special.negate()));
    }

    /** Which tokens of a text: all, or of a longer text as many as a piece takes, closed. */
    int[] beginning(Tokens tokens) {
        int size = tokens.size();
        if (size <= most) {
            return IntStream.range(0, size).toArray();
        }
        int behind = added(tokens.all().reversed());
        int before = added(tokens.all());
        int cut = before + room(before, behind);
        return IntStream.range(0, size)
                .filter(i -> i < cut || i >= size - behind)
                .toArray();
    }

    /**
     * Which tokens of a question and its text: all, or pieces with the whole question and as much of the text as there is room for.
     * Texts of such pieces overlap by a third of a piece, as 128 of 384 tokens do in the usual recipe for SQuAD, so that most answers
     * have words on both sides in one of them.
     *
     * @param pair the text is its second
     * @param where it is from, for messages
     */
    Stream<int[]> windows(Tokens pair, String where) {
        int size = pair.size();
        int[] text = IntStream.range(0, size)
                .filter(i -> pair.get(i).sequence() == 1)
                .toArray();
        if (size <= most || text.length == 0) {
            return Stream.of(IntStream.range(0, size).toArray());
        }
        int from = text[0];
        int to = from + text.length;
        int room = most - (size - text.length);
        int step = room - most / 3;
        if (step < 1) {
            throw new IllegalArgumentException(
                    where + ": beside a question there must be room for more than a third of a"
                            + " sequence of its text, but the question takes " + (size - text.length) + " of " + most
                            + " tokens; give a larger --context, or shorten the question");
        }
        int count = 1 + (text.length - room + step - 1) / step;
        return IntStream.range(0, count).mapToObj(i -> {
            int begin = from + i * step;
            return IntStream.range(0, size)
                    .filter(at -> at < from || at >= to || at >= begin && at < begin + room)
                    .toArray();
        });
    }

    private Stream<Document> cut(List<Token> tokens, int[] ids) {
        int before = added(tokens);
        int behind = added(tokens.reversed());
        int room = room(before, behind);
        int length = ids.length - before - behind;
        int count = (length + room - 1) / room;
        return IntStream.range(0, count).mapToObj(i -> {
            boolean last = i == count - 1;
            int[] piece = Stream.of(
                            Arrays.stream(ids, 0, before),
                            Arrays.stream(ids, before + part(length, i, count), before + part(length, i + 1, count)),
                            Arrays.stream(
                                    ids, last || kind == Kind.CLOSED ? ids.length - behind : ids.length, ids.length))
                    .flatMapToInt(Function.identity())
                    .toArray();
            return new Document(piece, piece, last);
        });
    }

    private int room(int before, int behind) {
        if (most <= before + behind) {
            throw new IllegalArgumentException("train: the tokenizer adds " + (before + behind)
                    + " tokens to each text, so the context must be more than that, got " + most);
        }
        return most - before - behind;
    }

    private static int part(long length, int i, int count) {
        return (int) (length * i / count);
    }

    private static int added(List<Token> tokens) {
        return (int) tokens.stream().takeWhile(Pieces::isAdded).count();
    }

    /** True for tokens such as [CLS] that the tokenizer puts around a text. */
    private static boolean isAdded(Token token) {
        return token.sequence() < 0;
    }
}
