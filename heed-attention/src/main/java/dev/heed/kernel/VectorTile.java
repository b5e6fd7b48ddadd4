package dev.heed.kernel;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * {@link Tile} with the Vector API. The register tile is eight rows by two vectors with 16 lanes (16 accumulators; 8 to
 * 14 rows by 2 reach the multiply-add peak of an AVX-512 core, 3 and 4 vectors wide lose a fifth to register allocation)
 * and four rows by two vectors else, which fits the 16 registers of AVX2.
 */
final class VectorTile implements Tile {
    private static final VectorSpecies<Float> F = Lanes.FLOAT;
    private static final VectorSpecies<Integer> I = Lanes.INT;
    private static final int L = Lanes.COUNT;
    /** Queries that one pass of a register tile covers: two vectors. */
    private static final int PAIR = 2 * L;

    private static final boolean TALL = L >= 16;

    @Override
    public void scores(float[] k, int at, int stride, int rows, int width, float[] qT, float[] s) {
        for (int q = 0; q < QUERIES; q += PAIR) {
            int j = 0;
            if (TALL) {
                for (; j + 8 <= rows; j += 8) {
                    scores8(k, at + j * stride, stride, width, qT, q, s, j * QUERIES + q);
                }
            }
            for (; j + 4 <= rows; j += 4) {
                scores4(k, at + j * stride, stride, width, qT, q, s, j * QUERIES + q);
            }
            for (; j < rows; j++) {
                scores1(k, at + j * stride, width, qT, q, s, j * QUERIES + q);
            }
        }
    }

    private static void scores8(float[] k, int at, int stride, int width, float[] qT, int q, float[] s, int to) {
        FloatVector a0 = FloatVector.zero(F), b0 = a0, a1 = a0, b1 = a0, a2 = a0, b2 = a0, a3 = a0, b3 = a0;
        FloatVector a4 = a0, b4 = a0, a5 = a0, b5 = a0, a6 = a0, b6 = a0, a7 = a0, b7 = a0;
        int r1 = at + stride;
        int r2 = r1 + stride;
        int r3 = r2 + stride;
        int r4 = r3 + stride;
        int r5 = r4 + stride;
        int r6 = r5 + stride;
        int r7 = r6 + stride;
        for (int d = 0; d < width; d++) {
            FloatVector x = FloatVector.fromArray(F, qT, d * QUERIES + q);
            FloatVector y = FloatVector.fromArray(F, qT, d * QUERIES + q + L);
            FloatVector key = FloatVector.broadcast(F, k[at + d]);
            a0 = key.fma(x, a0);
            b0 = key.fma(y, b0);
            key = FloatVector.broadcast(F, k[r1 + d]);
            a1 = key.fma(x, a1);
            b1 = key.fma(y, b1);
            key = FloatVector.broadcast(F, k[r2 + d]);
            a2 = key.fma(x, a2);
            b2 = key.fma(y, b2);
            key = FloatVector.broadcast(F, k[r3 + d]);
            a3 = key.fma(x, a3);
            b3 = key.fma(y, b3);
            key = FloatVector.broadcast(F, k[r4 + d]);
            a4 = key.fma(x, a4);
            b4 = key.fma(y, b4);
            key = FloatVector.broadcast(F, k[r5 + d]);
            a5 = key.fma(x, a5);
            b5 = key.fma(y, b5);
            key = FloatVector.broadcast(F, k[r6 + d]);
            a6 = key.fma(x, a6);
            b6 = key.fma(y, b6);
            key = FloatVector.broadcast(F, k[r7 + d]);
            a7 = key.fma(x, a7);
            b7 = key.fma(y, b7);
        }
        a0.intoArray(s, to);
        b0.intoArray(s, to + L);
        a1.intoArray(s, to + QUERIES);
        b1.intoArray(s, to + QUERIES + L);
        a2.intoArray(s, to + 2 * QUERIES);
        b2.intoArray(s, to + 2 * QUERIES + L);
        a3.intoArray(s, to + 3 * QUERIES);
        b3.intoArray(s, to + 3 * QUERIES + L);
        a4.intoArray(s, to + 4 * QUERIES);
        b4.intoArray(s, to + 4 * QUERIES + L);
        a5.intoArray(s, to + 5 * QUERIES);
        b5.intoArray(s, to + 5 * QUERIES + L);
        a6.intoArray(s, to + 6 * QUERIES);
        b6.intoArray(s, to + 6 * QUERIES + L);
        a7.intoArray(s, to + 7 * QUERIES);
        b7.intoArray(s, to + 7 * QUERIES + L);
    }

