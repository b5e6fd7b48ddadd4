package dev.heed.kernel;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/** {@link RowMath} with the Vector API; elements behind the last full vector are done by {@link ScalarRowMath}. */
final class VectorRowMath implements RowMath {
    private static final VectorSpecies<Float> F = Lanes.FLOAT;
    private static final int L = Lanes.COUNT;
    private static final ScalarRowMath SCALAR = new ScalarRowMath();

    @Override
    public void activate(Activation f, float[] x, int at, float[] y, int to, int count) {
        int whole = F.loopBound(count);
        switch (f) {
            case RELU -> relu(x, at, y, to, whole);
            case GELU -> gelu(x, at, y, to, whole);
            case GELU_TANH -> geluTanh(x, at, y, to, whole);
            case QUICK_GELU -> quickGelu(x, at, y, to, whole);
            case SILU -> silu(x, at, y, to, whole);
            case SIGMOID -> sigmoid(x, at, y, to, whole);
            case TANH -> tanh(x, at, y, to, whole);
        }
        SCALAR.activate(f, x, at + whole, y, to + whole, count - whole);
    }

    @Override
    public void addSlope(Activation f, float[] x, int at, float[] dy, int dyAt, float[] dx, int to, int count) {
        int whole = F.loopBound(count);
        switch (f) {
            case RELU -> reluSlope(x, at, dy, dyAt, dx, to, whole);
            case GELU -> geluSlope(x, at, dy, dyAt, dx, to, whole);
            case GELU_TANH -> geluTanhSlope(x, at, dy, dyAt, dx, to, whole);
            case QUICK_GELU -> quickGeluSlope(x, at, dy, dyAt, dx, to, whole);
            case SILU -> siluSlope(x, at, dy, dyAt, dx, to, whole);
            case SIGMOID -> sigmoidSlope(x, at, dy, dyAt, dx, to, whole);
            case TANH -> tanhSlope(x, at, dy, dyAt, dx, to, whole);
        }
        SCALAR.addSlope(f, x, at + whole, dy, dyAt + whole, dx, to + whole, count - whole);
    }

    private static void relu(float[] x, int at, float[] y, int to, int count) {
        for (int i = 0; i < count; i += L) {
            FloatVector e = FloatVector.fromArray(F, x, at + i);
            e.blend(0f, e.compare(VectorOperators.LT, 0f)).intoArray(y, to + i);
        }
    }

    private static void gelu(float[] x, int at, float[] y, int to, int count) {
        float[] curve = RowRoom.first(count);
        float[] bell = RowRoom.second(count);
        normalParts(x, at, curve, bell, count);
        for (int i = 0; i < count; i += L) {
            FloatVector e = FloatVector.fromArray(F, x, at + i);
            e.mul(normal(e, FloatVector.fromArray(F, bell, i), FloatVector.fromArray(F, curve, i)))
                    .intoArray(y, to + i);
        }
    }

    private static void geluTanh(float[] x, int at, float[] y, int to, int count) {
        for (int i = 0; i < count; i += L) {
            FloatVector e = FloatVector.fromArray(F, x, at + i);
            e.mul(sigmoid(e.mul(all(Curves.GELU_B).fma(e.mul(e), all(Curves.GELU_A)))))
                    .intoArray(y, to + i);
        }
    }

    private static void quickGelu(float[] x, int at, float[] y, int to, int count) {
        for (int i = 0; i < count; i += L) {
            FloatVector e = FloatVector.fromArray(F, x, at + i);
            e.mul(sigmoid(e.mul(Curves.QUICK))).intoArray(y, to + i);
        }
    }

    private static void silu(float[] x, int at, float[] y, int to, int count) {
        for (int i = 0; i < count; i += L) {
            FloatVector e = FloatVector.fromArray(F, x, at + i);
            e.mul(sigmoid(e)).intoArray(y, to + i);
        }
    }

    private static void sigmoid(float[] x, int at, float[] y, int to, int count) {
        for (int i = 0; i < count; i += L) {
            FloatVector e = FloatVector.fromArray(F, x, at + i);
            sigmoid(e).intoArray(y, to + i);
        }
    }

    private static void tanh(float[] x, int at, float[] y, int to, int count) {
        for (int i = 0; i < count; i += L) {
            FloatVector e = FloatVector.fromArray(F, x, at + i);
            VectorTile.tanh(e).intoArray(y, to + i);
        }
    }

    private static void reluSlope(float[] x, int at, float[] dy, int dyAt, float[] dx, int to, int count) {
        for (int i = 0; i < count; i += L) {
            FloatVector e = FloatVector.fromArray(F, x, at + i);
            addSlope(all(0f).blend(1f, e.compare(VectorOperators.GT, 0f)), dy, dyAt + i, dx, to + i);
        }
    }

