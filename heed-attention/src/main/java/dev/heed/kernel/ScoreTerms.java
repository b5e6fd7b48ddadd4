package dev.heed.kernel;

import dev.heed.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * What turns a dot product into a score, in this order:
 * {@code score = softcap(scale · q·k) + bias[b, h, i, j] − slope[h] · |i + M − N − j|}.
 *
 * @param scale factor of the dot product
 * @param softcap c in c · tanh(x / c), or 0 for none (Gemma 2, arXiv 2408.00118)
 * @param bias additive, a view broadcast to [B, Hq, N, M], or null
 * @param alibi one slope per query head (ALiBi, arXiv 2108.12409), or null
 * @param sink one learned score per query head that joins the softmax and carries no value, or null
 */
public record ScoreTerms(
        float scale, float softcap, @Nullable Tensor bias, float @Nullable [] alibi, float @Nullable [] sink) {
    /** True if the score is nothing but the scaled dot product. */
    public boolean isPlain() {
        return softcap == 0 && bias == null && alibi == null;
    }
}
