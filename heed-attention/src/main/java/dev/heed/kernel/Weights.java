package dev.heed.kernel;

import dev.heed.tensor.Tensor;

/** Weights on demand: any tile of exp(score − lse), from queries, keys and lse alone; {@link RowBase} where lse says too little. */
public final class Weights {
    private static final int Q = Tile.QUERIES;

    private Weights() {}

    /**
     * Fills {@code weights} [queryTo − queryFrom, keyTo − keyFrom], which are zeros: hidden keys keep them.
     *
     * @param lse [B, Hq, N] as the forward pass returned it
     */
    public static void run(
            Problem problem, Tensor lse, int batch, int head, int queryFrom, int keyFrom, Tensor weights) {
        ScoreTile scores = new ScoreTile(new ScoreTile.Block());
        RowBase base = new RowBase();
        for (int first = 0; first < weights.size(0); first += Q) {
            scores.open(problem, batch, head, queryFrom + first);
            base.open(problem, lse, batch, head, queryFrom + first);
            int end = Math.min(weights.size(0), first + Q);
            tile(scores, base, keyFrom, weights.slice(0, first, end));
        }
    }

    /** @param weights rows of the open queries, of keys {@code keyFrom..} */
    private static void tile(ScoreTile scores, RowBase base, int keyFrom, Tensor weights) {
        int to = Math.min(keyFrom + weights.size(1), scores.high());
        for (int at = Math.max(keyFrom, scores.low()), end; at < to; at = end) {
            end = ScoreTile.blockEnd(at, to);
            if (scores.scores(at, end) != BlockKind.EMPTY) {
                base.shift(scores.values(), end - at);
                write(scores.values(), base.lse, weights.slice(1, at - keyFrom, end - keyFrom));
            }
        }
    }

    private static void write(float[] scores, float[] lse, Tensor weights) {
        for (int q = 0; q < weights.size(0); q++) {
            for (int j = 0; j < weights.size(1); j++) {
                weights.set(Exp.exp(scores[j * Q + q] - lse[q]), q, j);
            }
        }
    }
}
