package dev.heed.text;

import dev.heed.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/**
 * Tokens grouped into words, and weights between tokens turned into weights between words: the weight to a word is the sum of
 * the weights to its tokens, the weight from a word the mean over its tokens, so each row still sums to 1 (Clark et al. 2019,
 * "What Does BERT Look At?", section 4.1). A special token is a group of its own.
 *
 * <pre>{@code
 * try (Model model = Model.bundled("cloze")) {
 *     Run run = model.run("The animal was tired.");
 *     Words words = Words.of(run.tokens());
 *     AttentionMap map = run.recording().map(AttentionMap.Kind.SELF, 0, 0);
 *     Tensor betweenWords = Words.group(map.weights(), words, words); // [words, words]
 * }
 * }</pre>
 *
 * @param labels one per group, in the order of their first tokens
 * @param groups of each token, its group
 */
public record Words(List<String> labels, int[] groups) {
    /** Groups the tokens by their words. */
    public static Words of(Tokens tokens) {
        List<String> labels = new ArrayList<>();
        int[] groups = new int[tokens.size()];
        for (int i = 0; i < groups.length; i++) {
            Token token = tokens.get(i);
            boolean continues = i > 0
                    && token.word() >= 0
                    && token.word() == tokens.get(i - 1).word();
            if (!continues) {
                labels.add(label(tokens, i));
            }
            groups[i] = labels.size() - 1;
        }
        return new Words(List.copyOf(labels), groups);
    }

    public int size() {
        return labels.size();
    }

    /**
     * Weights between words.
     *
     * @param weights [N, M] between tokens
     * @param queries groups of the N query tokens
     * @param keys groups of the M key tokens
     * @return [query words, key words]
     */
    public static Tensor group(Tensor weights, Words queries, Words keys) {
        int rows = queries.groups.length;
        int columns = keys.groups.length;
        if (weights.rank() != 2 || weights.size(0) != rows || weights.size(1) != columns) {
            throw new IllegalArgumentException("Words.group: weights must be [" + rows + ", " + columns
                    + "], one row per query token and one column per key token, got " + weights.describe());
        }
        double[][] sums = new double[queries.size()][keys.size()];
        int[] tokens = new int[queries.size()];
        for (int row = 0; row < rows; row++) {
            int word = queries.groups[row];
            tokens[word]++;
            for (int column = 0; column < columns; column++) {
                sums[word][keys.groups[column]] += weights.get(row, column);
            }
        }
        Tensor grouped = Tensor.zeros(queries.size(), keys.size());
        for (int word = 0; word < sums.length; word++) {
            for (int key = 0; key < keys.size(); key++) {
                grouped.set((float) (sums[word][key] / tokens[word]), word, key);
            }
        }
        return grouped;
    }

    private static String label(Tokens tokens, int first) {
        Token token = tokens.get(first);
        if (token.word() < 0 || token.start() == token.end()) {
            return token.label();
        }
        int end = token.end();
        for (int i = first + 1; i < tokens.size() && tokens.get(i).word() == token.word(); i++) {
            end = Math.max(end, tokens.get(i).end());
        }
        String pair = tokens.pair();
        String text = token.sequence() == 1 && pair != null ? pair : tokens.text();
        String covered = text.substring(token.start(), end);
        return Visible.label(covered.isBlank() ? covered : covered.strip());
    }
}