    private static void scores4(float[] k, int at, int stride, int width, float[] qT, int q, float[] s, int to) {
        FloatVector a0 = FloatVector.zero(F), b0 = a0, a1 = a0, b1 = a0, a2 = a0, b2 = a0, a3 = a0, b3 = a0;
        int r1 = at + stride;
        int r2 = r1 + stride;
        int r3 = r2 + stride;
        for (int d = 0; d < width; d++) {
            FloatVector x = FloatVector.fromArray(F, qT, d * QUERIES + q);
            FloatVector y = FloatVector.fromArray(F, qT, d * QUERIES + q + L);
            FloatVector key = FloatVector.broadcast(F, k[at + d]);
            a0 = key.fma(x, a0);
            b0 = key.fma(y, b0);
            key = FloatVector.broadcast(F, k[r1 + d]);
            a1 = key.fma(x, a1);
            b1 = key.fma(y, b1);
            key = FloatVector.broadcast(F, k[r2 + d]);
            a2 = key.fma(x, a2);
            b2 = key.fma(y, b2);
            key = FloatVector.broadcast(F, k[r3 + d]);
            a3 = key.fma(x, a3);
            b3 = key.fma(y, b3);
        }
        a0.intoArray(s, to);
        b0.intoArray(s, to + L);
        a1.intoArray(s, to + QUERIES);
        b1.intoArray(s, to + QUERIES + L);
        a2.intoArray(s, to + 2 * QUERIES);
        b2.intoArray(s, to + 2 * QUERIES + L);
        a3.intoArray(s, to + 3 * QUERIES);
        b3.intoArray(s, to + 3 * QUERIES + L);
    }

    private static void scores1(float[] k, int at, int width, float[] qT, int q, float[] s, int to) {
        FloatVector a = FloatVector.zero(F), b = a;
        for (int d = 0; d < width; d++) {
            FloatVector key = FloatVector.broadcast(F, k[at + d]);
            a = key.fma(FloatVector.fromArray(F, qT, d * QUERIES + q), a);
            b = key.fma(FloatVector.fromArray(F, qT, d * QUERIES + q + L), b);
        }
        a.intoArray(s, to);
        b.intoArray(s, to + L);
    }

    @Override
    public void softcap(float[] s, int rows, float cap) {
        for (int i = 0; i < rows * QUERIES; i += L) {
            tanh(FloatVector.fromArray(F, s, i).div(cap)).mul(cap).intoArray(s, i);
        }
    }

    @Override
    public void hide(float[] s, int rows, int[] visible) {
        for (int j = 0; j < rows; j++) {
            for (int q = 0; q < QUERIES; q += L) {
                VectorMask<Float> seen = VectorMask.fromLong(F, visible[j] >>> q);
                FloatVector.broadcast(F, Float.NEGATIVE_INFINITY)
                        .blend(FloatVector.fromArray(F, s, j * QUERIES + q), seen)
                        .intoArray(s, j * QUERIES + q);
            }
        }
    }

    @Override
    public void interval(int[] from, int[] to, int firstKey, int rows, int[] visible) {
        for (int j = 0; j < rows; j++) {
            int bits = 0;
            for (int q = 0; q < QUERIES; q += L) {
                VectorMask<Integer> seen = IntVector.fromArray(I, from, q)
                        .compare(VectorOperators.LE, firstKey + j)
                        .and(IntVector.fromArray(I, to, q).compare(VectorOperators.GT, firstKey + j));
                bits |= (int) seen.toLong() << q;
            }
            visible[j] = bits;
        }
    }

