package dev.heed.kernel;

import java.util.Arrays;

/** {@link Rows} in plain Java. */
final class ScalarRows implements Rows {
    private static final int BLOCK = ScoreTile.BLOCK;

    @Override
    public void scores(float[] k, int at, int width, float[] q, int rows, float[] s) {
        boolean two = width > Tile.ONE_SUM;
        float[] odd = new float[two ? GROUP : 0];
        for (int r = 0; r < rows; r++) {
            for (int g = 0; g < BLOCK / GROUP; g++) {
                int group = at + g * width * GROUP;
                int to = r * BLOCK + g * GROUP;
                sum(k, group, 0, width, two ? 2 : 1, q, r * width, s, to);
                if (two) {
                    sum(k, group, 1, width, 2, q, r * width, odd, 0);
                    for (int j = 0; j < GROUP; j++) {
                        s[to + j] += odd[j];
                    }
                }
            }
        }
    }

    /** Of every {@code step}th coordinate, for the keys of one group. */
    private static void sum(
            float[] k, int group, int from, int width, int step, float[] q, int query, float[] sum, int to) {
        Arrays.fill(sum, to, to + GROUP, 0);
        for (int d = from; d < width; d += step) {
            for (int j = 0; j < GROUP; j++) {
                sum[to + j] = Math.fma(k[group + d * GROUP + j], q[query + d], sum[to + j]);
            }
        }
    }

    @Override
    public float max(float[] s, int from, int to, float start) {
        float most = start;
        for (int i = from; i < to; i++) {
            most = s[i] > most ? s[i] : most;
        }
        return most;
    }

    @Override
    public void mix(float[] v, int at, int from, int to, int width, float[] p, int row, int rows, float[] o) {
        for (int r = row; r < row + rows; r++) {
            for (int d = 0; d < width; d += GROUP) {
                mixPanel(
                        v, at + d * BLOCK, from, to, Rows.panelWidth(width, d / GROUP), p, r * BLOCK, o, r * width + d);
            }
        }
    }

    private static void mixPanel(
            float[] v, int at, int from, int to, int width, float[] p, int weights, float[] o, int out) {
        for (int j = from; j < to; j++) {
            float weight = p[weights + j];
            for (int d = 0; d < width; d++) {
                o[out + d] = Math.fma(weight, v[at + j * width + d], o[out + d]);
            }
        }
    }
}
