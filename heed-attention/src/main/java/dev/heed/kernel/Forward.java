package dev.heed.kernel;

import dev.heed.tensor.Tensor;

/**
 * Exact attention in tiles: for 32 queries at a time, blocks of 128 keys pass by, and a running maximum, sum and mixture per
 * query are brought up to date (online softmax, Milakov and Gimelshein 2018; FlashAttention-2, Dao 2023, arXiv 2307.08691).
 * Nothing N×M exists; working memory is a few tiles per thread.
 *
 * <p>The order of every sum is a matter of absolute key indices only: blocks of 128 keys, each with sums of its own, joined in
 * chunks of 2048 that start from nothing and are merged in order. So a query gets the same bits in any tile, batch or cache, and a long cache can be
 * split between threads at chunk boundaries.
 */
public final class Forward {
    /** Keys per independent chunk; a merge costs one pass over the 32 outputs, under 0.3 % of the chunk's work. */
    static final int CHUNK = 2048;

    private static final int Q = Tile.QUERIES;
    /**
     * Tiles that one task takes through the keys together: a block of keys and values comes from a second-level cache for
     * three of them, where all keys of a head do not fit into it.
     */
    private static final int GROUP = 4;

    /** Numbers of keys and values that a tile takes in one go: 128 KB. */
    private static final int TOGETHER = 32768;

    /** Also for {@link Statistics}, which opens and closes tiles itself. */
    static final PerThread<Forward> OF_THREAD = new PerThread<>(Forward::new);

    private final ForwardTile[] tiles = new ForwardTile[GROUP];
    private final TileRows rows = new TileRows();
    private final Fetch fetch = new Fetch();
    /** Scaled queries of a group, row by row. */
    private float[] queries = new float[0];

    private Forward() {
        ScoreTile.Block shared = new ScoreTile.Block();
        for (int i = 0; i < GROUP; i++) {
            tiles[i] = new ForwardTile(shared);
        }
    }

    /** One of the {@link #GROUP} tiles that go through the keys together. */
    ForwardTile tile(int number) {
        return tiles[number];
    }

    /**
     * Fills output [B, Hq, N, Dv] and lse [B, Hq, N]; last axes of query, key, value and output must have stride 1.
     */
    public static void run(Problem problem, Tensor output, Tensor lse) {
        int groups = Math.ceilDiv(problem.queries(), GROUP * Q);
        int heads = problem.heads();
        int tasks = problem.batches() * heads * groups;
        long work = (long) tasks * GROUP * Q * problem.keys() * (problem.width() + problem.valueWidth());
        long call = Fetch.call(problem);
        Workers.run(tasks, work, task -> {
            // Under a causal mask later queries see more keys: the longest groups first, so that threads end together.
            int group = groups - 1 - task % groups;
            int head = task / groups % heads;
            Forward own = OF_THREAD.take();
            own.group(call, problem, task / groups / heads, head, group * GROUP * Q, output, lse);
            OF_THREAD.give(own);
        });
    }

    /**
     * Blocks that one tile takes before the next: 128 KB of keys and values stay in a second-level cache for all tiles, while a
     * tile's own queries and mixture, which its neighbours push out of the first level, come back half as often.
     */
    private static int blocks(Problem problem) {
        return Math.max(1, TOGETHER / (ScoreTile.BLOCK * Math.max(1, problem.width() + problem.valueWidth())));
    }

    private static void blocks(ForwardTile tile, int from, int to) {
        for (int at = from; at < to; at += ScoreTile.BLOCK) {
            tile.block(at, at + ScoreTile.BLOCK);
        }
    }

    private void group(long call, Problem problem, int batch, int head, int firstQuery, Tensor output, Tensor lse) {
        int count = Math.min(GROUP, Math.ceilDiv(problem.queries() - firstQuery, Q));
        int width = problem.width();
        queries = queries.length < GROUP * Q * width ? new float[GROUP * Q * width] : queries;
        int some = Math.min(count * Q, problem.queries() - firstQuery);
        float scale = problem.terms().queryScale();
        fetch.rows(call, problem.query(), batch, head, firstQuery, firstQuery + some);
        rows.copy(problem.query(), batch, head, firstQuery, some, scale, queries, width);
        for (int i = 0; i < count; i++) {
            tiles[i].open(problem, batch, head, firstQuery + i * Q, queries, i * Q * width);
        }
        throughKeys(call, problem, batch, head, count);
        fetch.rows(call, output, batch, head, firstQuery, firstQuery + some);
        for (int i = 0; i < count; i++) {
            tiles[i].close(output, lse);
        }
    }

    /**
     * Takes the first {@code count} tiles, which are open, through all keys that they see.
     *
     * @param call from {@link Fetch#call}
     */
    void throughKeys(long call, Problem problem, int batch, int head, int count) {
        int low = Integer.MAX_VALUE;
        int high = 0;
        for (int i = 0; i < count; i++) {
            low = Math.min(low, tiles[i].low());
            high = Math.max(high, tiles[i].high());
        }
        int step = blocks(problem) * ScoreTile.BLOCK;
        for (int at = low / ScoreTile.BLOCK * ScoreTile.BLOCK; at < high; at += step) {
            int end = Math.min(high, at + step);
            fetch.keysAndValues(call, problem, batch, problem.keyValueHead(head), Math.max(low, at), end);
            for (int i = 0; i < count; i++) {
                blocks(tiles[i], at, end);
            }
        }
    }
}
