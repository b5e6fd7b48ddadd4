package dev.heed.model.arch;

import dev.heed.grad.Value;
import dev.heed.model.checkpoint.Config;
import dev.heed.nn.Embedding;
import dev.heed.nn.Linear;
import dev.heed.nn.Pass;
import org.jspecify.annotations.Nullable;

/**
 * The words of an encoder–decoder: the text that is read, the text that is written, and the layer that predicts. They share
 * one table's rows, or some have their own; a base model may have no layer that predicts.
 */
record Tables(Embedding read, Embedding written, @Nullable Linear head) {
    private static final String HEAD = "lm_head";

    /**
     * One vocabulary for both sides.
     *
     * @param stacks prefix of the encoder's and the decoder's tensors
     * @param tied whether all share one table; else those that the checkpoint holds are their own
     */
    static Tables read(Config config, Parameters weights, String stacks, int vocabulary, int width, boolean tied) {
        String encoder = stacks + "encoder.embed_tokens";
        String decoder = stacks + "decoder.embed_tokens";
        String shared = stacks + "shared";
        String name = tied ? weights.holder(shared, encoder, decoder, HEAD) : weights.holder(shared, encoder, decoder);
        Linear table = weights.linear(name, vocabulary, width, false);
        if (tied) {
            return new Tables(
                    Embedding.tied(weights.tied(table, name, encoder)),
                    Embedding.tied(weights.tied(table, name, decoder)),
                    weights.tied(table, name, HEAD));
        }
        return new Tables(
                Embedding.tied(own(weights, table, name, encoder)),
                Embedding.tied(own(weights, table, name, decoder)),
                ownHead(config, weights, vocabulary, width));
    }

    /**
     * The rows of an encoder without its decoder.
     *
     * @param stacks prefix of its tensors
     */
    static Embedding read(Parameters weights, String stacks, int vocabulary, int width) {
        String encoder = stacks + "encoder.embed_tokens";
        String name = weights.holder(stacks + "shared", encoder);
        return Embedding.tied(weights.tied(weights.linear(name, vocabulary, width, false), name, encoder));
    }

    /**
     * A vocabulary for each side.
     *
     * @param tied whether the layer that predicts has the rows of the written side
     */
    static Tables apart(
            Config config, Parameters weights, String stacks, int readIds, int writtenIds, int width, boolean tied) {
        String decoder = stacks + "decoder.embed_tokens";
        Linear written = weights.linear(decoder, writtenIds, width, false);
        return new Tables(
                Embedding.tied(weights.linear(stacks + "encoder.embed_tokens", readIds, width, false)),
                Embedding.tied(written),
                tied ? weights.tied(written, decoder, HEAD) : ownHead(config, weights, writtenIds, width));
    }

    private static Linear own(Parameters weights, Linear table, String name, String other) {
        return weights.hasCheckpoint() && !other.equals(name) && weights.has(other + ".weight")
                ? weights.linear(other, table.out(), table.in(), false)
                : table;
    }

    private static @Nullable Linear ownHead(Config config, Parameters weights, int vocabulary, int width) {
        boolean needed = Options.says(config, "ForConditionalGeneration") || Options.says(config, "MTModel");
        return needed || weights.has(HEAD + ".weight") ? weights.linear(HEAD, vocabulary, width, false) : null;
    }

    /** With a bias of the layer that predicts, if the checkpoint has one. */
    Tables biased(Parameters weights) {
        if (head == null || !weights.has("final_logits_bias")) {
            return this;
        }
        int ids = head.out();
        Value bias = weights.value("final_logits_bias", 1, ids).view(t -> t.reshape(ids));
        return new Tables(read, written, head.withBias(bias));
    }

    /** [rows, E] to [rows, vocabulary]. */
    Value logits(Pass pass, Value hidden) {
        return required().forward(pass.tape(), hidden);
    }

    /** The mean loss of labels; a negative one leaves its row out. */
    Value loss(Pass pass, Value hidden, int[] labels) {
        return required().crossEntropy(pass, hidden, labels);
    }

    private Linear required() {
        if (head == null) {
            throw new IllegalArgumentException(
                    "predict: the checkpoint has no lm_head.weight, so it predicts no words; use one of a model that writes");
        }
        return head;
    }
}
