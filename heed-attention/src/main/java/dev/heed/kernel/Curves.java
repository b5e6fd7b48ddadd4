package dev.heed.kernel;

/**
 * The scalar form of every activation and its slope; {@link VectorRowMath} does lane by lane the same operations.
 *
 * <p>With e = exp(−|x|) ≤ 1 no exponential overflows, and both tails of the logistic function keep their relative accuracy:
 * σ(x) = 1 / (1 + e) for x ≥ 0, e / (1 + e) for x < 0.
 */
final class Curves {
    /** 2·√(2/π) and 0.044715 times it: gelu's tanh form is x·σ(x·(A + B·x²)). */
    static final float GELU_A = 1.5957691216f;

    static final float GELU_B = 0.0713548163f;
    /** The factor of quick gelu, x·σ(1.702·x). */
    static final float QUICK = 1.702f;
    /** 1/√(2π), the height of the normal density. */
    static final float DENSITY = 0.39894228f;

    // The normal distribution's tail Q(z) = 1 − Φ(z) = exp(−z²/2) · P(t) / (z + 3.5), t = (z − 3.5) / (z + 3.5):
    // least squares for the relative error at Chebyshev nodes of 0 ≤ z ≤ 14.5 (Q is subnormal from 13 on);
    // 8.6e-9 before rounding.
    static final float KNEE = 3.5f;
    static final float Q0 = 0.74441606f;
    static final float Q1 = -0.5655618f;
    static final float Q2 = 0.31542498f;
    static final float Q3 = -0.11605308f;
    static final float Q4 = 0.017407365f;
    static final float Q5 = 0.0064934595f;
    static final float Q6 = -0.003178845f;
    static final float Q7 = -0.00049679f;
    static final float Q8 = 0.0004259933f;
    static final float Q9 = 0.0001136897f;
    /** From here on Q is 0 in float32; the bound keeps t finite. */
    static final float FAR = 20f;

    private Curves() {}

    static float apply(Activation f, float x) {
        return switch (f) {
            case RELU -> x < 0 ? 0 : x;
            case GELU -> x * normal(x);
            case GELU_TANH -> x * sigmoid(x * Math.fma(GELU_B, x * x, GELU_A));
            case QUICK_GELU -> x * sigmoid(x * QUICK);
            case SILU -> x * sigmoid(x);
            case SIGMOID -> sigmoid(x);
            case TANH -> Tanh.tanh(x);
        };
    }

    static float slope(Activation f, float x) {
        return switch (f) {
            case RELU -> x > 0 ? 1 : 0;
            case GELU -> Math.fma(x, DENSITY * bell(clamp(x)), normal(x));
            case GELU_TANH -> {
                float square = x * x;
                yield gated(x, x * Math.fma(GELU_B, square, GELU_A), Math.fma(3 * GELU_B, square, GELU_A));
            }
            case QUICK_GELU -> gated(x, x * QUICK, QUICK);
            case SILU -> gated(x, x, 1);
            case SIGMOID -> sigmoid(x) * sigmoid(-x);
            case TANH -> {
                float y = Tanh.tanh(x);
                yield Math.fma(-y, y, 1f);
            }
        };
    }

    /** d/dx x·σ(u(x)) = σ + x·σ·(1 − σ)·u′. */
    private static float gated(float x, float u, float slope) {
        float s = sigmoid(u);
        return Math.fma(x * s * sigmoid(-u), slope, s);
    }

    static float sigmoid(float x) {
        float e = Exp.exp(-Math.abs(x));
        return (x < 0 ? e : 1) / (1 + e);
    }

    /** Φ(x), the normal distribution. */
    static float normal(float x) {
        float z = clamp(x);
        float inverse = 1 / (z + KNEE);
        float t = (z - KNEE) * inverse;
        float p = Math.fma(t, Q9, Q8);
        p = Math.fma(t, p, Q7);
        p = Math.fma(t, p, Q6);
        p = Math.fma(t, p, Q5);
        p = Math.fma(t, p, Q4);
        p = Math.fma(t, p, Q3);
        p = Math.fma(t, p, Q2);
        p = Math.fma(t, p, Q1);
        p = Math.fma(t, p, Q0);
        float tail = bell(z) * (p * inverse);
        return x < 0 ? tail : 1 - tail;
    }

    /** exp(−z²/2); what z² loses to rounding is made good, else the far tail would lose five bits. */
    private static float bell(float z) {
        float square = z * z;
        float lost = Math.fma(z, z, -square);
        float e = Exp.exp(-0.5f * square);
        return Math.fma(-0.5f * lost, e, e);
    }

    private static float clamp(float x) {
        float z = Math.abs(x);
        return z > FAR ? FAR : z;
    }
}
