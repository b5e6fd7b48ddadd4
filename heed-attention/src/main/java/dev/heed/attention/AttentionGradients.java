package dev.heed.attention;

import dev.heed.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * Gradients of a loss with respect to attention's inputs, each of its input's shape.
 *
 * @param dQuery [B, Hq, N, D]
 * @param dKey [B, Hkv, M, D], summed over the query heads that share a key head
 * @param dValue [B, Hkv, M, Dv], likewise
 * @param dSink [Hq], or null where the description has no sink
 */
public record AttentionGradients(
        Tensor dQuery, Tensor dKey, Tensor dValue, @Nullable Tensor dSink) {}
