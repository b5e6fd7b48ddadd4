package dev.heed.attention;

import dev.heed.tensor.Tensor;
import java.util.List;

/**
 * A tile of one head's weights with its labels: what every picture, table and export is made from.
 *
 * @param layer zero-based
 * @param head zero-based query head
 * @param keyValueHead the key and value head it reads; equals {@code head} where heads are not grouped
 * @param kind which attention of the layer
 * @param firstQuery index of row 0 in the sequence of queries
 * @param firstKey index of column 0 in the sequence of keys
 * @param queryTokens one label per row
 * @param keyTokens one label per column
 * @param weights [rows, columns], 0..1; 0 where hidden
 * @param visible row-major, whether that row's query may see that column's key: a hidden key is not a zero weight
 */
public record AttentionMap(
        int layer,
        int head,
        int keyValueHead,
        Kind kind,
        int firstQuery,
        int firstKey,
        List<String> queryTokens,
        List<String> keyTokens,
        Tensor weights,
        boolean[] visible) {

    /** Who attends to whom. */
    public enum Kind {
        /** Queries and keys are the same sequence. */
        SELF,
        /** Self-attention of an encoder that is read beside a decoder. */
        ENCODER,
        /** Decoder queries on encoder keys. */
        CROSS
    }

    /** The head's name, zero-based: {@code L4H7}, with grouped heads {@code L4H7 (KV 1)}. */
    public String name() {
        return "L" + layer + "H" + head + (keyValueHead == head ? "" : " (KV " + keyValueHead + ")");
    }

    public int rows() {
        return weights.size(0);
    }

    public int columns() {
        return weights.size(1);
    }

    public float weight(int row, int column) {
        return weights.get(row, column);
    }

    public boolean visible(int row, int column) {
        return visible[row * columns() + column];
    }

    /** Largest |row sum − 1| over rows that see a key; rows must be complete. The picture's own check. */
    public double largestRowSumError() {
        double worst = 0;
        for (int row = 0; row < rows(); row++) {
            double sum = 0;
            boolean sees = false;
            for (int column = 0; column < columns(); column++) {
                sum += weight(row, column);
                sees |= visible(row, column);
            }
            worst = sees ? Math.max(worst, Math.abs(sum - 1)) : worst;
        }
        return worst;
    }
}
