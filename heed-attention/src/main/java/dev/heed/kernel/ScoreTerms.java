package dev.heed.kernel;

import dev.heed.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * What turns a comparison c(q, k) into a score, in this order:
 * {@code score = softcap(rule(scale · c(q, k))) + bias[b, h, i, j] − slope[h] · |i + M − N − j|}, and then the mask. The
 * comparison is q·k, or Σ_a v_a · tanh(q_a + k_a) where there is a vector v; others are dot products of transformed queries
 * and keys.
 *
 * @param scale factor of the comparison
 * @param softcap c in c · tanh(x / c), or 0 for none (Gemma 2, arXiv 2408.00118)
 * @param bias additive, a view broadcast to [B, Hq, N, M], or null
 * @param alibi one slope per query head (ALiBi, arXiv 2108.12409), or null
 * @param sink one learned score per query head that joins the softmax and carries no value, or null
 * @param rule a user's own function of the scaled comparison, or null
 * @param additive v, a view broadcast to [Hq, D] (Bahdanau et al. 2014, arXiv 1409.0473), or null
 */
public record ScoreTerms(
        float scale,
        float softcap,
        @Nullable Tensor bias,
        float @Nullable [] alibi,
        float @Nullable [] sink,
        @Nullable ScoreRule rule,
        @Nullable Tensor additive) {
    /** True if the score is nothing but the scaled comparison. */
    boolean isPlain() {
        return softcap == 0 && bias == null && alibi == null && rule == null;
    }

    /** True if a bias of −∞ hides a key, as a mask would. */
    boolean hides(int batch, int head, int query, int key) {
        return bias != null && bias.get(batch, head, query, key) == Float.NEGATIVE_INFINITY;
    }

    /** What queries are multiplied by beforehand: an additive comparison scales v in their place. */
    float queryScale() {
        return additive == null ? scale : 1;
    }
}
