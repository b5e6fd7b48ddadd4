package dev.heed.kernel;

import dev.heed.tensor.Tensor;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Exact attention in tiles: for 32 queries at a time, blocks of 128 keys pass by, and a running maximum, sum and mixture per
 * query are brought up to date (online softmax, Milakov and Gimelshein 2018; FlashAttention-2, Dao 2023, arXiv 2307.08691).
 * Nothing N×M exists; working memory is a few tiles per thread.
 *
 * <p>The order of every sum is a matter of absolute key indices only: blocks of 128 keys, joined in chunks of 2048 that start
 * from nothing and are merged in order. So a query gets the same bits in any tile, batch or cache, and a long cache can be
 * split between threads at chunk boundaries.
 */
public final class Forward {
    /** Keys per independent chunk; a merge costs one pass over the 32 outputs, under 0.3 % of the chunk's work. */
    static final int CHUNK = 2048;

    private static final int Q = Tile.QUERIES;
    private static final Tile TILE = Tile.CHOSEN;
    private static final ThreadLocal<Forward> OF_THREAD = ThreadLocal.withInitial(Forward::new);

    private final ScoreTile scores = new ScoreTile();
    private float[] total = new float[0];
    private float[] part = new float[0];
    private final Running whole = new Running();
    private final Running chunk = new Running();

    /** Where scores are kept beside being used, [keys from the tile's first visible one][32], or null. */
    private float @Nullable [] kept;

    private Forward() {}

    static Forward ofThread() {
        return OF_THREAD.get();
    }

    /**
     * Like one tile of {@link #run}, and leaves its scores, hidden ones −∞, in {@code scores}.
     *
     * @return the first key that any query of the tile sees, which is row 0 of the scores
     */
    int tileKeepingScores(
            Problem problem, int batch, int head, int firstQuery, Tensor output, Tensor lse, float[] scores) {
        kept = scores;
        tile(problem, batch, head, firstQuery, output, lse);
        kept = null;
        return this.scores.low();
    }

    /** One behind the last key that any query of the last tile saw. */
    int high() {
        return scores.high();
    }

    /**
     * Fills output [B, Hq, N, Dv] and lse [B, Hq, N]; last axes of query, key and value must have stride 1.
     */
    public static void run(Problem problem, Tensor output, Tensor lse) {
        int tiles = (problem.queries() + Q - 1) / Q;
        int heads = problem.heads();
        int tasks = problem.batches() * heads * tiles;
        long work = (long) tasks * Q * problem.keys() * (problem.width() + problem.valueWidth());
        Workers.run(tasks, work, task -> {
            // Under a causal mask later queries see more keys: the longest tiles first, so that threads end together.
            int tile = tiles - 1 - task % tiles;
            int head = task / tiles % heads;
            OF_THREAD.get().tile(problem, task / tiles / heads, head, tile * Q, output, lse);
        });
    }

    private void tile(Problem problem, int batch, int head, int firstQuery, Tensor output, Tensor lse) {
        int width = problem.valueWidth();
        if (total.length < width * Q) {
            total = new float[width * Q];
            part = new float[width * Q];
        }
        scores.open(problem, batch, head, firstQuery);
        reset(total, width, whole);
        boolean empty = true;
        for (int at = scores.low(); at < scores.high(); ) {
            int end = Math.min(scores.high(), (at / CHUNK + 1) * CHUNK);
            if (empty) { // merging a first chunk into nothing would change no bit
                chunk(problem, batch, head, at, end, total, whole);
            } else {
                reset(part, width, chunk);
                chunk(problem, batch, head, at, end, part, chunk);
                merge(width);
            }
            empty = false;
            at = end;
        }
        float[] sinks = problem.terms().sink();
        if (sinks != null) {
            addSink(sinks[head], width);
        }
        int queries = Math.min(Q, problem.queries() - firstQuery);
        writeLse(lse, batch, head, firstQuery, queries);
        writeOutput(output, batch, head, firstQuery, queries);
        scores.release();
    }

    private static void reset(float[] mixture, int width, Running run) {
        Arrays.fill(mixture, 0, width * Q, 0);
        run.reset();
    }

    /** Keys [from, to), all of one chunk, onto a mixture and its running maximum and sum. */
    private void chunk(Problem problem, int batch, int head, int from, int to, float[] mixture, Running run) {
        int width = problem.valueWidth();
        Tensor value = problem.value();
        int stride = value.stride(2);
        int base = value.offset() + batch * value.stride(0) + problem.keyValueHead(head) * value.stride(1);
        for (int at = from; at < to; ) {
            int end = Math.min(to, (at / ScoreTile.BLOCK + 1) * ScoreTile.BLOCK);
            int rows = end - at;
            boolean partial = scores.scores(at, end);
            if (kept != null) {
                System.arraycopy(scores.s, 0, kept, (at - scores.low()) * Q, rows * Q);
            }
            if (TILE.softmax(scores.s, rows, at, run)) {
                TILE.scale(mixture, width, run.factor);
            }
            int row = base + at * stride;
            scores.mix(value.array(), row, stride, rows, width, partial, scores.s, mixture);
            at = end;
        }
    }

    /** total := total and part as if their keys had been seen together (FlashDecoding's exact merge). */
    private void merge(int width) {
        for (int q = 0; q < Q; q++) {
            float most = chunk.max[q] > whole.max[q] ? chunk.max[q] : whole.max[q];
            float base = most == Float.NEGATIVE_INFINITY ? 0 : most;
            whole.factor[q] = Exp.exp(whole.max[q] - base);
            chunk.factor[q] = Exp.exp(chunk.max[q] - base);
            whole.max[q] = most;
            whole.sum[q] = Math.fma(whole.sum[q], whole.factor[q], chunk.sum[q] * chunk.factor[q]);
        }
        for (int d = 0; d < width; d++) {
            for (int q = 0; q < Q; q++) {
                int i = d * Q + q;
                total[i] = Math.fma(total[i], whole.factor[q], part[i] * chunk.factor[q]);
            }
        }
    }

    /** A key that every query sees, with a learned score and a value of zero. */
    private void addSink(float sink, int width) {
        for (int q = 0; q < Q; q++) {
            float most = sink > whole.max[q] ? sink : whole.max[q];
            float base = most == Float.NEGATIVE_INFINITY ? 0 : most;
            whole.factor[q] = Exp.exp(whole.max[q] - base);
            whole.sum[q] = Math.fma(whole.sum[q], whole.factor[q], Exp.exp(sink - base));
            whole.max[q] = most;
        }
        TILE.scale(total, width, whole.factor);
    }

    private void writeLse(Tensor lse, int batch, int head, int firstQuery, int queries) {
        float[] to = lse.array();
        int at = lse.offset() + batch * lse.stride(0) + head * lse.stride(1) + firstQuery * lse.stride(2);
        for (int q = 0; q < queries; q++) {
            boolean sawNothing = whole.sum[q] == 0;
            whole.factor[q] = sawNothing ? 0 : 1 / whole.sum[q];
            to[at + q * lse.stride(2)] =
                    sawNothing ? Float.NEGATIVE_INFINITY : (float) (whole.max[q] + Ln.inDouble(whole.sum[q]));
        }
    }

    /** output = mixture / sum. */
    private void writeOutput(Tensor output, int batch, int head, int firstQuery, int queries) {
        int width = output.size(3);
        int at = output.offset() + batch * output.stride(0) + head * output.stride(1) + firstQuery * output.stride(2);
        TILE.scale(total, width, whole.factor);
        TILE.transpose(total, 0, Q, width, queries, output.array(), at, output.stride(2));
    }
}