    private static void geluSlope(float[] x, int at, float[] dy, int dyAt, float[] dx, int to, int count) {
        float[] curve = RowRoom.first(count);
        float[] bell = RowRoom.second(count);
        normalParts(x, at, curve, bell, count);
        for (int i = 0; i < count; i += L) {
            FloatVector e = FloatVector.fromArray(F, x, at + i);
            FloatVector b = FloatVector.fromArray(F, bell, i);
            FloatVector area = normal(e, b, FloatVector.fromArray(F, curve, i));
            addSlope(e.fma(b.mul(Curves.DENSITY), area), dy, dyAt + i, dx, to + i);
        }
    }

    /** Loops of their own: polynomial, exponential and result in one are more than C2 inlines, and it would box the vectors. */
    private static void normalParts(float[] x, int at, float[] curve, float[] bell, int count) {
        curve(x, at, curve, count);
        for (int i = 0; i < count; i += L) {
            FloatVector z = clamp(FloatVector.fromArray(F, x, at + i));
            z.mul(z).mul(-0.5f).intoArray(bell, i);
        }
        exponentials(bell, 0, 0f, bell, 0, count);
        for (int i = 0; i < count; i += L) {
            FloatVector z = clamp(FloatVector.fromArray(F, x, at + i));
            FloatVector e = FloatVector.fromArray(F, bell, i);
            FloatVector lost = z.fma(z, z.mul(z).neg());
            lost.mul(-0.5f).fma(e, e).intoArray(bell, i);
        }
    }

    private static void curve(float[] x, int at, float[] curve, int count) {
        FloatVector knee = all(Curves.KNEE);
        FloatVector one = all(1f);
        for (int i = 0; i < count; i += L) {
            FloatVector z = clamp(FloatVector.fromArray(F, x, at + i));
            FloatVector inverse = one.div(z.add(knee));
            FloatVector t = z.sub(knee).mul(inverse);
            FloatVector p = t.fma(all(Curves.Q9), all(Curves.Q8));
            p = t.fma(p, all(Curves.Q7));
            p = t.fma(p, all(Curves.Q6));
            p = t.fma(p, all(Curves.Q5));
            p = t.fma(p, all(Curves.Q4));
            p = t.fma(p, all(Curves.Q3));
            p = t.fma(p, all(Curves.Q2));
            p = t.fma(p, all(Curves.Q1));
            p = t.fma(p, all(Curves.Q0));
            p.mul(inverse).intoArray(curve, i);
        }
    }

    private static void geluTanhSlope(float[] x, int at, float[] dy, int dyAt, float[] dx, int to, int count) {
        for (int i = 0; i < count; i += L) {
            FloatVector e = FloatVector.fromArray(F, x, at + i);
            FloatVector square = e.mul(e);
            FloatVector inner = e.mul(all(Curves.GELU_B).fma(square, all(Curves.GELU_A)));
            addSlope(gated(e, inner, all(3 * Curves.GELU_B).fma(square, all(Curves.GELU_A))), dy, dyAt + i, dx, to + i);
        }
    }

    private static void quickGeluSlope(float[] x, int at, float[] dy, int dyAt, float[] dx, int to, int count) {
        for (int i = 0; i < count; i += L) {
            FloatVector e = FloatVector.fromArray(F, x, at + i);
            addSlope(gated(e, e.mul(Curves.QUICK), all(Curves.QUICK)), dy, dyAt + i, dx, to + i);
        }
    }

    private static void siluSlope(float[] x, int at, float[] dy, int dyAt, float[] dx, int to, int count) {
        for (int i = 0; i < count; i += L) {
            FloatVector e = FloatVector.fromArray(F, x, at + i);
            addSlope(gated(e, e, all(1f)), dy, dyAt + i, dx, to + i);
        }
    }

    private static void sigmoidSlope(float[] x, int at, float[] dy, int dyAt, float[] dx, int to, int count) {
        for (int i = 0; i < count; i += L) {
            FloatVector e = FloatVector.fromArray(F, x, at + i);
            addSlope(sigmoid(e).mul(sigmoid(e.neg())), dy, dyAt + i, dx, to + i);
        }
    }

    private static void tanhSlope(float[] x, int at, float[] dy, int dyAt, float[] dx, int to, int count) {
        for (int i = 0; i < count; i += L) {
            FloatVector e = FloatVector.fromArray(F, x, at + i);
            FloatVector y = VectorTile.tanh(e);
            addSlope(y.neg().fma(y, all(1f)), dy, dyAt + i, dx, to + i);
        }
    }

    private static void addSlope(FloatVector slope, float[] dy, int dyAt, float[] dx, int to) {
        FloatVector.fromArray(F, dy, dyAt)
                .fma(slope, FloatVector.fromArray(F, dx, to))
                .intoArray(dx, to);
    }

