package dev.heed.attention;

import dev.heed.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * Gradients of a loss with respect to attention's inputs, each of its input's shape.
 *
 * <pre>{@code
 * AttentionOutput result = attention.apply(query, key, value);
 * AttentionGradients d = attention.gradients(query, key, value, result, dOutput); // dOutput: of the loss by result.output()
 * Tensor dQuery = d.dQuery();
 * }</pre>
 *
 * @param dQuery [B, Hq, N, D]
 * @param dKey [B, Hkv, M, D], summed over the query heads that share a key head
 * @param dValue [B, Hkv, M, Dv], likewise
 * @param dSink [Hq], or null where the description has no sink
 * @param dScore d of the score's parameter and of its shape: W of a bilinear score, v of an additive one, the temperature of a
 *     cosine ([1]); null where the score has none
 */
public record AttentionGradients(
        Tensor dQuery,
        Tensor dKey,
        Tensor dValue,
        @Nullable Tensor dSink,
        @Nullable Tensor dScore) {}
