package dev.heed.kernel;

import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;

/** {@link RowMath} with the Vector API; elements behind the last full vector are done by {@link ScalarRowMath}. */
final class VectorRowMath implements RowMath {
    private static final VectorSpecies<Float> F = Lanes.FLOAT;
    private static final int L = Lanes.COUNT;
    private static final ScalarRowMath SCALAR = new ScalarRowMath();
    /** Elements that one loop after another goes over: argument, two rows of room and two results are 20 KB. */
    private static final int CHUNK = 1024;
    /** With 16 lanes the partial sums of a row of whole blocks are folded in registers: a third of the time of a short row. */
    private static final boolean WIDE = 2 * L == SUMS;

    private static final VectorShuffle<Float> SWAP_8 = swap(8);
    private static final VectorShuffle<Float> SWAP_4 = swap(4);
    private static final VectorShuffle<Float> SWAP_2 = swap(2);
    private static final VectorShuffle<Float> SWAP_1 = swap(1);

    /** Exchanges lane j with lane j ^ distance, where there is one. */
    private static VectorShuffle<Float> swap(int distance) {
        return VectorShuffle.fromOp(F, j -> (j ^ distance) % L);
    }

    @Override
    public void activate(Activation f, float[] x, int at, float[] y, int to, int count) {
        int whole = F.loopBound(count);
        for (int i = 0; i < whole; i += CHUNK) {
            int length = Math.min(CHUNK, whole - i);
            parts(f, x, at + i, length);
            result(f, x, at + i, y, to + i, length);
        }
        SCALAR.activate(f, x, at + whole, y, to + whole, count - whole);
    }

    @Override
    public void activateWithSlope(
            Activation f, float[] x, int at, float[] y, int to, float[] slope, int slopeAt, int count) {
        int whole = F.loopBound(count);
        for (int i = 0; i < whole; i += CHUNK) {
            int length = Math.min(CHUNK, whole - i);
            parts(f, x, at + i, length);
            if (f == Activation.GELU) {
                geluWithSlope(x, at + i, y, to + i, slope, slopeAt + i, length);
            } else {
                result(f, x, at + i, y, to + i, length);
                slope(f, x, at + i, slope, slopeAt + i, length);
            }
        }
        SCALAR.activateWithSlope(f, x, at + whole, y, to + whole, slope, slopeAt + whole, count - whole);
    }

    // Each function in several short loops through a first-level cache: all of it in one is more than C2 inlines,
    // and a helper from vector to vector may be boxed. So only the JDK's own methods are called from them.

    /** What result and slope are made of, into this thread's {@link RowRoom}. */
    private static void parts(Activation f, float[] x, int at, int count) {
        float[] first = RowRoom.first(CHUNK);
        float[] second = RowRoom.second(CHUNK);
        switch (f) {
            case RELU -> {}
            case GELU -> {
                normal(x, at, first, second, count);
                exponentials(second, 0, 0f, second, 0, count);
            }
            case GELU_TANH -> {
                geluArgument(x, at, first, count);
                decay(first, 0, 1, second, count);
            }
            case QUICK_GELU -> {
                times(x, at, Curves.QUICK, first, count);
                decay(first, 0, 1, second, count);
            }
            case SILU, SIGMOID -> {
                System.arraycopy(x, at, first, 0, count);
                decay(x, at, 1, second, count);
            }
            case TANH -> decay(x, at, 2, second, count);
        }
    }

    /** y = f(x) from its parts. */
    private static void result(Activation f, float[] x, int at, float[] y, int to, int count) {
        float[] first = RowRoom.first(CHUNK);
        float[] second = RowRoom.second(CHUNK);
        switch (f) {
            case RELU -> relu(x, at, y, to, count);
            case GELU -> gelu(x, at, first, second, y, to, count);
            case SIGMOID -> logistic(first, second, y, to, count);
            case GELU_TANH, QUICK_GELU, SILU -> gated(x, at, first, second, y, to, count);
            case TANH -> tanh(x, at, second, y, to, count);
        }
    }

