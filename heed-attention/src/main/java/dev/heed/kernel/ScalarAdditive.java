package dev.heed.kernel;

/** {@link Additive} in plain Java. */
final class ScalarAdditive implements Additive {
    @Override
    public void scores(
            float[] k, int at, int stride, int rows, int width, float[] qT, float[] v, float[] s, float[] room) {
        for (int j = 0; j < rows; j++) {
            for (int q = 0; q < Q; q++) {
                float sum = 0;
                for (int a = 0; a < width; a++) {
                    sum = Math.fma(v[a], Tanh.tanh(qT[a * Q + q] + k[at + j * stride + a]), sum);
                }
                s[j * Q + q] = sum;
            }
        }
    }

    @Override
    public void gradients(
            float[] k,
            int at,
            int stride,
            int rows,
            int width,
            float[] qT,
            float[] v,
            float[] dS,
            float[] dQT,
            float[] dK,
            int dKAt,
            int dKStride,
            float[] dV,
            float[] room) {
        for (int j = 0; j < rows; j++) {
            for (int a = 0; a < width; a++) {
                for (int q = 0; q < Q; q++) {
                    float given = dS[j * Q + q];
                    float t = Tanh.tanh(qT[a * Q + q] + k[at + j * stride + a]);
                    float slope = given == 0 ? 0 : given * v[a] * Math.fma(-t, t, 1f);
                    dV[a * Q + q] += given == 0 ? 0 : given * t;
                    dQT[a * Q + q] += slope;
                    room[q] = slope;
                }
                for (int q = 0; q < Q / 2; q++) {
                    room[q] += room[q + Q / 2];
                }
                dK[dKAt + j * dKStride + a] += Additive.fold16(room, 0);
            }
        }
    }
}
