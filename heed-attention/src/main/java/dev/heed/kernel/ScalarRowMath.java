package dev.heed.kernel;

/** {@link RowMath} in plain Java. */
final class ScalarRowMath implements RowMath {
    @Override
    public void activate(Activation f, float[] x, int at, float[] y, int to, int count) {
        for (int i = 0; i < count; i++) {
            y[to + i] = Curves.apply(f, x[at + i]);
        }
    }

    @Override
    public void activateWithSlope(
            Activation f, float[] x, int at, float[] y, int to, float[] slope, int slopeAt, int count) {
        for (int i = 0; i < count; i++) {
            y[to + i] = Curves.apply(f, x[at + i]);
            slope[slopeAt + i] = Curves.slope(f, x[at + i]);
        }
    }

    @Override
    public void add(float[] a, int at, float[] b, int bAt, float[] c, int to, int count) {
        for (int i = 0; i < count; i++) {
            c[to + i] = a[at + i] + b[bAt + i];
        }
    }

    @Override
    public void multiply(float[] a, int at, float[] b, int bAt, float[] c, int to, int count) {
        for (int i = 0; i < count; i++) {
            c[to + i] = a[at + i] * b[bAt + i];
        }
    }

    @Override
    public void addProduct(float[] a, int at, float[] b, int bAt, float[] c, int to, int count) {
        for (int i = 0; i < count; i++) {
            c[to + i] = Math.fma(a[at + i], b[bAt + i], c[to + i]);
        }
    }

    @Override
    public void addScaled(float factor, float[] a, int at, float[] c, int to, int count) {
        for (int i = 0; i < count; i++) {
            c[to + i] = Math.fma(a[at + i], factor, c[to + i]);
        }
    }

    @Override
    public void normalize(float[] x, int at, float shift, float factor, float[] y, int to, int count) {
        for (int i = 0; i < count; i++) {
            y[to + i] = (x[at + i] - shift) * factor;
        }
    }

    @Override
    public void scaled(
            float[] x, int at, float mean, float factor, float[] gamma, int gammaAt, float[] y, int to, int count) {
        for (int i = 0; i < count; i++) {
            y[to + i] = (x[at + i] - mean) * factor * gamma[gammaAt + i];
        }
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
        for (int i = 0; i < count; i++) {
            y[to + i] = Math.fma((x[at + i] - mean) * factor, gamma[gammaAt + i], beta[betaAt + i]);
        }
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
        normBackward(g, normal, along, shift, factor, dx, to, onto, 0, count);
    }

    void normBackward(
            float[] g,
            float[] normal,
            float along,
            float shift,
            float factor,
            float[] dx,
            int to,
            boolean onto,
            int from,
            int count) {
        for (int i = from; i < count; i++) {
            float part = Math.fma(normal[i], -along, g[i]) - shift;
            dx[to + i] = Math.fma(part, factor, onto ? dx[to + i] : 0);
        }
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
        for (int i = 0; i < count; i++) {
            float all = 0;
            for (int r = 0; r < rows; r++) {
                float normal = (x[at + r * stride + i] - stats[statsAt + 2 * r]) * stats[statsAt + 2 * r + 1];
                all = Math.fma(dy[dyAt + r * dyStride + i], normal, all);
            }
            sum[to + i] += all;
        }
    }

    @Override
    public void addRows(float[] x, int at, int stride, int rows, float[] sum, int to, int count) {
        for (int i = 0; i < count; i++) {
            float all = 0;
            for (int r = 0; r < rows; r++) {
                all += x[at + r * stride + i];
            }
            sum[to + i] += all;
        }
    }

    @Override
    public void exp(float[] x, int at, float base, float[] y, int to, int count) {
        for (int i = 0; i < count; i++) {
            y[to + i] = Exp.exp(x[at + i] - base);
        }
    }

    @Override
    public float max(float[] x, int at, int count) {
        float most = Float.NEGATIVE_INFINITY;
        for (int i = 0; i < count; i++) {
            most = x[at + i] > most ? x[at + i] : most;
        }
        return most;
    }

    @Override
    public float sum(float[] x, int at, int count) {
        float[] sums = new float[SUMS];
        for (int i = 0; i < count; i++) {
            sums[i % SUMS] += x[at + i];
        }
        return RowMath.fold(sums);
    }

    @Override
    public float dot(float[] x, int at, float[] y, int yAt, int count) {
        float[] sums = new float[SUMS];
        for (int i = 0; i < count; i++) {
            sums[i % SUMS] = Math.fma(x[at + i], y[yAt + i], sums[i % SUMS]);
        }
        return RowMath.fold(sums);
    }

    @Override
    public float squaredDeviation(float[] x, int at, float mean, int count) {
        float[] sums = new float[SUMS];
        for (int i = 0; i < count; i++) {
            float deviation = x[at + i] - mean;
            sums[i % SUMS] = Math.fma(deviation, deviation, sums[i % SUMS]);
        }
        return RowMath.fold(sums);
    }

    @Override
    public void rotate(float[] x, int a, int b, float[] cos, float[] sin, int angle, int count) {
        for (int i = 0; i < count; i++) {
            float first = x[a + i];
            float second = x[b + i];
            x[a + i] = Math.fma(first, cos[angle + i], -(second * sin[angle + i]));
            x[b + i] = Math.fma(second, cos[angle + i], first * sin[angle + i]);
        }
    }
}