    @Override
    public boolean softmax(float[] s, int rows, int firstKey, float[] max, float[] sum, float[] rescale) {
        boolean changed = false;
        for (int q = 0; q < QUERIES; q += L) {
            changed |= softmax(s, rows, firstKey & 7, max, sum, rescale, q);
        }
        return changed;
    }

    private static boolean softmax(float[] s, int rows, int phase, float[] max, float[] sum, float[] rescale, int q) {
        FloatVector before = FloatVector.fromArray(F, max, q);
        FloatVector most = rowMax(s, rows, before, q);
        // A query that has seen nothing keeps −∞; subtracting 0 in its place leaves every p at 0 without a NaN.
        FloatVector base = most.blend(0f, most.compare(VectorOperators.EQ, Float.NEGATIVE_INFINITY));
        FloatVector factor = exp(before.sub(base));
        FloatVector block = expAndSum(s, rows, phase, base, q);
        FloatVector.fromArray(F, sum, q).fma(factor, block).intoArray(sum, q);
        most.intoArray(max, q);
        factor.intoArray(rescale, q);
        return factor.compare(VectorOperators.NE, 1f).anyTrue();
    }

    /** max by compare and blend: two instructions, where {@code max} spends five on the order of zeros and NaN. */
    private static FloatVector rowMax(float[] s, int rows, FloatVector before, int q) {
        FloatVector m0 = before, m1 = before, m2 = before, m3 = before;
        int j = 0;
        for (; j + 4 <= rows; j += 4) {
            int at = j * QUERIES + q;
            FloatVector x0 = FloatVector.fromArray(F, s, at);
            FloatVector x1 = FloatVector.fromArray(F, s, at + QUERIES);
            FloatVector x2 = FloatVector.fromArray(F, s, at + 2 * QUERIES);
            FloatVector x3 = FloatVector.fromArray(F, s, at + 3 * QUERIES);
            m0 = greater(m0, x0);
            m1 = greater(m1, x1);
            m2 = greater(m2, x2);
            m3 = greater(m3, x3);
        }
        for (; j < rows; j++) {
            m0 = greater(m0, FloatVector.fromArray(F, s, j * QUERIES + q));
        }
        return greater(greater(m0, m1), greater(m2, m3));
    }

    private static FloatVector greater(FloatVector a, FloatVector b) {
        return a.blend(b, b.compare(VectorOperators.GT, a));
    }

    private static FloatVector expAndSum(float[] s, int rows, int phase, FloatVector base, int q) {
        FloatVector s0 = FloatVector.zero(F), s1 = s0, s2 = s0, s3 = s0, s4 = s0, s5 = s0, s6 = s0, s7 = s0;
        // Rotate so that accumulator r takes the keys whose absolute index is r mod 8: the first rows up to a multiple
        // of eight go one by one.
        int j = 0;
        for (; j < rows && (phase + j & 7) != 0; j++) {
            FloatVector p = expStore(s, j * QUERIES + q, base);
            switch (phase + j & 7) {
                case 1 -> s1 = s1.add(p);
                case 2 -> s2 = s2.add(p);
                case 3 -> s3 = s3.add(p);
                case 4 -> s4 = s4.add(p);
                case 5 -> s5 = s5.add(p);
                case 6 -> s6 = s6.add(p);
                default -> s7 = s7.add(p);
            }
        }
        for (; j + 8 <= rows; j += 8) {
            int at = j * QUERIES + q;
            s0 = s0.add(expStore(s, at, base));
            s1 = s1.add(expStore(s, at + QUERIES, base));
            s2 = s2.add(expStore(s, at + 2 * QUERIES, base));
            s3 = s3.add(expStore(s, at + 3 * QUERIES, base));
            s4 = s4.add(expStore(s, at + 4 * QUERIES, base));
            s5 = s5.add(expStore(s, at + 5 * QUERIES, base));
            s6 = s6.add(expStore(s, at + 6 * QUERIES, base));
            s7 = s7.add(expStore(s, at + 7 * QUERIES, base));
        }
        for (int r = 0; j < rows; j++, r++) {
            FloatVector p = expStore(s, j * QUERIES + q, base);
            switch (r) {
                case 0 -> s0 = s0.add(p);
                case 1 -> s1 = s1.add(p);
                case 2 -> s2 = s2.add(p);
                case 3 -> s3 = s3.add(p);
                case 4 -> s4 = s4.add(p);
                case 5 -> s5 = s5.add(p);
                default -> s6 = s6.add(p);
            }
        }
        return s0.add(s4).add(s2.add(s6)).add(s1.add(s5).add(s3.add(s7)));
    }

