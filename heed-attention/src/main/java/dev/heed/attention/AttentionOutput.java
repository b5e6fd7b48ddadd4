package dev.heed.attention;

import dev.heed.tensor.Tensor;

/**
 * What attention returns; everything else about the weights is recomputed from queries, keys and lse.
 *
 * <pre>{@code
 * AttentionOutput result = Attention.scaledDotProduct().apply(query, key, value);
 * float first = result.output().get(0, 0, 0, 0); // batch 0, head 0, query 0, coordinate 0
 * }</pre>
 *
 * @param output [B, Hq, N, Dv]: per query the weighted average of the visible values, zeros if none is visible
 * @param lse [B, Hq, N]: natural logarithm of the sum of exp(score) over the visible keys (and the sink); −∞ if none
 */
public record AttentionOutput(Tensor output, Tensor lse) {}