    /** f′(x) from its parts, of all but GELU; slope and x may be the same range. */
    private static void slope(Activation f, float[] x, int at, float[] slope, int to, int count) {
        float[] first = RowRoom.first(CHUNK);
        float[] second = RowRoom.second(CHUNK);
        float[] inner = RowRoom.third(CHUNK);
        switch (f) {
            case RELU -> reluSlope(x, at, slope, to, count);
            case GELU -> throw new AssertionError("GELU has its slope from geluWithSlope");
            case SIGMOID -> logisticSlope(first, second, slope, to, count);
            case GELU_TANH -> {
                geluArgumentSlope(x, at, inner, count);
                gatedSlope(x, at, first, second, inner, slope, to, count);
            }
            case QUICK_GELU -> {
                Arrays.fill(inner, 0, count, Curves.QUICK);
                gatedSlope(x, at, first, second, inner, slope, to, count);
            }
            case SILU -> {
                Arrays.fill(inner, 0, count, 1);
                gatedSlope(x, at, first, second, inner, slope, to, count);
            }
            case TANH -> {
                tanh(x, at, second, slope, to, count);
                tanhSlope(slope, to, count);
            }
        }
    }

    private static void relu(float[] x, int at, float[] y, int to, int count) {
        for (int i = 0; i < count; i += L) {
            FloatVector e = FloatVector.fromArray(F, x, at + i);
            e.blend(0f, e.compare(VectorOperators.LT, 0f)).intoArray(y, to + i);
        }
    }

    private static void reluSlope(float[] x, int at, float[] slope, int to, int count) {
        FloatVector zero = FloatVector.zero(F);
        for (int i = 0; i < count; i += L) {
            FloatVector e = FloatVector.fromArray(F, x, at + i);
            zero.blend(1f, e.compare(VectorOperators.GT, 0f)).intoArray(slope, to + i);
        }
    }

    /** P(t)/(z + knee) and −z²/2, see {@link Curves#normal}. */
    private static void normal(float[] x, int at, float[] curve, float[] exponent, int count) {
        FloatVector knee = FloatVector.broadcast(F, Curves.KNEE);
        FloatVector minusHalf = FloatVector.broadcast(F, -0.5f);
        FloatVector one = FloatVector.broadcast(F, 1f);
        FloatVector far = FloatVector.broadcast(F, Curves.FAR);
        FloatVector q9 = FloatVector.broadcast(F, Curves.Q9);
        FloatVector q8 = FloatVector.broadcast(F, Curves.Q8);
        FloatVector q7 = FloatVector.broadcast(F, Curves.Q7);
        FloatVector q6 = FloatVector.broadcast(F, Curves.Q6);
        FloatVector q5 = FloatVector.broadcast(F, Curves.Q5);
        FloatVector q4 = FloatVector.broadcast(F, Curves.Q4);
        FloatVector q3 = FloatVector.broadcast(F, Curves.Q3);
        FloatVector q2 = FloatVector.broadcast(F, Curves.Q2);
        FloatVector q1 = FloatVector.broadcast(F, Curves.Q1);
        FloatVector q0 = FloatVector.broadcast(F, Curves.Q0);
        for (int i = 0; i < count; i += L) {
            FloatVector size = FloatVector.fromArray(F, x, at + i).abs();
            FloatVector z = size.blend(far, size.compare(VectorOperators.GT, far));
            z.mul(z).mul(minusHalf).intoArray(exponent, i);
            FloatVector inverse = one.div(z.add(knee));
            FloatVector t = z.sub(knee).mul(inverse);
            FloatVector p = t.fma(q9, q8);
            p = t.fma(p, q7);
            p = t.fma(p, q6);
            p = t.fma(p, q5);
            p = t.fma(p, q4);
            p = t.fma(p, q3);
            p = t.fma(p, q2);
            p = t.fma(p, q1);
            p = t.fma(p, q0);
            p.mul(inverse).intoArray(curve, i);
        }
    }

