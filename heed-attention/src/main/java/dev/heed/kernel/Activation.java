package dev.heed.kernel;

/**
 * The activation functions of transformer feed-forward layers.
 *
 * <p>Worst errors for |x| ≤ 12, in ulp of the result (ActivationTest): GELU 4.5, SILU 3, SIGMOID 2.5, TANH 1.5, QUICK_GELU 20,
 * GELU_TANH 179. The last two are met in the far negative tail, where the result is below 1e-7 and 1e-35 and the rounding of
 * the exponential's argument is all that counts.
 */
public enum Activation {
    /** max(x, 0). */
    RELU,
    /** x·Φ(x), Φ the normal distribution (Hendrycks and Gimpel 2016, arXiv 1606.08415), exact form. */
    GELU,
    /** GELU's approximation by tanh, {@code gelu_new}: ½x·(1 + tanh(√(2/π)·(x + 0.044715x³))). */
    GELU_TANH,
    /** x·σ(1.702·x). */
    QUICK_GELU,
    /** x·σ(x), also called swish. */
    SILU,
    /** σ(x) = 1 / (1 + exp(−x)). */
    SIGMOID,
    TANH;

    private static final RowMath MATH = RowMath.CHOSEN;

    /** y[i] = f(x[i]) for count elements; x and y may be the same range. */
    public void apply(float[] x, int at, float[] y, int to, int count) {
        Elements.ranges(count, (from, length) -> MATH.activate(this, x, at + from, y, to + from, length));
    }

    /** As {@link #apply}, and slope[i] = f′(x[i]), in the range of x or another, for the way back. */
    public void applyWithSlope(float[] x, int at, float[] y, int to, float[] slope, int slopeAt, int count) {
        Elements.ranges(
                count,
                (from, length) ->
                        MATH.activateWithSlope(this, x, at + from, y, to + from, slope, slopeAt + from, length));
    }
}
