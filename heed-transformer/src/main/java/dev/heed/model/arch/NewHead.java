package dev.heed.model.arch;

import dev.heed.model.checkpoint.Config;
import java.util.regex.Pattern;

/**
 * A head that classifies texts or pictures, for a model that was trained without one or with another: what transformers makes when
 * it loads a checkpoint as {@code …ForSequenceClassification} or {@code …ForImageClassification}. A layer between hidden states
 * and classes stays as the checkpoint has it, if it does; other heads are left out.
 *
 * <pre>{@code
 * NewHead head = NewHead.of(config, 3, new Initialization(1, 0.02, 12)); // three classes
 * Parameters parameters = Parameters.learning(checkpoint, "bert.", head);
 * }</pre>
 *
 * @param architecture the name that config.json gives a model with it, such as {@code BertForSequenceClassification}
 * @param below the layer between hidden states and classes, or empty
 * @param last the layer that gives the classes
 * @param classes how many
 * @param initializer of its first numbers
 */
public record NewHead(String architecture, String below, String last, int classes, Parameters.Initializer initializer) {
    private static final Pattern OTHERS =
            Pattern.compile("^(cls\\.|lm_head\\.|embed_out\\.|vocab_(transform|layer_norm|projector)\\.|qa_outputs\\."
                    + "|classifier\\.|score\\.|final_logits_bias$)");

    /**
     * For a model of this config.
     *
     * @throws IllegalArgumentException if there is none for its architecture
     */
    public static NewHead of(Config config, int classes, Parameters.Initializer initializer) {
        Architectures.Architecture of = Architectures.of(config);
        String architecture = of.classes().stream()
                .filter(name -> name.endsWith("ForSequenceClassification") || name.endsWith("ForImageClassification"))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("train: " + of.modelType()
                        + " has no head that classifies; take another architecture, such as bert or bart"));
        return switch (of.modelType()) {
            case "bert" -> new NewHead(architecture, "bert.pooler.dense", "classifier", classes, initializer);
            case "distilbert" -> new NewHead(architecture, "pre_classifier", "classifier", classes, initializer);
            case "roberta", "camembert", "xlm-roberta" ->
                new NewHead(architecture, "classifier.dense", "classifier.out_proj", classes, initializer);
            case "bart" ->
                new NewHead(
                        architecture,
                        "classification_head.dense",
                        "classification_head.out_proj",
                        classes,
                        initializer);
            case "vit" -> new NewHead(architecture, "", "classifier", classes, initializer);
            default -> new NewHead(architecture, "", "score", classes, initializer);
        };
    }

    /** True for the names of its tensors. */
    boolean has(String name) {
        return name.equals(last + ".weight")
                || name.equals(last + ".bias") && !last.equals("score")
                || name.equals(below + ".weight")
                || name.equals(below + ".bias");
    }

    /** True for what the checkpoint may have of heads that this one replaces. */
    static boolean replaces(String name) {
        return OTHERS.matcher(name).find();
    }
}
