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
 * <p>Deterministic with any number of threads: the query tiles of a key head are dealt out to a number of parts that
 * depends on N alone, each part sums into its own dK and dV, and parts are added in order. Memory beyond the results:
 * those parts, 2 · parts · M · D floats per key head in flight, and a few tiles per thread.
 */
public final class Backward {
    private static final int Q = Tile.QUERIES;
    private static final Tile TILE = Tile.CHOSEN;
    /** Queries per part: with fewer, zeroing and adding dK and dV would cost more than a percent of the work. */
    private static final int QUERIES_PER_PART = 512;

    private static final int MOST_PARTS = 8;
    /** Tasks in flight per wave: enough to balance eight threads without holding parts for every head at once. */
    private static final int WAVE = 16;

    private static final ThreadLocal<Backward> OF_THREAD = ThreadLocal.withInitial(Backward::new);

    private final ScoreTile scores = new ScoreTile(new ScoreTile.Block());
    private final float[] dP = new float[ScoreTile.BLOCK * Q];
    private final float[] base = new float[Q];
    private final float[] delta = new float[Q];
    private float[] dOutputT = new float[0];
    private float[] dQueryT = new float[0];
    private float[] queryRows = new float[0];
    private float[] dOutputRows = new float[0];

    private Backward() {}

    /** What the gradients of one call are computed from and written to; last axes have stride 1. */
    public record Pass(
            Problem problem, Tensor output, Tensor lse, Tensor dOutput, Tensor dQuery, Tensor dKey, Tensor dValue) {}

    /** Fills dQuery, dKey and dValue. */
    public static void run(Pass pass) {
        Problem p = pass.problem();
        int keyHeads = p.batches() * p.key().size(1);
        if (keyHeads == 0) {
            return;
        }
        int parts = Math.clamp(p.queries() / QUERIES_PER_PART, 1, MOST_PARTS);
        int perWave = Math.min(keyHeads, Math.max(1, WAVE / parts));
        int keySize = p.keys() * padded(p.width());
        int valueSize = p.keys() * padded(p.valueWidth());
        float[][] dKeys = new float[perWave * parts][keySize];
        float[][] dValues = new float[perWave * parts][valueSize];
        for (int first = 0; first < keyHeads; first += perWave) {
            wave(pass, first, Math.min(perWave, keyHeads - first), parts, dKeys, dValues);
        }
    }

    private static void wave(Pass pass, int first, int count, int parts, float[][] dKeys, float[][] dValues) {
        Problem p = pass.problem();
        int group = p.heads() / p.key().size(1);
        long work = (long) count * group * p.queries() * p.keys() * (3L * p.width() + 2L * p.valueWidth());
        Workers.run(count * parts, work, task -> {
            Arrays.fill(dKeys[task], 0);
            Arrays.fill(dValues[task], 0);
            OF_THREAD.get().part(pass, first + task / parts, task % parts, parts, dKeys[task], dValues[task]);
        });
        Workers.run(count, work, i -> {
            int batch = (first + i) / p.key().size(1);
            int head = (first + i) % p.key().size(1);
            addParts(dKeys, i * parts, parts, padded(p.width()), pass.dKey(), batch, head);
            addParts(dValues, i * parts, parts, padded(p.valueWidth()), pass.dValue(), batch, head);
        });
    }

    private static void addParts(float[][] all, int at, int parts, int width, Tensor to, int batch, int head) {
        float[] values = to.array();
        for (int j = 0; j < to.size(2) && to.size(3) > 0; j++) {
            int row = to.offset() + batch * to.stride(0) + head * to.stride(1) + j * to.stride(2);
            for (int d = 0; d < to.size(3); d++) {
                values[row + d] = all[at][j * width + d] + 0f; // a −0 depends on blocks that were skipped
            }
            for (int part = 1; part < parts; part++) {
                float[] more = all[at + part];
                for (int d = 0; d < to.size(3); d++) {
                    values[row + d] += more[j * width + d];
                }
            }
        }
    }

    /** Width rounded up to a multiple of 32, so that vectors over d need no tail. */
    private static int padded(int width) {
        return (width + Q - 1) / Q * Q;
    }

    /** Every parts-th query tile of all query heads that read one key head: interleaved, so causal parts balance. */
    private void part(Pass pass, int keyHead, int part, int parts, float[] dKey, float[] dValue) {
        Problem p = pass.problem();
        reserve(p);
        scores.keepForGradients(p.terms().softcap() != 0);
        int batch = keyHead / p.key().size(1);
        int group = p.heads() / p.key().size(1);
        int firstHead = keyHead % p.key().size(1) * group;
        int tiles = (p.queries() + Q - 1) / Q;
        for (int t = part; t < group * tiles; t += parts) {
            tile(pass, batch, firstHead + t / tiles, t % tiles * Q, dKey, dValue);
        }
        scores.release();
    }

