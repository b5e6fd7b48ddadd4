package dev.heed.attention;

import dev.heed.kernel.Problem;
import dev.heed.kernel.ScoreTerms;
import dev.heed.tensor.Tensor;
import java.util.Arrays;

/**
 * Attention as anyone would first write it in float: all scores, softmax, mixture, one number after another. Its error is the
 * measure for the kernel's.
 */
final class PlainFloat {
    private PlainFloat() {}

    record Result(float[][] output, float[] lse) {}

    static Result head(Case c, int batch, int head) {
        Problem problem = c.attention().problem(c.query(), c.key(), c.value());
        float[][] output = new float[c.queries()][c.valueWidth()];
        float[] lse = new float[c.queries()];
        for (int i = 0; i < c.queries(); i++) {
            float[] weights = new float[c.keys()];
            lse[i] = softmax(problem, batch, head, i, weights);
            for (int j = 0; j < c.keys(); j++) {
                for (int d = 0; weights[j] != 0 && d < c.valueWidth(); d++) {
                    output[i][d] += weights[j] * c.value().get(batch, problem.keyValueHead(head), j, d);
                }
            }
        }
        return new Result(output, lse);
    }

    private static float softmax(Problem problem, int batch, int head, int i, float[] weights) {
        float[] sink = problem.terms().sink();
        float most = sink == null ? Float.NEGATIVE_INFINITY : sink[head];
        for (int j = 0; j < weights.length; j++) {
            weights[j] = problem.visible().visible(batch, head, i, j)
                    ? score(problem, batch, head, i, j)
                    : Float.NEGATIVE_INFINITY;
            most = Math.max(most, weights[j]);
        }
        if (most == Float.NEGATIVE_INFINITY) {
            Arrays.fill(weights, 0);
            return most;
        }
        float sum = sink == null ? 0 : (float) Math.exp(sink[head] - most);
        for (int j = 0; j < weights.length; j++) {
            weights[j] = (float) Math.exp(weights[j] - most);
            sum += weights[j];
        }
        for (int j = 0; j < weights.length; j++) {
            weights[j] /= sum;
        }
        return most + (float) Math.log(sum);
    }

    private static float score(Problem problem, int batch, int head, int i, int j) {
        ScoreTerms terms = problem.terms();
        float score = 0;
        for (int d = 0; d < problem.width(); d++) {
            score +=
                    problem.query().get(batch, head, i, d) * problem.key().get(batch, problem.keyValueHead(head), j, d);
        }
        score *= terms.scale();
        if (terms.softcap() != 0) {
            score = terms.softcap() * (float) Math.tanh(score / terms.softcap());
        }
        Tensor bias = terms.bias();
        if (bias != null) {
            score += bias.get(batch, head, i, j);
        }
        if (terms.alibi() != null) {
            score -= terms.alibi()[head] * Math.abs(i + problem.keys() - problem.queries() - j);
        }
        return score;
    }
}
