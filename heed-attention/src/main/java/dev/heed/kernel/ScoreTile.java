package dev.heed.kernel;

import dev.heed.tensor.Tensor;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The scores of up to 32 queries of one head against a block of keys: what forward, backward and the weights on demand
 * all start from. Belongs to one thread and is reused.
 */
final class ScoreTile {
    /** Keys per block: 128 × 32 scores are 16 KiB, which stays in a first-level cache beside the queries. */
    static final int BLOCK = 128;

    private static final int Q = Tile.QUERIES;
    private static final Tile TILE = Tile.CHOSEN;

    /** Room for the scores of one block, which tiles of one thread may share. */
    static final class Block {
        private final float[] s = new float[BLOCK * Q];
        private final int[] visible = new int[BLOCK];

        float[] scores() {
            return s;
        }
    }

    /** Scores of the last block, [keys][32 queries]. */
    private float[] s;
    /** Bit q of visible[j]: query q sees key j of the last block; only valid if that block was partial. */
    private final int[] visible;

    /** d softcap(rule(x)) / dx of the last block, where there is a softcap or a rule; only if asked for. */
    private float[] slope = new float[0];

    private float[] powers = new float[0];
    private boolean keepSlope;
    private final TileRows rows = new TileRows();
    private float[] qT = new float[0];
    /** An additive comparison's v, scaled. */
    private float[] v = new float[0];

    private float[] additiveRoom = new float[0];

    private final int[] from = new int[Q];
    private final int[] to = new int[Q];
    private Problem problem = Problem.NONE;
    private int batch;
    private int head;
    private int firstQuery;
    private int queries;
    private int low;
    private int high;
    private int commonFrom;
    private int commonTo;
    private int clearFrom;
    private int clearTo;
    /** Keys that any query of a {@link Tile#PART} sees, per part; and the same within a block. */
    private final int[] partFrom = new int[Tile.PARTS];

    private final int[] partTo = new int[Tile.PARTS];
    private final int[] mixFrom = new int[Tile.PARTS];
    private final int[] mixTo = new int[Tile.PARTS];
    /** Columns of values that are no whole {@link Tile#COLUMNS}, filled up with zeros, where the array ends with them. */
    private float[] lastColumns = new float[0];
    /** What a block adds to 32 columns of a mixture. */
    private final float[] ofBlock = new float[Q * Q];

    ScoreTile(Block room) {
        s = room.s;
        visible = room.visible;
    }

    /** From now on scores go to {@code block}, {@link #BLOCK} · 32 numbers, instead of the room that tiles share. */
    void into(float[] block) {
        s = block;
    }

    /** Scores of the last block, [keys][32 queries]. */
    float[] values() {
        return s;
    }

    /** Who sees what of the last block, if it was partial: bit q of element j. */
    int[] visible() {
        return visible;
    }

    /** Takes up queries {@code firstQuery..} of one head, up to 32 of them: scaled and transposed to [D][32]. */
    void open(Problem of, int batch, int head, int firstQuery) {
        take(of, batch, head, firstQuery);
        rows.in(of.query(), batch, head, firstQuery, queries, of.terms().queryScale(), qT);
    }

    /** The same from rows that have been copied and scaled, row q at {@code at + q·stride}. */
    void open(Problem of, int batch, int head, int firstQuery, float[] copied, int at, int stride) {
        take(of, batch, head, firstQuery);
        TileRows.toLanes(copied, at, stride, queries, of.width(), qT);
    }

    private void take(Problem of, int batch, int head, int firstQuery) {
        this.problem = of;
        this.batch = batch;
        this.head = head;
        this.firstQuery = firstQuery;
        this.queries = Math.min(Q, of.queries() - firstQuery);
        if (qT.length < of.width() * Q) {
            qT = new float[of.width() * Q];
        }
        bounds(of.visible());
        Tensor additive = of.terms().additive();
        if (additive != null) {
            openAdditive(additive, of.terms().scale());
        }
    }

    private void openAdditive(Tensor additive, float scale) {
        int width = additive.size(1);
        if (v.length < width) {
            v = new float[width];
            additiveRoom = new float[2 * width * Q];
        }
        for (int a = 0; a < width; a++) {
            v[a] = additive.get(head, a) * scale;
        }
    }

    private void bounds(Visibility seen) {
        commonFrom = 0;
        commonTo = queries < Q ? 0 : Integer.MAX_VALUE;
        if (queries < Q) { // lanes without a query see nothing, so that they add nothing to any sum over queries
            Arrays.fill(from, queries, Q, 0);
            Arrays.fill(to, queries, Q, 0);
        }
        int row = seen.row(batch) + firstQuery;
        System.arraycopy(seen.from(), row, from, 0, queries);
        System.arraycopy(seen.to(), row, to, 0, queries);
        low = Integer.MAX_VALUE;
        high = 0;
        for (int part = 0; part < Tile.PARTS; part++) {
            partBounds(part, Math.min(queries, (part + 1) * Tile.PART));
        }
        low = Math.min(low, high);
    }

