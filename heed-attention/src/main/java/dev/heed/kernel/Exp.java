package dev.heed.kernel;

/**
 * exp(x) for x ≤ 0 in float32, the one that every softmax here uses: only additions, multiplications, fused multiply-adds
 * and shifts in a fixed order, so scalar and vector code, cold and compiled, give the same bits.
 *
 * <p>x = n·ln 2 + r with |r| ≤ ln 2 / 2 (Cody and Waite 1980), exp(r) by a polynomial of degree 6, times 2ⁿ. Subnormal results
 * are rounded once; below −104 the result is 0; NaN stays NaN.
 *
 * <p>The worst error over every float in [−104, 0] is 0.8913 ulp, at −5.848642 (measured in ExpTest).
 */
public final class Exp {
    /** log2(e). */
    static final float LOG2_E = 1.44269504f;
    /** ln 2 in two parts; the first has few bits, so that n·HI is exact for |n| ≤ 152. */
    static final float LN2_HI = 0.693145751953125f;

    static final float LN2_LO = 1.42860677e-6f;
    /**
     * 1.5·2²³ + 127 + 64: adding it rounds to an integer n and leaves n + 191 in the low bits, which shifted to the exponent
     * are 2ⁿ⁺⁶⁴. The 64 keeps the exponent of subnormal results in range until the last multiplication.
     */
    static final float ROUND = 12583103f;
    /** 2⁻⁶⁴, undoes the 64 above with the only rounding of a subnormal result. */
    static final float UNBIAS = 0x1p-64f;
    /** exp of anything below rounds to 0. */
    static final float LOWEST = -104f;
    /**
     * −191·ln 2, taken in place of what is below {@link #LOWEST}: its n + 191 is 0, so 2ⁿ⁺⁶⁴ comes out as an exact 0. A product
     * that underflows to 0 would be right too, but costs a CPU some 30 cycles, and every hidden score is one.
     */
    static final float FLOOR = -132.39111f;

    // Minimax polynomial for exp(r) on |r| ≤ ln 2 / 2 with the first two coefficients 1.
    static final float C2 = 0.5f;
    static final float C3 = 0.16666535f;
    static final float C4 = 0.041667238f;
    static final float C5 = 0.008367476f;
    static final float C6 = 0.0013863787f;

    private Exp() {}

    /** exp(x) for x ≤ 0 (NaN gives NaN); larger x is outside the contract. */
    public static float exp(float x) {
        float clamped = x < LOWEST ? FLOOR : x;
        float rounded = Math.fma(clamped, LOG2_E, ROUND);
        float n = rounded - ROUND;
        float r = Math.fma(n, -LN2_LO, Math.fma(n, -LN2_HI, clamped));
        float p = Math.fma(r, C6, C5);
        p = Math.fma(r, p, C4);
        p = Math.fma(r, p, C3);
        p = Math.fma(r, p, C2);
        p = Math.fma(r, p, 1f);
        p = Math.fma(r, p, 1f);
        float power = Float.intBitsToFloat(Float.floatToRawIntBits(rounded) << 23);
        return p * power * UNBIAS; // a product, so that a NaN stays one whatever its bits
    }
}
