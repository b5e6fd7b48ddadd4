package dev.heed.kernel;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/** {@link Rows} with the Vector API: rows four at a time where there are grouped heads or several queries, else one. */
final class VectorRows implements Rows {
    private static final VectorSpecies<Float> F = Lanes.FLOAT;
    private static final int L = Lanes.COUNT;
    private static final int BLOCK = ScoreTile.BLOCK;
    /** Rows of a panel that several passes go over while they stay in a first-level cache. */
    private static final int PIECE = 64;

    @Override
    public void scores(float[] k, int at, int width, float[] q, int rows, float[] s) {
        int step = width > Tile.ONE_SUM ? 2 : 1;
        int r = 0;
        for (; r + 4 <= rows; r += 4) {
            for (int j = 0; j < BLOCK; j += 4 * L) {
                for (int from = 0; from < step; from++) {
                    scores4(k, key(at, j, width), width, from, step, q, r * width, s, r * BLOCK + j);
                }
            }
        }
        for (; r < rows; r++) {
            for (int j = 0; j < BLOCK; j += 8 * L) {
                if (step == 1) {
                    scores1(k, key(at, j, width), width, q, r * width, s, r * BLOCK + j);
                } else {
                    twoSums1(k, key(at, j, width), width, q, r * width, s, r * BLOCK + j);
                }
            }
        }
    }

    /** Where key j's coordinate 0 stands. */
    private static int key(int at, int j, int width) {
        return at + j / GROUP * width * GROUP + j % GROUP;
    }

    /** Where vector i behind the one at {@code at}, which starts a group, stands. */
    private static int group(int at, int i, int width) {
        return at + i * L / GROUP * width * GROUP + i * L % GROUP;
    }

    /**
     * Four queries on four vectors of keys: each key is read once for all of them, in one stream of memory at 16 lanes. Of two
     * sums, for which there are no registers, first the even coordinates', then that of the odd ones onto it.
     *
     * @param from first coordinate; others follow {@code step} apart
     */
    private static void scores4(
            float[] k, int at, int width, int from, int step, float[] q, int query, float[] s, int to) {
        int k0 = group(at, 0, width);
        int k1 = group(at, 1, width);
        int k2 = group(at, 2, width);
        int k3 = group(at, 3, width);
        FloatVector a00 = FloatVector.zero(F), a01 = a00, a02 = a00, a03 = a00;
        FloatVector a10 = FloatVector.zero(F), a11 = a10, a12 = a10, a13 = a10;
        FloatVector a20 = FloatVector.zero(F), a21 = a20, a22 = a20, a23 = a20;
        FloatVector a30 = FloatVector.zero(F), a31 = a30, a32 = a30, a33 = a30;
        int q1 = query + width;
        int q2 = q1 + width;
        int q3 = q2 + width;
        for (int d = from; d < width; d += step) {
            int row = d * GROUP;
            FloatVector x0 = FloatVector.fromArray(F, k, k0 + row);
            FloatVector x1 = FloatVector.fromArray(F, k, k1 + row);
            FloatVector x2 = FloatVector.fromArray(F, k, k2 + row);
            FloatVector x3 = FloatVector.fromArray(F, k, k3 + row);
            FloatVector factor = FloatVector.broadcast(F, q[query + d]);
            a00 = x0.fma(factor, a00);
            a01 = x1.fma(factor, a01);
            a02 = x2.fma(factor, a02);
            a03 = x3.fma(factor, a03);
            factor = FloatVector.broadcast(F, q[q1 + d]);
            a10 = x0.fma(factor, a10);
            a11 = x1.fma(factor, a11);
            a12 = x2.fma(factor, a12);
            a13 = x3.fma(factor, a13);
            factor = FloatVector.broadcast(F, q[q2 + d]);
            a20 = x0.fma(factor, a20);
            a21 = x1.fma(factor, a21);
            a22 = x2.fma(factor, a22);
            a23 = x3.fma(factor, a23);
            factor = FloatVector.broadcast(F, q[q3 + d]);
            a30 = x0.fma(factor, a30);
            a31 = x1.fma(factor, a31);
            a32 = x2.fma(factor, a32);
            a33 = x3.fma(factor, a33);
        }
        if (from > 0) {
            a00 = a00.add(FloatVector.fromArray(F, s, to));
            a01 = a01.add(FloatVector.fromArray(F, s, to + L));
            a02 = a02.add(FloatVector.fromArray(F, s, to + 2 * L));
            a03 = a03.add(FloatVector.fromArray(F, s, to + 3 * L));
            a10 = a10.add(FloatVector.fromArray(F, s, to + BLOCK));
            a11 = a11.add(FloatVector.fromArray(F, s, to + BLOCK + L));
            a12 = a12.add(FloatVector.fromArray(F, s, to + BLOCK + 2 * L));
            a13 = a13.add(FloatVector.fromArray(F, s, to + BLOCK + 3 * L));
            a20 = a20.add(FloatVector.fromArray(F, s, to + 2 * BLOCK));
            a21 = a21.add(FloatVector.fromArray(F, s, to + 2 * BLOCK + L));
            a22 = a22.add(FloatVector.fromArray(F, s, to + 2 * BLOCK + 2 * L));
            a23 = a23.add(FloatVector.fromArray(F, s, to + 2 * BLOCK + 3 * L));
            a30 = a30.add(FloatVector.fromArray(F, s, to + 3 * BLOCK));
            a31 = a31.add(FloatVector.fromArray(F, s, to + 3 * BLOCK + L));
            a32 = a32.add(FloatVector.fromArray(F, s, to + 3 * BLOCK + 2 * L));
            a33 = a33.add(FloatVector.fromArray(F, s, to + 3 * BLOCK + 3 * L));
        }
        a00.intoArray(s, to);
        a01.intoArray(s, to + L);
        a02.intoArray(s, to + 2 * L);
        a03.intoArray(s, to + 3 * L);
        a10.intoArray(s, to + BLOCK);
        a11.intoArray(s, to + BLOCK + L);
        a12.intoArray(s, to + BLOCK + 2 * L);
        a13.intoArray(s, to + BLOCK + 3 * L);
        a20.intoArray(s, to + 2 * BLOCK);
        a21.intoArray(s, to + 2 * BLOCK + L);
        a22.intoArray(s, to + 2 * BLOCK + 2 * L);
        a23.intoArray(s, to + 2 * BLOCK + 3 * L);
        a30.intoArray(s, to + 3 * BLOCK);
        a31.intoArray(s, to + 3 * BLOCK + L);
        a32.intoArray(s, to + 3 * BLOCK + 2 * L);
        a33.intoArray(s, to + 3 * BLOCK + 3 * L);
    }