    private void partBounds(int part, int end) {
        int least = Integer.MAX_VALUE;
        int most = 0;
        for (int q = part * Tile.PART; q < end; q++) {
            if (from[q] < to[q]) {
                least = Math.min(least, from[q]);
                most = Math.max(most, to[q]);
            }
            commonFrom = Math.max(commonFrom, from[q]);
            commonTo = Math.min(commonTo, to[q]);
        }
        partFrom[part] = least;
        partTo[part] = most;
        low = Math.min(low, least);
        high = Math.max(high, most);
    }

    /** From now on {@link #throughSlopes} may be called. */
    void keepForGradients(ScoreTerms terms) {
        keepSlope = terms.softcap() != 0 || terms.rule() != null;
        if (keepSlope && slope.length == 0) {
            slope = new float[BLOCK * Q];
            powers = new float[BLOCK * Q];
        }
    }

    /** For whoever brings more rows of the same queries in or out. */
    TileRows rows() {
        return rows;
    }

    /** Lets go of the caller's tensors. */
    void release() {
        problem = Problem.NONE;
    }

    /** One behind the last key of the block that key {@code at} is in, or of all keys. */
    static int blockEnd(int at, int keys) {
        return Math.min(keys, (at / BLOCK + 1) * BLOCK);
    }

    /** First key that any query of the tile sees. */
    int low() {
        return low;
    }

    /** One behind the last key that any query of the tile sees. */
    int high() {
        return high;
    }

    /** Whether a query of a {@link Tile#PART} sees one of keys [from, to), as far as the mask's interval tells. */
    boolean partSees(int part, int from, int to) {
        return partFrom[part] < to && partTo[part] > from;
    }

    /**
     * Scores of keys [keyFrom, keyTo), at most {@link #BLOCK} of them, into {@link #s}; hidden ones are −∞.
     *
     * @return empty if no query of the tile sees any of these keys: then nothing was computed; partial if any query does not
     *     see all of them: {@link #visible} then says who sees what
     */
    BlockKind scores(int keyFrom, int keyTo) {
        Tensor key = problem.key();
        int rows = keyTo - keyFrom;
        BlockKind kind = look(keyFrom, rows);
        if (kind == BlockKind.EMPTY) {
            return kind;
        }
        int at = TileRows.at(key, batch, problem.keyValueHead(head), keyFrom);
        ScoreTerms terms = problem.terms();
        if (terms.additive() == null) {
            TILE.scores(key.array(), at, key.stride(2), rows, problem.width(), qT, s);
        } else {
            Additive.CHOSEN.scores(key.array(), at, key.stride(2), rows, problem.width(), qT, v, s, additiveRoom);
        }
        if (!terms.isPlain()) {
            addTerms(terms, keyFrom, rows, kind);
        }
        if (kind == BlockKind.PARTIAL) {
            TILE.hide(s, 0, clearFrom, visible);
            TILE.hide(s, clearTo, rows, visible);
        }
        return kind;
    }

    /**
     * Who sees what, before anything is computed: an element-wise mask is asked here, each visible element once, so that a
     * block that turns out empty costs no product.
     */
    private BlockKind look(int keyFrom, int rows) {
        Visibility seen = problem.visible();
        BlockKind inside = seen.kind(batch, head, firstQuery, firstQuery + queries, keyFrom, keyFrom + rows);
        if (inside == BlockKind.EMPTY) {
            return inside;
        }
        // Rows [clearFrom, clearTo) of the block are seen by every query of the tile.
        boolean everywhere = inside == BlockKind.PARTIAL || problem.terms().bias() != null;
        clearFrom = everywhere ? rows : Math.clamp(commonFrom - keyFrom, 0, rows);
        clearTo = everywhere ? rows : Math.clamp((long) commonTo - keyFrom, clearFrom, rows);
        boolean partial = clearFrom > 0 || clearTo < rows;
        if (partial) {
            TILE.interval(from, to, keyFrom, 0, clearFrom, visible);
            Arrays.fill(visible, clearFrom, clearTo, -1);
            TILE.interval(from, to, keyFrom, clearTo, rows, visible);
        }
        Tensor bias = problem.terms().bias();
        if (bias != null) {
            hideByBias(bias, keyFrom, rows);
        }
        ElementMask elements = seen.elements();
        if (elements != null && inside == BlockKind.PARTIAL) {
            return ask(elements, keyFrom, rows);
        }
        return partial ? BlockKind.PARTIAL : BlockKind.FULL;
    }

