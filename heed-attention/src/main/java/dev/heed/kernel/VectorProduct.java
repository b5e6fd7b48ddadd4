package dev.heed.kernel;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * {@link Product} with the Vector API. With 16 lanes register tiles are twelve rows by two vectors, and eight or four for what is
 * left. With fewer lanes they are four by two, which fits 16
 * registers. Rows that a tile has too many repeat the last one: they compute and store the same numbers again, which costs less
 * than a kernel for every count.
 */
final class VectorProduct implements Product {
    private static final VectorSpecies<Float> F = Lanes.FLOAT;
    private static final int L = Lanes.COUNT;
    /** Columns that one pass of a register tile covers: two vectors. */
    private static final int PAIR = 2 * L;

    private static final boolean TALL = L >= 16;

    @Override
    public void rows(
            float[] a, int at, int stride, int rows, float[] b, int panel, int depth, float[] c, int to, int perRow) {
        for (int q = 0; q < PANEL; q += PAIR) {
            int r = 0;
            if (TALL) {
                // The last 16 are two of eight: four alone would wait for their sums.
                int lastTwelve = rows % 12 == 4 ? rows - 28 : rows - 12;
                for (; r <= lastTwelve; r += 12) {
                    rows12(a, at + r * stride, stride, b, panel + q, depth, c, to + r * perRow + q, perRow);
                }
                for (; r + 4 < rows; r += 8) {
                    int last = Math.min(8, rows - r) - 1;
                    rows8(a, at + r * stride, stride, last, b, panel + q, depth, c, to + r * perRow + q, perRow);
                }
            }
            for (; r < rows; r += 4) {
                int last = Math.min(4, rows - r) - 1;
                rows4(a, at + r * stride, stride, last, b, panel + q, depth, c, to + r * perRow + q, perRow);
            }
        }
    }

    /** The results' rows are found anew behind the loop, as in {@link VectorTile} and for the same reason. */
    private static void rows12(
            float[] a, int at, int stride, float[] b, int panel, int depth, float[] c, int to, int perRow) {
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
        FloatVector x0 = FloatVector.zero(F), y0 = x0, x1 = x0, y1 = x0, x2 = x0, y2 = x0, x3 = x0, y3 = x0;
        FloatVector x4 = x0, y4 = x0, x5 = x0, y5 = x0, x6 = x0, y6 = x0, x7 = x0, y7 = x0, x8 = x0, y8 = x0;
        FloatVector x9 = x0, y9 = x0, x10 = x0, y10 = x0, x11 = x0, y11 = x0;
        for (int k = 0; k < depth; k++) {
            FloatVector p = FloatVector.fromArray(F, b, panel + k * PANEL);
            FloatVector q = FloatVector.fromArray(F, b, panel + k * PANEL + L);
            FloatVector e = FloatVector.broadcast(F, a[at + k]);
            x0 = e.fma(p, x0);
            y0 = e.fma(q, y0);
            e = FloatVector.broadcast(F, a[r1 + k]);
            x1 = e.fma(p, x1);
            y1 = e.fma(q, y1);
            e = FloatVector.broadcast(F, a[r2 + k]);
            x2 = e.fma(p, x2);
            y2 = e.fma(q, y2);
            e = FloatVector.broadcast(F, a[r3 + k]);
            x3 = e.fma(p, x3);
            y3 = e.fma(q, y3);
            e = FloatVector.broadcast(F, a[r4 + k]);
            x4 = e.fma(p, x4);
            y4 = e.fma(q, y4);
            e = FloatVector.broadcast(F, a[r5 + k]);
            x5 = e.fma(p, x5);
            y5 = e.fma(q, y5);
            e = FloatVector.broadcast(F, a[r6 + k]);
            x6 = e.fma(p, x6);
            y6 = e.fma(q, y6);
            e = FloatVector.broadcast(F, a[r7 + k]);
            x7 = e.fma(p, x7);
            y7 = e.fma(q, y7);
            e = FloatVector.broadcast(F, a[r8 + k]);
            x8 = e.fma(p, x8);
            y8 = e.fma(q, y8);
            e = FloatVector.broadcast(F, a[r9 + k]);
            x9 = e.fma(p, x9);
            y9 = e.fma(q, y9);
            e = FloatVector.broadcast(F, a[r10 + k]);
            x10 = e.fma(p, x10);
            y10 = e.fma(q, y10);
            e = FloatVector.broadcast(F, a[r11 + k]);
            x11 = e.fma(p, x11);
            y11 = e.fma(q, y11);
        }
        x0.intoArray(c, to);
        y0.intoArray(c, to + L);
        x1.intoArray(c, to + perRow);
        y1.intoArray(c, to + perRow + L);
        x2.intoArray(c, to + 2 * perRow);
        y2.intoArray(c, to + 2 * perRow + L);
        x3.intoArray(c, to + 3 * perRow);
        y3.intoArray(c, to + 3 * perRow + L);
        x4.intoArray(c, to + 4 * perRow);
        y4.intoArray(c, to + 4 * perRow + L);
        x5.intoArray(c, to + 5 * perRow);
        y5.intoArray(c, to + 5 * perRow + L);
        x6.intoArray(c, to + 6 * perRow);
        y6.intoArray(c, to + 6 * perRow + L);
        x7.intoArray(c, to + 7 * perRow);
        y7.intoArray(c, to + 7 * perRow + L);
        x8.intoArray(c, to + 8 * perRow);
        y8.intoArray(c, to + 8 * perRow + L);
        x9.intoArray(c, to + 9 * perRow);
        y9.intoArray(c, to + 9 * perRow + L);
        x10.intoArray(c, to + 10 * perRow);
        y10.intoArray(c, to + 10 * perRow + L);
        x11.intoArray(c, to + 11 * perRow);
        y11.intoArray(c, to + 11 * perRow + L);
    }

