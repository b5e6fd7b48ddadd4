package dev.heed.model.arch;

import dev.heed.grad.Ops;
import dev.heed.grad.Value;
import dev.heed.model.checkpoint.Config;
import dev.heed.nn.Linear;
import dev.heed.nn.Pass;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Heads of one layer that a checkpoint may have: classes of a decoder's whole text, by its last token that is no padding
 * ({@code score}); classes of each token ({@code classifier} or {@code score} with a bias); where an answer begins and ends
 * ({@code qa_outputs}).
 */
record ClassHeads(@Nullable Linear text, @Nullable Linear token, int padding) {
    /** Of a decoder. */
    static ClassHeads ofDecoder(Config config, Parameters weights, int width) {
        Linear token = tokenHead(weights, width, List.of("qa_outputs", "classifier"));
        if (token == null && weights.hasCheckpoint() && weights.has("score.bias")) {
            token = layer(weights, "score", width, true);
        }
        Linear text = token == null && weights.hasCheckpoint() && weights.has("score.weight")
                ? layer(weights, "score", width, false)
                : null;
        return new ClassHeads(
                text,
                token,
                config.optionalInt("pad_token_id", -1, Options.MOST_IDS).orElse(-1));
    }

    /** Of an encoder whose {@code classifier} classifies tokens, if there is one. */
    static ClassHeads ofEncoder(Parameters weights, int width, boolean classifierOfTokens) {
        List<String> names = classifierOfTokens ? List.of("qa_outputs", "classifier") : List.of("qa_outputs");
        return new ClassHeads(null, tokenHead(weights, width, names), -1);
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

    private static @Nullable Linear tokenHead(Parameters weights, int width, List<String> names) {
        return names.stream()
                .filter(name -> weights.hasCheckpoint() && weights.has(name + ".weight"))
                .findFirst()
                .map(name -> layer(weights, name, width, true))
                .orElse(null);
    }

    private static Linear layer(Parameters weights, String name, int width, boolean bias) {
        return weights.linear(name, weights.rows(name + ".weight"), width, bias);
    }

    /** [sequences, classes]. */
    Optional<Value> ofTexts(Pass pass, int[] ids, Value hidden) {
        return Optional.ofNullable(text)
                .map(layer -> layer.forward(pass.tape(), Ops.embedding(pass.tape(), hidden, lastRows(pass, ids))));
    }

    /** [rows, classes]. */
    Optional<Value> ofTokens(Pass pass, Value hidden) {
        return Optional.ofNullable(token).map(layer -> layer.forward(pass.tape(), hidden));
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
