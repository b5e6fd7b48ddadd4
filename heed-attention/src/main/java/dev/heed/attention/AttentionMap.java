package dev.heed.attention;

import dev.heed.kernel.Problem;
import dev.heed.tensor.Tensor;
import java.util.List;
import java.util.stream.IntStream;

/**
 * A tile of one head's weights with its labels: what every picture, table and export is made from.
 *
 * <pre>{@code
 * AttentionOutput result = attention.apply(query, key, value);
 * AttentionMap.Tile whole = AttentionMap.Tile.whole(0, 3, query, key); // batch 0, head 3
 * AttentionMap map = AttentionMap.of(attention, query, key, result.lse(), whole).labelled(tokens, tokens);
 * float weight = map.weight(2, 1); // of query 2 on key 1
 * }</pre>
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

    public AttentionMap {
        if (weights.rank() != 2
                || queryTokens.size() != weights.size(0)
                || keyTokens.size() != weights.size(1)
                || visible.length != weights.elements()) {
            throw new IllegalArgumentException("AttentionMap: one query token per row, one key token per column and one"
                    + " visible flag per weight are needed, got weights " + weights.describe() + ", "
                    + queryTokens.size() + " query tokens, " + keyTokens.size() + " key tokens, " + visible.length
                    + " flags");
        }
        queryTokens = List.copyOf(queryTokens);
        keyTokens = List.copyOf(keyTokens);
    }

    /**
     * Part of one head: queries [queryFrom, queryTo) against keys [keyFrom, keyTo).
     *
     * @param batch which sequence
     * @param head query head
     */
    public record Tile(int batch, int head, int queryFrom, int queryTo, int keyFrom, int keyTo) {
        /** All queries and keys of a head: N×M weights. */
        public static Tile whole(int batch, int head, Tensor query, Tensor key) {
            return new Tile(batch, head, 0, query.size(2), 0, key.size(2));
        }
    }

    /** Who attends to whom. */
    public enum Kind {
        /** Queries and keys are the same sequence. */
        SELF,
        /** Self-attention of an encoder that is read beside a decoder. */
        ENCODER,
        /** Decoder queries on encoder keys. */
        CROSS
    }

    /**
     * Recomputes a tile of weights from what attention returned; layer 0, self-attention, and positions as labels until
     * {@link #at} and {@link #labelled} say otherwise.
     *
     * <pre>{@code
     * AttentionOutput result = causal.apply(query, key, value);
     * AttentionMap map = AttentionMap.of(causal, query, key, result.lse(), AttentionMap.Tile.whole(0, 3, query, key));
     * }</pre>
     *
     * @param query [B, Hq, N, D]
     * @param key [B, Hkv, M, D]
     * @param lse [B, Hq, N]
     */
    public static AttentionMap of(Attention attention, Tensor query, Tensor key, Tensor lse, Tile tile) {
        Problem problem = attention.problem(query, key, key);
        Tensor weights = Attention.weights(problem, lse, tile);
        return new AttentionMap(
                0,
                tile.head(),
                problem.keyValueHead(tile.head()),
                Kind.SELF,
                tile.queryFrom(),
                tile.keyFrom(),
                positions(tile.queryFrom(), tile.queryTo()),
                positions(tile.keyFrom(), tile.keyTo()),
                weights,
                visible(problem, tile));
    }

    private static boolean[] visible(Problem problem, Tile tile) {
        int columns = tile.keyTo() - tile.keyFrom();
        boolean[] visible = new boolean[(tile.queryTo() - tile.queryFrom()) * columns];
        for (int at = 0; at < visible.length; at++) {
            int query = tile.queryFrom() + at / columns;
            int key = tile.keyFrom() + at % columns;
            visible[at] = problem.sees(tile.batch(), tile.head(), query, key);
        }
        return visible;
    }

    private static List<String> positions(int from, int to) {
        return IntStream.range(from, to).mapToObj(Integer::toString).toList();
    }

    /** The same tile under other labels. */
    public AttentionMap labelled(List<String> queries, List<String> keys) {
        return new AttentionMap(layer, head, keyValueHead, kind, firstQuery, firstKey, queries, keys, weights, visible);
    }

    /** The same tile as part of a layer of a model. */
    public AttentionMap at(int ofLayer, Kind ofKind) {
        return new AttentionMap(
                ofLayer, head, keyValueHead, ofKind, firstQuery, firstKey, queryTokens, keyTokens, weights, visible);
    }

    /** The head's name, zero-based: {@code L4H7}, with grouped heads {@code L4H7 (KV 1)}. */
    public String name() {
        return "L" + layer + "H" + head + (keyValueHead == head ? "" : " (KV " + keyValueHead + ")");
    }

    /** Name, size and, where there are few, the weights. */
    @Override
    public String toString() {
        return name() + " " + weights;
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

    /** Whether the mask, and a bias that is not −∞, let the row's query see the column's key. */
    public boolean visible(int row, int column) {
        if (row < 0 || row >= rows() || column < 0 || column >= columns()) {
            throw new IndexOutOfBoundsException("AttentionMap.visible: row " + row + ", column " + column
                    + " must lie within " + weights.describe() + ", counted from 0");
        }
        return visible[row * columns() + column];
    }

    /**
     * Largest |row sum − 1| over rows that see a key; rows must be complete. The picture's own check. Beside a sink rows sum to
     * less than one, and that shows here.
     */
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

    /**
     * Largest |Σ α·v − output|, summed in double over the visible keys: the picture's own check that these weights and no
     * others made the output. The tile must hold every key that its queries see.
     *
     * @param value [M, Dv], the values of {@link #keyValueHead}
     * @param output [N, Dv], the output of {@link #head}
     */
    public double largestOutputError(Tensor value, Tensor output) {
        if (value.rank() != 2 || output.rank() != 2 || value.size(1) != output.size(1)) {
            throw new IllegalArgumentException(
                    "AttentionMap.largestOutputError: value [M, Dv] and output [N, Dv] of one"
                            + " head are needed, got value " + value.describe() + ", output " + output.describe());
        }
        double worst = 0;
        for (int row = 0; row < rows(); row++) {
            for (int d = 0; d < value.size(1); d++) {
                worst = Math.max(worst, Math.abs(mixture(row, d, value) - output.get(firstQuery + row, d)));
            }
        }
        return worst;
    }

    private double mixture(int row, int d, Tensor value) {
        double sum = 0;
        for (int column = 0; column < columns(); column++) {
            if (visible(row, column)) {
                sum += (double) weight(row, column) * value.get(firstKey + column, d);
            }
        }
        return sum;
    }
}
