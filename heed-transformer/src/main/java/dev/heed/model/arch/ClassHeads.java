package dev.heed.model.arch;

import dev.heed.grad.Ops;
import dev.heed.grad.Value;
import dev.heed.model.checkpoint.Config;
import dev.heed.nn.Linear;
import dev.heed.nn.Pass;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Heads of one layer that a checkpoint may have: classes of a decoder's whole text, by its last token that is no padding
 * ({@code score}); classes of each token ({@code classifier} or {@code score} with a bias); where an answer begins and ends
 * ({@code qa_outputs}).
 */
record ClassHeads(
        @Nullable Linear text,
        @Nullable Linear token,
        @Nullable Linear answer,
        int padding) {
    /** Of a decoder. */
    static ClassHeads ofDecoder(Config config, Parameters weights, int width) {
        Linear answer = layer(weights, NewHead.ANSWERS, width);
        Linear token = answer == null ? layer(weights, "classifier", width) : null;
        Linear score = answer == null && token == null ? layer(weights, "score", width) : null;
        boolean ofTokens = score != null && weights.has("score.bias");
        return new ClassHeads(
                ofTokens ? null : score,
                ofTokens ? score : token,
                answer,
                config.optionalInt("pad_token_id", -1, Options.MOST_IDS).orElse(-1));
    }

    /** Of an encoder whose {@code classifier} classifies tokens, if there is one. */
    static ClassHeads ofEncoder(Parameters weights, int width, boolean classifierOfTokens) {
        Linear answer = layer(weights, NewHead.ANSWERS, width);
        Linear token = answer == null && classifierOfTokens ? layer(weights, "classifier", width) : null;
        return new ClassHeads(null, token, answer, -1);
    }

    /**
     * Whether an encoder's {@code classifier} is one of whole texts, as the file says, or else if there is what it reads.
     *
     * @param pooler the layer between
     */
    static boolean classifiesTexts(Config config, Parameters weights, String pooler) {
        return Options.says(config, "ForSequenceClassification")
                || !Options.says(config, "ForTokenClassification") && weights.has(pooler);
    }

    /** Null where the checkpoint has none; only {@code score} may be without a bias. */
    private static @Nullable Linear layer(Parameters weights, String name, int width) {
        return weights.hasCheckpoint() && weights.has(name + ".weight")
                ? weights.linear(
                        name, weights.rows(name + ".weight"), width, !name.equals("score") || weights.has("score.bias"))
                : null;
    }

    /** [sequences, classes]. */
    Optional<Value> ofTexts(Pass pass, int[] ids, Value hidden) {
        return Optional.ofNullable(text)
                .map(layer -> layer.forward(pass.tape(), Ops.embedding(pass.tape(), hidden, lastRows(pass, ids))));
    }

    /** [rows, classes], or [rows, 2] where an answer begins and ends. */
    Optional<Value> ofTokens(Pass pass, Value hidden) {
        return answer != null
                ? Optional.of(answer.forward(pass.tape(), hidden))
                : Optional.ofNullable(token).map(layer -> layer.forward(pass.tape(), pass.dropout(hidden)));
    }

    /** Of each sequence the last row whose id is no padding; where all are, the first, as transformers has it. */
    private int[] lastRows(Pass pass, int[] ids) {
        int[] rows = new int[pass.sequences()];
        for (int s = 0; s < rows.length; s++) {
            int from = pass.firstRow(s);
            int at = from + pass.length(s) - 1;
            while (at > from && ids[at] == padding) {
                at--;
            }
            rows[s] = at;
        }
        return rows;
    }
}
