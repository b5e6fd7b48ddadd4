package dev.heed.kernel;

/**
 * Natural logarithm of a float, by double additions, multiplications and one division in a fixed order: the same bits on
 * every machine, without the cost of {@link StrictMath#log}.
 *
 * <p>x = 2ⁿ·m with m in [√½, √2); ln m = 2·artanh(s), s = (m − 1)/(m + 1), by its series up to s¹⁹ (|s| ≤ 0.172, so the rest is
 * under 2⁻⁵⁰ of the result). Rounded to float the result is within 0.50001 ulp (measured in LnTest).
 */
final class Ln {
    static final double LN2 = 0.6931471805599453;
    /** The bits of √½: subtracting them moves the exponent's step from 1 to √½. */
    static final long SQRT_HALF = 0x3FE6A09E667F3BCDL;

    private Ln() {}

    /** ln(x), not yet rounded to float; −∞ for ±0, NaN for negative x and NaN. */
    static double inDouble(float x) {
        if (!(x > 0) || x == Float.POSITIVE_INFINITY) {
            return x == 0 ? Double.NEGATIVE_INFINITY : x > 0 ? x : Double.NaN;
        }
        long bits = Double.doubleToRawLongBits(x); // subnormal floats are normal doubles
        long n = bits - SQRT_HALF >> 52;
        double m = Double.longBitsToDouble(bits - (n << 52));
        double s = (m - 1) / (m + 1);
        double z = s * s;
        // Two halves of the series side by side: half the latency of one chain.
        double w = z * z;
        double even = 1 + w * (1.0 / 5 + w * (1.0 / 9 + w * (1.0 / 13 + w * (1.0 / 17))));
        double odd = 1.0 / 3 + w * (1.0 / 7 + w * (1.0 / 11 + w * (1.0 / 15 + w * (1.0 / 19))));
        return n * LN2 + 2 * s * (even + z * odd);
    }
}