    private void addTerms(ScoreTerms terms, int keyFrom, int rows, BlockKind kind) {
        if (keepSlope) {
            Arrays.fill(slope, 0, rows * Q, 1);
        }
        ScoreRule rule = terms.rule();
        if (rule != null) {
            addRule(rule, keyFrom, rows, kind);
        }
        if (terms.softcap() != 0) {
            multiplyByCapSlope(rows, terms.softcap());
            TILE.softcap(s, rows, terms.softcap());
        }
        Tensor bias = terms.bias();
        if (bias != null) {
            addBias(bias, keyFrom, rows);
        }
        float[] slopes = terms.alibi();
        if (slopes != null) {
            addAlibi(slopes[head], keyFrom, rows);
        }
    }

    /** Asked for visible keys only: what a hidden one holds is none of the rule's business. */
    private void addRule(ScoreRule rule, int keyFrom, int rows, BlockKind kind) {
        for (int j = 0; j < rows; j++) {
            int bits = kind == BlockKind.PARTIAL ? visible[j] : -1;
            for (; bits != 0; bits &= bits - 1) {
                int q = Integer.numberOfTrailingZeros(bits);
                int i = j * Q + q;
                double score = s[i];
                s[i] = (float) rule.value(score, batch, head, firstQuery + q, keyFrom + j);
                if (keepSlope) {
                    slope[i] = (float) rule.slope(score, batch, head, firstQuery + q, keyFrom + j);
                }
            }
        }
    }

    /** Of scores before the cap: 1 − tanh² = 4e/(1 + e)² with e = exp(−2|s/cap|), which loses no digits where tanh is near 1. */
    private void multiplyByCapSlope(int rows, float cap) {
        int count = keepSlope ? rows * Q : 0;
        for (int i = 0; i < count; i++) {
            powers[i] = -2 * Math.abs(s[i] / cap);
        }
        RowMath.CHOSEN.exp(powers, 0, 0, powers, 0, count);
        for (int i = 0; i < count; i++) {
            float sum = 1 + powers[i];
            slope[i] *= 4 * powers[i] / (sum * sum);
        }
    }

    /** Turns gradients of the last block's scores into those of the scaled comparisons. */
    void throughSlopes(float[] dS, int rows) {
        for (int i = 0; keepSlope && i < rows * Q; i++) {
            dS[i] = dS[i] == 0 ? 0 : dS[i] * slope[i]; // the slope of a hidden key may be NaN
        }
    }

    /** {@link Additive#gradients} of keys {@code keyFrom..}. */
    void additiveGradients(
            int keyFrom, int rows, float[] dS, float[] dQT, float[] dK, int to, int dKStride, float[] dV) {
        Tensor key = problem.key();
        int stride = key.stride(2);
        int at = TileRows.at(key, batch, problem.keyValueHead(head), keyFrom);
        Additive.CHOSEN.gradients(
                key.array(), at, stride, rows, problem.width(), qT, v, dS, dQT, dK, to, dKStride, dV, additiveRoom);
    }

    /** A bias of −∞ hides the key: what that holds does not matter, and nobody is asked about it. */
    private void hideByBias(Tensor bias, int keyFrom, int rows) {
        int perKey = bias.stride(3);
        for (int q = 0; q < queries; q++) {
            int row = TileRows.at(bias, batch, head, firstQuery + q) + keyFrom * perKey;
            for (int j = 0; j < rows; j++) {
                if (bias.array()[row + j * perKey] == Float.NEGATIVE_INFINITY) {
                    visible[j] &= ~(1 << q);
                }
            }
        }
    }

    private void addBias(Tensor bias, int keyFrom, int rows) {
        float[] values = bias.array();
        int perKey = bias.stride(3);
        for (int q = 0; q < queries; q++) {
            int row = TileRows.at(bias, batch, head, firstQuery + q) + keyFrom * perKey;
            for (int j = 0; j < rows; j++) {
                s[j * Q + q] += values[row + j * perKey];
            }
        }
    }

    private void addAlibi(float slope, int keyFrom, int rows) {
        int offset = problem.keys() - problem.queries() + firstQuery - keyFrom;
        for (int j = 0; j < rows; j++) {
            for (int q = 0; q < Q; q++) {
                s[j * Q + q] = Math.fma(-slope, Math.abs(q + offset - j), s[j * Q + q]);
            }
        }
    }

