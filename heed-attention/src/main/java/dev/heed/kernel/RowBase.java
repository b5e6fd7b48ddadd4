package dev.heed.kernel;

import dev.heed.tensor.Tensor;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * What turns a tile's scores into weights, exp(score − lse), query by query; and what is done to the scores first where that
 * would not do:
 *
 * <pre>
 *   lse          score becomes          and is subtracted   because
 *   usual        –                      lse
 *   |lse| ≥ 1024 score − max            ln Σ exp(s − max)   float32 keeps such an lse to 6e-5 and worse, a relative error of the weight
 *   −∞           –                      0                   the query sees nothing, its scores are −∞
 *   NaN          NaN where visible      0                   exp(−∞ − NaN) of a hidden key would be NaN
 * </pre>
 *
 * <p>Belongs to one tile of one thread.
 */
final class RowBase {
    private static final int Q = Tile.QUERIES;
    private static final float LARGE = 1024;

    /** What exp subtracts from each query's scores. */
    final float[] lse = new float[Q];

    private final float[] shift = new float[Q];
    private boolean shifts;
    private boolean large;
    /** Takes queries through the keys once more whose lse says too little; made when first needed. */
    private @Nullable ForwardTile again;

    /** Takes up a tile's queries {@code first..}, with what their keys say where their lse says too little. */
    void open(Problem p, Tensor allLse, int batch, int head, int first) {
        read(p, allLse, batch, head, first);
        if (large) {
            again = again == null ? new ForwardTile(new ScoreTile.Block()) : again;
            relativeTo(again.sums(p, batch, head, first));
        }
    }

    /** The same for one who has seen the keys: {@link #relativeTo} is to be called next. */
    void read(Problem p, Tensor allLse, int batch, int head, int first) {
        Arrays.fill(lse, 0);
        Arrays.fill(shift, 0);
        shifts = false;
        large = false;
        int at = TileRows.at(allLse, batch, head, first);
        int queries = Math.min(Q, p.queries() - first);
        for (int q = 0; q < queries; q++) {
            set(q, allLse.array()[at + q * allLse.stride(2)]);
        }
    }

    private void set(int q, float value) {
        lse[q] = Float.isNaN(value) || value == Float.NEGATIVE_INFINITY ? 0 : value;
        shift[q] = Float.isNaN(value) ? value : 0;
        shifts |= Float.isNaN(value);
        large |= isLarge(value);
    }

    /** @param seen largest score and sum of each query, its sink included */
    void relativeTo(Running seen) {
        for (int q = 0; q < Q; q++) {
            if (isLarge(lse[q])) {
                shift[q] = seen.max[q];
                lse[q] = (float) Ln.inDouble(seen.sum[q]);
                shifts = true;
            }
        }
    }

    private static boolean isLarge(float value) {
        return Math.abs(value) >= LARGE && Math.abs(value) < Float.POSITIVE_INFINITY;
    }

    /** Shifts the scores of a block, [rows][32]; mostly by nothing. */
    void shift(float[] s, int rows) {
        for (int i = 0; shifts && i < rows * Q; i++) {
            if (shift[i % Q] != 0 && s[i] != Float.NEGATIVE_INFINITY) {
                s[i] -= shift[i % Q];
            }
        }
    }
}
