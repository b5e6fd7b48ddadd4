package dev.heed.kernel;

import dev.heed.tensor.Tensor;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The running result of one tile of 32 queries: maximum, sum and mixture, brought up to date block of keys by block of keys
 * (online softmax). Belongs to one thread and is reused.
 */
final class ForwardTile {
    private static final int Q = Tile.QUERIES;
    private static final Tile TILE = Tile.CHOSEN;

    private final ScoreTile.Block room;
    private final ScoreTile scores;
    /** All chunks but the one that is open, and that one; where only one chunk has been seen it is the total. */
    private float[] total = new float[0];

    private float[] part = new float[0];
    private final Running whole = new Running(Q);
    private final Running chunk = new Running(Q);
    private Problem problem = Problem.NONE;
    private int batch;
    private int head;
    private int firstQuery;
    /** Number of the open chunk, −1 before the first. */
    private int openChunk;
    /** The open chunk is not the first: it stands in {@link #part} and must be merged. */
    private boolean apart;

    /** Where scores are kept, block by block of all keys, [from the tile's first visible one in the block][32], or null. */
    private float @Nullable [][] kept;

    /** @param shared may be shared with other tiles of the thread: nothing in its block outlives {@link #block} */
    ForwardTile(ScoreTile.Block shared) {
        room = shared;
        scores = new ScoreTile(shared);
    }

    /** Takes up queries {@code firstQuery..}; their scores stay in {@code kept}. */
    void open(Problem problem, int batch, int head, int firstQuery, float[][] kept) {
        take(problem, batch, head, firstQuery, kept);
        scores.open(problem, batch, head, firstQuery);
    }

    /** Takes up queries whose rows have been copied and scaled, the first at {@code at}. */
    void open(Problem problem, int batch, int head, int firstQuery, float[] copied, int at) {
        take(problem, batch, head, firstQuery, null);
        scores.open(problem, batch, head, firstQuery, copied, at, problem.width());
    }

    private void take(Problem problem, int batch, int head, int firstQuery, float @Nullable [][] kept) {
        this.problem = problem;
        this.batch = batch;
        this.head = head;
        this.firstQuery = firstQuery;
        this.kept = kept;
        int size = Tile.padded(problem.valueWidth()) * Q;
        if (total.length < size) {
            total = new float[size];
            part = new float[size];
        }
        reset(total, whole);
        openChunk = -1;
        apart = false;
    }

    /** First key that any query of the tile sees. */
    int low() {
        return scores.low();
    }

    /** One behind the last key that any query of the tile sees. */
    int high() {
        return scores.high();
    }

    /** Takes in the keys of a block [blockFrom, blockTo) that any query of the tile sees; blocks come in order. */
    void block(int blockFrom, int blockTo) {
        int from = Math.max(blockFrom, scores.low());
        int to = Math.min(blockTo, scores.high());
        if (from >= to) {
            return;
        }
        int rows = to - from;
        scores.into(kept == null ? room.scores() : kept[from / ScoreTile.BLOCK]);
        BlockKind kind = scores.scores(from, to);
        if (kind == BlockKind.EMPTY) { // taken in, it would change no bit
            if (kept != null) {
                Arrays.fill(scores.values(), 0, rows * Q, Float.NEGATIVE_INFINITY);
            }
            return;
        }
        float[] p = room.scores();
        boolean first = startChunk(from / Forward.CHUNK);
        float[] mixture = apart ? part : total;
        Running run = apart ? chunk : whole;
        TILE.softmax(scores.values(), rows, from, run, p);
        scores.mix(problem.value(), from, rows, kind, p, mixture, first ? null : run.factor);
    }

    /**
     * Chunks start from nothing and are merged in order; merging a first one into nothing would change no bit.
     *
     * @return whether a chunk was opened: its mixture is still zero
     */
    private boolean startChunk(int number) {
        if (number == openChunk) {
            return false;
        }
        closeChunk();
        apart = openChunk >= 0;
        openChunk = number;
        if (apart) {
            reset(part, chunk);
        }
        return true;
    }

    private void closeChunk() {
        if (apart) {
            merge();
        }
        apart = false;
    }

    private void reset(float[] mixture, Running run) {
        Arrays.fill(mixture, 0, Tile.padded(problem.valueWidth()) * Q, 0);
        run.reset();
    }

    /** total := total and part as if their keys had been seen together. */
    private void merge() {
        whole.join(chunk);
        int width = Tile.padded(problem.valueWidth());
        for (int q = 0; q < Q; q++) {
            for (int i = q * width; i < (q + 1) * width; i++) {
                total[i] = Math.fma(total[i], whole.factor[q], part[i] * chunk.factor[q]);
            }
        }
    }

    /** Writes output and lse, and lets go of the caller's tensors. */
    void close(Tensor output, Tensor lse) {
        total();
        int queries = Math.min(Q, problem.queries() - firstQuery);
        writeLse(lse, queries);
        writeOutput(output, queries);
        release();
    }

    private void total() {
        closeChunk();
        float[] sinks = problem.terms().sink();
        if (sinks != null) {
            addSink(sinks[head]);
        }
    }

    private void release() {
        scores.release();
        problem = Problem.NONE;
        kept = null;
    }

    /** Largest score and Σ exp(score − largest) of each query, the sink included, of the tile that was closed last. */
    Running sums() {
        return whole;
    }

    /** {@link #sums} of queries {@code firstQuery..}, from their scores alone. */
    Running sums(Problem of, int batch, int head, int firstQuery) {
        Tensor none = of.value().slice(3, 0, 0);
        take(new Problem(of.query(), of.key(), none, of.visible(), of.terms()), batch, head, firstQuery, null);
        scores.open(problem, batch, head, firstQuery);
        for (int at = low(), end; at < high(); at = end) {
            end = ScoreTile.blockEnd(at, high());
            block(at, end);
        }
        total();
        release();
        return whole;
    }

    private void addSink(float sink) {
        for (int q = 0; q < Q; q++) {
            whole.sink(q, sink);
        }
        TILE.scale(total, Tile.padded(problem.valueWidth()), whole.factor);
    }

    private void writeLse(Tensor lse, int queries) {
        float[] to = lse.array();
        int at = TileRows.at(lse, batch, head, firstQuery);
        TILE.lse(whole.max, whole.sum, whole.base);
        for (int q = 0; q < queries; q++) {
            whole.factor[q] = whole.sum[q] == 0 ? 0 : 1 / whole.sum[q];
            to[at + q * lse.stride(2)] = whole.base[q];
        }
    }

    /** output = mixture / sum. */
    private void writeOutput(Tensor output, int queries) {
        TileRows.out(total, whole.factor, output, batch, head, firstQuery, queries);
    }
}
