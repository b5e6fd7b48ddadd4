package dev.heed.kernel;

import dev.heed.tensor.Tensor;
import java.util.Arrays;

/**
 * Facts about every query's weights, and every key's, beside the forward pass: the scores of a tile of 32 queries are kept
 * until its lse is known, then read once more as weights. No matrix product is done twice and nothing N×M exists: per
 * thread 64 · M floats of scores, per head in flight two times 32 · M floats of column sums.
 *
 * <p>Weights are exp(score − lse) as {@link RowBase} says, bit for bit those of {@link Weights}. Query tiles go alternately to
 * two parts whose column sums are added in order, so the bits do not depend on the number of threads.
 */
public final class Statistics {
    private static final int Q = Tile.QUERIES;
    private static final Tile TILE = Tile.CHOSEN;
    private static final int PARTS = 2;
    /** Tiles of a part that go through the keys together: with one, keys and values come from far away twice as often. */
    private static final int TILES = 2;

    private static final PerThread<Statistics> OF_THREAD = new PerThread<>(Statistics::new);

    private final Observation[] seen = new Observation[TILES];

    private Statistics() {
        for (int i = 0; i < TILES; i++) {
            seen[i] = new Observation();
        }
    }

    /**
     * Where results go, contiguous.
     *
     * @param entropy [B, Hq, N] nats
     * @param distance [B, Hq, N] mean of |i + M − N − j| under the weights
     * @param topWeights [B, Hq, N, k], falling
     * @param topKeys [B, Hq, N, k], −1 where fewer than k keys have weight
     * @param offsets keys looked at relative to the query's position, one per last axis of offsetMass
     * @param offsetMass [B, Hq, N, offsets]
     * @param firstMass [B, Hq, N] weight on key 0
     * @param columnMass [B, Hq, M] sum of a key's weights over all queries
     */
    public record Results(
            Tensor entropy,
            Tensor distance,
            Tensor topWeights,
            int[] topKeys,
            int[] offsets,
            Tensor offsetMass,
            Tensor firstMass,
            Tensor columnMass) {
        /** Room for what one call finds. */
        public static Results of(Problem p, int top, int[] offsets) {
            int b = p.batches();
            int h = p.heads();
            int n = p.queries();
            Tensor topWeights = Tensor.zeros(b, h, n, top);
            int[] topKeys = new int[topWeights.elements()];
            Arrays.fill(topKeys, -1);
            return new Results(
                    Tensor.zeros(b, h, n),
                    Tensor.zeros(b, h, n),
                    topWeights,
                    topKeys,
                    offsets,
                    Tensor.zeros(b, h, n, offsets.length),
                    Tensor.zeros(b, h, n),
                    Tensor.zeros(b, h, p.keys()));
        }
    }

    /** Fills output and lse as {@link Forward#run} does, and the results. */
    public static void run(Problem problem, Tensor output, Tensor lse, Results results) {
        int heads = problem.batches() * problem.heads();
        int perWave = Math.max(1, Math.min(heads, Workers.threads()));
        float[][] columns = new float[perWave * PARTS][problem.keys() * Q];
        long call = Fetch.call(problem);
        long work = (long) problem.queries() * problem.keys() * (problem.width() + problem.valueWidth());
        for (int first = 0; first < heads; first += perWave) {
            int from = first;
            int count = Math.min(perWave, heads - first);
            Workers.Numbered parts = new Workers.Numbered(count * PARTS, task -> {
                Arrays.fill(columns[task], 0);
                Statistics own = OF_THREAD.take();
                own.part(call, problem, from + task / PARTS, task % PARTS, output, lse, results, columns[task]);
                OF_THREAD.give(own);
            });
            int keys = problem.keys();
            Workers.Numbered sums = new Workers.Numbered(
                    count, i -> addColumns(columns, i * PARTS, results.columnMass.array(), (from + i) * keys, keys));
            Workers.run(count * work, new Workers.Phase(parts), new Workers.Phase(sums));
        }
    }

