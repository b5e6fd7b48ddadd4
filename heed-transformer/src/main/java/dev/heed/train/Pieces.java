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

    /** A text's ids; of a longer text as many as a piece takes, closed. */
    int[] beginning(Tokens tokens) {
        int[] ids = tokens.ids();
        if (ids.length <= most) {
            return ids;
        }
        int behind = added(tokens.all().reversed());
        int before = added(tokens.all());
        return IntStream.concat(
                        Arrays.stream(ids, 0, before + room(before, behind)),
                        Arrays.stream(ids, ids.length - behind, ids.length))
                .toArray();
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
