package dev.heed.kernel;

/**
 * Arithmetic along one row of numbers. Sums are kept in 32 partial sums, element i in sum i mod 32, folded in halves
 * (s[j] + s[j+16], then + 8, 4, 2, 1), so their bits do not depend on the width of the CPU's vectors.
 *
 * <p>Two implementations, {@link VectorRowMath} and {@link ScalarRowMath}, give the same bits.
 */
interface RowMath {
    /** Partial sums: two 16-lane vectors, four 8-lane or eight 4-lane ones. */
    int SUMS = 32;

    /** The implementation that {@link Kernels} chose. */
    RowMath CHOSEN = Kernels.vector() ? new VectorRowMath() : new ScalarRowMath();

    /** y = f(x). */
    void activate(Activation f, float[] x, int at, float[] y, int to, int count);

    /** y = f(x), slope = f′(x). */
    void activateWithSlope(Activation f, float[] x, int at, float[] y, int to, float[] slope, int slopeAt, int count);

    /** c = a + b. */
    void add(float[] a, int at, float[] b, int bAt, float[] c, int to, int count);

    /** c = a·b. */
    void multiply(float[] a, int at, float[] b, int bAt, float[] c, int to, int count);

    /** c += a·b, fused. */
    void addProduct(float[] a, int at, float[] b, int bAt, float[] c, int to, int count);

    /** c += factor·a, fused. */
    void addScaled(float factor, float[] a, int at, float[] c, int to, int count);

    /** y = (x − shift)·factor. */
    void normalize(float[] x, int at, float shift, float factor, float[] y, int to, int count);

    /** y = (x − mean)·factor·gamma. */
    void scaled(float[] x, int at, float mean, float factor, float[] gamma, int gammaAt, float[] y, int to, int count);

    /** y = fma((x − mean)·factor, gamma, beta). */
    void affine(
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
            int count);

    /** dx (+)= factor·(g − x̂·along − shift), the sums fused. */
    void normBackward(
            float[] g,
            float[] normal,
            float along,
            float shift,
            float factor,
            float[] dx,
            int to,
            boolean onto,
            int count);

    /** sum += Σ_rows dy·(x − mean)·factor, fused from 0, row by row; stats are mean and factor of each row. */
    void addNormalizedRows(
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
            int count);

    /** sum += Σ_rows x, from 0, row by row. */
    void addRows(float[] x, int at, int stride, int rows, float[] sum, int to, int count);

    /** y = exp(x − base); base ≥ every x. */
    void exp(float[] x, int at, float base, float[] y, int to, int count);

    /** The largest element, NaN passed over; −∞ for none. */
    float max(float[] x, int at, int count);

    float sum(float[] x, int at, int count);

    /** Σ x·y, each partial sum a fused chain. */
    float dot(float[] x, int at, float[] y, int yAt, int count);

    /** Σ (x − mean)², each partial sum a fused chain. */
    float squaredDeviation(float[] x, int at, float mean, int count);

    /** (a, b) := (a·cos − b·sin, b·cos + a·sin): pairs of two ranges turned in place. */
    void rotate(float[] x, int a, int b, float[] cos, float[] sin, int angle, int count);

    /** Folds 32 partial sums in halves. */
    static float fold(float[] s) {
        for (int half = SUMS / 2; half > 0; half >>= 1) {
            for (int j = 0; j < half; j++) {
                s[j] += s[j + half];
            }
        }
        return s[0];
    }
}