    /** Joins the 32 lanes of each key, and the parts, by a fixed tree. */
    private static void addColumns(float[][] columns, int at, float[] to, int first, int keys) {
        for (int j = 0; j < keys; j++) {
            float sum = 0;
            for (int part = 0; part < PARTS; part++) {
                sum += lanes(columns[at + part], j * Q);
            }
            to[first + j] = sum;
        }
    }

    private static float lanes(float[] values, int at) {
        float sum = 0;
        for (int q = 0; q < 8; q++) {
            sum += (values[at + q] + values[at + q + 16]) + (values[at + q + 8] + values[at + q + 24]);
        }
        return sum;
    }

    private void part(
            long call,
            Problem problem,
            int batchHead,
            int part,
            Tensor output,
            Tensor lse,
            Results results,
            float[] columns) {
        int batch = batchHead / problem.heads();
        int head = batchHead % problem.heads();
        Forward forward = Forward.OF_THREAD.take();
        int tiles = Math.ceilDiv(problem.queries(), Q);
        for (int tile = part; tile < tiles; tile += PARTS * TILES) {
            int count = Math.min(TILES, Math.ceilDiv(tiles - tile, PARTS));
            for (int i = 0; i < count; i++) {
                forward.tile(i).open(problem, batch, head, (tile + i * PARTS) * Q, seen[i].room(problem.keys()));
            }
            forward.throughKeys(call, problem, batch, head, count);
            for (int i = 0; i < count; i++) {
                ForwardTile done = forward.tile(i);
                seen[i].reset(results.topWeights.size(3), done.low(), done.high());
                done.close(output, lse);
                place(problem, batch, head, (tile + i * PARTS) * Q, lse, seen[i]);
                seen[i].base.relativeTo(done.sums());
            }
            observe(count, columns);
            for (int i = 0; i < count; i++) {
                write(results, problem, batchHead, (tile + i * PARTS) * Q, seen[i]);
            }
        }
        Forward.OF_THREAD.give(forward);
    }

    private static void place(Problem problem, int batch, int head, int first, Tensor lse, Observation seen) {
        seen.base.read(problem, lse, batch, head, first);
        for (int q = 0; q < Q; q++) {
            seen.position[q] = first + q + problem.keys() - problem.queries();
        }
    }

    /** Block by block: a block's column sums are still near when the next tile adds to them. */
    private void observe(int count, float[] columns) {
        int from = Integer.MAX_VALUE;
        int to = 0;
        for (int i = 0; i < count; i++) {
            from = Math.min(from, seen[i].low);
            to = Math.max(to, seen[i].high);
        }
        for (int block = from / ScoreTile.BLOCK; block * ScoreTile.BLOCK < to; block++) {
            for (int i = 0; i < count; i++) {
                Observation tile = seen[i];
                int first = tile.first(block);
                int rows = Math.min((block + 1) * ScoreTile.BLOCK, tile.high) - first;
                tile.base.shift(tile.scores[block], rows);
                TILE.observe(tile.scores[block], rows, first, tile, columns);
                TILE.enterTop(tile.scores[block], rows, first, tile);
                tile.closeBlock();
            }
        }
    }

    private static void write(Results results, Problem problem, int batchHead, int first, Observation seen) {
        int row = batchHead * problem.queries() + first;
        int queries = Math.min(Q, problem.queries() - first);
        int top = results.topWeights.size(3);
        int offsets = results.offsets.length;
        for (int q = 0; q < queries; q++) {
            results.entropy.array()[row + q] = (float) seen.wholeEntropy[q];
            results.distance.array()[row + q] = (float) seen.wholeDistance[q];
            for (int k = 0; k < top; k++) {
                results.topWeights.array()[(row + q) * top + k] = seen.topWeights[k * Q + q];
                results.topKeys[(row + q) * top + k] = (int) seen.topKeys[k * Q + q];
            }
            results.firstMass.array()[row + q] = seen.weight(q, 0);
            for (int o = 0; o < offsets; o++) {
                int key = (int) seen.position[q] + results.offsets[o];
                results.offsetMass.array()[(row + q) * offsets + o] = seen.weight(q, key);
            }
        }
    }
}
