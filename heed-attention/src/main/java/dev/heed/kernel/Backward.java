package dev.heed.kernel;

import dev.heed.tensor.Tensor;
import java.util.Arrays;

/**
 * Exact gradients of attention from output and lse, recomputing the weights tile by tile (FlashAttention-2, Dao 2023,
 * arXiv 2307.08691, algorithm 2). Per 32 queries and 128 keys, lanes are queries as in {@link Tile}:
 *
 * <pre>
 *   forward                         backward
 *   s  = scale · q·k                dQ_i += scale · Σ_j dS_ij · k_j      dK_j += Σ_i dS_ij · scale · q_i
 *   p  = exp(s − lse)               dS    = p · (dP − Δ),  Δ_i = Σ_d dO_id · O_id
 *   o  = Σ_j p · v_j                dP_ij = dO_i · v_j                   dV_j += Σ_i p_ij · dO_i
 * </pre>
 *
 * <p>An additive comparison takes the first line's way back from {@link Additive#gradients}; blocks that an element-wise mask
 * hides are skipped.
 *
 * <p>Deterministic with any number of threads: the query tiles of a key head are dealt out to a number of parts that
 * depends on N alone, each part sums into its own dK and dV, and parts are added in order. Memory beyond the results:
 * those parts, 2 · parts · M · D floats per key head in flight, and a few tiles per thread.
 */
public final class Backward {
    private static final int Q = Tile.QUERIES;
    private static final Tile TILE = Tile.CHOSEN;
    private static final RowMath MATH = RowMath.CHOSEN;
    static final float[] ONES = new float[Q];

    static {
        Arrays.fill(ONES, 1);
    }

    /** Queries per part: with fewer, zeroing and adding dK and dV would cost more than a percent of the work. */
    private static final int QUERIES_PER_PART = 512;

    private static final int MOST_PARTS = 8;
    /** Numbers that parts may sum into at once, 256 MB, unless one key head needs more. */
    private static final long MOST_ROOM = 1 << 26;

    /** Tiles whose additions to dK and dV are made together: those rows come from a second-level cache half as often. */
    private static final int GROUP = 2;

    /** Keys that are asked together who sees them: two register tiles of eight. */
    private static final int STEP = 16;

    private static final PerThread<Backward> OF_THREAD = new PerThread<>(Backward::new);

    private final BackwardTile[] tiles = new BackwardTile[GROUP];
    private final float[][] weights = new float[GROUP][];
    private final float[][] dScores = new float[GROUP][];
    private QueryRows queryRows = new QueryRows(new float[0], new float[0], new float[0]);
    private final TileRows rows = new TileRows();
    private final Fetch fetch = new Fetch();
    private float[] room = new float[0];

    private Backward() {
        for (int i = 0; i < GROUP; i++) {
            tiles[i] = new BackwardTile();
            weights[i] = tiles[i].weights();
            dScores[i] = tiles[i].dScores();
        }
    }

    /**
     * What the gradients of one call are computed from and written to; last axes have stride 1.
     *
     * @param dAdditive [Hq, D], d of an additive comparison's v per head; zeroed by the caller, empty where there is none
     */
    public record Pass(
            Problem problem,
            Tensor output,
            Tensor lse,
            Tensor dOutput,
            Tensor dQuery,
            Tensor dKey,
            Tensor dValue,
            double[] dAdditive) {
        private static final Tensor EMPTY = Tensor.zeros(0);
        /** Nothing to do; stands in where a thread has no call. */
        static final Pass NONE = new Pass(Problem.NONE, EMPTY, EMPTY, EMPTY, EMPTY, EMPTY, EMPTY, new double[0]);
    }

    /**
     * Where one part of one key head sums its dK and dV, rows padded to a multiple of 32, and d of an additive comparison's v
     * for each query head of the group: in one array.
     */
    private record Sums(float[] room, int dKey, int dValue, int dAdditive, int size) {
        static Sums of(Problem p, float[] room, int number) {
            int keys = p.keys() * Tile.padded(p.width());
            int keysAndValues = keys + p.keys() * Tile.padded(p.valueWidth());
            int size = keysAndValues + additiveSize(p);
            int at = number * size;
            return new Sums(room, at, at + keys, at + keysAndValues, size);
        }

