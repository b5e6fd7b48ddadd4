package dev.heed.attention;

import dev.heed.kernel.Problem;
import dev.heed.kernel.ScoreTerms;
import dev.heed.tensor.Tensor;

/**
 * The definition of attention's gradients: in double, one head at a time, each line the derivative of a line of
 * {@link Reference}. Memory O(N·M) doubles: for understanding and testing.
 *
 * @param dQuery row-major [B, Hq, N, D]
 * @param dKey row-major [B, Hkv, M, D]
 * @param dValue row-major [B, Hkv, M, Dv]
 * @param dBias row-major [B, Hq, N, M], before any summing over repeated axes
 * @param dSink [Hq]
 * @param dScale one number
 */
public record ReferenceGradients(
        double[] dQuery, double[] dKey, double[] dValue, double[] dBias, double[] dSink, double dScale) {

    /** Gradients of Σ output · dOutput. */
    public static ReferenceGradients of(Attention attention, Tensor query, Tensor key, Tensor value, Tensor dOutput) {
        Problem p = attention.problem(query, key, value);
        double[] dQuery = new double[query.elements()];
        double[] dKey = new double[key.elements()];
        double[] dValue = new double[value.elements()];
        double[] dBias = new double[p.batches() * p.heads() * p.queries() * p.keys()];
        double[] dSink = new double[p.heads()];
        double dScale = 0;
        for (int b = 0; b < p.batches(); b++) {
            for (int h = 0; h < p.heads(); h++) {
                Reference.Steps steps = Reference.steps(attention, query, key, value, b, h);
                double[][] dWeights = dWeights(p, dOutput, b, h);
                for (int i = 0; i < p.queries(); i++) {
                    double mean = dot(steps.weights()[i], dWeights[i]);
                    dSink[h] -= sinkWeight(p, steps, h, i) * mean;
                    for (int j = 0; j < p.keys(); j++) {
                        double weight = steps.weights()[i][j];
                        if (weight == 0) {
                            continue; // hidden: what the key and value hold does not matter
                        }
                        // softmax: α = exp(s − lse)  →  dS = α · (dα − Σ α·dα)
                        double dScore = weight * (dWeights[i][j] - mean);
                        dBias[((b * p.heads() + h) * p.queries() + i) * p.keys() + j] = dScore;
                        double dot = dot(p, b, h, i, j);
                        double dScaled = dScore * softcapSlope(p.terms(), dot);
                        // s = scale · q·k  →  dScale = dS · q·k, dq = dS · scale · k, dk = dS · scale · q
                        dScale += dScaled * dot;
                        addProducts(p, b, h, i, j, dScaled * p.terms().scale(), dQuery, dKey);
                        // o = Σ α·v  →  dv = α · dO
                        addValue(p, dOutput, b, h, i, j, weight, dValue);
                    }
                }
            }
        }
        return new ReferenceGradients(dQuery, dKey, dValue, dBias, dSink, dScale);
    }

    /** dQuery, dKey or dValue by number: 0, 1, 2. */
    double[] gradientOf(int input) {
        return input == 0 ? dQuery : input == 1 ? dKey : dValue;
    }

    private static double[][] dWeights(Problem p, Tensor dOutput, int b, int h) {
        double[][] dWeights = new double[p.queries()][p.keys()];
        for (int i = 0; i < p.queries(); i++) {
            for (int j = 0; j < p.keys(); j++) {
                for (int d = 0; d < p.valueWidth(); d++) {
                    if (p.visible().visible(b, h, i, j)) {
                        dWeights[i][j] +=
                                (double) dOutput.get(b, h, i, d) * p.value().get(b, p.keyValueHead(h), j, d);
                    }
                }
            }
        }
        return dWeights;
    }

    private static double sinkWeight(Problem p, Reference.Steps steps, int h, int i) {
        float[] sink = p.terms().sink();
        return sink == null ? 0 : Math.exp(sink[h] - steps.lse()[i]);
    }

    private static double dot(Problem p, int b, int h, int i, int j) {
        double dot = 0;
        for (int d = 0; d < p.width(); d++) {
            dot += (double) p.query().get(b, h, i, d) * p.key().get(b, p.keyValueHead(h), j, d);
        }
        return dot;
    }

    private static double dot(double[] x, double[] y) {
        double dot = 0;
        for (int j = 0; j < x.length; j++) {
            dot += x[j] == 0 ? 0 : x[j] * y[j];
        }
        return dot;
    }

    private static double softcapSlope(ScoreTerms terms, double dot) {
        if (terms.softcap() == 0) {
            return 1;
        }
        double tanh = Math.tanh(terms.scale() * dot / terms.softcap());
        return 1 - tanh * tanh;
    }

    private static void addProducts(
            Problem p, int b, int h, int i, int j, double factor, double[] dQuery, double[] dKey) {
        int kv = p.keyValueHead(h);
        int width = p.width();
        int queryRow = ((b * p.heads() + h) * p.queries() + i) * width;
        int keyRow = ((b * p.key().size(1) + kv) * p.keys() + j) * width;
        for (int d = 0; d < width; d++) {
            dQuery[queryRow + d] += factor * p.key().get(b, kv, j, d);
            dKey[keyRow + d] += factor * p.query().get(b, h, i, d);
        }
    }

    private static void addValue(
            Problem p, Tensor dOutput, int b, int h, int i, int j, double weight, double[] dValue) {
        int row = ((b * p.value().size(1) + p.keyValueHead(h)) * p.keys() + j) * p.valueWidth();
        for (int d = 0; d < p.valueWidth(); d++) {
            dValue[row + d] += weight * dOutput.get(b, h, i, d);
        }
    }
}
