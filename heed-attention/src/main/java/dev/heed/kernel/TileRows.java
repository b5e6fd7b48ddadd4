package dev.heed.kernel;

import dev.heed.tensor.Tensor;
import java.util.Arrays;

/**
 * Rows of a tile's queries between tensors [B, H, N, D] and tiles [D][32]. They go through a copy of the rows, which runs
 * through memory in order, so that the processor reads and writes ahead of it; the squares of a {@link Transposition} jump from
 * row to row and wait for every line (1.5 µs in place of 0.9 for 32 rows of 64). Belongs to one thread and is reused.
 */
final class TileRows {
    private static final int Q = Tile.QUERIES;

    private static final Tile TILE = Tile.CHOSEN;

    private final float[] factors = new float[Q];
    private float[] room = new float[0];

    /** Rows {@code first..first+count} of one head, times the factor, to [width][32]; lanes behind them are zero. */
    void in(Tensor from, int batch, int head, int first, int count, float factor, float[] to) {
        int width = reserve(from);
        copy(from, batch, head, first, count, factor, room, width);
        toLanes(room, 0, width, count, width, to);
    }

    /**
     * Rows {@code first..first+count} of one head, times the factor, to rows {@code stride} apart. Those of several tiles in one go
     * come from memory faster than tile by tile (a causal forward pass of 1,024 queries takes 3 % less).
     */
    void copy(Tensor from, int batch, int head, int first, int count, float factor, float[] to, int stride) {
        Arrays.fill(factors, factor);
        for (int r = 0; r < count; r += Q) {
            int some = Math.min(Q, count - r);
            int at = at(from, batch, head, first + r);
            TILE.scaleRows(from.array(), at, from.stride(2), factors, some, from.size(3), to, r * stride, stride);
        }
    }

    /** Copied rows, the first at {@code at}, to [width][32]; lanes behind them are zero. */
    static void toLanes(float[] rows, int at, int stride, int count, int width, float[] to) {
        if (count < Q) {
            Arrays.fill(to, 0, width * Q, 0);
        }
        TILE.transpose(rows, at, stride, count, width, to, 0, Q);
    }

    /** The first {@code count} rows of [32][padded width], each times its factor, to rows {@code first..} of one head. */
    static void out(float[] from, float[] factors, Tensor to, int batch, int head, int first, int count) {
        int width = to.size(3);
        TILE.scaleRows(
                from,
                0,
                Tile.padded(width),
                factors,
                count,
                width,
                to.array(),
                at(to, batch, head, first),
                to.stride(2));
    }

    /** The same of the first {@code count} lanes of [width][32]. */
    void lanesOut(float[] from, float[] factors, Tensor to, int batch, int head, int first, int count) {
        int width = reserve(to);
        TILE.transpose(from, 0, Q, width, count, room, 0, width);
        TILE.scaleRows(room, 0, width, factors, count, width, to.array(), at(to, batch, head, first), to.stride(2));
    }

    private int reserve(Tensor t) {
        int width = t.size(3);
        room = room.length < width * Q ? new float[width * Q] : room;
        return width;
    }

    /** Index of the first number of a row of [B, H, N, D], or of a number of [B, H, N]; not checked. */
    static int at(Tensor t, int batch, int head, int row) {
        return t.offset() + batch * t.stride(0) + head * t.stride(1) + row * t.stride(2);
    }

    /** The room, or a larger one; its first {@code size} numbers are 0. */
    static float[] zeros(float[] room, int size) {
        if (room.length < size) {
            return new float[size];
        }
        Arrays.fill(room, 0, size, 0);
        return room;
    }
}
