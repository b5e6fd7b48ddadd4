package dev.heed.kernel;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** {@link Tile} in plain Java: the inner loops run over 32 neighbouring floats, which C2 turns into vector code by itself. */
final class ScalarTile implements Tile {
    @Override
    public void scores(float[] k, int at, int stride, int rows, int width, float[] qT, float[] s) {
        boolean two = width > ONE_SUM;
        float[] odd = new float[two ? QUERIES : 0];
        for (int j = 0; j < rows; j++) {
            int row = j * QUERIES;
            sum(k, at + j * stride, 0, width, two ? 2 : 1, qT, s, row);
            if (two) {
                sum(k, at + j * stride, 1, width, 2, qT, odd, 0);
                for (int q = 0; q < QUERIES; q++) {
                    s[row + q] += odd[q];
                }
            }
        }
    }

    /** Of every {@code step}th coordinate of a key. */
    private static void sum(float[] k, int at, int from, int width, int step, float[] qT, float[] sum, int to) {
        Arrays.fill(sum, to, to + QUERIES, 0);
        for (int d = from; d < width; d += step) {
            float key = k[at + d];
            for (int q = 0; q < QUERIES; q++) {
                sum[to + q] = Math.fma(key, qT[d * QUERIES + q], sum[to + q]);
            }
        }
    }

    @Override
    public void softcap(float[] s, int rows, float cap) {
        for (int i = 0; i < rows * QUERIES; i++) {
            s[i] = cap * Tanh.tanh(s[i] / cap);
        }
    }

    @Override
    public void hide(float[] s, int rowFrom, int rowTo, int[] visible) {
        for (int j = rowFrom; j < rowTo; j++) {
            for (int q = 0; q < QUERIES; q++) {
                if ((visible[j] >>> q & 1) == 0) {
                    s[j * QUERIES + q] = Float.NEGATIVE_INFINITY;
                }
            }
        }
    }

    @Override
    public void interval(int[] from, int[] to, int firstKey, int rowFrom, int rowTo, int[] visible) {
        for (int j = rowFrom; j < rowTo; j++) {
            int key = firstKey + j;
            int bits = 0;
            for (int q = 0; q < QUERIES; q++) {
                bits |= (from[q] <= key && key < to[q] ? 1 : 0) << q;
            }
            visible[j] = bits;
        }
    }

    @Override
    public void softmax(float[] s, int rows, int firstKey, Running run, float[] p) {
        for (int q = 0; q < QUERIES; q++) {
            float most = run.max[q];
            for (int j = 0; j < rows; j++) {
                float score = s[j * QUERIES + q];
                most = score > most ? score : most;
            }
            float base = most == Float.NEGATIVE_INFINITY ? 0 : most;
            float block = exponentials(s, rows, firstKey & 7, base, run.partial, p, q);
            float factor = Exp.exp(run.max[q] - base);
            run.factor[q] = factor;
            run.sum[q] = Math.fma(run.sum[q], factor, block);
            run.max[q] = most;
        }
    }

    private static float exponentials(float[] s, int rows, int phase, float base, float[] partial, float[] to, int q) {
        Arrays.fill(partial, 0, 8, 0);
        for (int j = 0; j < rows; j++) {
            float p = Exp.exp(s[j * QUERIES + q] - base);
            to[j * QUERIES + q] = p;
            partial[phase + j & 7] += p;
        }
        return ((partial[0] + partial[4]) + (partial[2] + partial[6]))
                + ((partial[1] + partial[5]) + (partial[3] + partial[7]));
    }

    @Override
    public void lse(float[] max, float[] sum, float[] lse) {
        for (int q = 0; q < QUERIES; q++) {
            lse[q] = sum[q] == 0 ? Float.NEGATIVE_INFINITY : (float) (max[q] + Ln.inDouble(sum[q]));
        }
    }

    @Override
    public void exponentials(float[] s, int rows, float[] base, float[] p) {
        for (int i = 0; i < rows * QUERIES; i++) {
            p[i] = Exp.exp(s[i] - base[i % QUERIES]);
        }
    }

    @Override
    public void scoreGradients(float[] p, float[] dP, int rows, float[] delta, int @Nullable [] visible) {
        for (int j = 0; j < rows; j++) {
            int seen = visible == null ? -1 : visible[j];
            for (int q = 0; q < QUERIES; q++) {
                int i = j * QUERIES + q;
                dP[i] = (seen >>> q & 1) == 0 ? 0 : p[i] * (dP[i] - delta[q]);
            }
        }
    }

    @Override
    public void accumulate(
            float[][] s, int row, int rows, int queryFrom, int queryTo, float[] x, int width, float[] acc, int at) {
        for (int j = 0; j < rows; j++) {
            for (int d = 0; d < width; d++) {
                float sum = 0;
                for (int i = queryFrom; i < queryTo; i++) {
                    sum = Math.fma(s[i / QUERIES][(row + j) * QUERIES + i % QUERIES], x[i * width + d], sum);
                }
                acc[at + j * width + d] += sum;
            }
        }
    }