        /** @throws IllegalArgumentException if the parts of one key head do not fit an array */
        static int size(Problem p, int parts) {
            long size = (long) p.keys() * (Tile.padded(p.width()) + Tile.padded(p.valueWidth())) + additiveSize(p);
            if (size * parts > Integer.MAX_VALUE - 8) {
                throw new IllegalArgumentException(
                        "attend: gradients sum M · (D + Dv) = " + size + " numbers in each of " + parts
                                + " parts, more than one array holds (2^31 - 9); split the keys or the queries");
            }
            return (int) size;
        }
    }

    private static int additiveSize(Problem p) {
        return p.terms().additive() == null ? 0 : p.heads() / p.key().size(1) * p.width();
    }

    /** Scaled queries, dO and O of the open tiles, a row per query, padded with zeros to a multiple of 32 wide. */
    record QueryRows(float[] query, float[] dOutput, float[] output) {
        /** Room for rows of so many tiles; zeros wherever the first {@code queries} rows do not reach. */
        QueryRows ready(Problem p, int tiles, int queries) {
            int width = Tile.padded(p.width());
            int valueWidth = Tile.padded(p.valueWidth());
            boolean room = query.length >= tiles * Q * width && dOutput.length >= tiles * Q * valueWidth;
            QueryRows ready = room
                    ? this
                    : new QueryRows(
                            new float[tiles * Q * width],
                            new float[tiles * Q * valueWidth],
                            new float[tiles * Q * valueWidth]);
            if (queries < tiles * Q || width > p.width()) {
                Arrays.fill(ready.query, 0, tiles * Q * width, 0);
            }
            if (queries < tiles * Q || valueWidth > p.valueWidth()) {
                Arrays.fill(ready.dOutput, 0, tiles * Q * valueWidth, 0);
            }
            return ready;
        }
    }

    /** Fills dQuery, dKey and dValue, and dAdditive. */
    public static void run(Pass pass) {
        Problem p = pass.problem();
        int keyHeads = p.batches() * p.key().size(1);
        if (keyHeads == 0) {
            return;
        }
        int parts = Math.clamp(p.queries() / QUERIES_PER_PART, 1, MOST_PARTS);
        if (parts == 1 && p.terms().additive() == null) {
            Workers.run(keyHeads, work(p, keyHeads), keyHead -> {
                Backward own = OF_THREAD.take();
                own.whole(pass, keyHead);
                OF_THREAD.give(own);
            });
            return;
        }
        // Enough tasks in flight to balance the threads, within reason; how many does not matter to the bits.
        int size = Sums.size(p, parts);
        long balanced = Math.ceilDiv(2L * Workers.threads(), parts);
        int perWave = Math.clamp(Math.min(balanced, MOST_ROOM / Math.max(1, (long) parts * size)), 1, keyHeads);
        Scratch scratch = Scratch.OF_THREAD.take();
        float[] room = scratch.floats(perWave * parts * size);
        long call = Fetch.call(p);
        for (int first = 0; first < keyHeads; first += perWave) {
            wave(call, pass, first, Math.min(perWave, keyHeads - first), parts, room);
        }
        Scratch.OF_THREAD.give(scratch);
    }

    private static long work(Problem p, int keyHeads) {
        int group = p.heads() / p.key().size(1);
        return (long) keyHeads * group * p.queries() * p.keys() * (3L * p.width() + 2L * p.valueWidth());
    }

    /** A key head in one part: many short sequences then need one meeting of the threads, not two for every few heads. */
    private void whole(Pass pass, int keyHead) {
        Problem p = pass.problem();
        fetch.headsTogether(p.key().size(1), keyHead, p.query(), p.key(), p.value(), pass.output());
        int size = Sums.size(p, 1);
        room = room.length < size ? new float[size] : room;
        Arrays.fill(room, 0, size, 0);
        Sums sums = Sums.of(p, room, 0);
        part(0, pass, keyHead, 0, 1, sums);
        addParts(pass, keyHead, sums, 1);
    }

