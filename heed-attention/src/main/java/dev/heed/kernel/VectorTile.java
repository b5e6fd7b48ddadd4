package dev.heed.kernel;

import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.LongVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;
import org.jspecify.annotations.Nullable;

/**
 * {@link Tile} with the Vector API. With 16 lanes register tiles are 14 or 8 rows by two vectors for scores, or 6 by two
 * by two sums, and 11 or 10 by two for mixtures (14 that begin from memory spill), with fewer four rows by two vectors, which fits the 16 registers of AVX2.
 * Of the multiply-add peak of an AVX-512 core 14 × 2 reach 98 %, 8 × 2 94 and 11 × 2 95, less than where operands begin at a
 * cache line, which on the heap they do not; 3 and 4 vectors wide lose a fifth to register allocation.
 *
 * <p>Loops here spell out what a helper from vector to vector would say shorter, exp included. C2 inlines the JDK's own vector
 * methods always, a helper of ours only by its profile: one that it has compiled by itself meanwhile, or that was rarely
 * called while sequences were short, stays a call for good, and its vectors are boxed. That made the softmax six times
 * slower in one start of three.
 */
final class VectorTile implements Tile {
    private static final VectorSpecies<Float> F = Lanes.FLOAT;
    private static final VectorSpecies<Integer> I = Lanes.INT;
    private static final int L = Lanes.COUNT;
    /** Queries that one pass of a register tile covers: two vectors. */
    private static final int PAIR = 2 * L;

    /** Half as many lanes, and as many doubles. */
    private static final VectorSpecies<Float> HALF = FloatVector.SPECIES_256;

    private static final VectorSpecies<Double> DOUBLE = DoubleVector.SPECIES_512;
    private static final Tile SCALAR = new ScalarTile();
    private static final float[] ZEROS = new float[QUERIES];
    private static final boolean TALL = L >= 16;
    /** Four times 14 keys: what is left of a multiple of eight is one again. */
    private static final int MANY = 56;

    @Override
    public void scores(float[] k, int at, int stride, int rows, int width, float[] qT, float[] s) {
        for (int q = 0; q < QUERIES; q += PAIR) {
            if (width <= ONE_SUM) {
                oneSum(k, at, stride, rows, width, qT, q, s);
            } else {
                twoSums(k, at, stride, rows, width, qT, q, s);
            }
        }
    }

