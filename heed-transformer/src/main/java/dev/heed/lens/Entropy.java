package dev.heed.lens;

import dev.heed.attention.AttentionMap;

/**
 * How spread out a head's rows are, between 0 (all weight on one key) and 1 (uniform over the keys that the query sees). The
 * uniform row is the baseline that each row is measured against, because a causal row i can reach no more than ln(i + 1)
 * (Clark et al. 2019, "What Does BERT Look At?", section 3.3, without their smoothing).
 *
 * <pre>{@code
 * try (Model model = Model.bundled("cloze")) {
 *     AttentionMap map = model.run("The animal was tired.").recording().map(AttentionMap.Kind.SELF, 2, 2);
 *     double spread = Entropy.relativeToUniform(map); // 1 is uniform
 * }
 * }</pre>
 */
public final class Entropy {
    private Entropy() {}

    /**
     * The mean over rows of H(row) / ln(keys the row sees); NaN if no row sees two keys.
     *
     * @param map complete rows: every key that its queries see
     */
    public static double relativeToUniform(AttentionMap map) {
        double sum = 0;
        int rows = 0;
        for (int row = 0; row < map.rows(); row++) {
            int keys = visibleKeys(map, row);
            if (keys > 1) { // a query that sees one key has no choice
                sum += nats(map, row) / Math.log(keys);
                rows++;
            }
        }
        return rows == 0 ? Double.NaN : sum / rows;
    }

    private static int visibleKeys(AttentionMap map, int row) {
        int keys = 0;
        for (int column = 0; column < map.columns(); column++) {
            keys += map.visible(row, column) ? 1 : 0;
        }
        return keys;
    }

    /** −Σ α ln α of one row. */
    private static double nats(AttentionMap map, int row) {
        double entropy = 0;
        for (int column = 0; column < map.columns(); column++) {
            double weight = map.weight(row, column);
            entropy -= weight > 0 ? weight * Math.log(weight) : 0;
        }
        return entropy;
    }
}
