package dev.heed.kernel;

import dev.heed.tensor.Tensor;

/** Weights on demand: any tile of exp(score − lse), from queries, keys and lse alone; {@link RowBase} where lse says too little. */
public final class Weights {
    private static final int Q = Tile.QUERIES;

    private Weights() {}

    /**
     * Fills {@code weights} [queryTo − queryFrom, keyTo − keyFrom]; hidden keys get 0.
     *
     * @param lse [B, Hq, N] as the forward pass returned it
     */
    public static void run(
            Problem problem, Tensor lse, int batch, int head, int queryFrom, int keyFrom, Tensor weights) {
        ScoreTile scores = new ScoreTile(new ScoreTile.Block());
        RowBase base = new RowBase();
        int queryTo = queryFrom + weights.size(0);
        int keyTo = keyFrom + weights.size(1);
        for (int first = queryFrom; first < queryTo; first += Q) {
            scores.open(problem, batch, head, first);
            int rows = Math.min(Q, queryTo - first);
            base.reset();
            for (int q = 0; q < rows; q++) {
                base.set(q, lse.get(batch, head, first + q));
            }
            if (base.isLarge()) {
                base.relativeTo(new ForwardTile(new ScoreTile.Block()).sums(problem, batch, head, first));
            }
            int from = Math.max(keyFrom, scores.low());
            int to = Math.min(keyTo, scores.high());
            for (int at = from; at < to; ) {
                int end = Math.min(to, (at / ScoreTile.BLOCK + 1) * ScoreTile.BLOCK);
                boolean seen = scores.scores(at, end) != BlockKind.EMPTY;
                base.shift(scores.values(), end - at);
                for (int q = 0; seen && q < rows; q++) {
                    for (int j = at; j < end; j++) {
                        float score = scores.values()[(j - at) * Q + q];
                        weights.set(Exp.exp(score - base.lse[q]), first + q - queryFrom, j - keyFrom);
                    }
                }
                at = end;
            }
        }
    }
}