    private BlockKind ask(ElementMask elements, int keyFrom, int rows) {
        int any = 0;
        int all = -1;
        for (int j = 0; j < rows; j++) {
            int bits = visible[j];
            for (int q = 0; q < queries; q++) {
                if ((bits >>> q & 1) != 0 && !elements.visible(batch, head, firstQuery + q, keyFrom + j)) {
                    bits &= ~(1 << q);
                }
            }
            visible[j] = bits;
            any |= bits;
            all &= bits;
        }
        if (all == -1) {
            return BlockKind.FULL;
        }
        return any == 0 ? BlockKind.EMPTY : BlockKind.PARTIAL;
    }

    /**
     * mixture[q][d] = mixture[q][d] · factor[q] + Σ_j p[j][q] · of[j][d] over keys [keyFrom, keyFrom + rows), the last block, where
     * hidden rows may hold anything; rows of the mixture are {@link Tile#padded}. The block has a sum of its own: one sum over
     * thousands of keys would lose what a sum of short ones keeps (Higham 1993).
     *
     * @param of values or keys [B, Hkv, M, D]
     * @param kind what {@link #scores} returned for the block
     * @param factor null where the mixture still is 0
     */
    void mix(Tensor of, int keyFrom, int rows, BlockKind kind, float[] p, float[] mixture, float @Nullable [] factor) {
        float[] v = of.array();
        int width = of.size(3);
        int stride = of.stride(2);
        int at = TileRows.at(of, batch, problem.keyValueHead(head), keyFrom);
        if (kind == BlockKind.PARTIAL
                && (TILE.anyNonFinite(v, at, stride, clearFrom, width)
                        || TILE.anyNonFinite(v, at + clearTo * stride, stride, rows - clearTo, width))) {
            mixVisible(v, at, stride, rows, width, p, mixture, factor);
            return;
        }
        for (int part = 0; part < Tile.PARTS; part++) {
            mixFrom[part] = Math.clamp((long) partFrom[part] - keyFrom, 0, rows);
            mixTo[part] = Math.clamp((long) partTo[part] - keyFrom, 0, rows);
        }
        int whole = width / Tile.COLUMNS * Tile.COLUMNS;
        int more = whole < width ? whole + Tile.COLUMNS : whole;
        int length = Tile.padded(width);
        // Columns behind the last are those of the next row: they only meet columns of the mixture that nobody reads.
        int lastRow = Math.max(at, at + (rows - 1) * stride); // strides may be negative
        if (whole == width || lastRow <= v.length - more) {
            mixColumns(v, at, stride, more, p, mixture, 0, length, factor);
        } else {
            mixColumns(v, at, stride, whole, p, mixture, 0, length, factor);
            copyLastColumns(v, at + whole, stride, rows, width - whole);
            mixColumns(lastColumns, 0, Tile.COLUMNS, Tile.COLUMNS, p, mixture, whole, length, factor);
        }
    }

    /** Through 4 KB that stay in the first-level cache. */
    private void mixColumns(
            float[] v,
            int at,
            int stride,
            int columns,
            float[] p,
            float[] mixture,
            int to,
            int length,
            float @Nullable [] factor) {
        if (factor == null) {
            TILE.mix(v, at, stride, mixFrom, mixTo, columns, p, 0, mixture, to, length);
            return;
        }
        for (int d = 0; d < columns; d += Q) {
            int panel = Math.min(Q, columns - d);
            Arrays.fill(ofBlock, 0);
            TILE.mix(v, at + d, stride, mixFrom, mixTo, panel, p, 0, ofBlock, 0, Q);
            TILE.join(mixture, to + d, length, panel, factor, ofBlock);
        }
    }

    private void copyLastColumns(float[] v, int at, int stride, int rows, int columns) {
        if (lastColumns.length == 0) {
            lastColumns = new float[BLOCK * Tile.COLUMNS];
        }
        for (int j = 0; j < rows; j++) {
            for (int d = 0; d < Tile.COLUMNS; d++) {
                lastColumns[j * Tile.COLUMNS + d] = d < columns ? v[at + j * stride + d] : 0;
            }
        }
    }

    /** Like {@link Tile#mix} for the last block, but never touches what a query does not see: 0 · NaN would be NaN. */
    private void mixVisible(
            float[] v, int at, int stride, int rows, int width, float[] p, float[] mixture, float @Nullable [] factor) {
        for (int q = 0; q < Q; q++) {
            for (int d = 0; d < width; d++) {
                float sum = 0;
                for (int j = 0; j < rows; j++) {
                    boolean sees = (visible[j] >>> q & 1) != 0;
                    sum = sees ? Math.fma(p[j * Q + q], v[at + j * stride + d], sum) : sum;
                }
                int to = q * Tile.padded(width) + d;
                mixture[to] = factor == null ? sum : Math.fma(mixture[to], factor[q], sum);
            }
        }
    }
}
