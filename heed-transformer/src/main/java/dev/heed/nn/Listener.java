package dev.heed.nn;

import dev.heed.attention.Attention;
import dev.heed.attention.AttentionMap;
import dev.heed.tensor.Tensor;

/**
 * Hears what a forward pass computes. The pass is the same whether one listens or not.
 *
 * <pre>{@code
 * Listener widths = new Listener() {
 *     public void attended(Site site, int sequence, Attention attention, Heads heads) {
 *         System.out.println(site + " " + heads.query().describe());
 *     }
 * };
 * }</pre>
 */
public interface Listener {
    /**
     * Which attention layer.
     *
     * @param kind whose queries on whose keys
     * @param layer zero-based, within its stack
     */
    record Site(AttentionMap.Kind kind, int layer) {}

    /**
     * What attention was computed from and gave, for one sequence and the tokens of this pass; views of memory that the pass
     * does not write again.
     *
     * @param query [1, Hq, N, D], as compared with keys: normed and rotated
     * @param key [1, Hkv, n, D], of the new tokens alone where earlier ones are cached; all of the memory in cross attention
     * @param value [1, Hkv, n, Dv]
     * @param output [1, Hq, N, Dv]
     * @param lse [1, Hq, N]
     */
    record Heads(Tensor query, Tensor key, Tensor value, Tensor output, Tensor lse) {}

    /**
     * After an attention layer.
     *
     * @param sequence which of the pass
     * @param attention the description, its mask aligned bottom-right
     */
    default void attended(Site site, int sequence, Attention attention, Heads heads) {}

    /**
     * The hidden states between layers.
     *
     * @param stack SELF, or ENCODER for the encoder beside a decoder
     * @param index 0 for what enters the first layer, i for what layer i − 1 gave; after the last one the final norm where the
     *     model has one
     * @param x [n, E]
     */
    default void hidden(AttentionMap.Kind stack, int index, int sequence, Tensor x) {}
}
