package dev.heed.attention;

import dev.heed.kernel.Backward;
import dev.heed.kernel.Gemm;
import dev.heed.kernel.Workers;
import dev.heed.tensor.Tensor;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Cosine and bilinear scores as dot products of other queries and keys, and the gradients' way back:
 *
 * <pre>
 *   cosine     q̂ = q/‖q‖, k̂ = k/‖k‖     dq = (dq̂ − q̂·(q̂·dq̂))/‖q‖, likewise dk     dτ = −Σ q̂·dq̂ / τ
 *   bilinear   q' = q·W                  dq = dq'·Wᵀ                               dW = Σ qᵀ·dq'
 * </pre>
 */
final class ScoreInputs {
    private ScoreInputs() {}

    /** What stands in for the query: [B, Hq, N, width of the keys]. */
    static Tensor query(Score score, Tensor query) {
        return switch (score) {
            case Score.Cosine cosine -> normalized(query);
            case Score.Bilinear bilinear -> projected(query, perHead(bilinear.w(), 3, query.size(1)));
            default -> query;
        };
    }

    /** What stands in for the key, of its shape. */
    static Tensor key(Score score, Tensor key) {
        return score instanceof Score.Cosine ? normalized(key) : key;
    }

    /** True if keys are compared as they are, so that they may stay in a cache's pages. */
    static boolean readsKeysAsDots(Score score) {
        return !(score instanceof Score.Cosine || score instanceof Score.Additive);
    }

    /** True if queries and keys are compared as they are, so that their gradients need no way back. */
    static boolean comparesAsTheyAre(Score score) {
        return switch (score) {
            case Score.Cosine cosine -> false;
            case Score.Bilinear bilinear -> false;
            case Score.Additive additive -> false;
            default -> true;
        };
    }

    /** What a score has learned, where that is a tensor. */
    static @Nullable Tensor parameter(Score score) {
        return switch (score) {
            case Score.Bilinear bilinear -> bilinear.w();
            case Score.Additive additive -> additive.v();
            default -> null;
        };
    }

    /** A parameter with a leading axis of heads, repeated if it has none. */
    static Tensor perHead(Tensor parameter, int rank, int heads) {
        int[] shape = new int[rank];
        Arrays.setAll(shape, axis -> axis == 0 ? heads : parameter.size(axis - rank));
        return parameter.broadcastTo(shape);
    }

    /** From the gradients of what stood in, in {@code pass}, to those of query, key and the score's parameter. */
    static AttentionGradients gradients(
            Score score, Tensor query, Tensor key, Backward.Pass pass, @Nullable Tensor dSink) {
        Tensor dQuery = pass.dQuery();
        Tensor dKey = pass.dKey();
        Tensor dScore = null;
        switch (score) {
            case Score.Cosine cosine -> {
                double dScale = dot(pass.problem().query(), dQuery);
                dScore = Tensor.full((float) (-dScale / cosine.temperature()), 1);
                dQuery = throughNorm(query, dQuery);
                dKey = throughNorm(key, dKey);
            }
            case Score.Bilinear bilinear -> {
                Tensor w = perHead(bilinear.w(), 3, query.size(1));
                dScore = matrixGradient(bilinear.w().shape(), query, dQuery);
                dQuery = projected(dQuery, w.transpose(1, 2));
            }
            case Score.Additive additive -> dScore = vectorGradient(additive.v().shape(), pass.dAdditive());
            default -> {} // no parameter, and query and key as they are
        }
        return new AttentionGradients(dQuery, dKey, pass.dValue(), dSink, dScore);
    }

    /** Σ x·dx over [B, H, T, D] in double, in order; where nothing arrives, what x holds is not read. */
    static double dot(Tensor x, Tensor dx) {
        double sum = 0;
        for (int b = 0; b < x.size(0); b++) {
            for (int h = 0; h < x.size(1); h++) {
                Tensor rows = head(x, b, h);
                Tensor dRows = head(dx, b, h);
                for (int i = 0; i < rows.size(0); i++) {
                    for (int d = 0; d < rows.size(1); d++) {
                        float arrives = at(dRows, i, d);
                        sum += arrives == 0 ? 0 : (double) at(rows, i, d) * arrives;
                    }
                }
            }
        }
        return sum;
    }

    /** An element of rows [N, D]; {@link Tensor#get} makes an array of its indexes. */
    private static float at(Tensor rows, int i, int d) {
        return rows.array()[rows.offset() + i * rows.stride(0) + d * rows.stride(1)];
    }

    /** One row's task: both tensors [B, H, T, D] with their elements of the row at {@code from} and {@code to}. */
    @FunctionalInterface
    private interface RowTask {
        void run(int from, int to);
    }