    private static FloatVector expStore(float[] s, int at, FloatVector base) {
        FloatVector p = exp(FloatVector.fromArray(F, s, at).sub(base));
        p.intoArray(s, at);
        return p;
    }

    /** {@link Exp#exp}, lane by lane the same operations. */
    static FloatVector exp(FloatVector x) {
        FloatVector clamped = x.blend(Exp.FLOOR, x.compare(VectorOperators.LT, Exp.LOWEST));
        FloatVector rounded = clamped.fma(FloatVector.broadcast(F, Exp.LOG2_E), FloatVector.broadcast(F, Exp.ROUND));
        FloatVector n = rounded.sub(Exp.ROUND);
        FloatVector r =
                n.fma(FloatVector.broadcast(F, -Exp.LN2_LO), n.fma(FloatVector.broadcast(F, -Exp.LN2_HI), clamped));
        FloatVector p = r.fma(FloatVector.broadcast(F, Exp.C6), FloatVector.broadcast(F, Exp.C5));
        p = r.fma(p, FloatVector.broadcast(F, Exp.C4));
        p = r.fma(p, FloatVector.broadcast(F, Exp.C3));
        p = r.fma(p, FloatVector.broadcast(F, Exp.C2));
        p = r.fma(p, FloatVector.broadcast(F, 1f));
        p = r.fma(p, FloatVector.broadcast(F, 1f));
        return p.reinterpretAsInts()
                .add(rounded.reinterpretAsInts().lanewise(VectorOperators.LSHL, 23))
                .reinterpretAsFloats()
                .mul(Exp.UNBIAS);
    }

    /** {@link Tanh#tanh}, lane by lane the same operations. */
    static FloatVector tanh(FloatVector x) {
        FloatVector z = x.mul(x);
        FloatVector p = z.fma(FloatVector.broadcast(F, Tanh.C0), FloatVector.broadcast(F, Tanh.C1));
        p = z.fma(p, FloatVector.broadcast(F, Tanh.C2));
        p = z.fma(p, FloatVector.broadcast(F, Tanh.C3));
        p = z.fma(p, FloatVector.broadcast(F, Tanh.C4));
        FloatVector small = x.mul(z).fma(p, x);
        FloatVector magnitude = x.abs();
        FloatVector e = exp(magnitude.mul(-2f));
        FloatVector large = FloatVector.broadcast(F, 1f).sub(e.mul(2f).div(e.add(1f)));
        VectorMask<Float> negative = x.compare(VectorOperators.LT, 0f);
        large = large.blend(large.neg(), negative);
        return large.blend(small, magnitude.compare(VectorOperators.LT, Tanh.SMALL));
    }

    @Override
    public void scale(float[] oT, int width, float[] factor) {
        for (int q = 0; q < QUERIES; q += L) {
            FloatVector f = FloatVector.fromArray(F, factor, q);
            for (int d = 0; d < width; d++) {
                FloatVector.fromArray(F, oT, d * QUERIES + q).mul(f).intoArray(oT, d * QUERIES + q);
            }
        }
    }