    /** {@link Curves#apply}'s parts, lane by lane the same operations. */
    private static FloatVector sigmoid(FloatVector x) {
        FloatVector e = VectorTile.exp(x.abs().neg());
        return all(1f).blend(e, x.compare(VectorOperators.LT, 0f)).div(e.add(1f));
    }

    private static FloatVector gated(FloatVector x, FloatVector u, FloatVector slope) {
        // σ(u) and σ(−u) share their exponential and denominator.
        FloatVector e = VectorTile.exp(u.abs().neg());
        FloatVector one = all(1f);
        FloatVector sum = e.add(1f);
        FloatVector s = one.blend(e, u.compare(VectorOperators.LT, 0f)).div(sum);
        FloatVector rest = one.blend(e, u.compare(VectorOperators.GT, 0f)).div(sum);
        return x.mul(s).mul(rest).fma(slope, s);
    }

    private static FloatVector normal(FloatVector x, FloatVector bell, FloatVector curve) {
        FloatVector tail = bell.mul(curve);
        return all(1f).sub(tail).blend(tail, x.compare(VectorOperators.LT, 0f));
    }

    private static FloatVector clamp(FloatVector x) {
        FloatVector z = x.abs();
        return z.blend(Curves.FAR, z.compare(VectorOperators.GT, Curves.FAR));
    }

    private static FloatVector all(float value) {
        return FloatVector.broadcast(F, value);
    }

    @Override
    public void add(float[] a, int at, float[] b, int bAt, float[] c, int to, int count) {
        int whole = F.loopBound(count);
        for (int i = 0; i < whole; i += L) {
            FloatVector.fromArray(F, a, at + i)
                    .add(FloatVector.fromArray(F, b, bAt + i))
                    .intoArray(c, to + i);
        }
        SCALAR.add(a, at + whole, b, bAt + whole, c, to + whole, count - whole);
    }

    @Override
    public void multiply(float[] a, int at, float[] b, int bAt, float[] c, int to, int count) {
        int whole = F.loopBound(count);
        for (int i = 0; i < whole; i += L) {
            FloatVector.fromArray(F, a, at + i)
                    .mul(FloatVector.fromArray(F, b, bAt + i))
                    .intoArray(c, to + i);
        }
        SCALAR.multiply(a, at + whole, b, bAt + whole, c, to + whole, count - whole);
    }

    @Override
    public void addProduct(float[] a, int at, float[] b, int bAt, float[] c, int to, int count) {
        int whole = F.loopBound(count);
        for (int i = 0; i < whole; i += L) {
            FloatVector.fromArray(F, a, at + i)
                    .fma(FloatVector.fromArray(F, b, bAt + i), FloatVector.fromArray(F, c, to + i))
                    .intoArray(c, to + i);
        }
        SCALAR.addProduct(a, at + whole, b, bAt + whole, c, to + whole, count - whole);
    }

    @Override
    public void addScaled(float factor, float[] a, int at, float[] c, int to, int count) {
        int whole = F.loopBound(count);
        for (int i = 0; i < whole; i += L) {
            FloatVector.fromArray(F, a, at + i)
                    .fma(all(factor), FloatVector.fromArray(F, c, to + i))
                    .intoArray(c, to + i);
        }
        SCALAR.addScaled(factor, a, at + whole, c, to + whole, count - whole);
    }

    @Override
    public void normalize(float[] x, int at, float shift, float factor, float[] y, int to, int count) {
        int whole = F.loopBound(count);
        for (int i = 0; i < whole; i += L) {
            FloatVector.fromArray(F, x, at + i).sub(shift).mul(factor).intoArray(y, to + i);
        }
        SCALAR.normalize(x, at + whole, shift, factor, y, to + whole, count - whole);
    }

    @Override
    public void affine(
            float[] x, int at, float[] scale, int scaleAt, float[] shift, int shiftAt, float[] y, int to, int count) {
        int whole = F.loopBound(count);
        for (int i = 0; i < whole; i += L) {
            FloatVector.fromArray(F, x, at + i)
                    .fma(FloatVector.fromArray(F, scale, scaleAt + i), FloatVector.fromArray(F, shift, shiftAt + i))
                    .intoArray(y, to + i);
        }
        SCALAR.affine(x, at + whole, scale, scaleAt + whole, shift, shiftAt + whole, y, to + whole, count - whole);
    }

    @Override
    public void exp(float[] x, int at, float base, float[] y, int to, int count) {
        int whole = F.loopBound(count);
        exponentials(x, at, base, y, to, whole);
        SCALAR.exp(x, at + whole, base, y, to + whole, count - whole);
    }

