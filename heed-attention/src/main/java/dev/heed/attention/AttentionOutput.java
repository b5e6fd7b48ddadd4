package dev.heed.attention;

import dev.heed.tensor.Tensor;

/**
 * What attention returns; everything else about the weights is recomputed from queries, keys and lse.
 *
 * @param output [B, Hq, N, Dv]: per query the weighted average of the visible values, zeros if none is visible
 * @param lse [B, Hq, N]: natural logarithm of the sum of exp(score) over the visible keys (and the sink); −∞ if none
 */
public record AttentionOutput(Tensor output, Tensor lse) {}
