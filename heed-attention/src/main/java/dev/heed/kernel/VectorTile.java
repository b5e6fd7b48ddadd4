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
 * {@link Tile} with the Vector API. The register tile is eight rows by two vectors with 16 lanes (16 accumulators; 8 to
 * 14 rows by 2 reach the multiply-add peak of an AVX-512 core, 3 and 4 vectors wide lose a fifth to register allocation)
 * and four rows by two vectors else, which fits the 16 registers of AVX2.
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
    /**
     * Values that one pass of {@link #mix} goes over, 16 KiB: beside their weights and the mixture they stay in a first-level
     * cache of 48 KiB, and each is read again for every eight coordinates. 64 rows of 64 reach 98 % of the multiply-add
     * peak, 128 rows 89 %.
     */
    private static final int MIX_FLOATS = 4096;

    /** And at most so many coordinates of them, so that a pass over their rows is long against its beginning and end. */
    private static final int MIX_COLUMNS = 64;

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
    public boolean softmax(float[] s, int rows, int firstKey, Running run) {
        boolean changed = false;
        for (int q = 0; q < QUERIES; q += L) {
            blockMax(s, rows, run.max, run.base, q);
        }
        for (int q = 0; q < QUERIES; q += L) {
            advance(run, q);
        }
        exponentials(run.factor, 1, ZEROS);
        exponentials(s, rows, run.base);
        for (int q = 0; q < QUERIES; q += L) {
            sum(s, rows, firstKey & 7, run.partial, q);
            FloatVector factor = FloatVector.fromArray(F, run.factor, q);
            FloatVector.fromArray(F, run.sum, q)
                    .fma(factor, FloatVector.fromArray(F, run.partial, q))
                    .intoArray(run.sum, q);
            changed |= factor.compare(VectorOperators.NE, 1f).anyTrue();
        }
        return changed;
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
     * the order of zeros and NaN.
     */
    private static void blockMax(float[] s, int rows, float[] before, float[] most, int q) {
        FloatVector m0 = FloatVector.fromArray(F, before, q), m1 = m0, m2 = m0, m3 = m0;
        FloatVector m4 = m0, m5 = m0, m6 = m0, m7 = m0;
        int j = 0;
        for (; j + 8 <= rows; j += 8) {
            int at = j * QUERIES + q;
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
        for (; j < rows; j++) {
            FloatVector x = FloatVector.fromArray(F, s, j * QUERIES + q);
            m0 = m0.blend(x, x.compare(VectorOperators.GT, m0));
        }
        m0 = m0.blend(m4, m4.compare(VectorOperators.GT, m0));
        m1 = m1.blend(m5, m5.compare(VectorOperators.GT, m1));
        m2 = m2.blend(m6, m6.compare(VectorOperators.GT, m2));
        m3 = m3.blend(m7, m7.compare(VectorOperators.GT, m3));
        m0 = m0.blend(m1, m1.compare(VectorOperators.GT, m0));
        m2 = m2.blend(m3, m3.compare(VectorOperators.GT, m2));
        m0.blend(m2, m2.compare(VectorOperators.GT, m0)).intoArray(most, q);
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
    public void exponentials(float[] s, int rows, float[] base) {
        for (int q = 0; q < QUERIES; q += L) {
            exponentials(s, rows, base, q);
        }
    }

    /**
     * {@link Exp#exp}, lane by lane the same bits: the polynomial is scaled by {@link Exp#UNBIAS}, a power of two, from its start, which
     * spares a product. Two side by side reach C2's limit of nodes, four spill.
     */
    private static void exponentials(float[] s, int rows, float[] base, int q) {
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
            p.mul(power).intoArray(s, at);
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
    static FloatVector exp(FloatVector x) {
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
    static FloatVector tanh(FloatVector x) {
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
    public void scale(float[] oT, int width, float[] factor) {
        for (int q = 0; q < QUERIES; q += L) {
            FloatVector f = FloatVector.fromArray(F, factor, q);
            for (int d = 0; d < width; d++) {
                FloatVector.fromArray(F, oT, d * QUERIES + q).mul(f).add(0f).intoArray(oT, d * QUERIES + q);
            }
        }
    }

    @Override
    public void mix(float[] v, int at, int stride, int rows, int width, float[] p, float[] oT) {
        for (int d = 0; d < width; d += MIX_COLUMNS) {
            int columns = Math.min(MIX_COLUMNS, width - d);
            int piece = MIX_FLOATS / columns;
            for (int j = 0; j < rows; j += piece) {
                int some = Math.min(piece, rows - j);
                mixPiece(v, at + j * stride + d, stride, some, columns, p, j * QUERIES, oT, d * QUERIES);
            }
        }
    }

    private static void mixPiece(
            float[] v, int at, int stride, int rows, int columns, float[] p, int from, float[] oT, int to) {
        for (int q = 0; q < QUERIES; q += PAIR) {
            int d = 0;
            if (TALL) {
                for (; d + 8 <= columns; d += 8) {
                    mix8(v, at + d, stride, rows, p, from + q, oT, to + d * QUERIES + q);
                }
            }
            for (; d + 4 <= columns; d += 4) {
                mix4(v, at + d, stride, rows, p, from + q, oT, to + d * QUERIES + q);
            }
            for (; d < columns; d++) {
                mix1(v, at + d, stride, rows, p, from + q, oT, to + d * QUERIES + q);
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
    public void observe(float[] s, int at, int rows, int firstKey, Observation seen, float[] columns) {
        for (int q = 0; q < QUERIES; q += L) {
            observe(s, at, rows, firstKey, seen, columns, q);
        }
    }

    private static void observe(float[] s, int at, int rows, int firstKey, Observation seen, float[] columns, int q) {
        FloatVector log2e = FloatVector.broadcast(F, Exp.LOG2_E);
        FloatVector round = FloatVector.broadcast(F, Exp.ROUND);
        FloatVector minusLn2High = FloatVector.broadcast(F, -Exp.LN2_HI);
        FloatVector minusLn2Low = FloatVector.broadcast(F, -Exp.LN2_LO);
        FloatVector c6 = FloatVector.broadcast(F, Exp.C6);
        FloatVector c5 = FloatVector.broadcast(F, Exp.C5);
        FloatVector c4 = FloatVector.broadcast(F, Exp.C4);
        FloatVector c3 = FloatVector.broadcast(F, Exp.C3);
        FloatVector c2 = FloatVector.broadcast(F, Exp.C2);
        FloatVector one = FloatVector.broadcast(F, 1f);
        FloatVector lse = FloatVector.fromArray(F, seen.lse, q);
        FloatVector position = FloatVector.fromArray(F, seen.position, q);
        FloatVector entropy = FloatVector.fromArray(F, seen.entropy, q);
        FloatVector distance = FloatVector.fromArray(F, seen.distance, q);
        for (int j = 0; j < rows; j++) {
            int i = at + j * QUERIES + q;
            FloatVector key = FloatVector.broadcast(F, (float) (firstKey + j));
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
            FloatVector weight = p.mul(power).mul(Exp.UNBIAS);
            weight.intoArray(s, i);
            entropy = weight.neg().fma(clamped, entropy);
            distance = weight.fma(position.sub(key).abs(), distance);
            int column = (firstKey + j) * QUERIES + q;
            FloatVector.fromArray(F, columns, column).add(weight).intoArray(columns, column);
        }
        entropy.intoArray(seen.entropy, q);
        distance.intoArray(seen.distance, q);
    }

    @Override
    public void enterTop(float[] s, int at, int rows, int firstKey, Observation seen) {
        for (int q = 0; q < QUERIES; q += PAIR) {
            int last = seen.topWeights.length - QUERIES + q;
            for (int j = 0; j < rows; j++) {
                int i = at + j * QUERIES + q;
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

    /** Lane by lane: the new weight takes the place of the first that is smaller, which moves on. */
    private static void enter(float[] s, int i, float newKey, float[] topWeights, float[] topKeys, int q) {
        FloatVector weight = FloatVector.fromArray(F, s, i);
        FloatVector key = FloatVector.broadcast(F, newKey);
        for (int place = q; place < topWeights.length; place += QUERIES) {
            FloatVector there = FloatVector.fromArray(F, topWeights, place);
            FloatVector itsKey = FloatVector.fromArray(F, topKeys, place);
            VectorMask<Float> larger = weight.compare(VectorOperators.GT, there);
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
        FloatVector a0 = FloatVector.fromArray(F, acc, to);
        FloatVector b0 = FloatVector.fromArray(F, acc, to + L);
        FloatVector a1 = FloatVector.fromArray(F, acc, to + width);
        FloatVector b1 = FloatVector.fromArray(F, acc, to + width + L);
        FloatVector a2 = FloatVector.fromArray(F, acc, to + 2 * width);
        FloatVector b2 = FloatVector.fromArray(F, acc, to + 2 * width + L);
        FloatVector a3 = FloatVector.fromArray(F, acc, to + 3 * width);
        FloatVector b3 = FloatVector.fromArray(F, acc, to + 3 * width + L);
        FloatVector a4 = FloatVector.fromArray(F, acc, to + 4 * width);
        FloatVector b4 = FloatVector.fromArray(F, acc, to + 4 * width + L);
        FloatVector a5 = FloatVector.fromArray(F, acc, to + 5 * width);
        FloatVector b5 = FloatVector.fromArray(F, acc, to + 5 * width + L);
        FloatVector a6 = FloatVector.fromArray(F, acc, to + 6 * width);
        FloatVector b6 = FloatVector.fromArray(F, acc, to + 6 * width + L);
        FloatVector a7 = FloatVector.fromArray(F, acc, to + 7 * width);
        FloatVector b7 = FloatVector.fromArray(F, acc, to + 7 * width + L);
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
        a0.intoArray(acc, to);
        b0.intoArray(acc, to + L);
        a1.intoArray(acc, to + width);
        b1.intoArray(acc, to + width + L);
        a2.intoArray(acc, to + 2 * width);
        b2.intoArray(acc, to + 2 * width + L);
        a3.intoArray(acc, to + 3 * width);
        b3.intoArray(acc, to + 3 * width + L);
        a4.intoArray(acc, to + 4 * width);
        b4.intoArray(acc, to + 4 * width + L);
        a5.intoArray(acc, to + 5 * width);
        b5.intoArray(acc, to + 5 * width + L);
        a6.intoArray(acc, to + 6 * width);
        b6.intoArray(acc, to + 6 * width + L);
        a7.intoArray(acc, to + 7 * width);
        b7.intoArray(acc, to + 7 * width + L);
    }

    private static void accumulate4(
            float[][] s, int row, int queryFrom, int queryTo, float[] x, int width, int d, float[] acc, int to) {
        FloatVector a0 = FloatVector.fromArray(F, acc, to);
        FloatVector b0 = FloatVector.fromArray(F, acc, to + L);
        FloatVector a1 = FloatVector.fromArray(F, acc, to + width);
        FloatVector b1 = FloatVector.fromArray(F, acc, to + width + L);
        FloatVector a2 = FloatVector.fromArray(F, acc, to + 2 * width);
        FloatVector b2 = FloatVector.fromArray(F, acc, to + 2 * width + L);
        FloatVector a3 = FloatVector.fromArray(F, acc, to + 3 * width);
        FloatVector b3 = FloatVector.fromArray(F, acc, to + 3 * width + L);
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
        a0.intoArray(acc, to);
        b0.intoArray(acc, to + L);
        a1.intoArray(acc, to + width);
        b1.intoArray(acc, to + width + L);
        a2.intoArray(acc, to + 2 * width);
        b2.intoArray(acc, to + 2 * width + L);
        a3.intoArray(acc, to + 3 * width);
        b3.intoArray(acc, to + 3 * width + L);
    }

    private static void accumulate1(
            float[][] s, int row, int queryFrom, int queryTo, float[] x, int width, int d, float[] acc, int to) {
        FloatVector a0 = FloatVector.fromArray(F, acc, to);
        FloatVector b0 = FloatVector.fromArray(F, acc, to + L);
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
        a0.intoArray(acc, to);
        b0.intoArray(acc, to + L);
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
        for (int q = 0; q < QUERIES; q += L) {
            FloatVector a = FloatVector.fromArray(F, sum, q);
            for (int i = q; i < width * QUERIES; i += QUERIES) {
                a = FloatVector.fromArray(F, xT, i).fma(FloatVector.fromArray(F, yT, i), a);
            }
            a.intoArray(sum, q);
        }
    }
}
