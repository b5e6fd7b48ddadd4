package dev.heed.kernel;

import java.util.Objects;

/**
 * A user's own function of a score and its place, with its derivative (the {@code score_mod} of FlexAttention, Dong et al.
 * 2024, arXiv 2412.05496). Pure functions, safe to call from several threads; asked for visible keys only. A result's bits
 * are the rule's: one that uses {@link Math#exp} and its like may differ between JVMs, {@link StrictMath} does not.
 */
public interface ScoreRule {
    /** The score that takes the place of {@code score}; all indices zero-based. */
    double value(double score, int batch, int head, int query, int key);

    /** The derivative of {@link #value} with respect to {@code score}, there. */
    double slope(double score, int batch, int head, int query, int key);

    /** Of a score and its place. */
    @FunctionalInterface
    interface Function {
        double at(double score, int batch, int head, int query, int key);
    }

    /** A rule from two functions. */
    static ScoreRule of(Function value, Function slope) {
        Objects.requireNonNull(value, "ScoreRule.of: a function for the score is needed, got null");
        Objects.requireNonNull(slope, "ScoreRule.of: a function for its slope is needed, got null");
        return new ScoreRule() {
            @Override
            public double value(double score, int batch, int head, int query, int key) {
                return value.at(score, batch, head, query, key);
            }

            @Override
            public double slope(double score, int batch, int head, int query, int key) {
                return slope.at(score, batch, head, query, key);
            }
        };
    }
}