    /** One query on eight vectors of keys: eight chains hide the latency of a multiply-add. */
    private static void scores1(float[] k, int at, int width, float[] q, int query, float[] s, int to) {
        int k0 = group(at, 0, width);
        int k1 = group(at, 1, width);
        int k2 = group(at, 2, width);
        int k3 = group(at, 3, width);
        int k4 = group(at, 4, width);
        int k5 = group(at, 5, width);
        int k6 = group(at, 6, width);
        int k7 = group(at, 7, width);
        FloatVector a0 = FloatVector.zero(F), a1 = a0, a2 = a0, a3 = a0, a4 = a0, a5 = a0, a6 = a0, a7 = a0;
        for (int d = 0; d < width; d++) {
            FloatVector factor = FloatVector.broadcast(F, q[query + d]);
            int row = d * GROUP;
            a0 = FloatVector.fromArray(F, k, k0 + row).fma(factor, a0);
            a1 = FloatVector.fromArray(F, k, k1 + row).fma(factor, a1);
            a2 = FloatVector.fromArray(F, k, k2 + row).fma(factor, a2);
            a3 = FloatVector.fromArray(F, k, k3 + row).fma(factor, a3);
            a4 = FloatVector.fromArray(F, k, k4 + row).fma(factor, a4);
            a5 = FloatVector.fromArray(F, k, k5 + row).fma(factor, a5);
            a6 = FloatVector.fromArray(F, k, k6 + row).fma(factor, a6);
            a7 = FloatVector.fromArray(F, k, k7 + row).fma(factor, a7);
        }
        a0.intoArray(s, to);
        a1.intoArray(s, to + L);
        a2.intoArray(s, to + 2 * L);
        a3.intoArray(s, to + 3 * L);
        a4.intoArray(s, to + 4 * L);
        a5.intoArray(s, to + 5 * L);
        a6.intoArray(s, to + 6 * L);
        a7.intoArray(s, to + 7 * L);
    }

