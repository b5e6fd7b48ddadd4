package dev.heed.kernel;

/** {@link Rows} in plain Java. */
final class ScalarRows implements Rows {
    private static final int BLOCK = ScoreTile.BLOCK;

    @Override
    public void scores(float[] k, int at, int width, float[] q, int rows, float[] s) {
        for (int r = 0; r < rows; r++) {
            for (int g = 0; g < BLOCK / GROUP; g++) {
                int to = r * BLOCK + g * GROUP;
                for (int j = 0; j < GROUP; j++) {
                    s[to + j] = 0;
                }
                for (int d = 0; d < width; d++) {
                    float query = q[r * width + d];
                    int row = at + (g * width + d) * GROUP;
                    for (int j = 0; j < GROUP; j++) {
                        s[to + j] = Math.fma(k[row + j], query, s[to + j]);
                    }
                }
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