    private void reserve(Problem p) {
        int width = padded(p.width()) * Q;
        int valueWidth = padded(p.valueWidth()) * Q;
        if (queryRows.length < width) {
            queryRows = new float[width];
            dQueryT = new float[width];
        }
        if (dOutputRows.length < valueWidth) {
            dOutputRows = new float[valueWidth];
            dOutputT = new float[valueWidth];
        }
    }

    private void tile(Pass pass, int batch, int head, int first, float[] dKey, float[] dValue) {
        Problem p = pass.problem();
        int queries = Math.min(Q, p.queries() - first);
        scores.open(p, batch, head, first);
        copyRows(p.query(), batch, head, first, queries, p.terms().scale(), queryRows);
        copyRows(pass.dOutput(), batch, head, first, queries, 1, dOutputRows);
        ScoreTile.transpose(pass.dOutput(), batch, head, first, queries, dOutputT);
        Arrays.fill(dQueryT, 0, p.width() * Q, 0);
        rowConstants(pass, batch, head, first, queries);
        for (int at = scores.low(); at < scores.high(); ) {
            int end = Math.min(scores.high(), (at / ScoreTile.BLOCK + 1) * ScoreTile.BLOCK);
            block(p, batch, head, at, end, dKey, dValue);
            at = end;
        }
        writeQueries(pass.dQuery(), batch, head, first, queries, p.terms().scale());
    }

    /** lse and Δ of each query; a query that saw nothing (lse −∞) gets weights exp(−∞ − 0) = 0. */
    private void rowConstants(Pass pass, int batch, int head, int first, int queries) {
        Tensor out = pass.output();
        Arrays.fill(base, 0);
        Arrays.fill(delta, 0);
        for (int q = 0; q < queries; q++) {
            float lse = pass.lse().get(batch, head, first + q);
            base[q] = lse == Float.NEGATIVE_INFINITY ? 0 : lse;
            int row = out.offset() + batch * out.stride(0) + head * out.stride(1) + (first + q) * out.stride(2);
            int width = out.size(3);
            int padded = padded(width);
            float sum = 0;
            for (int d = 0; d < width; d++) {
                sum = Math.fma(dOutputRows[q * padded + d], out.array()[row + d], sum);
            }
            delta[q] = sum;
        }
    }

    private void block(Problem p, int batch, int head, int from, int to, float[] dKey, float[] dValue) {
        int rows = to - from;
        int kvHead = p.keyValueHead(head);
        Tensor key = p.key();
        Tensor value = p.value();
        int keyRow = key.offset() + batch * key.stride(0) + kvHead * key.stride(1) + from * key.stride(2);
        int valueRow = value.offset() + batch * value.stride(0) + kvHead * value.stride(1) + from * value.stride(2);
        // s = scale · q·k, then p = exp(s − lse)
        BlockKind kind = scores.scores(from, to);
        if (kind == BlockKind.EMPTY) {
            return;
        }
        boolean partial = kind == BlockKind.PARTIAL;
        TILE.exponentials(scores.values(), rows, base);
        // o = Σ p·v: dV += pᵀ·dO and dP = dO·vᵀ
        TILE.accumulate(
                scores.values(), rows, dOutputRows, padded(p.valueWidth()), dValue, from * padded(p.valueWidth()));
        TILE.scores(value.array(), valueRow, value.stride(2), rows, p.valueWidth(), dOutputT, dP);
        // α = softmax(s): dS = p · (dP − Δ)
        TILE.scoreGradients(scores.values(), dP, rows, delta, partial ? scores.visible() : null);
        scores.throughSoftcap(dP, rows);
        // s = scale · q·k: dK += dSᵀ·(scale·q) and dQ += dS·k
        TILE.accumulate(dP, rows, queryRows, padded(p.width()), dKey, from * padded(p.width()));
        scores.mix(key.array(), keyRow, key.stride(2), rows, p.width(), partial, dP, dQueryT);
    }

    /** Rows of one head times a factor, each padded with zeros to a multiple of 32, missing rows zero. */
    private static void copyRows(Tensor t, int batch, int head, int first, int count, float factor, float[] to) {
        int width = t.size(3);
        int padded = padded(width);
        Arrays.fill(to, 0, Q * padded, 0);
        for (int q = 0; q < count; q++) {
            int row = t.offset() + batch * t.stride(0) + head * t.stride(1) + (first + q) * t.stride(2);
            for (int d = 0; d < width; d++) {
                to[q * padded + d] = t.array()[row + d] * factor;
            }
        }
    }