    private static void oneSum(float[] k, int at, int stride, int rows, int width, float[] qT, int q, float[] s) {
        int j = 0;
        if (TALL) {
            for (int end = rows / MANY * MANY; j < end; j += 14) {
                scores14(k, at + j * stride, stride, width, qT, q, s, j * QUERIES + q);
            }
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

    /** Six rows: with seven, and as many sums as 14 rows have, C2 spills. */
    private static void twoSums(float[] k, int at, int stride, int rows, int width, float[] qT, int q, float[] s) {
        int j = 0;
        for (; TALL && j + 6 <= rows; j += 6) {
            twoSums6(k, at + j * stride, stride, width, qT, q, s, j * QUERIES + q);
        }
        for (; j < rows; j += 2) {
            boolean lone = j + 1 == rows; // is computed and written twice
            int to = j * QUERIES + q;
            twoSums2(k, at + j * stride, lone ? 0 : stride, width, qT, q, s, to, lone ? 0 : QUERIES);
        }
    }

    private static void twoSums6(float[] k, int at, int stride, int width, float[] qT, int q, float[] s, int to) {
        FloatVector a0 = FloatVector.zero(F), b0 = a0, c0 = a0, d0 = a0, a1 = a0, b1 = a0, c1 = a0, d1 = a0;
        FloatVector a2 = a0, b2 = a0, c2 = a0, d2 = a0, a3 = a0, b3 = a0, c3 = a0, d3 = a0;
        FloatVector a4 = a0, b4 = a0, c4 = a0, d4 = a0, a5 = a0, b5 = a0, c5 = a0, d5 = a0;
        int r1 = at + stride;
        int r2 = r1 + stride;
        int r3 = r2 + stride;
        int r4 = r3 + stride;
        int r5 = r4 + stride;
        int pairs = width & ~1;
        for (int i = 0; i < pairs; i += 2) {
            FloatVector x = FloatVector.fromArray(F, qT, i * QUERIES + q);
            FloatVector y = FloatVector.fromArray(F, qT, i * QUERIES + q + L);
            FloatVector key = FloatVector.broadcast(F, k[at + i]);
            a0 = key.fma(x, a0);
            b0 = key.fma(y, b0);
            key = FloatVector.broadcast(F, k[r1 + i]);
            a1 = key.fma(x, a1);
            b1 = key.fma(y, b1);
            key = FloatVector.broadcast(F, k[r2 + i]);
            a2 = key.fma(x, a2);
            b2 = key.fma(y, b2);
            key = FloatVector.broadcast(F, k[r3 + i]);
            a3 = key.fma(x, a3);
            b3 = key.fma(y, b3);
            key = FloatVector.broadcast(F, k[r4 + i]);
            a4 = key.fma(x, a4);
            b4 = key.fma(y, b4);
            key = FloatVector.broadcast(F, k[r5 + i]);
            a5 = key.fma(x, a5);
            b5 = key.fma(y, b5);
            FloatVector z = FloatVector.fromArray(F, qT, i * QUERIES + q + QUERIES);
            FloatVector w = FloatVector.fromArray(F, qT, i * QUERIES + q + QUERIES + L);
            key = FloatVector.broadcast(F, k[at + i + 1]);
            c0 = key.fma(z, c0);
            d0 = key.fma(w, d0);
            key = FloatVector.broadcast(F, k[r1 + i + 1]);
            c1 = key.fma(z, c1);
            d1 = key.fma(w, d1);
            key = FloatVector.broadcast(F, k[r2 + i + 1]);
            c2 = key.fma(z, c2);
            d2 = key.fma(w, d2);
            key = FloatVector.broadcast(F, k[r3 + i + 1]);
            c3 = key.fma(z, c3);
            d3 = key.fma(w, d3);
            key = FloatVector.broadcast(F, k[r4 + i + 1]);
            c4 = key.fma(z, c4);
            d4 = key.fma(w, d4);
            key = FloatVector.broadcast(F, k[r5 + i + 1]);
            c5 = key.fma(z, c5);
            d5 = key.fma(w, d5);
        }
        if (pairs < width) {
            FloatVector x = FloatVector.fromArray(F, qT, pairs * QUERIES + q);
            FloatVector y = FloatVector.fromArray(F, qT, pairs * QUERIES + q + L);
            FloatVector key = FloatVector.broadcast(F, k[at + pairs]);
            a0 = key.fma(x, a0);
            b0 = key.fma(y, b0);
            key = FloatVector.broadcast(F, k[r1 + pairs]);
            a1 = key.fma(x, a1);
            b1 = key.fma(y, b1);
            key = FloatVector.broadcast(F, k[r2 + pairs]);
            a2 = key.fma(x, a2);
            b2 = key.fma(y, b2);
            key = FloatVector.broadcast(F, k[r3 + pairs]);
            a3 = key.fma(x, a3);
            b3 = key.fma(y, b3);
            key = FloatVector.broadcast(F, k[r4 + pairs]);
            a4 = key.fma(x, a4);
            b4 = key.fma(y, b4);
            key = FloatVector.broadcast(F, k[r5 + pairs]);
            a5 = key.fma(x, a5);
            b5 = key.fma(y, b5);
        }
        a0.add(c0).intoArray(s, to);
        b0.add(d0).intoArray(s, to + L);
        a1.add(c1).intoArray(s, to + QUERIES);
        b1.add(d1).intoArray(s, to + QUERIES + L);
        a2.add(c2).intoArray(s, to + 2 * QUERIES);
        b2.add(d2).intoArray(s, to + 2 * QUERIES + L);
        a3.add(c3).intoArray(s, to + 3 * QUERIES);
        b3.add(d3).intoArray(s, to + 3 * QUERIES + L);
        a4.add(c4).intoArray(s, to + 4 * QUERIES);
        b4.add(d4).intoArray(s, to + 4 * QUERIES + L);
        a5.add(c5).intoArray(s, to + 5 * QUERIES);
        b5.add(d5).intoArray(s, to + 5 * QUERIES + L);
    }

    /** With fewer lanes, too, and of a lone row twice: both distances are 0 then. */
    private static void twoSums2(
            float[] k, int at, int stride, int width, float[] qT, int q, float[] s, int to, int toStride) {
        FloatVector a0 = FloatVector.zero(F), b0 = a0, c0 = a0, d0 = a0, a1 = a0, b1 = a0, c1 = a0, d1 = a0;
        int r1 = at + stride;
        int pairs = width & ~1;
        for (int i = 0; i < pairs; i += 2) {
            FloatVector x = FloatVector.fromArray(F, qT, i * QUERIES + q);
            FloatVector y = FloatVector.fromArray(F, qT, i * QUERIES + q + L);
            FloatVector key = FloatVector.broadcast(F, k[at + i]);
            a0 = key.fma(x, a0);
            b0 = key.fma(y, b0);
            key = FloatVector.broadcast(F, k[r1 + i]);
            a1 = key.fma(x, a1);
            b1 = key.fma(y, b1);
            FloatVector z = FloatVector.fromArray(F, qT, i * QUERIES + q + QUERIES);
            FloatVector w = FloatVector.fromArray(F, qT, i * QUERIES + q + QUERIES + L);
            key = FloatVector.broadcast(F, k[at + i + 1]);
            c0 = key.fma(z, c0);
            d0 = key.fma(w, d0);
            key = FloatVector.broadcast(F, k[r1 + i + 1]);
            c1 = key.fma(z, c1);
            d1 = key.fma(w, d1);
        }
        if (pairs < width) {
            FloatVector x = FloatVector.fromArray(F, qT, pairs * QUERIES + q);
            FloatVector y = FloatVector.fromArray(F, qT, pairs * QUERIES + q + L);
            FloatVector key = FloatVector.broadcast(F, k[at + pairs]);
            a0 = key.fma(x, a0);
            b0 = key.fma(y, b0);
            key = FloatVector.broadcast(F, k[r1 + pairs]);
            a1 = key.fma(x, a1);
            b1 = key.fma(y, b1);
        }
        a0.add(c0).intoArray(s, to);
        b0.add(d0).intoArray(s, to + L);
        a1.add(c1).intoArray(s, to + toStride);
        b1.add(d1).intoArray(s, to + toStride + L);
    }

    private static void scores14(float[] k, int at, int stride, int width, float[] qT, int q, float[] s, int to) {
        FloatVector a0 = FloatVector.zero(F), b0 = a0, a1 = a0, b1 = a0, a2 = a0, b2 = a0, a3 = a0, b3 = a0;
        FloatVector a4 = a0, b4 = a0, a5 = a0, b5 = a0, a6 = a0, b6 = a0, a7 = a0, b7 = a0;
        FloatVector a8 = a0, b8 = a0, a9 = a0, b9 = a0, a10 = a0, b10 = a0, a11 = a0, b11 = a0;
        FloatVector a12 = a0, b12 = a0, a13 = a0, b13 = a0;
        int r1 = at + stride;
        int r2 = r1 + stride;
        int r3 = r2 + stride;
        int r4 = r3 + stride;
        int r5 = r4 + stride;
        int r6 = r5 + stride;
        int r7 = r6 + stride;
        int r8 = r7 + stride;
        int r9 = r8 + stride;
        int r10 = r9 + stride;
        int r11 = r10 + stride;
        int r12 = r11 + stride;
        int r13 = r12 + stride;
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
            key = FloatVector.broadcast(F, k[r8 + d]);
            a8 = key.fma(x, a8);
            b8 = key.fma(y, b8);
            key = FloatVector.broadcast(F, k[r9 + d]);
            a9 = key.fma(x, a9);
            b9 = key.fma(y, b9);
            key = FloatVector.broadcast(F, k[r10 + d]);
            a10 = key.fma(x, a10);
            b10 = key.fma(y, b10);
            key = FloatVector.broadcast(F, k[r11 + d]);
            a11 = key.fma(x, a11);
            b11 = key.fma(y, b11);
            key = FloatVector.broadcast(F, k[r12 + d]);
            a12 = key.fma(x, a12);
            b12 = key.fma(y, b12);
            key = FloatVector.broadcast(F, k[r13 + d]);
            a13 = key.fma(x, a13);
            b13 = key.fma(y, b13);
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
        a8.intoArray(s, to + 8 * QUERIES);
        b8.intoArray(s, to + 8 * QUERIES + L);
        a9.intoArray(s, to + 9 * QUERIES);
        b9.intoArray(s, to + 9 * QUERIES + L);
        a10.intoArray(s, to + 10 * QUERIES);
        b10.intoArray(s, to + 10 * QUERIES + L);
        a11.intoArray(s, to + 11 * QUERIES);
        b11.intoArray(s, to + 11 * QUERIES + L);
        a12.intoArray(s, to + 12 * QUERIES);
        b12.intoArray(s, to + 12 * QUERIES + L);
        a13.intoArray(s, to + 13 * QUERIES);
        b13.intoArray(s, to + 13 * QUERIES + L);
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
    public void hide(float[] s, int rowFrom, int rowTo, int[] visible) {
        for (int j = rowFrom; j < rowTo; j++) {
            for (int q = 0; q < QUERIES; q += L) {
                VectorMask<Float> seen = VectorMask.fromLong(F, visible[j] >>> q);
                FloatVector.broadcast(F, Float.NEGATIVE_INFINITY)
                        .blend(FloatVector.fromArray(F, s, j * QUERIES + q), seen)
                        .intoArray(s, j * QUERIES + q);
            }
        }
    }

    @Override
    public void interval(int[] from, int[] to, int firstKey, int rowFrom, int rowTo, int[] visible) {
        for (int j = rowFrom; j < rowTo; j++) {
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
    public void softmax(float[] s, int rows, int firstKey, Running run, float[] p) {
        for (int q = 0; q < QUERIES; q += L) {
            blockMax(s, rows, run.max, run.base, q);
        }
        for (int q = 0; q < QUERIES; q += L) {
            advance(run, q);
        }
        exponentials(run.factor, 1, ZEROS, run.factor);
        exponentials(s, rows, run.base, p);
        for (int q = 0; q < QUERIES; q += L) {
            sum(p, rows, firstKey & 7, run.partial, q);
            FloatVector.fromArray(F, run.sum, q)
                    .fma(FloatVector.fromArray(F, run.factor, q), FloatVector.fromArray(F, run.partial, q))
                    .intoArray(run.sum, q);
        }
    }

    /** Takes over the block's maximum from {@code run.base}; factor becomes the logarithm of what it will be. */
    private static void advance(Running run, int q) {
        FloatVector most = FloatVector.fromArray(F, run.base, q);
        // A query that has seen nothing keeps −∞; subtracting 0 in its place leaves every p at 0 without a NaN.
        FloatVector base = most.blend(0f, most.compare(VectorOperators.EQ, Float.NEGATIVE_INFINITY));
        FloatVector.fromArray(F, run.max, q).sub(base).intoArray(run.factor, q);
        most.intoArray(run.max, q);
        base.intoArray(run.base, q);
    }

    /**
     * most[q] = max(before[q], max_j s[j][q]) by compare and blend: two instructions, where {@code max} spends five on
     * the order of zeros and NaN. The registers begin with a constant: where they began with {@code before}, C2 boxed them
     * in three starts of eight, which made the forward pass an eighth slower.
     */
    private static void blockMax(float[] s, int rows, float[] before, float[] most, int q) {
        FloatVector m0 = FloatVector.broadcast(F, Float.NEGATIVE_INFINITY), m1 = m0, m2 = m0, m3 = m0;
        FloatVector m4 = m0, m5 = m0, m6 = m0, m7 = m0;
        int eights = rows / 8 * 8;
        for (int at = q; at < eights * QUERIES; at += 8 * QUERIES) {
            FloatVector x = FloatVector.fromArray(F, s, at);
            m0 = m0.blend(x, x.compare(VectorOperators.GT, m0));
            x = FloatVector.fromArray(F, s, at + QUERIES);
            m1 = m1.blend(x, x.compare(VectorOperators.GT, m1));
            x = FloatVector.fromArray(F, s, at + 2 * QUERIES);
            m2 = m2.blend(x, x.compare(VectorOperators.GT, m2));
            x = FloatVector.fromArray(F, s, at + 3 * QUERIES);
            m3 = m3.blend(x, x.compare(VectorOperators.GT, m3));
            x = FloatVector.fromArray(F, s, at + 4 * QUERIES);
            m4 = m4.blend(x, x.compare(VectorOperators.GT, m4));
            x = FloatVector.fromArray(F, s, at + 5 * QUERIES);
            m5 = m5.blend(x, x.compare(VectorOperators.GT, m5));
            x = FloatVector.fromArray(F, s, at + 6 * QUERIES);
            m6 = m6.blend(x, x.compare(VectorOperators.GT, m6));
            x = FloatVector.fromArray(F, s, at + 7 * QUERIES);
            m7 = m7.blend(x, x.compare(VectorOperators.GT, m7));
        }
        m0 = m0.blend(m4, m4.compare(VectorOperators.GT, m0));
        m1 = m1.blend(m5, m5.compare(VectorOperators.GT, m1));
        m2 = m2.blend(m6, m6.compare(VectorOperators.GT, m2));
        m3 = m3.blend(m7, m7.compare(VectorOperators.GT, m3));
        m0 = m0.blend(m1, m1.compare(VectorOperators.GT, m0));
        m2 = m2.blend(m3, m3.compare(VectorOperators.GT, m2));
        m0 = m0.blend(m2, m2.compare(VectorOperators.GT, m0));
        FloatVector seen = FloatVector.fromArray(F, before, q);
        seen.blend(m0, m0.compare(VectorOperators.GT, seen)).intoArray(most, q);
        for (int j = eights; j < rows; j++) {
            rowMax(s, j, most, q);
        }
    }

    private static void rowMax(float[] s, int row, float[] most, int q) {
        FloatVector x = FloatVector.fromArray(F, s, row * QUERIES + q);
        FloatVector m = FloatVector.fromArray(F, most, q);
        m.blend(x, x.compare(VectorOperators.GT, m)).intoArray(most, q);
    }

    @Override
    public void lse(float[] max, float[] sum, float[] lse) {
        boolean special = false;
        for (int q = 0; q < QUERIES; q += L) {
            FloatVector x = FloatVector.fromArray(F, sum, q);
            VectorMask<Float> usual =
                    x.compare(VectorOperators.GT, 0f).and(x.compare(VectorOperators.LT, Float.POSITIVE_INFINITY));
            special |= !usual.allTrue();
        }
        if (special || !TALL) { // NaN, a query without keys; or no vectors of 64-bit integers to speak of
            SCALAR.lse(max, sum, lse);
        } else {
            for (int q = 0; q < QUERIES; q += L / 2) {
                addLn(max, sum, lse, q);
            }
        }
    }

    /** {@link Ln#inDouble}, lane by lane the same operations, for half a vector of positive numbers. */
    private static void addLn(float[] max, float[] sum, float[] lse, int q) {
        DoubleVector x =
                (DoubleVector) FloatVector.fromArray(HALF, sum, q).convertShape(VectorOperators.F2D, DOUBLE, 0);
        LongVector bits = x.reinterpretAsLongs();
        LongVector n = bits.sub(Ln.SQRT_HALF).lanewise(VectorOperators.ASHR, 52);
        DoubleVector m = bits.sub(n.lanewise(VectorOperators.LSHL, 52)).reinterpretAsDoubles();
        DoubleVector s = m.sub(1).div(m.add(1));
        DoubleVector z = s.mul(s);
        DoubleVector w = z.mul(z);
        DoubleVector even = w.mul(1.0 / 17).add(1.0 / 13);
        even = even.mul(w).add(1.0 / 9);
        even = even.mul(w).add(1.0 / 5);
        even = even.mul(w).add(1);
        DoubleVector odd = w.mul(1.0 / 19).add(1.0 / 15);
        odd = odd.mul(w).add(1.0 / 11);
        odd = odd.mul(w).add(1.0 / 7);
        odd = odd.mul(w).add(1.0 / 3);
        DoubleVector powers = (DoubleVector) n.convertShape(VectorOperators.L2D, DOUBLE, 0);
        DoubleVector ln = powers.mul(Ln.LN2).add(s.mul(2).mul(even.add(z.mul(odd))));
        DoubleVector most =
                (DoubleVector) FloatVector.fromArray(HALF, max, q).convertShape(VectorOperators.F2D, DOUBLE, 0);
        ((FloatVector) most.add(ln).convertShape(VectorOperators.D2F, HALF, 0)).intoArray(lse, q);
    }

    @Override
    public void exponentials(float[] s, int rows, float[] base, float[] p) {
        for (int q = 0; q < QUERIES; q += L) {
            exponentials(s, rows, base, p, q);
        }
    }

    /**
     * {@link Exp#exp}, lane by lane the same bits: the polynomial is scaled by {@link Exp#UNBIAS}, a power of two, from its start, which
     * spares a product. Two side by side reach C2's limit of nodes, four spill.
     */
    private static void exponentials(float[] s, int rows, float[] base, float[] to, int q) {
        FloatVector log2e = FloatVector.broadcast(F, Exp.LOG2_E);
        FloatVector round = FloatVector.broadcast(F, Exp.ROUND);
        FloatVector minusLn2High = FloatVector.broadcast(F, -Exp.LN2_HI);
        FloatVector minusLn2Low = FloatVector.broadcast(F, -Exp.LN2_LO);
        FloatVector c6 = FloatVector.broadcast(F, Exp.C6 * Exp.UNBIAS);
        FloatVector c5 = FloatVector.broadcast(F, Exp.C5 * Exp.UNBIAS);
        FloatVector c4 = FloatVector.broadcast(F, Exp.C4 * Exp.UNBIAS);
        FloatVector c3 = FloatVector.broadcast(F, Exp.C3 * Exp.UNBIAS);
        FloatVector c2 = FloatVector.broadcast(F, Exp.C2 * Exp.UNBIAS);
        FloatVector one = FloatVector.broadcast(F, Exp.UNBIAS);
        FloatVector most = FloatVector.fromArray(F, base, q);
        for (int j = 0; j < rows; j++) {
            int at = j * QUERIES + q;
            FloatVector x = FloatVector.fromArray(F, s, at).sub(most);
            FloatVector clamped = x.blend(Exp.FLOOR, x.compare(VectorOperators.LT, Exp.LOWEST));
            FloatVector rounded = clamped.fma(log2e, round);
            FloatVector n = rounded.sub(round);
            FloatVector r = n.fma(minusLn2Low, n.fma(minusLn2High, clamped));
            FloatVector p = r.fma(c6, c5);
            p = r.fma(p, c4);
            p = r.fma(p, c3);
            p = r.fma(p, c2);
            p = r.fma(p, one);
            p = r.fma(p, one);
            FloatVector power = rounded.reinterpretAsInts()
                    .lanewise(VectorOperators.LSHL, 23)
                    .reinterpretAsFloats();
            p.mul(power).intoArray(to, at);
        }
    }

    /**
     * partial[0][q] = Σ_j s[j][q]: eight partial sums, row j in sum (phase + j) mod 8, joined by a fixed tree. Rows before
     * the first multiple of eight and behind the last go through memory; a branch between register accumulators would
     * make C2 box them.
     */
    private static void sum(float[] s, int rows, int phase, float[] partial, int q) {
        for (int r = 0; r < 8; r++) {
            FloatVector.zero(F).intoArray(partial, r * QUERIES + q);
        }
        int j = 0;
        for (; j < rows && (phase + j & 7) != 0; j++) {
            addRow(s, j, partial, phase + j & 7, q);
        }
        int aligned = j + (rows - j & ~7);
        addEights(s, j, aligned, partial, q);
        for (j = aligned; j < rows; j++) {
            addRow(s, j, partial, phase + j & 7, q);
        }
        FloatVector even = FloatVector.fromArray(F, partial, q)
                .add(FloatVector.fromArray(F, partial, 4 * QUERIES + q))
                .add(FloatVector.fromArray(F, partial, 2 * QUERIES + q)
                        .add(FloatVector.fromArray(F, partial, 6 * QUERIES + q)));
        FloatVector odd = FloatVector.fromArray(F, partial, QUERIES + q)
                .add(FloatVector.fromArray(F, partial, 5 * QUERIES + q))
                .add(FloatVector.fromArray(F, partial, 3 * QUERIES + q)
                        .add(FloatVector.fromArray(F, partial, 7 * QUERIES + q)));
        even.add(odd).intoArray(partial, q);
    }

    private static void addRow(float[] s, int row, float[] partial, int r, int q) {
        FloatVector.fromArray(F, partial, r * QUERIES + q)
                .add(FloatVector.fromArray(F, s, row * QUERIES + q))
                .intoArray(partial, r * QUERIES + q);
    }

    private static void addEights(float[] s, int from, int to, float[] partial, int q) {
        FloatVector s0 = FloatVector.fromArray(F, partial, q);
        FloatVector s1 = FloatVector.fromArray(F, partial, QUERIES + q);
        FloatVector s2 = FloatVector.fromArray(F, partial, 2 * QUERIES + q);
        FloatVector s3 = FloatVector.fromArray(F, partial, 3 * QUERIES + q);
        FloatVector s4 = FloatVector.fromArray(F, partial, 4 * QUERIES + q);
        FloatVector s5 = FloatVector.fromArray(F, partial, 5 * QUERIES + q);
        FloatVector s6 = FloatVector.fromArray(F, partial, 6 * QUERIES + q);
        FloatVector s7 = FloatVector.fromArray(F, partial, 7 * QUERIES + q);
        for (int at = from * QUERIES + q; at < to * QUERIES; at += 8 * QUERIES) {
            s0 = s0.add(FloatVector.fromArray(F, s, at));
            s1 = s1.add(FloatVector.fromArray(F, s, at + QUERIES));
            s2 = s2.add(FloatVector.fromArray(F, s, at + 2 * QUERIES));
            s3 = s3.add(FloatVector.fromArray(F, s, at + 3 * QUERIES));
            s4 = s4.add(FloatVector.fromArray(F, s, at + 4 * QUERIES));
            s5 = s5.add(FloatVector.fromArray(F, s, at + 5 * QUERIES));
            s6 = s6.add(FloatVector.fromArray(F, s, at + 6 * QUERIES));
            s7 = s7.add(FloatVector.fromArray(F, s, at + 7 * QUERIES));
        }
        s0.intoArray(partial, q);
        s1.intoArray(partial, QUERIES + q);
        s2.intoArray(partial, 2 * QUERIES + q);
        s3.intoArray(partial, 3 * QUERIES + q);
        s4.intoArray(partial, 4 * QUERIES + q);
        s5.intoArray(partial, 5 * QUERIES + q);
        s6.intoArray(partial, 6 * QUERIES + q);
        s7.intoArray(partial, 7 * QUERIES + q);
    }

    /**
     * {@link Exp#exp}, lane by lane the same operations, for loops where speed is not everything. In pieces of at most 35
     * bytecodes, which C2 inlines unless it has compiled them by themselves.
     */
    private static FloatVector exp(FloatVector x) {
        FloatVector clamped = expClamped(x);
        FloatVector rounded = expRounded(clamped);
        return expScaled(expPolynomial(expRest(clamped, rounded)), rounded);
    }

    private static FloatVector expClamped(FloatVector x) {
        return x.blend(Exp.FLOOR, x.compare(VectorOperators.LT, Exp.LOWEST));
    }

    private static FloatVector expRounded(FloatVector x) {
        return x.fma(FloatVector.broadcast(F, Exp.LOG2_E), FloatVector.broadcast(F, Exp.ROUND));
    }

    private static FloatVector expRest(FloatVector x, FloatVector rounded) {
        FloatVector n = rounded.sub(Exp.ROUND);
        return addProduct(addProduct(x, n, -Exp.LN2_HI), n, -Exp.LN2_LO);
    }

    private static FloatVector expPolynomial(FloatVector r) {
        FloatVector p = horner(r, FloatVector.broadcast(F, Exp.C6), Exp.C5);
        p = horner(r, horner(r, p, Exp.C4), Exp.C3);
        return expLowTerms(r, p);
    }

    private static FloatVector expLowTerms(FloatVector r, FloatVector p) {
        return horner(r, horner(r, horner(r, p, Exp.C2), 1f), 1f);
    }

    private static FloatVector expScaled(FloatVector p, FloatVector rounded) {
        return p.mul(rounded.reinterpretAsInts()
                        .lanewise(VectorOperators.LSHL, 23)
                        .reinterpretAsFloats())
                .mul(Exp.UNBIAS);
    }

    /** r · p + c. */
    private static FloatVector horner(FloatVector r, FloatVector p, float c) {
        return r.fma(p, FloatVector.broadcast(F, c));
    }

    /** x + n · factor. */
    private static FloatVector addProduct(FloatVector x, FloatVector n, float factor) {
        return n.fma(FloatVector.broadcast(F, factor), x);
    }

    /** {@link Tanh#tanh}, lane by lane the same operations; in small pieces as {@link #exp} is. */
    private static FloatVector tanh(FloatVector x) {
        FloatVector magnitude = x.abs();
        return tanhLarge(x, magnitude).blend(tanhSmall(x), magnitude.compare(VectorOperators.LT, Tanh.SMALL));
    }

    private static FloatVector tanhSmall(FloatVector x) {
        FloatVector z = x.mul(x);
        return x.mul(z).fma(tanhPolynomial(z), x);
    }

    private static FloatVector tanhPolynomial(FloatVector z) {
        FloatVector p = horner(z, FloatVector.broadcast(F, Tanh.C0), Tanh.C1);
        return horner(z, horner(z, horner(z, p, Tanh.C2), Tanh.C3), Tanh.C4);
    }

    private static FloatVector tanhLarge(FloatVector x, FloatVector magnitude) {
        FloatVector large = tanhOfMagnitude(exp(magnitude.mul(-2f)));
        return large.blend(large.neg(), x.compare(VectorOperators.LT, 0f));
    }

    /** 1 − 2e / (1 + e) for e = exp(−2|x|). */
    private static FloatVector tanhOfMagnitude(FloatVector e) {
        return FloatVector.broadcast(F, 1f).sub(e.mul(2f).div(e.add(1f)));
    }

    @Override
    public void transpose(float[] from, int at, int stride, int rows, int columns, float[] to, int toAt, int toStride) {
        Transposition.run(from, at, stride, rows, columns, to, toAt, toStride);
    }

    @Override
    public void scaleRows(
            float[] from,
            int at,
            int stride,
            float[] factors,
            int rows,
            int width,
            float[] to,
            int toAt,
            int toStride) {
        int whole = width / L * L;
        for (int r = 0; r < rows; r++) {
            FloatVector f = FloatVector.broadcast(F, factors[r]);
            int in = at + r * stride;
            int out = toAt + r * toStride;
            for (int d = 0; d < whole; d += L) {
                FloatVector.fromArray(F, from, in + d).mul(f).add(0f).intoArray(to, out + d);
            }
            for (int d = whole; d < width; d++) {
                to[out + d] = from[in + d] * factors[r] + 0f;
            }
        }
    }

    @Override
    public void join(float[] o, int at, int stride, int columns, float[] factor, float[] more) {
        for (int q = 0; q < QUERIES; q++) {
            FloatVector f = FloatVector.broadcast(F, factor[q]);
            for (int d = 0; d < columns; d += L) {
                int i = at + q * stride + d;
                FloatVector.fromArray(F, o, i)
                        .fma(f, FloatVector.fromArray(F, more, q * QUERIES + d))
                        .intoArray(o, i);
            }
        }
    }

    @Override
    public void scale(float[] o, int width, float[] factor) {
        for (int q = 0; q < QUERIES; q++) {
            if (factor[q] != 1) {
                FloatVector f = FloatVector.broadcast(F, factor[q]);
                for (int d = q * width; d < (q + 1) * width; d += L) {
                    FloatVector.fromArray(F, o, d).mul(f).intoArray(o, d);
                }
            }
        }
    }

    @Override
    public void mix(
            float[] v,
            int at,
            int stride,
            int[] from,
            int[] to,
            int width,
            float[] p,
            int pAt,
            float[] o,
            int oAt,
            int oStride) {
        int d = 0;
        if (TALL) {
            for (; d + PAIR <= width; d += PAIR) {
                mixTall(v, at + d, stride, from, to, p, pAt, o, oAt + d, oStride);
            }
            if (d < width) {
                mixThin(v, at + d, stride, from, to, p, pAt, o, oAt + d, oStride);
            }
        }
        for (; !TALL && d < width; d += PAIR) {
            mixFlat(v, at + d, stride, from, to, p, pAt, o, oAt + d, oStride);
        }
    }

    /** Two columns of vectors, part by part. */
    private static void mixTall(
            float[] v, int at, int stride, int[] from, int[] to, float[] p, int pAt, float[] o, int oAt, int oStride) {
        mix11x2(v, at, stride, from[0], to[0], p, pAt, o, oAt, oStride);
        mix11x2(v, at, stride, from[1], to[1], p, pAt + PART, o, oAt + PART * oStride, oStride);
        mix10x2(v, at, stride, from[2], to[2], p, pAt + 2 * PART, o, oAt + 2 * PART * oStride, oStride);
    }

    /** A last one: eight queries at a time, which take what the parts see that they belong to. */
    private static void mixThin(
            float[] v, int at, int stride, int[] from, int[] to, float[] p, int pAt, float[] o, int oAt, int oStride) {
        for (int q = 0; q < QUERIES; q += 8) {
            int first = Math.min(from[q / PART], from[(q + 7) / PART]);
            int end = Math.max(to[q / PART], to[(q + 7) / PART]);
            mix8x1(v, at, stride, first, end, p, pAt + q, o, oAt + q * oStride, oStride);
        }
    }

    /** Two columns of shorter vectors, four queries at a time. */
    private static void mixFlat(
            float[] v, int at, int stride, int[] from, int[] to, float[] p, int pAt, float[] o, int oAt, int oStride) {
        for (int q = 0; q < QUERIES; q += 4) {
            int first = Math.min(from[q / PART], from[(q + 3) / PART]);
            int end = Math.max(to[q / PART], to[(q + 3) / PART]);
            mix4x2(v, at, stride, first, end, p, pAt + q, o, oAt + q * oStride, oStride);
        }
    }

    /**
     * Two keys a turn, and the results' rows found anew behind the loop: offsets that live through it would leave C2 too few
     * registers for its own addresses, which it then moves through vector registers (LOG.md, "Addresses in vector registers").
     */
    private static void mix11x2(
            float[] v, int at, int stride, int from, int rows, float[] p, int q, float[] o, int to, int width) {
        int t1 = to + width;
        int t2 = t1 + width;
        int t3 = t2 + width;
        int t4 = t3 + width;
        int t5 = t4 + width;
        int t6 = t5 + width;
        int t7 = t6 + width;
        int t8 = t7 + width;
        int t9 = t8 + width;
        int t10 = t9 + width;
        FloatVector a0 = FloatVector.fromArray(F, o, to);
        FloatVector b0 = FloatVector.fromArray(F, o, to + L);
        FloatVector a1 = FloatVector.fromArray(F, o, t1);
        FloatVector b1 = FloatVector.fromArray(F, o, t1 + L);
        FloatVector a2 = FloatVector.fromArray(F, o, t2);
        FloatVector b2 = FloatVector.fromArray(F, o, t2 + L);
        FloatVector a3 = FloatVector.fromArray(F, o, t3);
        FloatVector b3 = FloatVector.fromArray(F, o, t3 + L);
        FloatVector a4 = FloatVector.fromArray(F, o, t4);
        FloatVector b4 = FloatVector.fromArray(F, o, t4 + L);
        FloatVector a5 = FloatVector.fromArray(F, o, t5);
        FloatVector b5 = FloatVector.fromArray(F, o, t5 + L);
        FloatVector a6 = FloatVector.fromArray(F, o, t6);
        FloatVector b6 = FloatVector.fromArray(F, o, t6 + L);
        FloatVector a7 = FloatVector.fromArray(F, o, t7);
        FloatVector b7 = FloatVector.fromArray(F, o, t7 + L);
        FloatVector a8 = FloatVector.fromArray(F, o, t8);
        FloatVector b8 = FloatVector.fromArray(F, o, t8 + L);
        FloatVector a9 = FloatVector.fromArray(F, o, t9);
        FloatVector b9 = FloatVector.fromArray(F, o, t9 + L);
        FloatVector a10 = FloatVector.fromArray(F, o, t10);
        FloatVector b10 = FloatVector.fromArray(F, o, t10 + L);
        int row = at + from * stride;
        int j = from;
        for (; j + 1 < rows; j += 2, row += 2 * stride) {
            FloatVector x = FloatVector.fromArray(F, v, row);
            FloatVector y = FloatVector.fromArray(F, v, row + L);
            int w = j * QUERIES + q;
            FloatVector weight = FloatVector.broadcast(F, p[w]);
            a0 = weight.fma(x, a0);
            b0 = weight.fma(y, b0);
            weight = FloatVector.broadcast(F, p[w + 1]);
            a1 = weight.fma(x, a1);
            b1 = weight.fma(y, b1);
            weight = FloatVector.broadcast(F, p[w + 2]);
            a2 = weight.fma(x, a2);
            b2 = weight.fma(y, b2);
            weight = FloatVector.broadcast(F, p[w + 3]);
            a3 = weight.fma(x, a3);
            b3 = weight.fma(y, b3);
            weight = FloatVector.broadcast(F, p[w + 4]);
            a4 = weight.fma(x, a4);
            b4 = weight.fma(y, b4);
            weight = FloatVector.broadcast(F, p[w + 5]);
            a5 = weight.fma(x, a5);
            b5 = weight.fma(y, b5);
            weight = FloatVector.broadcast(F, p[w + 6]);
            a6 = weight.fma(x, a6);
            b6 = weight.fma(y, b6);
            weight = FloatVector.broadcast(F, p[w + 7]);
            a7 = weight.fma(x, a7);
            b7 = weight.fma(y, b7);
            weight = FloatVector.broadcast(F, p[w + 8]);
            a8 = weight.fma(x, a8);
            b8 = weight.fma(y, b8);
            weight = FloatVector.broadcast(F, p[w + 9]);
            a9 = weight.fma(x, a9);
            b9 = weight.fma(y, b9);
            weight = FloatVector.broadcast(F, p[w + 10]);
            a10 = weight.fma(x, a10);
            b10 = weight.fma(y, b10);
            x = FloatVector.fromArray(F, v, row + stride);
            y = FloatVector.fromArray(F, v, row + stride + L);
            weight = FloatVector.broadcast(F, p[w + QUERIES]);
            a0 = weight.fma(x, a0);
            b0 = weight.fma(y, b0);
            weight = FloatVector.broadcast(F, p[w + QUERIES + 1]);
            a1 = weight.fma(x, a1);
            b1 = weight.fma(y, b1);
            weight = FloatVector.broadcast(F, p[w + QUERIES + 2]);
            a2 = weight.fma(x, a2);
            b2 = weight.fma(y, b2);
            weight = FloatVector.broadcast(F, p[w + QUERIES + 3]);
            a3 = weight.fma(x, a3);
            b3 = weight.fma(y, b3);
            weight = FloatVector.broadcast(F, p[w + QUERIES + 4]);
            a4 = weight.fma(x, a4);
            b4 = weight.fma(y, b4);
            weight = FloatVector.broadcast(F, p[w + QUERIES + 5]);
            a5 = weight.fma(x, a5);
            b5 = weight.fma(y, b5);
            weight = FloatVector.broadcast(F, p[w + QUERIES + 6]);
            a6 = weight.fma(x, a6);
            b6 = weight.fma(y, b6);
            weight = FloatVector.broadcast(F, p[w + QUERIES + 7]);
            a7 = weight.fma(x, a7);
            b7 = weight.fma(y, b7);
            weight = FloatVector.broadcast(F, p[w + QUERIES + 8]);
            a8 = weight.fma(x, a8);
            b8 = weight.fma(y, b8);
            weight = FloatVector.broadcast(F, p[w + QUERIES + 9]);
            a9 = weight.fma(x, a9);
            b9 = weight.fma(y, b9);
            weight = FloatVector.broadcast(F, p[w + QUERIES + 10]);
            a10 = weight.fma(x, a10);
            b10 = weight.fma(y, b10);
        }
        for (; j < rows; j++, row += stride) {
            FloatVector x = FloatVector.fromArray(F, v, row);
            FloatVector y = FloatVector.fromArray(F, v, row + L);
            int w = j * QUERIES + q;
            FloatVector weight = FloatVector.broadcast(F, p[w]);
            a0 = weight.fma(x, a0);
            b0 = weight.fma(y, b0);
            weight = FloatVector.broadcast(F, p[w + 1]);
            a1 = weight.fma(x, a1);
            b1 = weight.fma(y, b1);
            weight = FloatVector.broadcast(F, p[w + 2]);
            a2 = weight.fma(x, a2);
            b2 = weight.fma(y, b2);
            weight = FloatVector.broadcast(F, p[w + 3]);
            a3 = weight.fma(x, a3);
            b3 = weight.fma(y, b3);
            weight = FloatVector.broadcast(F, p[w + 4]);
            a4 = weight.fma(x, a4);
            b4 = weight.fma(y, b4);
            weight = FloatVector.broadcast(F, p[w + 5]);
            a5 = weight.fma(x, a5);
            b5 = weight.fma(y, b5);
            weight = FloatVector.broadcast(F, p[w + 6]);
            a6 = weight.fma(x, a6);
            b6 = weight.fma(y, b6);
            weight = FloatVector.broadcast(F, p[w + 7]);
            a7 = weight.fma(x, a7);
            b7 = weight.fma(y, b7);
            weight = FloatVector.broadcast(F, p[w + 8]);
            a8 = weight.fma(x, a8);
            b8 = weight.fma(y, b8);
            weight = FloatVector.broadcast(F, p[w + 9]);
            a9 = weight.fma(x, a9);
            b9 = weight.fma(y, b9);
            weight = FloatVector.broadcast(F, p[w + 10]);
            a10 = weight.fma(x, a10);
            b10 = weight.fma(y, b10);
        }
        a0.intoArray(o, to);
        b0.intoArray(o, to + L);
        a1.intoArray(o, to + width);
        b1.intoArray(o, to + width + L);
        a2.intoArray(o, to + 2 * width);
        b2.intoArray(o, to + 2 * width + L);
        a3.intoArray(o, to + 3 * width);
        b3.intoArray(o, to + 3 * width + L);
        a4.intoArray(o, to + 4 * width);
        b4.intoArray(o, to + 4 * width + L);
        a5.intoArray(o, to + 5 * width);
        b5.intoArray(o, to + 5 * width + L);
        a6.intoArray(o, to + 6 * width);
        b6.intoArray(o, to + 6 * width + L);
        a7.intoArray(o, to + 7 * width);
        b7.intoArray(o, to + 7 * width + L);
        a8.intoArray(o, to + 8 * width);
        b8.intoArray(o, to + 8 * width + L);
        a9.intoArray(o, to + 9 * width);
        b9.intoArray(o, to + 9 * width + L);
        a10.intoArray(o, to + 10 * width);
        b10.intoArray(o, to + 10 * width + L);
    }

    /** As {@link #mix11x2}. */
    private static void mix10x2(
            float[] v, int at, int stride, int from, int rows, float[] p, int q, float[] o, int to, int width) {
        int t1 = to + width;
        int t2 = t1 + width;
        int t3 = t2 + width;
        int t4 = t3 + width;
        int t5 = t4 + width;
        int t6 = t5 + width;
        int t7 = t6 + width;
        int t8 = t7 + width;
        int t9 = t8 + width;
        FloatVector a0 = FloatVector.fromArray(F, o, to);
        FloatVector b0 = FloatVector.fromArray(F, o, to + L);
        FloatVector a1 = FloatVector.fromArray(F, o, t1);
        FloatVector b1 = FloatVector.fromArray(F, o, t1 + L);
        FloatVector a2 = FloatVector.fromArray(F, o, t2);
        FloatVector b2 = FloatVector.fromArray(F, o, t2 + L);
        FloatVector a3 = FloatVector.fromArray(F, o, t3);
        FloatVector b3 = FloatVector.fromArray(F, o, t3 + L);
        FloatVector a4 = FloatVector.fromArray(F, o, t4);
        FloatVector b4 = FloatVector.fromArray(F, o, t4 + L);
        FloatVector a5 = FloatVector.fromArray(F, o, t5);
        FloatVector b5 = FloatVector.fromArray(F, o, t5 + L);
        FloatVector a6 = FloatVector.fromArray(F, o, t6);
        FloatVector b6 = FloatVector.fromArray(F, o, t6 + L);
        FloatVector a7 = FloatVector.fromArray(F, o, t7);
        FloatVector b7 = FloatVector.fromArray(F, o, t7 + L);
        FloatVector a8 = FloatVector.fromArray(F, o, t8);
        FloatVector b8 = FloatVector.fromArray(F, o, t8 + L);
        FloatVector a9 = FloatVector.fromArray(F, o, t9);
        FloatVector b9 = FloatVector.fromArray(F, o, t9 + L);
        int row = at + from * stride;
        int j = from;
        for (; j + 1 < rows; j += 2, row += 2 * stride) {
            FloatVector x = FloatVector.fromArray(F, v, row);
            FloatVector y = FloatVector.fromArray(F, v, row + L);
            int w = j * QUERIES + q;
            FloatVector weight = FloatVector.broadcast(F, p[w]);
            a0 = weight.fma(x, a0);
            b0 = weight.fma(y, b0);
            weight = FloatVector.broadcast(F, p[w + 1]);
            a1 = weight.fma(x, a1);
            b1 = weight.fma(y, b1);
            weight = FloatVector.broadcast(F, p[w + 2]);
            a2 = weight.fma(x, a2);
            b2 = weight.fma(y, b2);
            weight = FloatVector.broadcast(F, p[w + 3]);
            a3 = weight.fma(x, a3);
            b3 = weight.fma(y, b3);
            weight = FloatVector.broadcast(F, p[w + 4]);
            a4 = weight.fma(x, a4);
            b4 = weight.fma(y, b4);
            weight = FloatVector.broadcast(F, p[w + 5]);
            a5 = weight.fma(x, a5);
            b5 = weight.fma(y, b5);
            weight = FloatVector.broadcast(F, p[w + 6]);
            a6 = weight.fma(x, a6);
            b6 = weight.fma(y, b6);
            weight = FloatVector.broadcast(F, p[w + 7]);
            a7 = weight.fma(x, a7);
            b7 = weight.fma(y, b7);
            weight = FloatVector.broadcast(F, p[w + 8]);
            a8 = weight.fma(x, a8);
            b8 = weight.fma(y, b8);
            weight = FloatVector.broadcast(F, p[w + 9]);
            a9 = weight.fma(x, a9);
            b9 = weight.fma(y, b9);
            x = FloatVector.fromArray(F, v, row + stride);
            y = FloatVector.fromArray(F, v, row + stride + L);
            weight = FloatVector.broadcast(F, p[w + QUERIES]);
            a0 = weight.fma(x, a0);
            b0 = weight.fma(y, b0);
            weight = FloatVector.broadcast(F, p[w + QUERIES + 1]);
            a1 = weight.fma(x, a1);
            b1 = weight.fma(y, b1);
            weight = FloatVector.broadcast(F, p[w + QUERIES + 2]);
            a2 = weight.fma(x, a2);
            b2 = weight.fma(y, b2);
            weight = FloatVector.broadcast(F, p[w + QUERIES + 3]);
            a3 = weight.fma(x, a3);
            b3 = weight.fma(y, b3);
            weight = FloatVector.broadcast(F, p[w + QUERIES + 4]);
            a4 = weight.fma(x, a4);
            b4 = weight.fma(y, b4);
            weight = FloatVector.broadcast(F, p[w + QUERIES + 5]);
            a5 = weight.fma(x, a5);
            b5 = weight.fma(y, b5);
            weight = FloatVector.broadcast(F, p[w + QUERIES + 6]);
            a6 = weight.fma(x, a6);
            b6 = weight.fma(y, b6);
            weight = FloatVector.broadcast(F, p[w + QUERIES + 7]);
            a7 = weight.fma(x, a7);
            b7 = weight.fma(y, b7);
            weight = FloatVector.broadcast(F, p[w + QUERIES + 8]);
            a8 = weight.fma(x, a8);
            b8 = weight.fma(y, b8);
            weight = FloatVector.broadcast(F, p[w + QUERIES + 9]);
            a9 = weight.fma(x, a9);
            b9 = weight.fma(y, b9);
        }
        for (; j < rows; j++, row += stride) {
            FloatVector x = FloatVector.fromArray(F, v, row);
            FloatVector y = FloatVector.fromArray(F, v, row + L);
            int w = j * QUERIES + q;
            FloatVector weight = FloatVector.broadcast(F, p[w]);
            a0 = weight.fma(x, a0);
            b0 = weight.fma(y, b0);
            weight = FloatVector.broadcast(F, p[w + 1]);
            a1 = weight.fma(x, a1);
            b1 = weight.fma(y, b1);
            weight = FloatVector.broadcast(F, p[w + 2]);
            a2 = weight.fma(x, a2);
            b2 = weight.fma(y, b2);
            weight = FloatVector.broadcast(F, p[w + 3]);
            a3 = weight.fma(x, a3);
            b3 = weight.fma(y, b3);
            weight = FloatVector.broadcast(F, p[w + 4]);
            a4 = weight.fma(x, a4);
            b4 = weight.fma(y, b4);
            weight = FloatVector.broadcast(F, p[w + 5]);
            a5 = weight.fma(x, a5);
            b5 = weight.fma(y, b5);
            weight = FloatVector.broadcast(F, p[w + 6]);
            a6 = weight.fma(x, a6);
            b6 = weight.fma(y, b6);
            weight = FloatVector.broadcast(F, p[w + 7]);
            a7 = weight.fma(x, a7);
            b7 = weight.fma(y, b7);
            weight = FloatVector.broadcast(F, p[w + 8]);
            a8 = weight.fma(x, a8);
            b8 = weight.fma(y, b8);
            weight = FloatVector.broadcast(F, p[w + 9]);
            a9 = weight.fma(x, a9);
            b9 = weight.fma(y, b9);
        }
        a0.intoArray(o, to);
        b0.intoArray(o, to + L);
        a1.intoArray(o, to + width);
        b1.intoArray(o, to + width + L);
        a2.intoArray(o, to + 2 * width);
        b2.intoArray(o, to + 2 * width + L);
        a3.intoArray(o, to + 3 * width);
        b3.intoArray(o, to + 3 * width + L);
        a4.intoArray(o, to + 4 * width);
        b4.intoArray(o, to + 4 * width + L);
        a5.intoArray(o, to + 5 * width);
        b5.intoArray(o, to + 5 * width + L);
        a6.intoArray(o, to + 6 * width);
        b6.intoArray(o, to + 6 * width + L);
        a7.intoArray(o, to + 7 * width);
        b7.intoArray(o, to + 7 * width + L);
        a8.intoArray(o, to + 8 * width);
        b8.intoArray(o, to + 8 * width + L);
        a9.intoArray(o, to + 9 * width);
        b9.intoArray(o, to + 9 * width + L);
    }

    private static void mix8x1(
            float[] v, int at, int stride, int from, int rows, float[] p, int q, float[] o, int to, int width) {
        int t1 = to + width;
        int t2 = t1 + width;
        int t3 = t2 + width;
        int t4 = t3 + width;
        int t5 = t4 + width;
        int t6 = t5 + width;
        int t7 = t6 + width;
        FloatVector a0 = FloatVector.fromArray(F, o, to);
        FloatVector a1 = FloatVector.fromArray(F, o, t1);
        FloatVector a2 = FloatVector.fromArray(F, o, t2);
        FloatVector a3 = FloatVector.fromArray(F, o, t3);
        FloatVector a4 = FloatVector.fromArray(F, o, t4);
        FloatVector a5 = FloatVector.fromArray(F, o, t5);
        FloatVector a6 = FloatVector.fromArray(F, o, t6);
        FloatVector a7 = FloatVector.fromArray(F, o, t7);
        int row = at + from * stride;
        for (int j = from; j < rows; j++, row += stride) {
            FloatVector x = FloatVector.fromArray(F, v, row);
            int w = j * QUERIES + q;
            FloatVector weight = FloatVector.broadcast(F, p[w]);
            a0 = weight.fma(x, a0);
            weight = FloatVector.broadcast(F, p[w + 1]);
            a1 = weight.fma(x, a1);
            weight = FloatVector.broadcast(F, p[w + 2]);
            a2 = weight.fma(x, a2);
            weight = FloatVector.broadcast(F, p[w + 3]);
            a3 = weight.fma(x, a3);
            weight = FloatVector.broadcast(F, p[w + 4]);
            a4 = weight.fma(x, a4);
            weight = FloatVector.broadcast(F, p[w + 5]);
            a5 = weight.fma(x, a5);
            weight = FloatVector.broadcast(F, p[w + 6]);
            a6 = weight.fma(x, a6);
            weight = FloatVector.broadcast(F, p[w + 7]);
            a7 = weight.fma(x, a7);
        }
        a0.intoArray(o, to);
        a1.intoArray(o, t1);
        a2.intoArray(o, t2);
        a3.intoArray(o, t3);
        a4.intoArray(o, t4);
        a5.intoArray(o, t5);
        a6.intoArray(o, t6);
        a7.intoArray(o, t7);
    }

    private static void mix4x2(
            float[] v, int at, int stride, int from, int rows, float[] p, int q, float[] o, int to, int width) {
        int t1 = to + width;
        int t2 = t1 + width;
        int t3 = t2 + width;
        FloatVector a0 = FloatVector.fromArray(F, o, to);
        FloatVector b0 = FloatVector.fromArray(F, o, to + L);
        FloatVector a1 = FloatVector.fromArray(F, o, t1);
        FloatVector b1 = FloatVector.fromArray(F, o, t1 + L);
        FloatVector a2 = FloatVector.fromArray(F, o, t2);
        FloatVector b2 = FloatVector.fromArray(F, o, t2 + L);
        FloatVector a3 = FloatVector.fromArray(F, o, t3);
        FloatVector b3 = FloatVector.fromArray(F, o, t3 + L);
        int row = at + from * stride;
        for (int j = from; j < rows; j++, row += stride) {
            FloatVector x = FloatVector.fromArray(F, v, row);
            FloatVector y = FloatVector.fromArray(F, v, row + L);
            int w = j * QUERIES + q;
            FloatVector weight = FloatVector.broadcast(F, p[w]);
            a0 = weight.fma(x, a0);
            b0 = weight.fma(y, b0);
            weight = FloatVector.broadcast(F, p[w + 1]);
            a1 = weight.fma(x, a1);
            b1 = weight.fma(y, b1);
            weight = FloatVector.broadcast(F, p[w + 2]);
            a2 = weight.fma(x, a2);
            b2 = weight.fma(y, b2);
            weight = FloatVector.broadcast(F, p[w + 3]);
            a3 = weight.fma(x, a3);
            b3 = weight.fma(y, b3);
        }
        a0.intoArray(o, to);
        b0.intoArray(o, to + L);
        a1.intoArray(o, t1);
        b1.intoArray(o, t1 + L);
        a2.intoArray(o, t2);
        b2.intoArray(o, t2 + L);
        a3.intoArray(o, t3);
        b3.intoArray(o, t3 + L);
    }

    @Override
    public void observe(float[] s, int rows, int firstKey, Observation seen, float[] columns) {
        for (int q = 0; q < QUERIES; q += L) {
            observe(s, rows, firstKey, seen, columns, q);
        }
    }

    private static void observe(float[] s, int rows, int firstKey, Observation seen, float[] columns, int q) {
        FloatVector log2e = FloatVector.broadcast(F, Exp.LOG2_E);
        FloatVector round = FloatVector.broadcast(F, Exp.ROUND);
        FloatVector minusLn2High = FloatVector.broadcast(F, -Exp.LN2_HI);
        FloatVector minusLn2Low = FloatVector.broadcast(F, -Exp.LN2_LO);
        FloatVector c6 = FloatVector.broadcast(F, Exp.C6 * Exp.UNBIAS);
        FloatVector c5 = FloatVector.broadcast(F, Exp.C5 * Exp.UNBIAS);
        FloatVector c4 = FloatVector.broadcast(F, Exp.C4 * Exp.UNBIAS);
        FloatVector c3 = FloatVector.broadcast(F, Exp.C3 * Exp.UNBIAS);
        FloatVector c2 = FloatVector.broadcast(F, Exp.C2 * Exp.UNBIAS);
        FloatVector one = FloatVector.broadcast(F, Exp.UNBIAS);
        FloatVector lse = FloatVector.fromArray(F, seen.lse, q);
        FloatVector ahead =
                FloatVector.fromArray(F, seen.position, q).sub((float) firstKey); // of key j, in whole numbers
        FloatVector logs = FloatVector.fromArray(F, seen.entropy, q).neg();
        FloatVector distance = FloatVector.fromArray(F, seen.distance, q);
        for (int j = 0; j < rows; j++) {
            int i = j * QUERIES + q;
            FloatVector x = FloatVector.fromArray(F, s, i).sub(lse);
            FloatVector clamped = x.blend(Exp.FLOOR, x.compare(VectorOperators.LT, Exp.LOWEST));
            FloatVector rounded = clamped.fma(log2e, round);
            FloatVector n = rounded.sub(round);
            FloatVector r = n.fma(minusLn2Low, n.fma(minusLn2High, clamped));
            FloatVector p = r.fma(c6, c5);
            p = r.fma(p, c4);
            p = r.fma(p, c3);
            p = r.fma(p, c2);
            p = r.fma(p, one);
            p = r.fma(p, one);
            FloatVector power = rounded.reinterpretAsInts()
                    .lanewise(VectorOperators.LSHL, 23)
                    .reinterpretAsFloats();
            FloatVector weight = p.mul(power);
            weight.intoArray(s, i);
            logs = weight.fma(clamped, logs);
            distance = weight.fma(ahead.abs(), distance);
            ahead = ahead.sub(1f);
            int column = (firstKey + j) * QUERIES + q;
            FloatVector.fromArray(F, columns, column).add(weight).intoArray(columns, column);
        }
        logs.neg().intoArray(seen.entropy, q);
        distance.intoArray(seen.distance, q);
    }

    @Override
    public void enterTop(float[] s, int rows, int firstKey, Observation seen) {
        for (int q = 0; q < QUERIES; q += PAIR) {
            int last = seen.topWeights.length - QUERIES + q;
            for (int j = 0; j < rows; j++) {
                int i = j * QUERIES + q;
                VectorMask<Float> x = FloatVector.fromArray(F, s, i)
                        .compare(VectorOperators.GT, FloatVector.fromArray(F, seen.topWeights, last));
                VectorMask<Float> y = FloatVector.fromArray(F, s, i + L)
                        .compare(VectorOperators.GT, FloatVector.fromArray(F, seen.topWeights, last + L));
                if (x.or(y).anyTrue()) { // a few per cent of the keys, once the first have passed
                    enter(s, i, firstKey + j, seen.topWeights, seen.topKeys, q);
                    enter(s, i + L, firstKey + j, seen.topWeights, seen.topKeys, q + L);
                }
            }
        }
    }

    /** Lane by lane: the new weight takes the place of the first that is smaller, which moves on before its equals. */
    private static void enter(float[] s, int i, float newKey, float[] topWeights, float[] topKeys, int q) {
        FloatVector weight = FloatVector.fromArray(F, s, i);
        FloatVector key = FloatVector.broadcast(F, newKey);
        for (int place = q; place < topWeights.length; place += QUERIES) {
            FloatVector there = FloatVector.fromArray(F, topWeights, place);
            FloatVector itsKey = FloatVector.fromArray(F, topKeys, place);
            VectorMask<Float> larger = weight.compare(VectorOperators.GT, there)
                    .or(weight.compare(VectorOperators.EQ, there).and(key.compare(VectorOperators.LT, itsKey)));
            there.blend(weight, larger).intoArray(topWeights, place);
            itsKey.blend(key, larger).intoArray(topKeys, place);
            weight = weight.blend(there, larger);
            key = key.blend(itsKey, larger);
        }
    }

    @Override
    public void scoreGradients(float[] p, float[] dP, int rows, float[] delta, int @Nullable [] visible) {
        for (int q = 0; q < QUERIES; q += L) {
            FloatVector mean = FloatVector.fromArray(F, delta, q);
            for (int j = 0; j < rows; j++) {
                int at = j * QUERIES + q;
                FloatVector.fromArray(F, p, at)
                        .mul(FloatVector.fromArray(F, dP, at).sub(mean))
                        .intoArray(dP, at);
            }
        }
        if (visible != null) {
            zeroHidden(dP, rows, visible);
        }
    }

    private static void zeroHidden(float[] s, int rows, int[] visible) {
        for (int j = 0; j < rows; j++) {
            for (int q = 0; q < QUERIES; q += L) {
                VectorMask<Float> seen = VectorMask.fromLong(F, visible[j] >>> q);
                FloatVector.zero(F)
                        .blend(FloatVector.fromArray(F, s, j * QUERIES + q), seen)
                        .intoArray(s, j * QUERIES + q);
            }
        }
    }

    @Override
    public void accumulate(
            float[][] s, int row, int rows, int queryFrom, int queryTo, float[] x, int width, float[] acc, int at) {
        for (int d = 0; d < width; d += PAIR) {
            int j = 0;
            if (TALL) {
                for (; j + 8 <= rows; j += 8) {
                    accumulate8(s, row + j, queryFrom, queryTo, x, width, d, acc, at + j * width + d);
                }
            }
            for (; j + 4 <= rows; j += 4) {
                accumulate4(s, row + j, queryFrom, queryTo, x, width, d, acc, at + j * width + d);
            }
            for (; j < rows; j++) {
                accumulate1(s, row + j, queryFrom, queryTo, x, width, d, acc, at + j * width + d);
            }
        }
    }

    private static void accumulate8(
            float[][] s, int row, int queryFrom, int queryTo, float[] x, int width, int d, float[] acc, int to) {
        FloatVector zero = FloatVector.zero(F);
        FloatVector a0 = zero,
                b0 = zero,
                a1 = zero,
                b1 = zero,
                a2 = zero,
                b2 = zero,
                a3 = zero,
                b3 = zero,
                a4 = zero,
                b4 = zero,
                a5 = zero,
                b5 = zero,
                a6 = zero,
                b6 = zero,
                a7 = zero,
                b7 = zero;
        int at = queryFrom * width + d;
        for (int first = queryFrom; first < queryTo; first = (first / QUERIES + 1) * QUERIES) {
            float[] scores = s[first / QUERIES];
            int from = row * QUERIES + first % QUERIES;
            int end = from + Math.min(queryTo - first, QUERIES - first % QUERIES);
            for (int q = from; q < end; q++, at += width) {
                FloatVector u = FloatVector.fromArray(F, x, at);
                FloatVector v = FloatVector.fromArray(F, x, at + L);
                FloatVector factor = FloatVector.broadcast(F, scores[q]);
                a0 = factor.fma(u, a0);
                b0 = factor.fma(v, b0);
                factor = FloatVector.broadcast(F, scores[q + QUERIES]);
                a1 = factor.fma(u, a1);
                b1 = factor.fma(v, b1);
                factor = FloatVector.broadcast(F, scores[q + 2 * QUERIES]);
                a2 = factor.fma(u, a2);
                b2 = factor.fma(v, b2);
                factor = FloatVector.broadcast(F, scores[q + 3 * QUERIES]);
                a3 = factor.fma(u, a3);
                b3 = factor.fma(v, b3);
                factor = FloatVector.broadcast(F, scores[q + 4 * QUERIES]);
                a4 = factor.fma(u, a4);
                b4 = factor.fma(v, b4);
                factor = FloatVector.broadcast(F, scores[q + 5 * QUERIES]);
                a5 = factor.fma(u, a5);
                b5 = factor.fma(v, b5);
                factor = FloatVector.broadcast(F, scores[q + 6 * QUERIES]);
                a6 = factor.fma(u, a6);
                b6 = factor.fma(v, b6);
                factor = FloatVector.broadcast(F, scores[q + 7 * QUERIES]);
                a7 = factor.fma(u, a7);
                b7 = factor.fma(v, b7);
            }
        }
        a0.add(FloatVector.fromArray(F, acc, to)).intoArray(acc, to);
        b0.add(FloatVector.fromArray(F, acc, to + L)).intoArray(acc, to + L);
        a1.add(FloatVector.fromArray(F, acc, to + width)).intoArray(acc, to + width);
        b1.add(FloatVector.fromArray(F, acc, to + width + L)).intoArray(acc, to + width + L);
        a2.add(FloatVector.fromArray(F, acc, to + 2 * width)).intoArray(acc, to + 2 * width);
        b2.add(FloatVector.fromArray(F, acc, to + 2 * width + L)).intoArray(acc, to + 2 * width + L);
        a3.add(FloatVector.fromArray(F, acc, to + 3 * width)).intoArray(acc, to + 3 * width);
        b3.add(FloatVector.fromArray(F, acc, to + 3 * width + L)).intoArray(acc, to + 3 * width + L);
        a4.add(FloatVector.fromArray(F, acc, to + 4 * width)).intoArray(acc, to + 4 * width);
        b4.add(FloatVector.fromArray(F, acc, to + 4 * width + L)).intoArray(acc, to + 4 * width + L);
        a5.add(FloatVector.fromArray(F, acc, to + 5 * width)).intoArray(acc, to + 5 * width);
        b5.add(FloatVector.fromArray(F, acc, to + 5 * width + L)).intoArray(acc, to + 5 * width + L);
        a6.add(FloatVector.fromArray(F, acc, to + 6 * width)).intoArray(acc, to + 6 * width);
        b6.add(FloatVector.fromArray(F, acc, to + 6 * width + L)).intoArray(acc, to + 6 * width + L);
        a7.add(FloatVector.fromArray(F, acc, to + 7 * width)).intoArray(acc, to + 7 * width);
        b7.add(FloatVector.fromArray(F, acc, to + 7 * width + L)).intoArray(acc, to + 7 * width + L);
    }

    private static void accumulate4(
            float[][] s, int row, int queryFrom, int queryTo, float[] x, int width, int d, float[] acc, int to) {
        FloatVector zero = FloatVector.zero(F);
        FloatVector a0 = zero, b0 = zero, a1 = zero, b1 = zero, a2 = zero, b2 = zero, a3 = zero, b3 = zero;
        int at = queryFrom * width + d;
        for (int first = queryFrom; first < queryTo; first = (first / QUERIES + 1) * QUERIES) {
            float[] scores = s[first / QUERIES];
            int from = row * QUERIES + first % QUERIES;
            int end = from + Math.min(queryTo - first, QUERIES - first % QUERIES);
            for (int q = from; q < end; q++, at += width) {
                FloatVector u = FloatVector.fromArray(F, x, at);
                FloatVector v = FloatVector.fromArray(F, x, at + L);
                FloatVector factor = FloatVector.broadcast(F, scores[q]);
                a0 = factor.fma(u, a0);
                b0 = factor.fma(v, b0);
                factor = FloatVector.broadcast(F, scores[q + QUERIES]);
                a1 = factor.fma(u, a1);
                b1 = factor.fma(v, b1);
                factor = FloatVector.broadcast(F, scores[q + 2 * QUERIES]);
                a2 = factor.fma(u, a2);
                b2 = factor.fma(v, b2);
                factor = FloatVector.broadcast(F, scores[q + 3 * QUERIES]);
                a3 = factor.fma(u, a3);
                b3 = factor.fma(v, b3);
            }
        }
        a0.add(FloatVector.fromArray(F, acc, to)).intoArray(acc, to);
        b0.add(FloatVector.fromArray(F, acc, to + L)).intoArray(acc, to + L);
        a1.add(FloatVector.fromArray(F, acc, to + width)).intoArray(acc, to + width);
        b1.add(FloatVector.fromArray(F, acc, to + width + L)).intoArray(acc, to + width + L);
        a2.add(FloatVector.fromArray(F, acc, to + 2 * width)).intoArray(acc, to + 2 * width);
        b2.add(FloatVector.fromArray(F, acc, to + 2 * width + L)).intoArray(acc, to + 2 * width + L);
        a3.add(FloatVector.fromArray(F, acc, to + 3 * width)).intoArray(acc, to + 3 * width);
        b3.add(FloatVector.fromArray(F, acc, to + 3 * width + L)).intoArray(acc, to + 3 * width + L);
    }

    private static void accumulate1(
            float[][] s, int row, int queryFrom, int queryTo, float[] x, int width, int d, float[] acc, int to) {
        FloatVector zero = FloatVector.zero(F);
        FloatVector a0 = zero, b0 = zero;
        int at = queryFrom * width + d;
        for (int first = queryFrom; first < queryTo; first = (first / QUERIES + 1) * QUERIES) {
            float[] scores = s[first / QUERIES];
            int from = row * QUERIES + first % QUERIES;
            int end = from + Math.min(queryTo - first, QUERIES - first % QUERIES);
            for (int q = from; q < end; q++, at += width) {
                FloatVector u = FloatVector.fromArray(F, x, at);
                FloatVector v = FloatVector.fromArray(F, x, at + L);
                FloatVector factor = FloatVector.broadcast(F, scores[q]);
                a0 = factor.fma(u, a0);
                b0 = factor.fma(v, b0);
            }
        }
        a0.add(FloatVector.fromArray(F, acc, to)).intoArray(acc, to);
        b0.add(FloatVector.fromArray(F, acc, to + L)).intoArray(acc, to + L);
    }

    @Override
    public boolean anyNonFinite(float[] v, int at, int stride, int rows, int width) {
        FloatVector zero = FloatVector.zero(F), a = zero, b = zero;
        float rest = 0;
        for (int j = 0; j < rows; j++) {
            int d = at + j * stride;
            int end = d + width;
            for (; d + 2 * L <= end; d += 2 * L) {
                a = FloatVector.fromArray(F, v, d).fma(zero, a);
                b = FloatVector.fromArray(F, v, d + L).fma(zero, b);
            }
            for (; d + L <= end; d += L) {
                a = FloatVector.fromArray(F, v, d).fma(zero, a);
            }
            for (; d < end; d++) {
                rest += v[d] * 0;
            }
        }
        // NaN or ∞ times zero is NaN, and stays.
        return Float.isNaN(rest) || a.add(b).compare(VectorOperators.NE, 0f).anyTrue();
    }

    @Override
    public void dots(float[] xT, float[] yT, int width, float[] sum) {
        int pairs = width <= ONE_SUM ? 0 : width & ~1;
        for (int q = 0; q < QUERIES; q += L) {
            FloatVector even = FloatVector.zero(F), odd = even;
            for (int i = q; i < pairs * QUERIES; i += 2 * QUERIES) {
                even = FloatVector.fromArray(F, xT, i).fma(FloatVector.fromArray(F, yT, i), even);
                odd = FloatVector.fromArray(F, xT, i + QUERIES).fma(FloatVector.fromArray(F, yT, i + QUERIES), odd);
            }
            for (int i = pairs * QUERIES + q; i < width * QUERIES; i += QUERIES) {
                even = FloatVector.fromArray(F, xT, i).fma(FloatVector.fromArray(F, yT, i), even);
            }
            even.add(odd).intoArray(sum, q);
        }
    }
}
