package dev.heed.kernel;

import dev.heed.tensor.Tensor;
import java.util.Arrays;

/**
 * The backward pass of one tile of 32 queries: its weights and score gradients against a block of keys, and its dQ. What the
 * tile adds to dK and dV, several tiles add together ({@link Backward}). Belongs to one thread and is reused.
 */
final class BackwardTile {
    private static final int Q = Tile.QUERIES;
    private static final Tile TILE = Tile.CHOSEN;

    private final ScoreTile scores = new ScoreTile(new ScoreTile.Block());
    private final float[] dP = new float[ScoreTile.BLOCK * Q];
    private final RowBase base = new RowBase();
    private final float[] delta = new float[Q];
    private float[] dOutputT = new float[0];
    private float[] outputT = new float[0];
    /** dQ before its scale, [32][padded D]. */
    private float[] dQuery = new float[0];
    /** No block has been added to dQ. */
    private boolean first;
    /** Of an additive comparison, whose lanes are queries in this, too: [D][32]. */
    private float[] dQueryT = new float[0];
    /** d of an additive comparison's v, one sum per query: [D][32]. */
    private float[] dAdditiveT = new float[0];

    private final float[] room = new float[Q];
    /** Queries, bit by bit, whose dO is not finite: what they add to dV is added by {@link #addApart}. */
    private int apart;

    /** What the last block was to the tile, and where the keys end of which anything was computed. */
    private BlockKind kind = BlockKind.EMPTY;

    private int end;
    private Backward.Pass pass = Backward.Pass.NONE;
    private int batch;
    private int head;
    private int firstQuery;
    private int queries;

    /** Takes up queries {@code firstQuery..}, number {@code tile} of those whose rows have been copied. */
    void open(Backward.Pass pass, int batch, int head, int firstQuery, Backward.QueryRows rows, int tile) {
        Problem p = pass.problem();
        this.pass = pass;
        this.batch = batch;
        this.head = head;
        this.firstQuery = firstQuery;
        queries = Math.min(Q, p.queries() - firstQuery);
        if (dOutputT.length < p.valueWidth() * Q) {
            dOutputT = new float[p.valueWidth() * Q];
            outputT = new float[p.valueWidth() * Q];
        }
        scores.keepForGradients(p.terms());
        int width = Tile.padded(p.width());
        scores.open(p, batch, head, firstQuery, rows.query(), tile * Q * width, width);
        int valueWidth = Tile.padded(p.valueWidth());
        int at = tile * Q * valueWidth;
        TileRows.toLanes(rows.dOutput(), at, valueWidth, queries, p.valueWidth(), dOutputT);
        TileRows.toLanes(rows.output(), at, valueWidth, queries, p.valueWidth(), outputT);
        if (p.terms().additive() != null) {
            dQueryT = TileRows.zeros(dQueryT, p.width() * Q);
            dAdditiveT = TileRows.zeros(dAdditiveT, p.width() * Q);
        } else {
            dQuery = TileRows.zeros(dQuery, width * Q);
            first = true;
        }
        rowConstants(p);
        apart = withhold(p, rows, tile);
    }

    /** lse and Δ of each query. */
    private void rowConstants(Problem p) {
        base.open(p, pass.lse(), batch, head, firstQuery);
        TILE.dots(dOutputT, outputT, p.valueWidth(), delta);
    }

    private float lse(int q) {
        Tensor lse = pass.lse();
        return lse.array()[TileRows.at(lse, batch, head, firstQuery + q)];
    }

    /**
     * Sums over queries multiply what a hidden pair weighs, 0, with the query's row, and 0 · NaN is NaN: rows that are not finite
     * become zeros there. Of a key that such a query sees, dS is NaN already, and so is dK; its part of dV is added apart.
     *
     * @return the queries whose dO is not finite
     */
    private int withhold(Problem p, Backward.QueryRows rows, int tile) {
        boolean plain = p.terms().isPlain() && p.terms().sink() == null;
        int bits = 0;
        for (int q = 0; q < queries; q++) {
            if (plain && Float.isFinite(lse(q)) && Float.isFinite(delta[q])) {
                continue; // a number that is not finite would show in one of them
            }
            clearUnlessFinite(rows.query(), tile * Q + q, Tile.padded(p.width()));
            if (clearUnlessFinite(rows.dOutput(), tile * Q + q, Tile.padded(p.valueWidth()))) {
                bits |= 1 << q;
            }
        }
        return bits;
    }

    private static boolean clearUnlessFinite(float[] x, int row, int width) {
        boolean clear = TILE.anyNonFinite(x, row * width, width, 1, width);
        if (clear) {
            Arrays.fill(x, row * width, (row + 1) * width, 0);
        }
        return clear;
    }