    private void writeQueries(Tensor dQuery, int batch, int head, int first, int queries, float scale) {
        int at = dQuery.offset() + batch * dQuery.stride(0) + head * dQuery.stride(1) + first * dQuery.stride(2);
        Arrays.fill(delta, scale);
        TILE.scale(dQueryT, dQuery.size(3), delta);
        TILE.transpose(dQueryT, 0, Q, dQuery.size(3), queries, dQuery.array(), at, dQuery.stride(2));
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
        int tiles = (p.queries() + Q - 1) / Q;
        boolean perQuery = dBias.size(2) > 1;
        long work = (long) p.batches() * p.heads() * p.queries() * p.keys() * (p.width() + p.valueWidth());
        if (perQuery) {
            Workers.run(tiles, work, tile -> OF_THREAD.get().biasTile(pass, dBias, tile));
        } else {
            for (int tile = 0; tile < tiles; tile++) {
                OF_THREAD.get().biasTile(pass, dBias, tile);
            }
        }
    }

    private void biasTile(Pass pass, Tensor dBias, int tile) {
        Problem p = pass.problem();
        reserve(p);
        for (int b = 0; b < p.batches(); b++) {
            for (int h = 0; h < p.heads(); h++) {
                biasTile(pass, dBias, b, h, tile * Q);
            }
        }
        scores.release();
    }

    private void biasTile(Pass pass, Tensor dBias, int batch, int head, int first) {
        Problem p = pass.problem();
        int queries = Math.min(Q, p.queries() - first);
        scores.keepForGradients(false);
        scores.open(p, batch, head, first);
        copyRows(pass.dOutput(), batch, head, first, queries, 1, dOutputRows);
        ScoreTile.transpose(pass.dOutput(), batch, head, first, queries, dOutputT);
        rowConstants(pass, batch, head, first, queries);
        Tensor value = p.value();
        int valueAt = value.offset() + batch * value.stride(0) + p.keyValueHead(head) * value.stride(1);
        int[] repeat = {stride(dBias, 0), stride(dBias, 1), stride(dBias, 2), stride(dBias, 3)};
        for (int at = scores.low(); at < scores.high(); ) {
            int end = Math.min(scores.high(), (at / ScoreTile.BLOCK + 1) * ScoreTile.BLOCK);
            int rows = end - at;
            BlockKind kind = scores.scores(at, end);
            if (kind == BlockKind.EMPTY) {
                at = end;
                continue;
            }
            TILE.exponentials(scores.values(), rows, base);
            int row = valueAt + at * value.stride(2);
            TILE.scores(value.array(), row, value.stride(2), rows, p.valueWidth(), dOutputT, dP);
            TILE.scoreGradients(scores.values(), dP, rows, delta, kind == BlockKind.PARTIAL ? scores.visible() : null);
            int to = batch * repeat[0] + head * repeat[1] + first * repeat[2] + at * repeat[3];
            for (int q = 0; q < queries; q++) {
                for (int j = 0; j < rows; j++) {
                    dBias.array()[to + q * repeat[2] + j * repeat[3]] += dP[j * Q + q];
                }
            }
            at = end;
        }
    }

    private static int stride(Tensor t, int axis) {
        return t.size(axis) == 1 ? 0 : t.stride(axis);
    }

    /** d of the sinks: dSink_h = −Σ exp(sink_h − lse) · Δ, over batch and queries in order, in double. */
    public static float[] sink(Pass pass, float[] sink) {
        Problem p = pass.problem();
        float[] dSink = new float[sink.length];
        for (int h = 0; h < sink.length; h++) {
            double sum = 0;
            for (int b = 0; b < p.batches(); b++) {
                for (int i = 0; i < p.queries(); i++) {
                    float weight = Exp.exp(sink[h] - pass.lse().get(b, h, i));
                    for (int d = 0; d < p.valueWidth(); d++) {
                        sum -= (double) weight
                                * pass.dOutput().get(b, h, i, d)
                                * pass.output().get(b, h, i, d);
                    }
                }
            }
            dSink[h] = (float) sum;
        }
        return dSink;
    }

    /** d of the scale: Σ_i q_i · dQ_i / scale, since dQ_i = scale · Σ_j dS_ij · k_j; in double, in order. */
    public static float scale(Pass pass) {
        Problem p = pass.problem();
        double sum = 0;
        for (int b = 0; b < p.batches(); b++) {
            for (int h = 0; h < p.heads(); h++) {
                for (int i = 0; i < p.queries(); i++) {
                    for (int d = 0; d < p.width(); d++) {
                        sum += (double) p.query().get(b, h, i, d)
                                * pass.dQuery().get(b, h, i, d);
                    }
                }
            }
        }
        return (float) (sum / p.terms().scale());
    }
}
