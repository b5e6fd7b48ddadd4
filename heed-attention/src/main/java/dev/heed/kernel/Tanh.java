package dev.heed.kernel;

/**
 * tanh in float32 from the same additions, multiplications and fused multiply-adds in scalar and vector code.
 *
 * <p>|x| &lt; 0.625: x plus an odd polynomial (Cephes tanhf, Moshier); else 1 − 2·e/(1 + e) with e = exp(−2|x|). NaN stays NaN.
 * The worst error over every 211th float is 1.333 ulp, at 0.64365 (measured in TanhTest).
 */
final class Tanh {
    static final float SMALL = 0.625f;
    static final float C0 = -5.70498872745e-3f;
    static final float C1 = 2.06390887954e-2f;
    static final float C2 = -5.37397155531e-2f;
    static final float C3 = 1.33314422036e-1f;
    static final float C4 = -3.33332819422e-1f;

    private Tanh() {}

    static float tanh(float x) {
        float magnitude = Math.abs(x);
        if (magnitude < SMALL) {
            float z = x * x;
            float p = Math.fma(z, C0, C1);
            p = Math.fma(z, p, C2);
            p = Math.fma(z, p, C3);
            p = Math.fma(z, p, C4);
            return Math.fma(x * z, p, x);
        }
        float e = Exp.exp(-2 * magnitude);
        float large = 1 - 2 * e / (1 + e);
        return Math.copySign(large, x);
    }
}
