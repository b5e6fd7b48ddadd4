package dev.heed.attention;

import dev.heed.kernel.Problem;
import dev.heed.tensor.Tensor;

/**
 * The definition of attention's gradients: in double, one head at a time, each line the derivative of a line of
 * {@link Reference}. Memory O(B·Hq·N·M) doubles, for dBias: for understanding and testing.
 *
 * <pre>{@code
 * ReferenceGradients d = ReferenceGradients.of(attention, query, key, value, dOutput);
 * double first = d.dQuery()[0];
 * }</pre>
 *
 * @param dQuery row-major [B, Hq, N, D]
 * @param dKey row-major [B, Hkv, M, D]
 * @param dValue row-major [B, Hkv, M, Dv]
 * @param dBias row-major [B, Hq, N, M], before any summing over repeated axes
 * @param dSink [Hq]
 * @param dScale one number
 * @param dScore d of the score's parameter, row-major in its own shape: see {@link AttentionGradients}; empty where it has none
 */
public record ReferenceGradients(
        double[] dQuery,
        double[] dKey,
        double[] dValue,
        double[] dBias,
        double[] dSink,
        double dScale,
        double[] dScore) {

    /** Gradients of Σ output · dOutput. */
    public static ReferenceGradients of(Attention attention, Tensor query, Tensor key, Tensor value, Tensor dOutput) {
        Problem p = attention.problem(query, key, value);
        double[] dQuery = new double[query.elements()];
        double[] dKey = new double[key.elements()];
        double[] dValue = new double[value.elements()];
        double[] dBias = new double[p.batches() * p.heads() * p.queries() * p.keys()];
        double[] dSink = new double[p.heads()];
        double dScale = 0;
        double[] dScore = new double[ReferenceScore.parameters(attention.rule())];
        for (int b = 0; b < p.batches(); b++) {
            for (int h = 0; h < p.heads(); h++) {
                Reference.Steps steps = Reference.steps(attention, query, key, value, b, h);
                ReferenceScore score = new ReferenceScore(attention, p.terms(), query, key, b, h);
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
                        double dS = weight * (dWeights[i][j] - mean);
                        dBias[((b * p.heads() + h) * p.queries() + i) * p.keys() + j] = dS;
                        // s = softcap(rule(scale · c)) + …  →  dScale = dS · slope · c, dc = dS · slope · scale
                        double dScaled = dS * score.slope(i, j);
                        dScale += dScaled * score.compare(i, j);
                        score.addGradients(i, j, dScaled * score.scale(), dQuery, dKey, dScore);
                        // o = Σ α·v  →  dv = α · dO
                        addValue(p, dOutput, b, h, i, j, weight, dValue);
                    }
                }
            }
        }
        return new ReferenceGradients(dQuery, dKey, dValue, dBias, dSink, dScale, dScore);
    }

    private static double[][] dWeights(Problem p, Tensor dOutput, int b, int h) {
        double[][] dWeights = new double[p.queries()][p.keys()];
        for (int i = 0; i < p.queries(); i++) {
            for (int j = 0; j < p.keys(); j++) {
                for (int d = 0; d < p.valueWidth(); d++) {
                    if (p.sees(b, h, i, j)) {
                        dWeights[i][j] +=
                                (double) dOutput.get(b, h, i, d) * p.value().get(b, p.keyValueHead(h), j, d);
                    }
                }
            }
        }
        return dWeights;
    }

    /** Relative to the largest score, as {@link Reference} takes the keys' weights: an lse alone may say too little, even in double. */
    private static double sinkWeight(Problem p, Reference.Steps steps, int h, int i) {
        float[] sink = p.terms().sink();
        if (sink == null || steps.lse()[i] == Double.NEGATIVE_INFINITY) {
            return 0;
        }
        double most = Reference.most(steps.masked()[i], sink[h]);
        return Math.exp(sink[h] - most) / Reference.sum(steps.masked()[i], sink[h], most);
    }

    private static double dot(double[] x, double[] y) {
        double dot = 0;
        for (int j = 0; j < x.length; j++) {
            dot += x[j] == 0 ? 0 : x[j] * y[j];
        }
        return dot;
    }

    private static void addValue(
            Problem p, Tensor dOutput, int b, int h, int i, int j, double weight, double[] dValue) {
        int row = ((b * p.value().size(1) + p.keyValueHead(h)) * p.keys() + j) * p.valueWidth();
        for (int d = 0; d < p.valueWidth(); d++) {
            dValue[row + d] += weight * dOutput.get(b, h, i, d);
        }
    }
}