    /** One query on eight vectors of keys, the even and the odd coordinates' sums at once: memory is read once and in order. */
    private static void twoSums1(float[] k, int at, int width, float[] q, int query, float[] s, int to) {
        int k0 = group(at, 0, width);
        int k1 = group(at, 1, width);
        int k2 = group(at, 2, width);
        int k3 = group(at, 3, width);
        int k4 = group(at, 4, width);
        int k5 = group(at, 5, width);
        int k6 = group(at, 6, width);
        int k7 = group(at, 7, width);
        FloatVector a0 = FloatVector.zero(F), a1 = a0, a2 = a0, a3 = a0, a4 = a0, a5 = a0, a6 = a0, a7 = a0;
        FloatVector b0 = a0, b1 = a0, b2 = a0, b3 = a0, b4 = a0, b5 = a0, b6 = a0, b7 = a0;
        int pairs = width & ~1;
        for (int d = 0; d < pairs; d += 2) {
            int row = d * GROUP;
            FloatVector factor = FloatVector.broadcast(F, q[query + d]);
            a0 = FloatVector.fromArray(F, k, k0 + row).fma(factor, a0);
            a1 = FloatVector.fromArray(F, k, k1 + row).fma(factor, a1);
            a2 = FloatVector.fromArray(F, k, k2 + row).fma(factor, a2);
            a3 = FloatVector.fromArray(F, k, k3 + row).fma(factor, a3);
            a4 = FloatVector.fromArray(F, k, k4 + row).fma(factor, a4);
            a5 = FloatVector.fromArray(F, k, k5 + row).fma(factor, a5);
            a6 = FloatVector.fromArray(F, k, k6 + row).fma(factor, a6);
            a7 = FloatVector.fromArray(F, k, k7 + row).fma(factor, a7);
            factor = FloatVector.broadcast(F, q[query + d + 1]);
            b0 = FloatVector.fromArray(F, k, k0 + row + GROUP).fma(factor, b0);
            b1 = FloatVector.fromArray(F, k, k1 + row + GROUP).fma(factor, b1);
            b2 = FloatVector.fromArray(F, k, k2 + row + GROUP).fma(factor, b2);
            b3 = FloatVector.fromArray(F, k, k3 + row + GROUP).fma(factor, b3);
            b4 = FloatVector.fromArray(F, k, k4 + row + GROUP).fma(factor, b4);
            b5 = FloatVector.fromArray(F, k, k5 + row + GROUP).fma(factor, b5);
            b6 = FloatVector.fromArray(F, k, k6 + row + GROUP).fma(factor, b6);
            b7 = FloatVector.fromArray(F, k, k7 + row + GROUP).fma(factor, b7);
        }
        if (pairs < width) {
            int row = pairs * GROUP;
            FloatVector factor = FloatVector.broadcast(F, q[query + pairs]);
            a0 = FloatVector.fromArray(F, k, k0 + row).fma(factor, a0);
            a1 = FloatVector.fromArray(F, k, k1 + row).fma(factor, a1);
            a2 = FloatVector.fromArray(F, k, k2 + row).fma(factor, a2);
            a3 = FloatVector.fromArray(F, k, k3 + row).fma(factor, a3);
            a4 = FloatVector.fromArray(F, k, k4 + row).fma(factor, a4);
            a5 = FloatVector.fromArray(F, k, k5 + row).fma(factor, a5);
            a6 = FloatVector.fromArray(F, k, k6 + row).fma(factor, a6);
            a7 = FloatVector.fromArray(F, k, k7 + row).fma(factor, a7);
        }
        a0.add(b0).intoArray(s, to);
        a1.add(b1).intoArray(s, to + L);
        a2.add(b2).intoArray(s, to + 2 * L);
        a3.add(b3).intoArray(s, to + 3 * L);
        a4.add(b4).intoArray(s, to + 4 * L);
        a5.add(b5).intoArray(s, to + 5 * L);
        a6.add(b6).intoArray(s, to + 6 * L);
        a7.add(b7).intoArray(s, to + 7 * L);
    }

    @Override
    public float max(float[] s, int from, int to, float start) {
        FloatVector m0 = FloatVector.broadcast(F, start), m1 = m0;
        int i = from;
        for (; i + 2 * L <= to; i += 2 * L) {
            FloatVector x = FloatVector.fromArray(F, s, i);
            FloatVector y = FloatVector.fromArray(F, s, i + L);
            m0 = m0.blend(x, x.compare(VectorOperators.GT, m0));
            m1 = m1.blend(y, y.compare(VectorOperators.GT, m1));
        }
        // Free of NaN by now, so the lanes' maximum does not depend on their order.
        float most = m0.blend(m1, m1.compare(VectorOperators.GT, m0)).reduceLanes(VectorOperators.MAX);
        for (; i < to; i++) {
            most = s[i] > most ? s[i] : most;
        }
        return most;
    }

