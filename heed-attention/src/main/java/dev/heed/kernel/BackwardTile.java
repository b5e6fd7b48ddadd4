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
    private final float[] base = new float[Q];
    private final float[] delta = new float[Q];
    private float[] dOutputT = new float[0];
    private float[] outputT = new float[0];
    /** dQ before its scale, [32][padded D]. */
    private float[] dQuery = new float[0];
    /** Of an additive comparison, whose lanes are queries in this, too: [D][32]. */
    private float[] dQueryT = new float[0];
    /** d of an additive comparison's v, one sum per query: [D][32]. */
    private float[] dAdditiveT = new float[0];

    private final float[] room = new float[Q];
    private Backward.Pass pass = Backward.Pass.NONE;
    private int batch;
    private int head;
    private int firstQuery;
    private int queries;

    /** Takes up queries {@code firstQuery..}, number {@code tile} of those whose rows have been copied. */
    void open(Backward.Pass pass, int batch, int head, int firstQuery, Backward.Rows rows, int tile) {
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
            dQueryT = new float[p.width() * Q];
            dAdditiveT = new float[p.width() * Q];
        } else {
            int size = width * Q;
            dQuery = dQuery.length < size ? new float[size] : dQuery;
            Arrays.fill(dQuery, 0, size, 0);
        }
        rowConstants(p);
    }

    /** lse and Δ of each query; a query that saw nothing (lse −∞) gets weights exp(−∞ − 0) = 0. */
    private void rowConstants(Problem p) {
        Tensor lse = pass.lse();
        Arrays.fill(base, 0);
        Arrays.fill(delta, 0);
        int lseAt = lse.offset() + batch * lse.stride(0) + head * lse.stride(1) + firstQuery * lse.stride(2);
        for (int q = 0; q < queries; q++) {
            float value = lse.array()[lseAt + q * lse.stride(2)];
            base[q] = value == Float.NEGATIVE_INFINITY ? 0 : value;
        }
        TILE.dots(dOutputT, outputT, p.valueWidth(), delta);
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
        BlockKind kind = scoreGradients(from, to);
        if (kind == BlockKind.EMPTY) {
            skip(rows);
            return false;
        }
        scores.throughSlopes(dP, rows);
        if (p.terms().additive() != null) {
            return true;
        }
        // s = scale · q·k: dQ += dS·k
        scores.mix(p.key(), from, rows, kind, dP, dQuery);
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
        TILE.exponentials(scores.values(), rows, base, scores.values());
        // o = Σ p·v: dP = dO·vᵀ
        TILE.scores(value.array(), row(value, from), value.stride(2), rows, p.valueWidth(), dOutputT, dP);
        // α = softmax(s): dS = p · (dP − Δ)
        TILE.scoreGradients(scores.values(), dP, rows, delta, kind == BlockKind.PARTIAL ? scores.visible() : null);
        return kind;
    }

    private int row(Tensor t, int key) {
        int kvHead = pass.problem().keyValueHead(head);
        return t.offset() + batch * t.stride(0) + kvHead * t.stride(1) + key * t.stride(2);
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