    /** From the curve and exp(−z²/2), whose rounded argument is made good here. */
    private static void gelu(float[] x, int at, float[] curve, float[] bell, float[] y, int to, int count) {
        FloatVector far = FloatVector.broadcast(F, Curves.FAR);
        FloatVector minusHalf = FloatVector.broadcast(F, -0.5f);
        FloatVector one = FloatVector.broadcast(F, 1f);
        for (int i = 0; i < count; i += L) {
            FloatVector e = FloatVector.fromArray(F, x, at + i);
            FloatVector size = e.abs();
            FloatVector z = size.blend(far, size.compare(VectorOperators.GT, far));
            FloatVector lost = z.fma(z, z.mul(z).neg());
            FloatVector b = FloatVector.fromArray(F, bell, i);
            b = lost.mul(minusHalf).fma(b, b);
            FloatVector tail = b.mul(FloatVector.fromArray(F, curve, i));
            FloatVector area = one.sub(tail).blend(tail, e.compare(VectorOperators.LT, 0f));
            e.mul(area).intoArray(y, to + i);
        }
    }

    /** Result and slope in one loop: GELU is what most transformers train with. Slope and x may be the same range. */
    private static void geluWithSlope(float[] x, int at, float[] y, int to, float[] slope, int slopeAt, int count) {
        float[] curve = RowRoom.first(CHUNK);
        float[] bell = RowRoom.second(CHUNK);
        FloatVector far = FloatVector.broadcast(F, Curves.FAR);
        FloatVector minusHalf = FloatVector.broadcast(F, -0.5f);
        FloatVector one = FloatVector.broadcast(F, 1f);
        for (int i = 0; i < count; i += L) {
            FloatVector e = FloatVector.fromArray(F, x, at + i);
            FloatVector size = e.abs();
            FloatVector z = size.blend(far, size.compare(VectorOperators.GT, far));
            FloatVector lost = z.fma(z, z.mul(z).neg());
            FloatVector b = FloatVector.fromArray(F, bell, i);
            b = lost.mul(minusHalf).fma(b, b);
            FloatVector tail = b.mul(FloatVector.fromArray(F, curve, i));
            FloatVector area = one.sub(tail).blend(tail, e.compare(VectorOperators.LT, 0f));
            e.mul(area).intoArray(y, to + i);
            e.fma(b.mul(Curves.DENSITY), area).intoArray(slope, slopeAt + i);
        }
    }

    private static void geluArgument(float[] x, int at, float[] u, int count) {
        FloatVector a = FloatVector.broadcast(F, Curves.GELU_A);
        FloatVector b = FloatVector.broadcast(F, Curves.GELU_B);
        for (int i = 0; i < count; i += L) {
            FloatVector e = FloatVector.fromArray(F, x, at + i);
            e.mul(b.fma(e.mul(e), a)).intoArray(u, i);
        }
    }

    private static void geluArgumentSlope(float[] x, int at, float[] slope, int count) {
        FloatVector a = FloatVector.broadcast(F, Curves.GELU_A);
        FloatVector b = FloatVector.broadcast(F, 3 * Curves.GELU_B);
        for (int i = 0; i < count; i += L) {
            FloatVector e = FloatVector.fromArray(F, x, at + i);
            b.fma(e.mul(e), a).intoArray(slope, i);
        }
    }

    private static void times(float[] x, int at, float factor, float[] u, int count) {
        for (int i = 0; i < count; i += L) {
            FloatVector.fromArray(F, x, at + i).mul(factor).intoArray(u, i);
        }
    }

    /** exp(−factor·|u|). */
    private static void decay(float[] u, int at, float factor, float[] e, int count) {
        for (int i = 0; i < count; i += L) {
            FloatVector.fromArray(F, u, at + i).abs().mul(-factor).intoArray(e, i);
        }
        exponentials(e, 0, 0f, e, 0, count);
    }