    @Override
    public void mix(float[] v, int at, int stride, int rows, int width, float[] p, float[] oT) {
        for (int q = 0; q < QUERIES; q += PAIR) {
            int d = 0;
            if (TALL) {
                for (; d + 8 <= width; d += 8) {
                    mix8(v, at + d, stride, rows, p, q, oT, d * QUERIES + q);
                }
            }
            for (; d + 4 <= width; d += 4) {
                mix4(v, at + d, stride, rows, p, q, oT, d * QUERIES + q);
            }
            for (; d < width; d++) {
                mix1(v, at + d, stride, rows, p, q, oT, d * QUERIES + q);
            }
        }
    }

    private static void mix8(float[] v, int at, int stride, int rows, float[] p, int q, float[] oT, int to) {
        FloatVector a0 = FloatVector.fromArray(F, oT, to);
        FloatVector b0 = FloatVector.fromArray(F, oT, to + L);
        FloatVector a1 = FloatVector.fromArray(F, oT, to + QUERIES);
        FloatVector b1 = FloatVector.fromArray(F, oT, to + QUERIES + L);
        FloatVector a2 = FloatVector.fromArray(F, oT, to + 2 * QUERIES);
        FloatVector b2 = FloatVector.fromArray(F, oT, to + 2 * QUERIES + L);
        FloatVector a3 = FloatVector.fromArray(F, oT, to + 3 * QUERIES);
        FloatVector b3 = FloatVector.fromArray(F, oT, to + 3 * QUERIES + L);
        FloatVector a4 = FloatVector.fromArray(F, oT, to + 4 * QUERIES);
        FloatVector b4 = FloatVector.fromArray(F, oT, to + 4 * QUERIES + L);
        FloatVector a5 = FloatVector.fromArray(F, oT, to + 5 * QUERIES);
        FloatVector b5 = FloatVector.fromArray(F, oT, to + 5 * QUERIES + L);
        FloatVector a6 = FloatVector.fromArray(F, oT, to + 6 * QUERIES);
        FloatVector b6 = FloatVector.fromArray(F, oT, to + 6 * QUERIES + L);
        FloatVector a7 = FloatVector.fromArray(F, oT, to + 7 * QUERIES);
        FloatVector b7 = FloatVector.fromArray(F, oT, to + 7 * QUERIES + L);
        int row = at;
        for (int j = 0; j < rows; j++, row += stride) {
            FloatVector x = FloatVector.fromArray(F, p, j * QUERIES + q);
            FloatVector y = FloatVector.fromArray(F, p, j * QUERIES + q + L);
            FloatVector value = FloatVector.broadcast(F, v[row]);
            a0 = value.fma(x, a0);
            b0 = value.fma(y, b0);
            value = FloatVector.broadcast(F, v[row + 1]);
            a1 = value.fma(x, a1);
            b1 = value.fma(y, b1);
            value = FloatVector.broadcast(F, v[row + 2]);
            a2 = value.fma(x, a2);
            b2 = value.fma(y, b2);
            value = FloatVector.broadcast(F, v[row + 3]);
            a3 = value.fma(x, a3);
            b3 = value.fma(y, b3);
            value = FloatVector.broadcast(F, v[row + 4]);
            a4 = value.fma(x, a4);
            b4 = value.fma(y, b4);
            value = FloatVector.broadcast(F, v[row + 5]);
            a5 = value.fma(x, a5);
            b5 = value.fma(y, b5);
            value = FloatVector.broadcast(F, v[row + 6]);
            a6 = value.fma(x, a6);
            b6 = value.fma(y, b6);
            value = FloatVector.broadcast(F, v[row + 7]);
            a7 = value.fma(x, a7);
            b7 = value.fma(y, b7);
        }
        a0.intoArray(oT, to);
        b0.intoArray(oT, to + L);
        a1.intoArray(oT, to + QUERIES);
        b1.intoArray(oT, to + QUERIES + L);
        a2.intoArray(oT, to + 2 * QUERIES);
        b2.intoArray(oT, to + 2 * QUERIES + L);
        a3.intoArray(oT, to + 3 * QUERIES);
        b3.intoArray(oT, to + 3 * QUERIES + L);
        a4.intoArray(oT, to + 4 * QUERIES);
        b4.intoArray(oT, to + 4 * QUERIES + L);
        a5.intoArray(oT, to + 5 * QUERIES);
        b5.intoArray(oT, to + 5 * QUERIES + L);
        a6.intoArray(oT, to + 6 * QUERIES);
        b6.intoArray(oT, to + 6 * QUERIES + L);
        a7.intoArray(oT, to + 7 * QUERIES);
        b7.intoArray(oT, to + 7 * QUERIES + L);
    }