    /** {@link Exp#exp}, lane by lane the same operations, spelled out: helpers from vector to vector may be boxed. */
    private static void exponentials(float[] x, int at, float base, float[] y, int to, int count) {
        FloatVector log2e = all(Exp.LOG2_E);
        FloatVector round = all(Exp.ROUND);
        FloatVector minusLn2High = all(-Exp.LN2_HI);
        FloatVector minusLn2Low = all(-Exp.LN2_LO);
        FloatVector c6 = all(Exp.C6);
        FloatVector c5 = all(Exp.C5);
        FloatVector c4 = all(Exp.C4);
        FloatVector c3 = all(Exp.C3);
        FloatVector c2 = all(Exp.C2);
        FloatVector one = all(1f);
        for (int i = 0; i < count; i += L) {
            FloatVector e = FloatVector.fromArray(F, x, at + i).sub(base);
            FloatVector clamped = e.blend(Exp.FLOOR, e.compare(VectorOperators.LT, Exp.LOWEST));
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
            p.mul(power).mul(Exp.UNBIAS).intoArray(y, to + i);
        }
    }

    @Override
    public float max(float[] x, int at, int count) {
        int whole = F.loopBound(count);
        FloatVector most = all(Float.NEGATIVE_INFINITY);
        for (int i = 0; i < whole; i += L) {
            FloatVector e = FloatVector.fromArray(F, x, at + i);
            most = most.blend(e, e.compare(VectorOperators.GT, most));
        }
        float rest = SCALAR.max(x, at + whole, count - whole);
        float lanes = most.reduceLanes(VectorOperators.MAX); // exact in any order
        return lanes > rest ? lanes : rest;
    }

    @Override
    public float sum(float[] x, int at, int count) {
        float[] sums = new float[SUMS];
        int whole = count / SUMS * SUMS;
        for (int q = 0; q < SUMS; q += 2 * L) {
            FloatVector a = all(0f), b = a;
            for (int i = q; i < whole; i += SUMS) {
                a = a.add(FloatVector.fromArray(F, x, at + i));
                b = b.add(FloatVector.fromArray(F, x, at + i + L));
            }
            a.intoArray(sums, q);
            b.intoArray(sums, q + L);
        }
        for (int i = whole; i < count; i++) {
            sums[i - whole] += x[at + i];
        }
        return RowMath.fold(sums);
    }

    @Override
    public float dot(float[] x, int at, float[] y, int yAt, int count) {
        float[] sums = new float[SUMS];
        int whole = count / SUMS * SUMS;
        for (int q = 0; q < SUMS; q += 2 * L) {
            FloatVector a = all(0f), b = a;
            for (int i = q; i < whole; i += SUMS) {
                a = FloatVector.fromArray(F, x, at + i).fma(FloatVector.fromArray(F, y, yAt + i), a);
                b = FloatVector.fromArray(F, x, at + i + L).fma(FloatVector.fromArray(F, y, yAt + i + L), b);
            }
            a.intoArray(sums, q);
            b.intoArray(sums, q + L);
        }
        for (int i = whole; i < count; i++) {
            sums[i - whole] = Math.fma(x[at + i], y[yAt + i], sums[i - whole]);
        }
        return RowMath.fold(sums);
    }

    @Override
    public float squaredDeviation(float[] x, int at, float mean, int count) {
        float[] sums = new float[SUMS];
        int whole = count / SUMS * SUMS;
        for (int q = 0; q < SUMS; q += 2 * L) {
            FloatVector a = all(0f), b = a;
            for (int i = q; i < whole; i += SUMS) {
                FloatVector e = FloatVector.fromArray(F, x, at + i).sub(mean);
                a = e.fma(e, a);
                e = FloatVector.fromArray(F, x, at + i + L).sub(mean);
                b = e.fma(e, b);
            }
            a.intoArray(sums, q);
            b.intoArray(sums, q + L);
        }
        for (int i = whole; i < count; i++) {
            float deviation = x[at + i] - mean;
            sums[i - whole] = Math.fma(deviation, deviation, sums[i - whole]);
        }
        return RowMath.fold(sums);
    }

    @Override
    public void rotate(float[] x, int a, int b, float[] cos, float[] sin, int angle, int count) {
        int whole = F.loopBound(count);
        for (int i = 0; i < whole; i += L) {
            FloatVector first = FloatVector.fromArray(F, x, a + i);
            FloatVector second = FloatVector.fromArray(F, x, b + i);
            FloatVector c = FloatVector.fromArray(F, cos, angle + i);
            FloatVector s = FloatVector.fromArray(F, sin, angle + i);
            first.fma(c, second.mul(s).neg()).intoArray(x, a + i);
            second.fma(c, first.mul(s)).intoArray(x, b + i);
        }
        SCALAR.rotate(x, a + whole, b + whole, cos, sin, angle + whole, count - whole);
    }
}
