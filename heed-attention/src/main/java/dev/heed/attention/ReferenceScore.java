package dev.heed.attention;

import dev.heed.kernel.ScoreTerms;
import dev.heed.tensor.Tensor;

/**
 * The definition of a score and of its derivative in double: {@code score = softcap(rule(scale · c(q, k))) + bias − alibi},
 * for one head. {@link Score} says what c is.
 *
 * <p>Legend: i query, j key, d coordinate of the query, e coordinate of the key.
 */
record ReferenceScore(Attention attention, ScoreTerms terms, Tensor query, Tensor key, int batch, int head) {
    /** @param visible whether query i sees key j: only then a user's own rule may be asked */
    double score(int i, int j, boolean visible) {
        double score = scaled(i, j);
        if (attention.rule() instanceof Score.Custom custom && visible) {
            score = custom.rule().value(score, batch, head, i, j);
        }
        if (terms.softcap() != 0) {
            score = terms.softcap() * Math.tanh(score / terms.softcap());
        }
        if (terms.bias() != null) {
            score += terms.bias().get(batch, head, i, j);
        }
        if (terms.alibi() != null) {
            score -= (double) terms.alibi()[head] * Math.abs(i + key.size(2) - query.size(2) - j);
        }
        return score;
    }

    /** d score / d (scale · c). */
    double slope(int i, int j) {
        double score = scaled(i, j);
        double slope = 1;
        if (attention.rule() instanceof Score.Custom custom) {
            slope = custom.rule().slope(score, batch, head, i, j);
            score = custom.rule().value(score, batch, head, i, j);
        }
        if (terms.softcap() != 0) {
            double tanh = Math.tanh(score / terms.softcap());
            slope *= 1 - tanh * tanh;
        }
        return slope;
    }

    double scale() {
        return attention.scaleFor(query.size(3));
    }

    private double scaled(int i, int j) {
        return scale() * compare(i, j);
    }

    /** c(q_i, k_j). */
    double compare(int i, int j) {
        return switch (attention.rule()) {
            case Score.Cosine cosine -> cosine(i, j) / cosine.temperature();
            case Score.Bilinear bilinear -> bilinear(bilinear.w(), i, j);
            case Score.Additive additive -> additive(additive.v(), i, j);
            default -> dot(i, j);
        };
    }

    private double dot(int i, int j) {
        double dot = 0;
        for (int d = 0; d < query.size(3); d++) {
            dot += q(i, d) * k(j, d);
        }
        return dot;
    }

    /** 0 where either is all zeros. */
    private double cosine(int i, int j) {
        double lengths = norm(query, head, i) * norm(key, keyHead(), j);
        return lengths == 0 ? 0 : dot(i, j) / lengths;
    }

    private double norm(Tensor rows, int rowHead, int row) {
        double squares = 0;
        for (int d = 0; d < rows.size(3); d++) {
            double x = rows.get(batch, rowHead, row, d);
            squares += x * x;
        }
        return Math.sqrt(squares);
    }

    private double bilinear(Tensor w, int i, int j) {
        double sum = 0;
        for (int d = 0; d < query.size(3); d++) {
            for (int e = 0; e < key.size(3); e++) {
                sum += q(i, d) * parameter(w, d, e) * k(j, e);
            }
        }
        return sum;
    }

    private double additive(Tensor v, int i, int j) {
        double sum = 0;
        for (int d = 0; d < query.size(3); d++) {
            sum += parameter(v, d) * Math.tanh(q(i, d) + k(j, d));
        }
        return sum;
    }

    /** Adds dC times the derivatives of c(q_i, k_j) to gradients laid out as their tensors, row-major. */
    void addGradients(int i, int j, double dC, double[] dQuery, double[] dKey, double[] dScore) {
        int queryRow = ((batch * query.size(1) + head) * query.size(2) + i) * query.size(3);
        int keyRow = ((batch * key.size(1) + keyHead()) * key.size(2) + j) * key.size(3);
        switch (attention.rule()) {
            case Score.Cosine cosine -> {
                // c = q·k / (‖q‖·‖k‖·τ)  →  dq = (k̂ − cos·q̂) / (‖q‖·τ), dk likewise, dτ = −c / τ
                double cos = cosine(i, j);
                double ofQuery = norm(query, head, i);
                double ofKey = norm(key, keyHead(), j);
                dScore[0] -= dC * cos / (cosine.temperature() * cosine.temperature());
                for (int d = 0; d < query.size(3) && ofQuery * ofKey != 0; d++) {
                    double q = q(i, d) / ofQuery;
                    double k = k(j, d) / ofKey;
                    dQuery[queryRow + d] += dC * (k - cos * q) / ofQuery / cosine.temperature();
                    dKey[keyRow + d] += dC * (q - cos * k) / ofKey / cosine.temperature();
                }
            }
            case Score.Bilinear bilinear -> {
                // c = Σ q_d·w_de·k_e  →  dq_d = Σ w_de·k_e, dk_e = Σ q_d·w_de, dw_de = q_d·k_e
                Tensor w = bilinear.w();
                int first = w.rank() == 3 ? head * w.size(1) * w.size(2) : 0;
                for (int d = 0; d < query.size(3); d++) {
                    for (int e = 0; e < key.size(3); e++) {
                        dQuery[queryRow + d] += dC * parameter(w, d, e) * k(j, e);
                        dKey[keyRow + e] += dC * q(i, d) * parameter(w, d, e);
                        dScore[first + d * key.size(3) + e] += dC * q(i, d) * k(j, e);
                    }
                }
            }
            case Score.Additive additive -> {
                // c = Σ v_d·tanh(q_d + k_d)  →  dq_d = dk_d = v_d·(1 − tanh²), dv_d = tanh
                Tensor v = additive.v();
                int first = v.rank() == 2 ? head * v.size(1) : 0;
                for (int d = 0; d < query.size(3); d++) {
                    double tanh = Math.tanh(q(i, d) + k(j, d));
                    dQuery[queryRow + d] += dC * parameter(v, d) * (1 - tanh * tanh);
                    dKey[keyRow + d] += dC * parameter(v, d) * (1 - tanh * tanh);
                    dScore[first + d] += dC * tanh;
                }
            }
            default -> {
                // c = q·k  →  dq = k, dk = q
                for (int d = 0; d < query.size(3); d++) {
                    dQuery[queryRow + d] += dC * k(j, d);
                    dKey[keyRow + d] += dC * q(i, d);
                }
            }
        }
    }

    /** Numbers in the parameter of the score. */
    static int parameters(Score score) {
        return switch (score) {
            case Score.Cosine cosine -> 1;
            case Score.Bilinear bilinear -> bilinear.w().elements();
            case Score.Additive additive -> additive.v().elements();
            default -> 0;
        };
    }

    private double q(int i, int d) {
        return query.get(batch, head, i, d);
    }

    private double k(int j, int e) {
        return key.get(batch, keyHead(), j, e);
    }

    /** An element of this head's, or of all heads', parameter. */
    private double parameter(Tensor parameter, int... at) {
        return parameter.rank() == at.length
                ? parameter.get(at)
                : parameter.select(0, head).get(at);
    }

    private int keyHead() {
        return (int) ((long) head * key.size(1) / query.size(1));
    }
}