    private static void eachRow(Tensor from, Tensor to, RowTask task) {
        int heads = from.size(1);
        Workers.run(from.size(0) * heads, 8L * from.elements(), at -> {
            int fromHead = from.offset() + at / heads * from.stride(0) + at % heads * from.stride(1);
            int toHead = to.offset() + at / heads * to.stride(0) + at % heads * to.stride(1);
            for (int i = 0; i < from.size(2); i++) {
                task.run(fromHead + i * from.stride(2), toHead + i * to.stride(2));
            }
        });
    }

    /** Rows of length 1, in double until they are stored; a row of zeros stays. */
    private static Tensor normalized(Tensor tensor) {
        Tensor x = Attention.rows(tensor);
        Tensor normal = Tensor.zeros(x.shape());
        int width = x.size(3);
        eachRow(x, normal, (from, to) -> {
            double inverse = inverseNorm(x.array(), from, width);
            for (int d = 0; d < width; d++) {
                normal.array()[to + d] = (float) (x.array()[from + d] * inverse);
            }
        });
        return normal;
    }

    private static double inverseNorm(float[] x, int at, int width) {
        double squares = 0;
        for (int d = 0; d < width; d++) {
            squares = Math.fma((double) x[at + d], x[at + d], squares);
        }
        return squares == 0 ? 0 : 1 / Math.sqrt(squares);
    }

    /** In place: gradients of normalised rows to those of the rows; where nothing arrives, what the row holds is not read. */
    private static Tensor throughNorm(Tensor tensor, Tensor gradient) {
        Tensor x = Attention.rows(tensor);
        int width = x.size(3);
        eachRow(x, gradient, (from, to) -> throughNorm(x.array(), from, gradient.array(), to, width));
        return gradient;
    }

    private static void throughNorm(float[] x, int from, float[] dx, int to, int width) {
        boolean any = false;
        for (int d = 0; d < width; d++) {
            any |= dx[to + d] != 0;
        }
        if (!any) {
            return;
        }
        double inverse = inverseNorm(x, from, width);
        double along = 0;
        for (int d = 0; d < width; d++) {
            along = Math.fma(x[from + d] * inverse, dx[to + d], along);
        }
        for (int d = 0; d < width; d++) {
            dx[to + d] = (float) ((dx[to + d] - x[from + d] * inverse * along) * inverse) + 0f;
        }
    }

    /** x·W for every head: [B, H, N, D] and [H, D, Dk] to [B, H, N, Dk]. */
    private static Tensor projected(Tensor x, Tensor w) {
        Tensor result = Tensor.zeros(x.size(0), x.size(1), x.size(2), w.size(2));
        for (int b = 0; b < x.size(0); b++) {
            for (int h = 0; h < x.size(1); h++) {
                Gemm.multiply(head(x, b, h), w.select(0, h), head(result, b, h), false);
            }
        }
        return result;
    }

    private static Tensor head(Tensor x, int batch, int head) {
        return x.select(0, batch).select(0, head);
    }

    /** Heads and sequences one after another, each with its own threads, so that the order of sums is fixed. */
    private static Tensor matrixGradient(int[] shape, Tensor query, Tensor dProjected) {
        Tensor dW = Tensor.zeros(shape);
        for (int b = 0; b < query.size(0); b++) {
            for (int h = 0; h < query.size(1); h++) {
                Tensor to = shape.length == 3 ? dW.select(0, h) : dW;
                Tensor rows = withoutUnused(head(query, b, h), head(dProjected, b, h));
                Gemm.multiply(rows.transpose(0, 1), head(dProjected, b, h), to, true);
            }
        }
        return dW;
    }

    /** Rows of x [N, D]; zeros in place of one that is not finite and whose gradient is zero, for 0 · NaN is NaN. */
    private static Tensor withoutUnused(Tensor x, Tensor dx) {
        Tensor used = x;
        for (int i = 0; i < x.size(0); i++) {
            if (isFinite(x, i) || !isZero(dx, i)) {
                continue;
            }
            used = used == x ? Tensor.of(x.toArray(), x.shape()) : used;
            for (int d = 0; d < x.size(1); d++) {
                used.set(0, i, d);
            }
        }
        return used;
    }

    private static boolean isFinite(Tensor x, int row) {
        boolean finite = true;
        for (int d = 0; d < x.size(1); d++) {
            finite &= Float.isFinite(at(x, row, d));
        }
        return finite;
    }

    private static boolean isZero(Tensor x, int row) {
        boolean zero = true;
        for (int d = 0; d < x.size(1); d++) {
            zero &= at(x, row, d) == 0;
        }
        return zero;
    }

    private static Tensor vectorGradient(int[] shape, double[] perHead) {
        Tensor dV = Tensor.zeros(shape);
        double[] sums = new double[dV.elements()];
        for (int i = 0; i < perHead.length; i++) {
            sums[i % sums.length] += perHead[i];
        }
        for (int i = 0; i < sums.length; i++) {
            dV.array()[i] = (float) sums[i];
        }
        return dV;
    }
}