    @Override
    public void mix(float[] v, int at, int from, int to, int width, float[] p, int row, int rows, float[] o) {
        int four = row + rows / 4 * 4;
        int piece = rows > 4 ? PIECE : BLOCK;
        for (int d = 0; d < width; d += GROUP) {
            int columns = Rows.panelWidth(width, d / GROUP);
            int panel = at + d * BLOCK;
            for (int j = from; j < to; j += piece) {
                int end = Math.min(to, j + piece);
                for (int r = row; r < four; r += 4) {
                    mix4(v, panel, j, end, columns, p, r * BLOCK, o, r * width + d, width);
                }
                for (int r = four; r < row + rows; r++) {
                    mix1(v, panel, j, end, columns, p, r * BLOCK, o, r * width + d);
                }
            }
        }
    }

    private static void mix4(
            float[] v, int at, int from, int to, int columns, float[] p, int weight, float[] o, int out, int width) {
        int d = 0;
        for (; d + 4 * L <= columns; d += 4 * L) {
            mix4x4(v, at + d, from, to, columns, p, weight, o, out + d, width);
        }
        for (; d + L <= columns; d += L) {
            mix4x1(v, at + d, from, to, columns, p, weight, o, out + d, width);
        }
        for (int r = 0; r < 4; r++) {
            tail(v, at, from, to, columns, d, p, weight + r * BLOCK, o, out + r * width);
        }
    }

    private static void mix1(
            float[] v, int at, int from, int to, int columns, float[] p, int weight, float[] o, int out) {
        int d = 0;
        for (; d + 4 * L <= columns; d += 4 * L) {
            mix1x4(v, at + d, from, to, columns, p, weight, o, out + d);
        }
        for (; d + L <= columns; d += L) {
            mix1x1(v, at + d, from, to, columns, p, weight, o, out + d);
        }
        tail(v, at, from, to, columns, d, p, weight, o, out);
    }

    /** The last coordinates that fill no vector. */
    private static void tail(
            float[] v, int at, int from, int to, int columns, int firstD, float[] p, int weight, float[] o, int out) {
        for (int d = firstD; d < columns; d++) {
            float sum = o[out + d];
            for (int j = from; j < to; j++) {
                sum = Math.fma(p[weight + j], v[at + j * columns + d], sum);
            }
            o[out + d] = sum;
        }
    }

    private static void mix4x4(
            float[] v, int at, int from, int to, int columns, float[] p, int weight, float[] o, int out, int width) {
        FloatVector a00 = FloatVector.fromArray(F, o, out);
        FloatVector a01 = FloatVector.fromArray(F, o, out + L);
        FloatVector a02 = FloatVector.fromArray(F, o, out + 2 * L);
        FloatVector a03 = FloatVector.fromArray(F, o, out + 3 * L);
        FloatVector a10 = FloatVector.fromArray(F, o, out + width);
        FloatVector a11 = FloatVector.fromArray(F, o, out + width + L);
        FloatVector a12 = FloatVector.fromArray(F, o, out + width + 2 * L);
        FloatVector a13 = FloatVector.fromArray(F, o, out + width + 3 * L);
        FloatVector a20 = FloatVector.fromArray(F, o, out + 2 * width);
        FloatVector a21 = FloatVector.fromArray(F, o, out + 2 * width + L);
        FloatVector a22 = FloatVector.fromArray(F, o, out + 2 * width + 2 * L);
        FloatVector a23 = FloatVector.fromArray(F, o, out + 2 * width + 3 * L);
        FloatVector a30 = FloatVector.fromArray(F, o, out + 3 * width);
        FloatVector a31 = FloatVector.fromArray(F, o, out + 3 * width + L);
        FloatVector a32 = FloatVector.fromArray(F, o, out + 3 * width + 2 * L);
        FloatVector a33 = FloatVector.fromArray(F, o, out + 3 * width + 3 * L);
        int row = at + from * columns;
        for (int j = from; j < to; j++, row += columns) {
            FloatVector v0 = FloatVector.fromArray(F, v, row);
            FloatVector v1 = FloatVector.fromArray(F, v, row + L);
            FloatVector v2 = FloatVector.fromArray(F, v, row + 2 * L);
            FloatVector v3 = FloatVector.fromArray(F, v, row + 3 * L);
            FloatVector factor = FloatVector.broadcast(F, p[weight + j]);
            a00 = v0.fma(factor, a00);
            a01 = v1.fma(factor, a01);
            a02 = v2.fma(factor, a02);
            a03 = v3.fma(factor, a03);
            factor = FloatVector.broadcast(F, p[weight + BLOCK + j]);
            a10 = v0.fma(factor, a10);
            a11 = v1.fma(factor, a11);
            a12 = v2.fma(factor, a12);
            a13 = v3.fma(factor, a13);
            factor = FloatVector.broadcast(F, p[weight + 2 * BLOCK + j]);
            a20 = v0.fma(factor, a20);
            a21 = v1.fma(factor, a21);
            a22 = v2.fma(factor, a22);
            a23 = v3.fma(factor, a23);
            factor = FloatVector.broadcast(F, p[weight + 3 * BLOCK + j]);
            a30 = v0.fma(factor, a30);
            a31 = v1.fma(factor, a31);
            a32 = v2.fma(factor, a32);
            a33 = v3.fma(factor, a33);
        }
        a00.intoArray(o, out);
        a01.intoArray(o, out + L);
        a02.intoArray(o, out + 2 * L);
        a03.intoArray(o, out + 3 * L);
        a10.intoArray(o, out + width);
        a11.intoArray(o, out + width + L);
        a12.intoArray(o, out + width + 2 * L);
        a13.intoArray(o, out + width + 3 * L);
        a20.intoArray(o, out + 2 * width);
        a21.intoArray(o, out + 2 * width + L);
        a22.intoArray(o, out + 2 * width + 2 * L);
        a23.intoArray(o, out + 2 * width + 3 * L);
        a30.intoArray(o, out + 3 * width);
        a31.intoArray(o, out + 3 * width + L);
        a32.intoArray(o, out + 3 * width + 2 * L);
        a33.intoArray(o, out + 3 * width + 3 * L);
    }

