package dev.heed.train;

import dev.heed.text.Token;
import dev.heed.text.Tokenizer;
import dev.heed.text.Tokens;
import dev.heed.text.Visible;
import dev.heed.train.worlds.Span;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Labelled texts as a network reads them: ids, and a label for each row of scores that a head gives.
 *
 * <pre>
 *   a text's class         [CLS] a fine day [SEP]             one row: 1
 *   classes of words       [CLS] ada love ##lace came [SEP]   a row for each token: − 1 2 − 0 −
 *   an answer's place      [CLS] who ? [SEP] ada came [SEP]   two rows, beginning and end, in which tokens are the classes: 4 4
 * </pre>
 *
 * <p>Of a word the first token has its label, the others none (Devlin et al. 2019, section 5.3). Words are read as a text with a
 * blank between any two, so a model is used on texts as it was taught. A question whose answer the tokens do not hold has the first
 * token for its place (section 4.3).
 *
 * @param names of the classes, in order
 */
record Labelling(Tokenizer tokenizer, Pieces pieces, List<String> names) {
    /**
     * A sequence of tokens.
     *
     * @param labels of its rows of scores, negative for none
     */
    record Example(Seen.Text text, int[] labels) {}

    /** One sequence, or several of a long text to which there is a question. */
    List<Example> of(Given.Item item) {
        return switch (item) {
            case Given.Example whole -> List.of(of(whole));
            case Given.TaggedWords words -> List.of(of(words));
            case Given.Question question -> of(question);
        };
    }

    private Example of(Given.Example whole) {
        Tokens tokens = tokenizer.encode(whole.content());
        return new Example(
                Seen.Text.of(tokens, pieces.beginning(tokens)), new int[] {index(whole.label(), names, whole.where())});
    }

    private Example of(Given.TaggedWords words) {
        Tokens tokens = tokenizer.encode(text(words));
        int[] kept = pieces.beginning(tokens);
        int[] labels = labels(words, tokens);
        int[] ofKept = Arrays.stream(kept).map(i -> labels[i]).toArray();
        if (Arrays.stream(ofKept).allMatch(label -> label < 0)) {
            throw new IllegalArgumentException(
                    words.where() + ": at least one of the words must make a token within the "
                            + pieces.most() + " of a sequence, got none of "
                            + Visible.quote(tokens.text()));
        }
        return new Example(Seen.Text.of(tokens, kept), ofKept);
    }

    static String text(Given.TaggedWords words) {
        return String.join(" ", words.words());
    }

    /** Of each token; −1 where it does not begin a word. */
    private int[] labels(Given.TaggedWords words, Tokens tokens) {
        int[] wordAt = wordAt(words.words());
        int[] labels = new int[tokens.size()];
        int next = 0;
        for (int i = 0; i < labels.length; i++) {
            Token token = tokens.get(i);
            int word = token.sequence() < 0 ? -1 : wordAt[token.start()];
            labels[i] = word < next ? -1 : index(words.labels().get(word), names, words.where());
            next = Math.max(next, word + 1);
        }
        return labels;
    }

    /** The word that each character of the text belongs to, a blank between to the next; −1 behind the last. */
    private static int[] wordAt(List<String> words) {
        return IntStream.rangeClosed(0, words.size())
                .flatMap(i -> i == words.size()
                        ? IntStream.of(-1)
                        : IntStream.generate(() -> i).limit(words.get(i).length() + (i == 0 ? 0 : 1)))
                .toArray();
    }

    private List<Example> of(Given.Question question) {
        Tokens tokens = tokenizer.encode(question.question(), question.context());
        int[] holding = holding(tokens, question.answer());
        return pieces.windows(tokens, question.where())
                .map(kept -> new Example(Seen.Text.of(tokens, kept), places(kept, holding)))
                .toList();
    }

    /** Of the text of a question as much as its first sequence has. */
    String about(Given.Question question) {
        Tokens tokens = tokenizer.encode(question.question(), question.context());
        int[] kept = pieces.windows(tokens, question.where()).findFirst().orElseThrow();
        return kept.length == tokens.size()
                ? question.context()
                : question.context()
                        .substring(
                                0,
                                Arrays.stream(kept)
                                        .filter(i -> tokens.get(i).sequence() == 1)
                                        .map(i -> tokens.get(i).end())
                                        .max()
                                        .orElse(0));
    }

    /** The tokens that stand for characters of an answer; none of one without. */
    private static int[] holding(Tokens tokens, Span answer) {
        return IntStream.range(0, tokens.size())
                .filter(i -> tokens.get(i).sequence() == 1
                        && tokens.get(i).start() < answer.end()
                        && tokens.get(i).end() > answer.start())
                .toArray();
    }

    /** Where among the tokens kept the first and the last of these are, if both are. */
    private static int[] places(int[] kept, int[] holding) {
        int first = holding.length == 0 ? -1 : Arrays.binarySearch(kept, holding[0]);
        int last = holding.length == 0 ? -1 : Arrays.binarySearch(kept, holding[holding.length - 1]);
        return first < 0 || last < 0 ? new int[] {0, 0} : new int[] {first, last};
    }

    /** A class by its name; a whole number that is no name counts from 0. */
    static int index(String label, List<String> names, String where) {
        int index = names.indexOf(label);
        if (index < 0 && label.matches("\\d{1,9}")) {
            index = Integer.parseInt(label);
        }
        if (index < 0 || index >= names.size()) {
            throw new IllegalArgumentException(where + ": its class must be one that the model has ("
                    + names.stream().limit(10).map(Visible::escape).collect(Collectors.joining(", "))
                    + (names.size() > 10 ? ", …" : "") + "), got " + Visible.quote(label)
                    + "; to teach other classes begin with a model without a head that classifies");
        }
        return index;
    }
}
