package dev.heed.attention;

import dev.heed.kernel.Problem;
import dev.heed.tensor.Tensor;

/**
 * The gradient of the gradient: for L = Σ output · dOutput and a direction u = (uQuery, uKey, uValue), the gradient of the one
 * number G = u·∇L, as double backward needs it (gradient penalties, Hessian-vector products, influence functions). In double, one
 * head at a time, O(N·M) memory: a reference path, not a kernel.
 *
 * <p>The Hessian is symmetric, so ∇G is how ∇L changes when the inputs move along u (Pearlmutter 1994, "Fast Exact
 * Multiplication by the Hessian"): each line below is the tangent, marked ′, of a line of {@link Reference} or
 * {@link ReferenceGradients}. And G is L's own change along u, so its gradient with respect to dOutput is the output's tangent.
 *
 * <p>For dot products with any scale, mask, bias, ALiBi and sink; not for a softcap or other scores.
 *
 * <pre>{@code
 * ReferenceSecond.Inputs inputs =
 *         new ReferenceSecond.Inputs(query, key, value, dOutput, uQuery, uKey, uValue);
 * double first = ReferenceSecond.of(attention, inputs).dQuery()[0];
 * }</pre>
 *
 * @param dQuery row-major [B, Hq, N, D]
 * @param dKey row-major [B, Hkv, M, D]
 * @param dValue row-major [B, Hkv, M, Dv]
 * @param dOutput row-major [B, Hq, N, Dv]
 */
public record ReferenceSecond(double[] dQuery, double[] dKey, double[] dValue, double[] dOutput) {
    /** A point and the direction in which it moves, each of the shape that it has in {@link Attention#apply}. */
    public record Inputs(
            Tensor query, Tensor key, Tensor value, Tensor dOutput, Tensor uQuery, Tensor uKey, Tensor uValue) {}

    /**
     * The gradient of G with respect to query, key, value and dOutput.
     *
     * @throws IllegalArgumentException if the description has a softcap, or a score that is no dot product
     */
    public static ReferenceSecond of(Attention attention, Inputs in) {
        Problem p = attention.problem(in.query(), in.key(), in.value());
        boolean dots = attention.rule() instanceof Score.ScaledDotProduct || attention.rule() instanceof Score.Dot;
        if (!dots || p.terms().softcap() != 0) {
            throw new IllegalArgumentException("ReferenceSecond: a dot product without softcap is needed, got "
                    + attention.rule() + ", softcap " + p.terms().softcap());
        }
        ReferenceSecond result = new ReferenceSecond(
                new double[in.query().elements()],
                new double[in.key().elements()],
                new double[in.value().elements()],
                new double[in.dOutput().elements()]);
        for (int b = 0; b < p.batches(); b++) {
            for (int h = 0; h < p.heads(); h++) {
                Reference.Steps steps = Reference.steps(attention, in.query(), in.key(), in.value(), b, h);
                for (int i = 0; i < p.queries(); i++) {
                    result.addRow(p, in, steps.weights()[i], b, h, i);
                }
            }
        }
        return result;
    }

    private void addRow(Problem p, Inputs in, double[] weight, int b, int h, int i) {
        int kv = p.keyValueHead(h);
        double scale = p.terms().scale();
        double[] score1 = new double[weight.length]; // s′ = scale · (q′·k + q·k′)
        double[] dWeight = new double[weight.length]; // dα = dO·v
        double[] dWeight1 = new double[weight.length]; // dα′ = dO·v′
        for (int j = 0; j < weight.length; j++) {
            if (weight[j] != 0) { // hidden keys have no part in anything
                score1[j] =
                        scale * (dot(in.uQuery(), h, i, p.key(), kv, j, b) + dot(p.query(), h, i, in.uKey(), kv, j, b));
                dWeight[j] = dot(in.dOutput(), h, i, p.value(), kv, j, b);
                dWeight1[j] = dot(in.dOutput(), h, i, in.uValue(), kv, j, b);
            }
        }
        double meanScore1 = dot(weight, score1);
        double mean = dot(weight, dWeight);
        double[] weight1 = new double[weight.length]; // α′ = α · (s′ − Σ α·s′)
        for (int j = 0; j < weight.length; j++) {
            weight1[j] = weight[j] * (score1[j] - meanScore1);
        }
        double mean1 = dot(weight1, dWeight) + dot(weight, dWeight1);
        int queryRow = (b * p.heads() + h) * p.queries() + i;
        for (int j = 0; j < weight.length; j++) {
            if (weight[j] != 0) {
                int keyRow = (b * p.key().size(1) + kv) * p.keys() + j;
                double dS = weight[j] * (dWeight[j] - mean);
                // dS = α · (dα − Σ α·dα)  →  dS′ = α′ · (dα − Σ α·dα) + α · (dα′ − (Σ α·dα)′)
                double dS1 = weight1[j] * (dWeight[j] - mean) + weight[j] * (dWeight1[j] - mean1);
                // dq = scale · dS·k  →  dq′ = scale · (dS′·k + dS·k′), and dk′ likewise
                add(scale * dS1, p.key(), b, kv, j, dQuery, queryRow);
                add(scale * dS, in.uKey(), b, kv, j, dQuery, queryRow);
                add(scale * dS1, p.query(), b, h, i, dKey, keyRow);
                add(scale * dS, in.uQuery(), b, h, i, dKey, keyRow);
                // dv = α·dO  →  dv′ = α′·dO;  o = α·v  →  o′ = α′·v + α·v′
                add(weight1[j], in.dOutput(), b, h, i, dValue, keyRow);
                add(weight1[j], p.value(), b, kv, j, dOutput, queryRow);
                add(weight[j], in.uValue(), b, kv, j, dOutput, queryRow);
            }
        }
    }

    private static double dot(double[] x, double[] y) {
        double dot = 0;
        for (int j = 0; j < x.length; j++) {
            dot += x[j] * y[j];
        }
        return dot;
    }

    /** The product of two rows of one sequence. */
    private static double dot(Tensor x, int xHead, int xRow, Tensor y, int yHead, int yRow, int batch) {
        double dot = 0;
        for (int d = 0; d < x.size(3); d++) {
            dot += (double) x.get(batch, xHead, xRow, d) * y.get(batch, yHead, yRow, d);
        }
        return dot;
    }

    private static void add(double factor, Tensor x, int batch, int head, int row, double[] to, int toRow) {
        int width = x.size(3);
        for (int d = 0; d < width; d++) {
            to[toRow * width + d] += factor * x.get(batch, head, row, d);
        }
    }
}
