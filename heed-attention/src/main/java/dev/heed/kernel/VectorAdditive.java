package dev.heed.kernel;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * {@link Additive} with the Vector API, key by key in short loops that hand on through memory: a helper from vector to vector
 * that C2 does not inline boxes what it takes and gives.
 */
final class VectorAdditive implements Additive {
    private static final VectorSpecies<Float> F = Lanes.FLOAT;
    private static final int L = Lanes.COUNT;
    private static final float[] ZEROS = new float[Q];

    @Override
    public void scores(
            float[] k, int at, int stride, int rows, int width, float[] qT, float[] v, float[] s, float[] room) {
        for (int j = 0; j < rows; j++) {
            tanhOfSums(k, at + j * stride, width, qT, room);
            for (int q = 0; q < Q; q += L) {
                weigh(room, width, v, q, s, j * Q + q);
            }
        }
    }

    /**
     * t[a][q] = tanh(qT[a][q] + k[a]), {@link Tanh#tanh} lane by lane with the same operations, into the first half of the room:
     * sums to the second half, exponentials to the first, then what is made of both.
     */
    private static void tanhOfSums(float[] k, int at, int width, float[] qT, float[] t) {
        int half = width * Q;
        for (int a = 0; a < width; a++) {
            for (int i = a * Q; i < (a + 1) * Q; i += L) {
                FloatVector x = FloatVector.fromArray(F, qT, i).add(k[at + a]);
                x.intoArray(t, half + i);
                x.abs().mul(-2f).intoArray(t, i);
            }
        }
        Tile.CHOSEN.exponentials(t, width, ZEROS, t);
        for (int i = 0; i < half; i += L) {
            FloatVector e = FloatVector.fromArray(F, t, i);
            FloatVector x = FloatVector.fromArray(F, t, half + i);
            FloatVector z = x.mul(x);
            FloatVector p = z.fma(FloatVector.broadcast(F, Tanh.C0), FloatVector.broadcast(F, Tanh.C1));
            p = z.fma(p, FloatVector.broadcast(F, Tanh.C2));
            p = z.fma(p, FloatVector.broadcast(F, Tanh.C3));
            p = z.fma(p, FloatVector.broadcast(F, Tanh.C4));
            FloatVector large = FloatVector.broadcast(F, 1f).sub(e.mul(2f).div(e.add(1f)));
            large = large.blend(large.neg(), x.compare(VectorOperators.LT, 0f));
            large.blend(x.mul(z).fma(p, x), x.abs().compare(VectorOperators.LT, Tanh.SMALL))
                    .intoArray(t, i);
        }
    }

    private static void weigh(float[] t, int width, float[] v, int q, float[] s, int to) {
        FloatVector sum = FloatVector.zero(F);
        for (int a = 0; a < width; a++) {
            sum = FloatVector.fromArray(F, t, a * Q + q).fma(FloatVector.broadcast(F, v[a]), sum);
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
            tanhOfSums(k, at + j * stride, width, qT, room);
            for (int q = 0; q < Q; q += L) {
                gradients(width, v, dS, j * Q + q, dQT, dV, room, q);
            }
            foldHalves(room, width);
            for (int a = 0; a < width; a++) {
                dK[dKAt + j * dKStride + a] += Additive.fold16(room, a * Q);
            }
        }
    }

    /** Takes t to dS·v·(1 − t²), for one vector of queries. */
    private static void gradients(int width, float[] v, float[] dS, int at, float[] dQT, float[] dV, float[] t, int q) {
        FloatVector given = FloatVector.fromArray(F, dS, at);
        FloatVector one = FloatVector.broadcast(F, 1f);
        VectorMask<Float> none = given.compare(VectorOperators.EQ, 0f);
        for (int a = 0; a < width; a++) {
            int i = a * Q + q;
            FloatVector tanh = FloatVector.fromArray(F, t, i);
            FloatVector slope = given.mul(v[a]).mul(tanh.neg().fma(tanh, one)).blend(0f, none);
            FloatVector.fromArray(F, dV, i).add(given.mul(tanh).blend(0f, none)).intoArray(dV, i);
            FloatVector.fromArray(F, dQT, i).add(slope).intoArray(dQT, i);
            slope.intoArray(t, i);
        }
    }

    private static void foldHalves(float[] x, int width) {
        for (int a = 0; a < width; a++) {
            for (int i = a * Q; i < a * Q + Q / 2; i += L) {
                FloatVector.fromArray(F, x, i)
                        .add(FloatVector.fromArray(F, x, i + Q / 2))
                        .intoArray(x, i);
            }
        }
    }
}