    private static void wave(long call, Pass pass, int first, int count, int parts, float[] room) {
        Problem p = pass.problem();
        long work = work(p, count);
        Workers.run(count * parts, work, task -> {
            Sums sums = Sums.of(p, room, task);
            Arrays.fill(room, sums.dKey, sums.dKey + sums.size, 0);
            Backward own = OF_THREAD.take();
            own.part(call, pass, first + task / parts, task % parts, parts, sums);
            OF_THREAD.give(own);
        });
        Workers.run(count, work, i -> addParts(pass, first + i, Sums.of(p, room, i * parts), parts));
        for (int task = 0; task < count * parts; task++) {
            int from = Sums.of(p, room, task).dAdditive;
            int to = (first + task / parts) % p.key().size(1) * additiveSize(p);
            for (int a = 0; a < additiveSize(p); a++) {
                pass.dAdditive()[to + a] += room[from + a];
            }
        }
    }

    /** @param sums those of the first part; the others' lie behind them */
    private static void addParts(Pass pass, int keyHead, Sums sums, int parts) {
        Problem p = pass.problem();
        int batch = keyHead / p.key().size(1);
        int head = keyHead % p.key().size(1);
        addParts(sums.room, sums.dKey, sums.size, parts, Tile.padded(p.width()), pass.dKey(), batch, head);
        addParts(sums.room, sums.dValue, sums.size, parts, Tile.padded(p.valueWidth()), pass.dValue(), batch, head);
    }

    private static void addParts(
            float[] room, int at, int perPart, int parts, int width, Tensor to, int batch, int head) {
        int columns = to.size(3);
        int keys = to.size(2);
        for (int j = 0; j < keys; j += Q) { // x · 1 + 0: a −0 depends on blocks that were skipped
            int row = TileRows.at(to, batch, head, j);
            int count = Math.min(Q, keys - j);
            TILE.scaleRows(room, at + j * width, width, ONES, count, columns, to.array(), row, to.stride(2));
        }
        for (int part = 1; part < parts; part++) {
            for (int j = 0; j < keys && columns > 0; j++) {
                int row = TileRows.at(to, batch, head, j);
                MATH.add(to.array(), row, room, at + part * perPart + j * width, to.array(), row, columns);
            }
        }
    }

    /** Every parts-th group of query tiles of all query heads that read one key head: so causal parts balance. */
    private void part(long call, Pass pass, int keyHead, int part, int parts, Sums sums) {
        Problem p = pass.problem();
        int batch = keyHead / p.key().size(1);
        int heads = p.heads() / p.key().size(1);
        int firstHead = keyHead % p.key().size(1) * heads;
        int groups = Math.ceilDiv(p.queries(), GROUP * Q);
        for (int g = part; g < heads * groups; g += parts) {
            int open = group(call, pass, batch, firstHead + g / groups, g % groups * GROUP * Q, sums);
            for (int i = 0; i < open; i++) {
                if (p.terms().additive() != null) {
                    tiles[i].addAdditive(sums.room, sums.dAdditive + g / groups * p.width());
                }
                tiles[i].close();
            }
        }
    }

    /** Leaves its tiles open; how many. */
    private int group(long call, Pass pass, int batch, int head, int first, Sums sums) {
        Problem p = pass.problem();
        int count = Math.min(GROUP, Math.ceilDiv(p.queries() - first, Q));
        int queries = Math.min(count * Q, p.queries() - first);
        copyRows(call, pass, batch, head, first, count, queries);
        int low = Integer.MAX_VALUE;
        int high = 0;
        for (int i = 0; i < count; i++) {
            tiles[i].open(pass, batch, head, first + i * Q, queryRows, i);
            low = Math.min(low, tiles[i].low());
            high = Math.max(high, tiles[i].high());
        }
        for (int at = low, end; at < high; at = end) {
            end = ScoreTile.blockEnd(at, high);
            fetch.keysAndValues(call, p, batch, p.keyValueHead(head), at, end);
            block(p, count, at, end, sums);
        }
        return count;
    }