    private static void mix4(float[] v, int at, int stride, int rows, float[] p, int q, float[] oT, int to) {
        FloatVector a0 = FloatVector.fromArray(F, oT, to);
        FloatVector b0 = FloatVector.fromArray(F, oT, to + L);
        FloatVector a1 = FloatVector.fromArray(F, oT, to + QUERIES);
        FloatVector b1 = FloatVector.fromArray(F, oT, to + QUERIES + L);
        FloatVector a2 = FloatVector.fromArray(F, oT, to + 2 * QUERIES);
        FloatVector b2 = FloatVector.fromArray(F, oT, to + 2 * QUERIES + L);
        FloatVector a3 = FloatVector.fromArray(F, oT, to + 3 * QUERIES);
        FloatVector b3 = FloatVector.fromArray(F, oT, to + 3 * QUERIES + L);
        int row = at;
        for (int j = 0; j < rows; j++, row += stride) {
            FloatVector x = FloatVector.fromArray(F, p, j * QUERIES + q);
            FloatVector y = FloatVector.fromArray(F, p, j * QUERIES + q + L);
            FloatVector value = FloatVector.broadcast(F, v[row]);
            a0 = value.fma(x, a0);
            b0 = value.fma(y, b0);
            value = FloatVector.broadcast(F, v[row + 1]);
            a1 = value.fma(x, a1);
            b1 = value.fma(y, b1);
            value = FloatVector.broadcast(F, v[row + 2]);
            a2 = value.fma(x, a2);
            b2 = value.fma(y, b2);
            value = FloatVector.broadcast(F, v[row + 3]);
            a3 = value.fma(x, a3);
            b3 = value.fma(y, b3);
        }
        a0.intoArray(oT, to);
        b0.intoArray(oT, to + L);
        a1.intoArray(oT, to + QUERIES);
        b1.intoArray(oT, to + QUERIES + L);
        a2.intoArray(oT, to + 2 * QUERIES);
        b2.intoArray(oT, to + 2 * QUERIES + L);
        a3.intoArray(oT, to + 3 * QUERIES);
        b3.intoArray(oT, to + 3 * QUERIES + L);
    }

    private static void mix1(float[] v, int at, int stride, int rows, float[] p, int q, float[] oT, int to) {
        FloatVector a = FloatVector.fromArray(F, oT, to);
        FloatVector b = FloatVector.fromArray(F, oT, to + L);
        int row = at;
        for (int j = 0; j < rows; j++, row += stride) {
            FloatVector value = FloatVector.broadcast(F, v[row]);
            a = value.fma(FloatVector.fromArray(F, p, j * QUERIES + q), a);
            b = value.fma(FloatVector.fromArray(F, p, j * QUERIES + q + L), b);
        }
        a.intoArray(oT, to);
        b.intoArray(oT, to + L);
    }

    @Override
    public boolean anyNonFinite(float[] v, int at, int stride, int rows, int width) {
        FloatVector probe = FloatVector.zero(F);
        float rest = 0;
        for (int j = 0; j < rows; j++) {
            int d = 0;
            for (; d + L <= width; d += L) {
                probe = FloatVector.fromArray(F, v, at + j * stride + d).fma(FloatVector.zero(F), probe);
            }
            for (; d < width; d++) {
                rest += v[at + j * stride + d] * 0;
            }
        }
        // NaN or ∞ times zero is NaN, and stays.
        return Float.isNaN(rest) || probe.compare(VectorOperators.NE, 0f).anyTrue();
    }
}