    /** After {@link #block}: adds p · dO of queries whose dO is not finite to dV, whose row of key {@code from} is at {@code at}. */
    void addApart(int from, float[] dValue, int at, int stride) {
        Tensor dOutput = pass.dOutput();
        for (int bits = apart; bits != 0; bits &= bits - 1) {
            int q = Integer.numberOfTrailingZeros(bits);
            for (int j = 0; kind != BlockKind.EMPTY && j < end - from; j++) {
                boolean sees = kind == BlockKind.FULL || (scores.visible()[j] >>> q & 1) != 0;
                for (int d = 0; sees && d < dOutput.size(3); d++) {
                    float x = dOutput.get(batch, head, firstQuery + q, d);
                    dValue[at + j * stride + d] = Math.fma(weights()[j * Q + q], x, dValue[at + j * stride + d]);
                }
            }
        }
    }

    int low() {
        return scores.low();
    }

    int high() {
        return scores.high();
    }

    /** Whether a query of a {@link Tile#PART} sees one of keys [from, to), as far as the mask's interval tells. */
    boolean partSees(int part, int from, int to) {
        return scores.partSees(part, from, to);
    }

    /** Weights of the last block, [keys][32]; zero where the tile sees nothing of it. */
    float[] weights() {
        return scores.values();
    }

    /** Gradients of the scaled comparisons of the last block, [keys][32]; likewise. */
    float[] dScores() {
        return dP;
    }

    /** Zeroes what the tile adds for a block that it does not see. */
    void skip(int rows) {
        kind = BlockKind.EMPTY;
        skipRows(0, rows);
    }

    private void skipRows(int from, int to) {
        Arrays.fill(scores.values(), from * Q, to * Q, 0);
        Arrays.fill(dP, from * Q, to * Q, 0);
    }

    /**
     * Weights and score gradients for keys [from, blockTo), of which the tile sees some; adds to dQ.
     *
     * @return false if an element-wise mask hides them all: then both are zero
     */
    boolean block(int from, int blockTo) {
        Problem p = pass.problem();
        int to = Math.min(blockTo, scores.high());
        int rows = to - from;
        skipRows(rows, blockTo - from);
        kind = scoreGradients(from, to);
        end = to;
        if (kind == BlockKind.EMPTY) {
            skip(rows);
            return false;
        }
        scores.throughSlopes(dP, rows);
        if (p.terms().additive() != null) {
            return true;
        }
        // s = scale · q·k: dQ += dS·k
        scores.mix(p.key(), from, rows, kind, dP, dQuery, first ? null : Backward.ONES);
        first = false;
        return true;
    }

    /** Of an additive comparison, after {@link #block}: adds to dQ, dv, and dK, whose row of key {@code from} is at {@code at}. */
    void additive(int from, int blockTo, float[] dKey, int at, int stride) {
        int rows = Math.min(blockTo, scores.high()) - from;
        if (rows > 0) {
            scores.additiveGradients(from, rows, dP, dQueryT, dKey, at, stride, dAdditiveT);
        }
    }

    /** Adds the tile's dv, its 32 lanes folded: s = Σ (scale · v)·t. */
    void addAdditive(float[] to, int at) {
        Problem p = pass.problem();
        for (int a = 0; a < p.width(); a++) {
            System.arraycopy(dAdditiveT, a * Q, room, 0, Q);
            to[at + a] += p.terms().scale() * RowMath.fold(room);
        }
    }

    /** dS of the scores themselves, before softcap and rule are looked through. */
    BlockKind scoreGradients(int from, int to) {
        Problem p = pass.problem();
        Tensor value = p.value();
        int rows = to - from;
        // s = scale · q·k, then p = exp(s − lse)
        BlockKind kind = scores.scores(from, to);
        if (kind == BlockKind.EMPTY) {
            return kind;
        }
        base.shift(scores.values(), rows);
        TILE.exponentials(scores.values(), rows, base.lse, scores.values());
        // o = Σ p·v: dP = dO·vᵀ, added up as Δ = dO·o is, so that with one key, whose value is o, dP − Δ is 0
        int at = TileRows.at(value, batch, p.keyValueHead(head), from);
        TILE.scores(value.array(), at, value.stride(2), rows, p.valueWidth(), dOutputT, dP);
        // α = softmax(s): dS = p · (dP − Δ)
        TILE.scoreGradients(scores.values(), dP, rows, delta, kind == BlockKind.PARTIAL ? scores.visible() : null);
        return kind;
    }

    /** Writes dQ and lets go of the caller's tensors. */
    void close() {
        Problem p = pass.problem();
        Arrays.fill(delta, p.terms().queryScale());
        if (p.terms().additive() != null) {
            scores.rows().lanesOut(dQueryT, delta, pass.dQuery(), batch, head, firstQuery, queries);
        } else {
            TileRows.out(dQuery, delta, pass.dQuery(), batch, head, firstQuery, queries);
        }
        release();
    }

    void release() {
        scores.release();
        pass = Backward.Pass.NONE;
    }
}