    private static void rows8(
            float[] a, int at, int stride, int last, float[] b, int panel, int depth, float[] c, int to, int perRow) {
        int r1 = at + Math.min(1, last) * stride;
        int r2 = at + Math.min(2, last) * stride;
        int r3 = at + Math.min(3, last) * stride;
        int r4 = at + Math.min(4, last) * stride;
        int r5 = at + Math.min(5, last) * stride;
        int r6 = at + Math.min(6, last) * stride;
        int r7 = at + last * stride;
        int t1 = to + Math.min(1, last) * perRow;
        int t2 = to + Math.min(2, last) * perRow;
        int t3 = to + Math.min(3, last) * perRow;
        int t4 = to + Math.min(4, last) * perRow;
        int t5 = to + Math.min(5, last) * perRow;
        int t6 = to + Math.min(6, last) * perRow;
        int t7 = to + last * perRow;
        FloatVector x0 = FloatVector.zero(F), y0 = x0, x1 = x0, y1 = x0, x2 = x0, y2 = x0, x3 = x0, y3 = x0;
        FloatVector x4 = x0, y4 = x0, x5 = x0, y5 = x0, x6 = x0, y6 = x0, x7 = x0, y7 = x0;
        for (int k = 0; k < depth; k++) {
            FloatVector p = FloatVector.fromArray(F, b, panel + k * PANEL);
            FloatVector q = FloatVector.fromArray(F, b, panel + k * PANEL + L);
            FloatVector e = FloatVector.broadcast(F, a[at + k]);
            x0 = e.fma(p, x0);
            y0 = e.fma(q, y0);
            e = FloatVector.broadcast(F, a[r1 + k]);
            x1 = e.fma(p, x1);
            y1 = e.fma(q, y1);
            e = FloatVector.broadcast(F, a[r2 + k]);
            x2 = e.fma(p, x2);
            y2 = e.fma(q, y2);
            e = FloatVector.broadcast(F, a[r3 + k]);
            x3 = e.fma(p, x3);
            y3 = e.fma(q, y3);
            e = FloatVector.broadcast(F, a[r4 + k]);
            x4 = e.fma(p, x4);
            y4 = e.fma(q, y4);
            e = FloatVector.broadcast(F, a[r5 + k]);
            x5 = e.fma(p, x5);
            y5 = e.fma(q, y5);
            e = FloatVector.broadcast(F, a[r6 + k]);
            x6 = e.fma(p, x6);
            y6 = e.fma(q, y6);
            e = FloatVector.broadcast(F, a[r7 + k]);
            x7 = e.fma(p, x7);
            y7 = e.fma(q, y7);
        }
        x0.intoArray(c, to);
        y0.intoArray(c, to + L);
        x1.intoArray(c, t1);
        y1.intoArray(c, t1 + L);
        x2.intoArray(c, t2);
        y2.intoArray(c, t2 + L);
        x3.intoArray(c, t3);
        y3.intoArray(c, t3 + L);
        x4.intoArray(c, t4);
        y4.intoArray(c, t4 + L);
        x5.intoArray(c, t5);
        y5.intoArray(c, t5 + L);
        x6.intoArray(c, t6);
        y6.intoArray(c, t6 + L);
        x7.intoArray(c, t7);
        y7.intoArray(c, t7 + L);
    }