    /** σ(u), e = exp(−|u|). */
    private static void logistic(float[] u, float[] e, float[] y, int to, int count) {
        FloatVector one = FloatVector.broadcast(F, 1f);
        for (int i = 0; i < count; i += L) {
            FloatVector d = FloatVector.fromArray(F, e, i);
            one.blend(d, FloatVector.fromArray(F, u, i).compare(VectorOperators.LT, 0f))
                    .div(d.add(one))
                    .intoArray(y, to + i);
        }
    }

    private static void logisticSlope(float[] u, float[] e, float[] slope, int to, int count) {
        FloatVector one = FloatVector.broadcast(F, 1f);
        for (int i = 0; i < count; i += L) {
            FloatVector v = FloatVector.fromArray(F, u, i);
            FloatVector d = FloatVector.fromArray(F, e, i);
            FloatVector sum = d.add(one);
            FloatVector rest = one.blend(d, v.compare(VectorOperators.GT, 0f)).div(sum);
            one.blend(d, v.compare(VectorOperators.LT, 0f)).div(sum).mul(rest).intoArray(slope, to + i);
        }
    }

    /** x·σ(u), e = exp(−|u|). */
    private static void gated(float[] x, int at, float[] u, float[] e, float[] y, int to, int count) {
        FloatVector one = FloatVector.broadcast(F, 1f);
        for (int i = 0; i < count; i += L) {
            FloatVector d = FloatVector.fromArray(F, e, i);
            FloatVector s = one.blend(d, FloatVector.fromArray(F, u, i).compare(VectorOperators.LT, 0f))
                    .div(d.add(one));
            FloatVector.fromArray(F, x, at + i).mul(s).intoArray(y, to + i);
        }
    }

    /** d/dx x·σ(u(x)) from u and u′; σ(u) and σ(−u) share their exponential and denominator. */
    private static void gatedSlope(
            float[] x, int at, float[] u, float[] e, float[] inner, float[] slope, int to, int count) {
        FloatVector one = FloatVector.broadcast(F, 1f);
        for (int i = 0; i < count; i += L) {
            FloatVector v = FloatVector.fromArray(F, u, i);
            FloatVector d = FloatVector.fromArray(F, e, i);
            FloatVector sum = d.add(one);
            FloatVector s = one.blend(d, v.compare(VectorOperators.LT, 0f)).div(sum);
            FloatVector rest = one.blend(d, v.compare(VectorOperators.GT, 0f)).div(sum);
            FloatVector.fromArray(F, x, at + i)
                    .mul(s)
                    .mul(rest)
                    .fma(FloatVector.fromArray(F, inner, i), s)
                    .intoArray(slope, to + i);
        }
    }

    /** {@link Tanh#tanh}, e = exp(−2|x|). */
    private static void tanh(float[] x, int at, float[] e, float[] y, int to, int count) {
        FloatVector one = FloatVector.broadcast(F, 1f);
        FloatVector c0 = FloatVector.broadcast(F, Tanh.C0);
        FloatVector c1 = FloatVector.broadcast(F, Tanh.C1);
        FloatVector c2 = FloatVector.broadcast(F, Tanh.C2);
        FloatVector c3 = FloatVector.broadcast(F, Tanh.C3);
        FloatVector c4 = FloatVector.broadcast(F, Tanh.C4);
        for (int i = 0; i < count; i += L) {
            FloatVector v = FloatVector.fromArray(F, x, at + i);
            FloatVector d = FloatVector.fromArray(F, e, i);
            FloatVector size = one.sub(d.mul(2f).div(d.add(one)));
            FloatVector large = size.blend(size.neg(), v.compare(VectorOperators.LT, 0f));
            FloatVector z = v.mul(v);
            FloatVector p = z.fma(c0, c1);
            p = z.fma(p, c2);
            p = z.fma(p, c3);
            p = z.fma(p, c4);
            FloatVector small = v.mul(z).fma(p, v);
            large.blend(small, v.abs().compare(VectorOperators.LT, Tanh.SMALL)).intoArray(y, to + i);
        }
    }