    @Override
    public void observe(float[] s, int rows, int firstKey, Observation seen, float[] columns) {
        for (int j = 0; j < rows; j++) {
            float key = firstKey + j;
            for (int q = 0; q < QUERIES; q++) {
                int i = j * QUERIES + q;
                float x = s[i] - seen.lse[q];
                float clamped = x < Exp.LOWEST ? Exp.FLOOR : x;
                float weight = Exp.exp(x);
                s[i] = weight;
                seen.entropy[q] = Math.fma(-weight, clamped, seen.entropy[q]);
                seen.distance[q] = Math.fma(weight, Math.abs(seen.position[q] - key), seen.distance[q]);
                columns[(firstKey + j) * QUERIES + q] += weight;
            }
        }
    }

    @Override
    public void enterTop(float[] s, int rows, int firstKey, Observation seen) {
        for (int j = 0; j < rows; j++) {
            for (int q = 0; q < QUERIES; q++) {
                enter(s[j * QUERIES + q], firstKey + j, q, seen);
            }
        }
    }

    private static void enter(float newWeight, float newKey, int q, Observation seen) {
        float weight = newWeight;
        float key = newKey;
        for (int i = q; i < seen.topWeights.length; i += QUERIES) {
            float there = seen.topWeights[i];
            float itsKey = seen.topKeys[i];
            if (weight > there || weight == there && key < itsKey) { // takes the place; what was there moves on
                seen.topWeights[i] = weight;
                seen.topKeys[i] = key;
                weight = there;
                key = itsKey;
            }
        }
    }

    @Override
    public void transpose(float[] from, int at, int stride, int rows, int columns, float[] to, int toAt, int toStride) {
        transposeElements(from, at, stride, rows, columns, to, toAt, toStride);
    }

    /** to[c][r] = from[r][c] one by one; four rows at a time share the cache lines written. */
    static void transposeElements(
            float[] from, int at, int stride, int rows, int columns, float[] to, int toAt, int toStride) {
        int r = 0;
        for (; r + 4 <= rows; r += 4) {
            int row0 = at + r * stride;
            int row1 = row0 + stride;
            int row2 = row1 + stride;
            int row3 = row2 + stride;
            for (int c = 0, out = toAt + r; c < columns; c++, out += toStride) {
                to[out] = from[row0 + c];
                to[out + 1] = from[row1 + c];
                to[out + 2] = from[row2 + c];
                to[out + 3] = from[row3 + c];
            }
        }
        for (; r < rows; r++) {
            for (int c = 0; c < columns; c++) {
                to[toAt + c * toStride + r] = from[at + r * stride + c];
            }
        }
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
        for (int r = 0; r < rows; r++) {
            for (int d = 0; d < width; d++) {
                to[toAt + r * toStride + d] = from[at + r * stride + d] * factors[r] + 0f;
            }
        }
    }

    @Override
    public void join(float[] o, int at, int stride, int columns, float[] factor, float[] more) {
        for (int q = 0; q < QUERIES; q++) {
            for (int d = 0; d < columns; d++) {
                int i = at + q * stride + d;
                o[i] = Math.fma(o[i], factor[q], more[q * QUERIES + d]);
            }
        }
    }

    @Override
    public void scale(float[] o, int width, float[] factor) {
        for (int q = 0; q < QUERIES; q++) {
            if (factor[q] != 1) {
                for (int i = q * width; i < (q + 1) * width; i++) {
                    o[i] *= factor[q];
                }
            }
        }
    }

    @Override
    public void mix(
            float[] v,
            int at,
            int stride,
            int[] from,
            int[] to,
            int width,
            float[] p,
            int pAt,
            float[] o,
            int oAt,
            int oStride) {
        for (int q = 0; q < QUERIES; q++) {
            int row = oAt + q * oStride;
            for (int j = from[q / PART]; j < to[q / PART]; j++) {
                float weight = p[pAt + j * QUERIES + q];
                for (int d = 0; d < width; d++) {
                    o[row + d] = Math.fma(weight, v[at + j * stride + d], o[row + d]);
                }
            }
        }
    }

    @Override
    public boolean anyNonFinite(float[] v, int at, int stride, int rows, int width) {
        float probe = 0;
        for (int j = 0; j < rows; j++) {
            for (int d = 0; d < width; d++) {
                probe += v[at + j * stride + d] * 0;
            }
        }
        return Float.isNaN(probe); // NaN or ∞ times zero is NaN, and stays
    }

    @Override
    public void dots(float[] xT, float[] yT, int width, float[] sum) {
        float[] odd = new float[QUERIES];
        Arrays.fill(sum, 0, QUERIES, 0);
        for (int d = 0; d < width; d++) {
            float[] to = width > ONE_SUM && d % 2 == 1 ? odd : sum;
            for (int q = 0; q < QUERIES; q++) {
                to[q] = Math.fma(xT[d * QUERIES + q], yT[d * QUERIES + q], to[q]);
            }
        }
        for (int q = 0; q < QUERIES; q++) {
            sum[q] += odd[q];
        }
    }
}