    private static void rows4(
            float[] a, int at, int stride, int last, float[] b, int panel, int depth, float[] c, int to, int perRow) {
        int r1 = at + Math.min(1, last) * stride;
        int r2 = at + Math.min(2, last) * stride;
        int r3 = at + last * stride;
        int t1 = to + Math.min(1, last) * perRow;
        int t2 = to + Math.min(2, last) * perRow;
        int t3 = to + last * perRow;
        FloatVector x0 = FloatVector.zero(F), y0 = x0, x1 = x0, y1 = x0, x2 = x0, y2 = x0, x3 = x0, y3 = x0;
        for (int k = 0; k < depth; k++) {
            FloatVector p = FloatVector.fromArray(F, b, panel + k * PANEL);
            FloatVector q = FloatVector.fromArray(F, b, panel + k * PANEL + L);
            FloatVector e = FloatVector.broadcast(F, a[at + k]);
            x0 = e.fma(p, x0);
            y0 = e.fma(q, y0);
            e = FloatVector.broadcast(F, a[r1 + k]);
            x1 = e.fma(p, x1);
            y1 = e.fma(q, y1);
            e = FloatVector.broadcast(F, a[r2 + k]);
            x2 = e.fma(p, x2);
            y2 = e.fma(q, y2);
            e = FloatVector.broadcast(F, a[r3 + k]);
            x3 = e.fma(p, x3);
            y3 = e.fma(q, y3);
        }
        x0.intoArray(c, to);
        y0.intoArray(c, to + L);
        x1.intoArray(c, t1);
        y1.intoArray(c, t1 + L);
        x2.intoArray(c, t2);
        y2.intoArray(c, t2 + L);
        x3.intoArray(c, t3);
        y3.intoArray(c, t3 + L);
    }

    @Override
    public void fewRows(
            float[] a,
            int at,
            int stride,
            int rows,
            float[] b,
            int panel,
            int panels,
            int perPanel,
            int depth,
            float[] c,
            int to,
            int perRow) {
        int p = 0;
        if (rows == 1) {
            for (; p + 4 <= panels; p += 4) {
                for (int q = 0; q < PANEL; q += PAIR) {
                    row4(a, at, b, panel + p * perPanel + q, perPanel, depth, c, to + p * PANEL + q);
                }
            }
            for (; p < panels; p++) {
                for (int q = 0; q < PANEL; q += PAIR) {
                    row1(a, at, b, panel + p * perPanel + q, depth, c, to + p * PANEL + q);
                }
            }
            return;
        }
        if (TALL) {
            for (; p + 2 <= panels; p += 2) {
                wide4(a, at, stride, rows - 1, b, panel + p * perPanel, perPanel, depth, c, to + p * PANEL, perRow);
            }
        }
        for (; p < panels; p++) {
            rows(a, at, stride, rows, b, panel + p * perPanel, depth, c, to + p * PANEL, perRow);
        }
    }

    /** Four rows by two panels of two vectors: with one panel, eight sums in flight, half of the latency would show. */
    private static void wide4(
            float[] a,
            int at,
            int stride,
            int last,
            float[] b,
            int p0,
            int perPanel,
            int depth,
            float[] c,
            int to,
            int perRow) {
        int p1 = p0 + perPanel;
        int i1 = Math.min(1, last);
        int i2 = Math.min(2, last);
        int r1 = at + i1 * stride;
        int r2 = at + i2 * stride;
        int r3 = at + last * stride;
        FloatVector w0 = FloatVector.zero(F), x0 = w0, y0 = w0, z0 = w0, w1 = w0, x1 = w0, y1 = w0, z1 = w0;
        FloatVector w2 = w0, x2 = w0, y2 = w0, z2 = w0, w3 = w0, x3 = w0, y3 = w0, z3 = w0;
        for (int k = 0; k < depth; k++) {
            FloatVector p = FloatVector.fromArray(F, b, p0 + k * PANEL);
            FloatVector q = FloatVector.fromArray(F, b, p0 + k * PANEL + L);
            FloatVector r = FloatVector.fromArray(F, b, p1 + k * PANEL);
            FloatVector s = FloatVector.fromArray(F, b, p1 + k * PANEL + L);
            FloatVector e = FloatVector.broadcast(F, a[at + k]);
            w0 = e.fma(p, w0);
            x0 = e.fma(q, x0);
            y0 = e.fma(r, y0);
            z0 = e.fma(s, z0);
            e = FloatVector.broadcast(F, a[r1 + k]);
            w1 = e.fma(p, w1);
            x1 = e.fma(q, x1);
            y1 = e.fma(r, y1);
            z1 = e.fma(s, z1);
            e = FloatVector.broadcast(F, a[r2 + k]);
            w2 = e.fma(p, w2);
            x2 = e.fma(q, x2);
            y2 = e.fma(r, y2);
            z2 = e.fma(s, z2);
            e = FloatVector.broadcast(F, a[r3 + k]);
            w3 = e.fma(p, w3);
            x3 = e.fma(q, x3);
            y3 = e.fma(r, y3);
            z3 = e.fma(s, z3);
        }
        int t1 = to + i1 * perRow;
        int t2 = to + i2 * perRow;
        int t3 = to + last * perRow;
        w0.intoArray(c, to);
        x0.intoArray(c, to + L);
        y0.intoArray(c, to + 2 * L);
        z0.intoArray(c, to + 3 * L);
        w1.intoArray(c, t1);
        x1.intoArray(c, t1 + L);
        y1.intoArray(c, t1 + 2 * L);
        z1.intoArray(c, t1 + 3 * L);
        w2.intoArray(c, t2);
        x2.intoArray(c, t2 + L);
        y2.intoArray(c, t2 + 2 * L);
        z2.intoArray(c, t2 + 3 * L);
        w3.intoArray(c, t3);
        x3.intoArray(c, t3 + L);
        y3.intoArray(c, t3 + 2 * L);
        z3.intoArray(c, t3 + 3 * L);
    }

