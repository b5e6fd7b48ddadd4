package dev.heed.attention;

import dev.heed.kernel.Problem;
import dev.heed.tensor.Tensor;

/**
 * The definition of attention: in double, one head at a time, four named steps, nothing clever. Every kernel is tested
 * against it. Vaswani et al. 2017, "Attention Is All You Need", section 3.2.1.
 *
 * <pre>
 * scores   s_ij = softcap(rule(scale · c(q_i, k_j))) + bias_ij − alibi_ij      [N, M]
 * mask     s_ij = −∞ where query i may not see key j                           [N, M]
 * softmax  α_ij = exp(s_ij − max_i) / Σ_j exp(s_ij − max_i)                    [N, M]
 * mixture  o_i  = Σ_j α_ij · v_j                                               [N, Dv]
 * </pre>
 *
 * <p>c is q·k unless a {@link Score} says otherwise, the rule nothing unless it is the user's.
 *
 * <p>Memory O(N·M) doubles for one head: for understanding and testing, not for speed.
 *
 * <pre>{@code
 * Reference.Steps steps = Reference.steps(Attention.scaledDotProduct(), query, key, value, 0, 0); // batch 0, head 0
 * double weight = steps.weights()[2][1]; // of query 2 on key 1
 * }</pre>
 */
public final class Reference {
    private final Problem problem;
    private final ReferenceScore score;
    private final int batch;
    private final int head;

    private Reference(Problem problem, ReferenceScore score, int batch, int head) {
        this.problem = problem;
        this.score = score;
        this.batch = batch;
        this.head = head;
    }

    /** Each step's result for one head; rows are queries, columns are keys or value coordinates. */
    public record Steps(double[][] scores, double[][] masked, double[][] weights, double[] lse, double[][] output) {}

    /** All four steps for one head. */
    public static Steps steps(Attention attention, Tensor query, Tensor key, Tensor value, int batch, int head) {
        Problem problem = attention.problem(query, key, value);
        ReferenceScore score = new ReferenceScore(attention, problem.terms(), query, key, batch, head);
        return new Reference(problem, score, batch, head).run();
    }

    private Steps run() {
        double[][] scores = scores();
        double[][] masked = mask(scores);
        double[][] weights = new double[masked.length][];
        double[] lse = new double[masked.length];
        for (int i = 0; i < masked.length; i++) {
            double most = most(masked[i], sink());
            double sum = sum(masked[i], sink(), most);
            lse[i] = sum == 0 ? Double.NEGATIVE_INFINITY : most + Math.log(sum);
            weights[i] = softmax(masked[i], most, sum);
        }
        return new Steps(scores, masked, weights, lse, mixture(weights));
    }

    /** Step 1: how well each key answers each query; of a user's own rule only what it may be asked. */
    private double[][] scores() {
        double[][] scores = new double[problem.queries()][problem.keys()];
        for (int i = 0; i < scores.length; i++) {
            for (int j = 0; j < scores[i].length; j++) {
                scores[i][j] = score.score(i, j, problem.sees(batch, head, i, j));
            }
        }
        return scores;
    }

    /** Step 2: what a query may not see counts as −∞, whatever the key holds. */
    private double[][] mask(double[][] scores) {
        double[][] masked = new double[scores.length][];
        for (int i = 0; i < scores.length; i++) {
            masked[i] = scores[i].clone();
            for (int j = 0; j < masked[i].length; j++) {
                if (!problem.sees(batch, head, i, j)) {
                    masked[i][j] = Double.NEGATIVE_INFINITY;
                }
            }
        }
        return masked;
    }

    /** The learned score that joins the keys', or −∞: no sink. */
    private double sink() {
        float[] sinks = problem.terms().sink();
        return sinks == null ? Double.NEGATIVE_INFINITY : sinks[head];
    }

    /** Step 3a: the largest score of a row, the sink among them. */
    static double most(double[] masked, double sink) {
        double most = sink;
        for (double score : masked) {
            most = Math.max(most, score);
        }
        return most;
    }

    /** Step 3b: the sum of exponentials, the sink included; 0 where nothing is visible. */
    static double sum(double[] masked, double sink, double most) {
        if (most == Double.NEGATIVE_INFINITY) {
            return 0;
        }
        double sum = Math.exp(sink - most);
        for (double score : masked) {
            sum += Math.exp(score - most);
        }
        return sum;
    }

    /** Step 3c: non-negative weights that sum to one (to less beside a sink, to zero where nothing is visible). */
    private static double[] softmax(double[] masked, double most, double sum) {
        double[] weights = new double[masked.length];
        for (int j = 0; j < weights.length; j++) {
            weights[j] = masked[j] == Double.NEGATIVE_INFINITY ? 0 : Math.exp(masked[j] - most) / sum;
        }
        return weights;
    }

    /** Step 4: the weighted average of the values that each query may see. */
    private double[][] mixture(double[][] weights) {
        int kvHead = problem.keyValueHead(head);
        double[][] output = new double[weights.length][problem.valueWidth()];
        for (int i = 0; i < weights.length; i++) {
            for (int j = 0; j < weights[i].length; j++) {
                if (!problem.sees(batch, head, i, j)) {
                    continue;
                }
                for (int d = 0; d < output[i].length; d++) {
                    output[i][d] += weights[i][j] * problem.value().get(batch, kvHead, j, d);
                }
            }
        }
        return output;
    }
}