    private void copyRows(long call, Pass pass, int batch, int head, int first, int tiles, int queries) {
        Problem p = pass.problem();
        queryRows = queryRows.ready(p, tiles, queries);
        int valueWidth = Tile.padded(p.valueWidth());
        float scale = p.terms().queryScale();
        fetch.rows(call, p.query(), batch, head, first, first + queries);
        fetch.rows(call, pass.dOutput(), batch, head, first, first + queries);
        fetch.rows(call, pass.output(), batch, head, first, first + queries);
        rows.copy(p.query(), batch, head, first, queries, scale, queryRows.query, Tile.padded(p.width()));
        rows.copy(pass.dOutput(), batch, head, first, queries, 1, queryRows.dOutput, valueWidth);
        rows.copy(pass.output(), batch, head, first, queries, 1, queryRows.output, valueWidth);
    }

    /** Keys [from, to): every tile its own dQ, then all together dV += pᵀ·dO and dK += dSᵀ·(scale·q). */
    private void block(Problem p, int count, int from, int to, Sums sums) {
        int rows = to - from;
        boolean seen = false;
        for (int i = 0; i < count; i++) {
            if (tiles[i].low() < to && tiles[i].high() > from) {
                seen |= tiles[i].block(from, to);
            } else {
                tiles[i].skip(rows);
            }
        }
        if (!seen) {
            return;
        }
        int width = Tile.padded(p.width());
        int valueWidth = Tile.padded(p.valueWidth());
        accumulate(weights, count, from, to, queryRows.dOutput, valueWidth, sums.room, sums.dValue);
        for (int i = 0; i < count; i++) {
            tiles[i].addApart(from, sums.room, sums.dValue + from * valueWidth, valueWidth);
        }
        if (p.terms().additive() == null) {
            accumulate(dScores, count, from, to, queryRows.query, width, sums.room, sums.dKey);
        }
        for (int i = 0; i < count && p.terms().additive() != null; i++) {
            tiles[i].additive(from, to, sums.room, sums.dKey + from * width, width);
        }
    }

    /** For keys [from, to): adds what the queries that see any of them give, up to a third of a tile more. */
    private void accumulate(float[][] s, int count, int from, int to, float[] x, int width, float[] room, int sums) {
        for (int at = from; at < to; ) {
            long queries = queriesThatSee(count, at, to);
            int end = at;
            do {
                end = Math.min(to, (end / STEP + 1) * STEP);
            } while (end < to && queriesThatSee(count, end, to) == queries);
            int first = (int) (queries >>> 32);
            TILE.accumulate(s, at - from, end - at, first, (int) queries, x, width, room, sums + at * width);
            at = end;
        }
    }

    /** First of the open tiles' queries, and in the low half one behind the last, that see a key of those up to the next step. */
    private long queriesThatSee(int count, int key, int to) {
        int end = Math.min(to, (key / STEP + 1) * STEP);
        int first = 0;
        int last = 0;
        for (int i = 0; i < count * Tile.PARTS; i++) {
            int tile = i / Tile.PARTS;
            int part = i % Tile.PARTS;
            if (tiles[tile].partSees(part, key, end)) {
                first = last == 0 ? tile * Q + part * Tile.PART : first;
                last = tile * Q + Math.min(Q, (part + 1) * Tile.PART);
            }
        }
        return (long) first << 32 | last;
    }