    /** 1 − y² in place of y. */
    private static void tanhSlope(float[] y, int to, int count) {
        FloatVector one = FloatVector.broadcast(F, 1f);
        for (int i = 0; i < count; i += L) {
            FloatVector v = FloatVector.fromArray(F, y, to + i);
            v.neg().fma(v, one).intoArray(y, to + i);
        }
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
                    .fma(FloatVector.broadcast(F, factor), FloatVector.fromArray(F, c, to + i))
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
    public void scaled(
            float[] x, int at, float mean, float factor, float[] gamma, int gammaAt, float[] y, int to, int count) {
        int whole = F.loopBound(count);
        for (int i = 0; i < whole; i += L) {
            FloatVector.fromArray(F, x, at + i)
                    .sub(mean)
                    .mul(factor)
                    .mul(FloatVector.fromArray(F, gamma, gammaAt + i))
                    .intoArray(y, to + i);
        }
        SCALAR.scaled(x, at + whole, mean, factor, gamma, gammaAt + whole, y, to + whole, count - whole);
    }

    @Override
    public void affine(
            float[] x,
            int at,
            float mean,
            float factor,
            float[] gamma,
            int gammaAt,
            float[] beta,
            int betaAt,
            float[] y,
            int to,
            int count) {
        int whole = F.loopBound(count);
        for (int i = 0; i < whole; i += L) {
            FloatVector.fromArray(F, x, at + i)
                    .sub(mean)
                    .mul(factor)
                    .fma(FloatVector.fromArray(F, gamma, gammaAt + i), FloatVector.fromArray(F, beta, betaAt + i))
                    .intoArray(y, to + i);
        }
        SCALAR.affine(
                x,
                at + whole,
                mean,
                factor,
                gamma,
                gammaAt + whole,
                beta,
                betaAt + whole,
                y,
                to + whole,
                count - whole);
    }

    @Override
    public void normBackward(
            float[] g,
            float[] normal,
            float along,
            float shift,
            float factor,
            float[] dx,
            int to,
            boolean onto,
            int count) {
        int whole = F.loopBound(count);
        FloatVector minusAlong = FloatVector.broadcast(F, -along);
        FloatVector scale = FloatVector.broadcast(F, factor);
        FloatVector zero = FloatVector.zero(F);
        for (int i = 0; i < whole; i += L) {
            FloatVector part = FloatVector.fromArray(F, normal, i)
                    .fma(minusAlong, FloatVector.fromArray(F, g, i))
                    .sub(shift);
            part.fma(scale, onto ? FloatVector.fromArray(F, dx, to + i) : zero).intoArray(dx, to + i);
        }
        SCALAR.normBackward(g, normal, along, shift, factor, dx, to, onto, whole, count);
    }

    @Override
    public void addNormalizedRows(
            float[] x,
            int at,
            int stride,
            float[] stats,
            int statsAt,
            float[] dy,
            int dyAt,
            int dyStride,
            int rows,
            float[] sum,
            int to,
            int count) {
        int whole = count / (4 * L) * (4 * L);
        for (int i = 0; i < whole; i += 4 * L) {
            FloatVector a = FloatVector.zero(F), b = a, c = a, d = a;
            for (int r = 0; r < rows; r++) {
                float mean = stats[statsAt + 2 * r];
                float factor = stats[statsAt + 2 * r + 1];
                int from = at + r * stride + i;
                int dyFrom = dyAt + r * dyStride + i;
                FloatVector normal = FloatVector.fromArray(F, x, from).sub(mean).mul(factor);
                a = FloatVector.fromArray(F, dy, dyFrom).fma(normal, a);
                normal = FloatVector.fromArray(F, x, from + L).sub(mean).mul(factor);
                b = FloatVector.fromArray(F, dy, dyFrom + L).fma(normal, b);
                normal = FloatVector.fromArray(F, x, from + 2 * L).sub(mean).mul(factor);
                c = FloatVector.fromArray(F, dy, dyFrom + 2 * L).fma(normal, c);
                normal = FloatVector.fromArray(F, x, from + 3 * L).sub(mean).mul(factor);
                d = FloatVector.fromArray(F, dy, dyFrom + 3 * L).fma(normal, d);
            }
            addTo(sum, to + i, a);
            addTo(sum, to + i + L, b);
            addTo(sum, to + i + 2 * L, c);
            addTo(sum, to + i + 3 * L, d);
        }
        SCALAR.addNormalizedRows(
                x,
                at + whole,
                stride,
                stats,
                statsAt,
                dy,
                dyAt + whole,
                dyStride,
                rows,
                sum,
                to + whole,
                count - whole);
    }

    @Override
    public void addRows(float[] x, int at, int stride, int rows, float[] sum, int to, int count) {
        int whole = count / (2 * L) * (2 * L);
        for (int i = 0; i < whole; i += 2 * L) {
            FloatVector a = FloatVector.zero(F), b = a;
            for (int r = 0; r < rows; r++) {
                a = a.add(FloatVector.fromArray(F, x, at + r * stride + i));
                b = b.add(FloatVector.fromArray(F, x, at + r * stride + i + L));
            }
            addTo(sum, to + i, a);
            addTo(sum, to + i + L, b);
        }
        SCALAR.addRows(x, at + whole, stride, rows, sum, to + whole, count - whole);
    }

    private static void addTo(float[] sum, int at, FloatVector more) {
        FloatVector.fromArray(F, sum, at).add(more).intoArray(sum, at);
    }

    @Override
    public void exp(float[] x, int at, float base, float[] y, int to, int count) {
        int whole = F.loopBound(count);
        exponentials(x, at, base, y, to, whole);
        SCALAR.exp(x, at + whole, base, y, to + whole, count - whole);
    }

    /** {@link Exp#exp}, lane by lane the same operations, spelled out: helpers from vector to vector may be boxed. */
    private static void exponentials(float[] x, int at, float base, float[] y, int to, int count) {
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
        FloatVector most = FloatVector.broadcast(F, Float.NEGATIVE_INFINITY);
        for (int i = 0; i < whole; i += L) {
            FloatVector e = FloatVector.fromArray(F, x, at + i);
            most = most.blend(e, e.compare(VectorOperators.GT, most));
        }
        float rest = SCALAR.max(x, at + whole, count - whole);
        float lanes = most.reduceLanes(VectorOperators.MAX); // exact in any order
        return lanes > rest ? lanes : rest;
    }

    // Rows of whole blocks of 32 are folded in registers. What others have behind their last block is added in memory.
    // The loop before it is a method of its own: registers that live on behind a loop may be boxed.

    @Override
    public float sum(float[] x, int at, int count) {
        int whole = count / SUMS * SUMS;
        if (WIDE && whole == count) {
            FloatVector a = FloatVector.zero(F);
            FloatVector b = FloatVector.zero(F);
            for (int i = 0; i < count; i += SUMS) {
                a = a.add(FloatVector.fromArray(F, x, at + i));
                b = b.add(FloatVector.fromArray(F, x, at + i + L));
            }
            a = a.add(b);
            a = a.add(a.rearrange(SWAP_8));
            a = a.add(a.rearrange(SWAP_4));
            a = a.add(a.rearrange(SWAP_2));
            return a.add(a.rearrange(SWAP_1)).lane(0);
        }
        float[] sums = RowRoom.sums();
        for (int q = 0; q < SUMS; q += 2 * L) {
            partialSums(x, at, q, whole, sums);
        }
        for (int i = whole; i < count; i++) {
            sums[i - whole] += x[at + i];
        }
        return fold(sums);
    }

    private static void partialSums(float[] x, int at, int from, int whole, float[] sums) {
        FloatVector a = FloatVector.zero(F);
        FloatVector b = FloatVector.zero(F);
        for (int i = from; i < whole; i += SUMS) {
            a = a.add(FloatVector.fromArray(F, x, at + i));
            b = b.add(FloatVector.fromArray(F, x, at + i + L));
        }
        a.intoArray(sums, from);
        b.intoArray(sums, from + L);
    }

    @Override
    public float dot(float[] x, int at, float[] y, int yAt, int count) {
        int whole = count / SUMS * SUMS;
        if (WIDE && whole == count) {
            FloatVector a = FloatVector.zero(F);
            FloatVector b = FloatVector.zero(F);
            for (int i = 0; i < count; i += SUMS) {
                a = FloatVector.fromArray(F, x, at + i).fma(FloatVector.fromArray(F, y, yAt + i), a);
                b = FloatVector.fromArray(F, x, at + i + L).fma(FloatVector.fromArray(F, y, yAt + i + L), b);
            }
            a = a.add(b);
            a = a.add(a.rearrange(SWAP_8));
            a = a.add(a.rearrange(SWAP_4));
            a = a.add(a.rearrange(SWAP_2));
            return a.add(a.rearrange(SWAP_1)).lane(0);
        }
        float[] sums = RowRoom.sums();
        for (int q = 0; q < SUMS; q += 2 * L) {
            partialProducts(x, at, y, yAt, q, whole, sums);
        }
        for (int i = whole; i < count; i++) {
            sums[i - whole] = Math.fma(x[at + i], y[yAt + i], sums[i - whole]);
        }
        return fold(sums);
    }

    private static void partialProducts(float[] x, int at, float[] y, int yAt, int from, int whole, float[] sums) {
        FloatVector a = FloatVector.zero(F);
        FloatVector b = FloatVector.zero(F);
        for (int i = from; i < whole; i += SUMS) {
            a = FloatVector.fromArray(F, x, at + i).fma(FloatVector.fromArray(F, y, yAt + i), a);
            b = FloatVector.fromArray(F, x, at + i + L).fma(FloatVector.fromArray(F, y, yAt + i + L), b);
        }
        a.intoArray(sums, from);
        b.intoArray(sums, from + L);
    }

    @Override
    public float squaredDeviation(float[] x, int at, float mean, int count) {
        int whole = count / SUMS * SUMS;
        if (WIDE && whole == count) {
            FloatVector a = FloatVector.zero(F);
            FloatVector b = FloatVector.zero(F);
            for (int i = 0; i < count; i += SUMS) {
                FloatVector e = FloatVector.fromArray(F, x, at + i).sub(mean);
                a = e.fma(e, a);
                e = FloatVector.fromArray(F, x, at + i + L).sub(mean);
                b = e.fma(e, b);
            }
            a = a.add(b);
            a = a.add(a.rearrange(SWAP_8));
            a = a.add(a.rearrange(SWAP_4));
            a = a.add(a.rearrange(SWAP_2));
            return a.add(a.rearrange(SWAP_1)).lane(0);
        }
        float[] sums = RowRoom.sums();
        for (int q = 0; q < SUMS; q += 2 * L) {
            partialSquares(x, at, mean, q, whole, sums);
        }
        for (int i = whole; i < count; i++) {
            float deviation = x[at + i] - mean;
            sums[i - whole] = Math.fma(deviation, deviation, sums[i - whole]);
        }
        return fold(sums);
    }

    private static void partialSquares(float[] x, int at, float mean, int from, int whole, float[] sums) {
        FloatVector a = FloatVector.zero(F);
        FloatVector b = FloatVector.zero(F);
        for (int i = from; i < whole; i += SUMS) {
            FloatVector e = FloatVector.fromArray(F, x, at + i).sub(mean);
            a = e.fma(e, a);
            e = FloatVector.fromArray(F, x, at + i + L).sub(mean);
            b = e.fma(e, b);
        }
        a.intoArray(sums, from);
        b.intoArray(sums, from + L);
    }

    private static float fold(float[] sums) {
        if (!WIDE) {
            return RowMath.fold(sums);
        }
        FloatVector a = FloatVector.fromArray(F, sums, 0).add(FloatVector.fromArray(F, sums, L));
        a = a.add(a.rearrange(SWAP_8));
        a = a.add(a.rearrange(SWAP_4));
        a = a.add(a.rearrange(SWAP_2));
        return a.add(a.rearrange(SWAP_1)).lane(0);
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