    /** Four panels at a time: eight sums in flight hide the latency of the multiply-add. */
    private static void row4(float[] a, int at, float[] b, int p0, int perPanel, int depth, float[] c, int to) {
        int p1 = p0 + perPanel;
        int p2 = p1 + perPanel;
        int p3 = p2 + perPanel;
        FloatVector x0 = FloatVector.zero(F), y0 = x0, x1 = x0, y1 = x0, x2 = x0, y2 = x0, x3 = x0, y3 = x0;
        for (int k = 0; k < depth; k++) {
            FloatVector e = FloatVector.broadcast(F, a[at + k]);
            x0 = e.fma(FloatVector.fromArray(F, b, p0 + k * PANEL), x0);
            y0 = e.fma(FloatVector.fromArray(F, b, p0 + k * PANEL + L), y0);
            x1 = e.fma(FloatVector.fromArray(F, b, p1 + k * PANEL), x1);
            y1 = e.fma(FloatVector.fromArray(F, b, p1 + k * PANEL + L), y1);
            x2 = e.fma(FloatVector.fromArray(F, b, p2 + k * PANEL), x2);
            y2 = e.fma(FloatVector.fromArray(F, b, p2 + k * PANEL + L), y2);
            x3 = e.fma(FloatVector.fromArray(F, b, p3 + k * PANEL), x3);
            y3 = e.fma(FloatVector.fromArray(F, b, p3 + k * PANEL + L), y3);
        }
        x0.intoArray(c, to);
        y0.intoArray(c, to + L);
        x1.intoArray(c, to + PANEL);
        y1.intoArray(c, to + PANEL + L);
        x2.intoArray(c, to + 2 * PANEL);
        y2.intoArray(c, to + 2 * PANEL + L);
        x3.intoArray(c, to + 3 * PANEL);
        y3.intoArray(c, to + 3 * PANEL + L);
    }

    private static void row1(float[] a, int at, float[] b, int panel, int depth, float[] c, int to) {
        FloatVector x = FloatVector.zero(F), y = x;
        for (int k = 0; k < depth; k++) {
            FloatVector e = FloatVector.broadcast(F, a[at + k]);
            x = e.fma(FloatVector.fromArray(F, b, panel + k * PANEL), x);
            y = e.fma(FloatVector.fromArray(F, b, panel + k * PANEL + L), y);
        }
        x.intoArray(c, to);
        y.intoArray(c, to + L);
    }

    @Override
    public void add(float[] sums, int rows, int columns, float[] c, int to, int perRow) {
        for (int r = 0; r < rows; r++) {
            for (int j = 0; j < columns; j += L) {
                int at = to + r * perRow + j;
                FloatVector.fromArray(F, c, at)
                        .add(FloatVector.fromArray(F, sums, r * columns + j))
                        .intoArray(c, at);
            }
        }
    }

    @Override
    public void packRows(float[] from, int at, int stride, int depth, float[] to, int panel) {
        for (int k = 0; k < depth; k++) {
            for (int j = 0; j < PANEL; j += L) {
                FloatVector.fromArray(F, from, at + k * stride + j).intoArray(to, panel + k * PANEL + j);
            }
        }
    }

    @Override
    public void packTransposed(float[] from, int at, int stride, int depth, float[] to, int panel) {
        Transposition.run(from, at, stride, PANEL, depth, to, panel, PANEL);
    }

    @Override
    public void addBias(float[] c, int at, float[] bias, int biasAt, int count) {
        int i = 0;
        for (; i + L <= count; i += L) {
            FloatVector.fromArray(F, c, at + i)
                    .add(FloatVector.fromArray(F, bias, biasAt + i))
                    .intoArray(c, at + i);
        }
        for (; i < count; i++) {
            c[at + i] += bias[biasAt + i];
        }
    }
}