    /**
     * d of an additive bias: dBias = Σ dS over the axes that the bias repeats. A pass of its own, parallel over
     * query tiles where the bias tells queries apart (else it runs on one thread), each element summed in order of
     * batch, head and query.
     *
     * @param dBias contiguous, of the bias's own four axes (1 where it is repeated); zeroed by the caller
     */
    public static void bias(Pass pass, Tensor dBias) {
        Problem p = pass.problem();
        int tiles = Math.ceilDiv(p.queries(), Q);
        boolean perQuery = dBias.size(2) > 1;
        long work = (long) p.batches() * p.heads() * p.queries() * p.keys() * (p.width() + p.valueWidth());
        if (perQuery) {
            Workers.run(tiles, work, tile -> biasTileOfThread(pass, dBias, tile));
        } else {
            for (int tile = 0; tile < tiles; tile++) {
                biasTileOfThread(pass, dBias, tile);
            }
        }
    }

    private static void biasTileOfThread(Pass pass, Tensor dBias, int tile) {
        Backward own = OF_THREAD.take();
        own.biasTile(pass, dBias, tile);
        OF_THREAD.give(own);
    }

    private void biasTile(Pass pass, Tensor dBias, int tile) {
        Problem p = pass.problem();
        for (int b = 0; b < p.batches(); b++) {
            for (int h = 0; h < p.heads(); h++) {
                int queries = Math.min(Q, p.queries() - tile * Q);
                copyRows(0, pass, b, h, tile * Q, 1, queries);
                tiles[0].open(pass, b, h, tile * Q, queryRows, 0);
                addBiasGradients(tiles[0], dBias, b, h, tile * Q, queries);
                tiles[0].release();
            }
        }
    }

    private static void addBiasGradients(BackwardTile tile, Tensor dBias, int batch, int head, int first, int queries) {
        int perQuery = stride(dBias, 2);
        int perKey = stride(dBias, 3);
        int base = batch * stride(dBias, 0) + head * stride(dBias, 1) + first * perQuery;
        float[] dS = tile.dScores();
        for (int at = tile.low(), end; at < tile.high(); at = end) {
            end = ScoreTile.blockEnd(at, tile.high());
            boolean seen = tile.scoreGradients(at, end) != BlockKind.EMPTY;
            for (int q = 0; q < queries && seen; q++) {
                for (int j = 0; j < end - at; j++) {
                    dBias.array()[base + q * perQuery + (at + j) * perKey] += dS[j * Q + q];
                }
            }
        }
    }

    private static int stride(Tensor t, int axis) {
        return t.size(axis) == 1 ? 0 : t.stride(axis);
    }

    /** d of the sinks: dSink_h = −Σ exp(sink_h − lse) · Δ, over batch and queries in order, in double. */
    public static float[] sink(Pass pass, float[] sink) {
        Problem p = pass.problem();
        RowBase base = new RowBase();
        float[] weights = new float[Q];
        float[] dSink = new float[sink.length];
        for (int h = 0; h < sink.length; h++) {
            double sum = 0;
            for (int b = 0; b < p.batches(); b++) {
                for (int first = 0; first < p.queries(); first += Q) {
                    base.open(p, pass.lse(), b, h, first);
                    Arrays.fill(weights, sink[h]);
                    base.shift(weights, 1);
                    TILE.exponentials(weights, 1, base.lse, weights);
                    int queries = Math.min(Q, p.queries() - first);
                    for (int q = 0; q < queries; q++) {
                        sum = subtractDelta(sum, weights[q], pass, b, h, first + q);
                    }
                }
            }
            dSink[h] = (float) sum;
        }
        return dSink;
    }

    /** sum − weight · Δ of one query; where the output is 0, what dO holds is not read. */
    private static double subtractDelta(double sum, float weight, Pass pass, int batch, int head, int query) {
        Tensor output = pass.output();
        Tensor dOutput = pass.dOutput();
        int at = TileRows.at(output, batch, head, query);
        int dAt = TileRows.at(dOutput, batch, head, query);
        double rest = sum;
        for (int d = 0; d < output.size(3); d++) {
            float x = output.array()[at + d];
            rest -= x == 0 ? 0 : (double) weight * dOutput.array()[dAt + d] * x;
        }
        return rest;
    }
}
