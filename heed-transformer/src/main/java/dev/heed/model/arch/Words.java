package dev.heed.model.arch;

import dev.heed.grad.Value;
import dev.heed.model.checkpoint.Config;
import dev.heed.nn.Embedding;
import dev.heed.nn.Linear;
import dev.heed.nn.Pass;
import org.jspecify.annotations.Nullable;

/**
 * A decoder's words: an embedding, and a layer that predicts the next word. It may share the embedding's rows, have its own,
 * or be missing, as in the checkpoint of a base model or of a classifier.
 */
record Words(Embedding in, @Nullable Linear out, String name) {
    /**
     * @param table name of the embedding
     * @param head name of the layer that predicts
     * @param tied whether they share rows where the file does not say
     */
    static Words read(
            Config config, Parameters weights, String table, String head, int vocabulary, int width, boolean tied) {
        if (config.booleanOr("tie_word_embeddings", tied)) {
            String holder = weights.holder(table, head);
            Linear shared = weights.linear(holder, vocabulary, width, false);
            return new Words(Embedding.tied(shared), weights.tied(shared, holder, head), head);
        }
        boolean predicts = weights.has(head + ".weight") || Options.saysItPredicts(config);
        return new Words(
                Embedding.of(weights.value(table + ".weight", vocabulary, width)),
                predicts ? weights.linear(head, vocabulary, width, false) : null,
                head);
    }

    boolean predicts() {
        return out != null;
    }

    /** [rows, E] to [rows, vocabulary]. */
    Value logits(Pass pass, Value hidden) {
        return required().forward(pass.tape(), hidden);
    }

    Value loss(Pass pass, Value hidden, int[] labels) {
        return loss(pass, hidden, labels, 0);
    }

    /** The same of logits that are bounded to ±cap; 0 for none. */
    Value loss(Pass pass, Value hidden, int[] labels, float cap) {
        return required().crossEntropy(pass, hidden, labels, cap);
    }

    private Linear required() {
        if (out == null) {
            throw new IllegalArgumentException("predict: the checkpoint has no " + name
                    + ".weight, so it predicts no words; use one of a model that writes");
        }
        return out;
    }
}
