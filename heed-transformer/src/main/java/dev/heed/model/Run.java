package dev.heed.model;

import dev.heed.tensor.Tensor;
import dev.heed.text.Tokens;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What one forward pass over a text gave.
 *
 * <pre>{@code
 * Run run = model.run("The cat sat.");
 * Tensor last = run.hiddenStates().getLast();   // [tokens, E]
 * run.recording().map(AttentionMap.Kind.SELF, 0, 0).weight(2, 1);
 * }</pre>
 *
 * @param tokens of the text
 * @param written of the text that a decoder beside an encoder writes, or null
 * @param hiddenStates [N, E] each: before the first layer, then after each; after the last one the final norm where the model
 *     has one. Of the decoder, where there are two stacks. Empty if not asked for
 * @param memoryStates the same of the encoder beside a decoder, else empty
 * @param logits [N, vocabulary], or empty if not asked for or if the checkpoint has no such head
 * @param classes [classes] of a head that classifies the whole text, if the checkpoint has one
 * @param tokenClasses [N, classes] of a head that classifies each token, or [N, 2] of one that finds where an answer begins
 *     and ends; if the checkpoint has one
 * @param recording queries, keys, values and lse of each layer; empty if not asked for
 */
public record Run(
        Tokens tokens,
        @Nullable Tokens written,
        List<Tensor> hiddenStates,
        List<Tensor> memoryStates,
        Optional<Tensor> logits,
        Optional<Tensor> classes,
        Optional<Tensor> tokenClasses,
        Recording recording) {

    /**
     * What a run keeps.
     *
     * @param attention queries, keys, values and lse per layer
     * @param hidden hidden states between layers
     * @param logits of every token
     */
    public record Options(boolean attention, boolean hidden, boolean logits) {
        /** Keeps everything. */
        public static Options everything() {
            return new Options(true, true, true);
        }

        /** Keeps attention alone. */
        public static Options attentionOnly() {
            return new Options(true, false, false);
        }

        /** Keeps hidden states alone. */
        public static Options hiddenOnly() {
            return new Options(false, true, false);
        }

        /** Keeps nothing but the classes, of which there are always few. */
        static Options classesOnly() {
            return new Options(false, false, false);
        }

        /** Keeps logits alone. */
        public static Options logitsOnly() {
            return new Options(false, false, true);
        }
    }

    /** The mean of the last hidden states over all tokens, [E]: a vector for the text. */
    public Tensor meanVector() {
        return mean(hiddenStates.getLast());
    }

    /** The mean of rows [N, E]. */
    static Tensor mean(Tensor last) {
        Tensor mean = Tensor.zeros(last.size(1));
        for (int column = 0; column < last.size(1); column++) {
            double sum = 0;
            for (int row = 0; row < last.size(0); row++) {
                sum += last.get(row, column);
            }
            mean.set((float) (sum / last.size(0)), column);
        }
        return mean;
    }

    /** The last hidden state of the first token, [E]: the text's vector in models that train {@code [CLS]}. */
    public Tensor firstVector() {
        return hiddenStates.getLast().select(0, 0).contiguous();
    }
}