    private static void mix4x1(
            float[] v, int at, int from, int to, int columns, float[] p, int weight, float[] o, int out, int width) {
        FloatVector a00 = FloatVector.fromArray(F, o, out);
        FloatVector a10 = FloatVector.fromArray(F, o, out + width);
        FloatVector a20 = FloatVector.fromArray(F, o, out + 2 * width);
        FloatVector a30 = FloatVector.fromArray(F, o, out + 3 * width);
        int row = at + from * columns;
        for (int j = from; j < to; j++, row += columns) {
            FloatVector v0 = FloatVector.fromArray(F, v, row);
            FloatVector factor = FloatVector.broadcast(F, p[weight + j]);
            a00 = v0.fma(factor, a00);
            factor = FloatVector.broadcast(F, p[weight + BLOCK + j]);
            a10 = v0.fma(factor, a10);
            factor = FloatVector.broadcast(F, p[weight + 2 * BLOCK + j]);
            a20 = v0.fma(factor, a20);
            factor = FloatVector.broadcast(F, p[weight + 3 * BLOCK + j]);
            a30 = v0.fma(factor, a30);
        }
        a00.intoArray(o, out);
        a10.intoArray(o, out + width);
        a20.intoArray(o, out + 2 * width);
        a30.intoArray(o, out + 3 * width);
    }

    private static void mix1x4(
            float[] v, int at, int from, int to, int width, float[] p, int weight, float[] o, int out) {
        FloatVector a00 = FloatVector.fromArray(F, o, out);
        FloatVector a01 = FloatVector.fromArray(F, o, out + L);
        FloatVector a02 = FloatVector.fromArray(F, o, out + 2 * L);
        FloatVector a03 = FloatVector.fromArray(F, o, out + 3 * L);
        int row = at + from * width;
        for (int j = from; j < to; j++, row += width) {
            FloatVector v0 = FloatVector.fromArray(F, v, row);
            FloatVector v1 = FloatVector.fromArray(F, v, row + L);
            FloatVector v2 = FloatVector.fromArray(F, v, row + 2 * L);
            FloatVector v3 = FloatVector.fromArray(F, v, row + 3 * L);
            FloatVector factor = FloatVector.broadcast(F, p[weight + j]);
            a00 = v0.fma(factor, a00);
            a01 = v1.fma(factor, a01);
            a02 = v2.fma(factor, a02);
            a03 = v3.fma(factor, a03);
        }
        a00.intoArray(o, out);
        a01.intoArray(o, out + L);
        a02.intoArray(o, out + 2 * L);
        a03.intoArray(o, out + 3 * L);
    }

    private static void mix1x1(
            float[] v, int at, int from, int to, int width, float[] p, int weight, float[] o, int out) {
        FloatVector a00 = FloatVector.fromArray(F, o, out);
        int row = at + from * width;
        for (int j = from; j < to; j++, row += width) {
            FloatVector v0 = FloatVector.fromArray(F, v, row);
            FloatVector factor = FloatVector.broadcast(F, p[weight + j]);
            a00 = v0.fma(factor, a00);
        }
        a00.intoArray(o, out);
    }
}
