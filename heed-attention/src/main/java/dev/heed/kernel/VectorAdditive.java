package dev.heed.kernel;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/** {@link Additive} with the Vector API. */
final class VectorAdditive implements Additive {
    private static final VectorSpecies<Float> F = Lanes.FLOAT;
    private static final int L = Lanes.COUNT;

    @Override
    public void scores(float[] k, int at, int stride, int rows, int width, float[] qT, float[] v, float[] s) {
        for (int j = 0; j < rows; j++) {
            for (int q = 0; q < Q; q += L) {
                score(k, at + j * stride, width, qT, q, v, s, j * Q + q);
            }
        }
    }

    private static void score(float[] k, int at, int width, float[] qT, int q, float[] v, float[] s, int to) {
        FloatVector sum = FloatVector.zero(F);
        for (int a = 0; a < width; a++) {
            FloatVector t =
                    VectorTile.tanh(FloatVector.fromArray(F, qT, a * Q + q).add(k[at + a]));
            sum = t.fma(FloatVector.broadcast(F, v[a]), sum);
        }
        sum.intoArray(s, to);
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
                for (int q = 0; q < Q; q += L) {
                    gradient(k[at + j * stride + a], v[a], dS, j * Q + q, qT, dQT, dV, a * Q + q, room, q);
                }
                for (int q = 0; q < Q / 2; q += L) {
                    FloatVector.fromArray(F, room, q)
                            .add(FloatVector.fromArray(F, room, q + Q / 2))
                            .intoArray(room, q);
                }
                dK[dKAt + j * dKStride + a] += Additive.fold16(room);
            }
        }
    }

    private static void gradient(
            float key,
            float v,
            float[] dS,
            int at,
            float[] qT,
            float[] dQT,
            float[] dV,
            int lane,
            float[] room,
            int q) {
        FloatVector given = FloatVector.fromArray(F, dS, at);
        VectorMask<Float> none = given.compare(VectorOperators.EQ, 0f);
        FloatVector t = VectorTile.tanh(FloatVector.fromArray(F, qT, lane).add(key));
        FloatVector slope =
                given.mul(v).mul(t.neg().fma(t, FloatVector.broadcast(F, 1f))).blend(0f, none);
        FloatVector.fromArray(F, dV, lane).add(given.mul(t).blend(0f, none)).intoArray(dV, lane);
        FloatVector.fromArray(F, dQT, lane).add(slope).intoArray(dQT, lane);
        slope.intoArray(room, q);
    }
}
