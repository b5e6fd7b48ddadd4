package dev.heed.model.arch;

import dev.heed.model.checkpoint.Config;
import java.util.regex.Pattern;

/**
 * A head that classifies, for a model that was trained without one or with another: what transformers makes when it loads a
 * checkpoint as {@code …ForSequenceClassification} or what else {@link Head} names. A layer between hidden states and classes
 * stays as the checkpoint has it, if it does; other heads are left out.
 *
 * <pre>{@code
 * NewHead head = NewHead.of(config, Head.WHOLE, 3, new Initialization(1, 0.02, 12)); // three classes
 * Parameters parameters = Parameters.learning(checkpoint, "bert.", head);
 * }</pre>
 *
 * @param architecture the name that config.json gives a model with it, such as {@code BertForSequenceClassification}
 * @param layers what it consists of
 * @param classes how many
 * @param initializer of its first numbers
 */
public record NewHead(String architecture, Layers layers, int classes, Parameters.Initializer initializer) {
    /** The layer that finds answers, of every architecture. */
    public static final String ANSWERS = "qa_outputs";

    private static final Pattern OTHERS =
            Pattern.compile("^(cls\\.|lm_head\\.|embed_out\\.|vocab_(transform|layer_norm|projector)\\.|qa_outputs\\."
                    + "|classifier\\.|classification_head\\.|score\\.|final_logits_bias$)");

    /**
     * The layers of a head.
     *
     * @param below the one between hidden states and classes, or empty
     * @param last the one that gives the classes
     * @param bias whether the last has one
     */
    public record Layers(String below, String last, boolean bias) {}

    /**
     * For a model of this config.
     *
     * @throws IllegalArgumentException if there is none for its architecture
     */
    public static NewHead of(Config config, Head head, int classes, Parameters.Initializer initializer) {
        Architectures.Architecture of = Architectures.of(config);
        String architecture = of.classes().stream()
                .filter(head::isOf)
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("train: " + of.modelType() + " has no head that "
                        + head.does() + "; take another architecture, such as bert"));
        Layers layers = switch (head) {
            case WHOLE -> ofWhole(of.modelType());
            case TOKENS -> ofTokens(of.modelType());
            case PLACES -> new Layers("", ANSWERS, true);
        };
        return new NewHead(architecture, layers, classes, initializer);
    }

    private static Layers ofWhole(String modelType) {
        return switch (modelType) {
            case "bert" -> new Layers("bert.pooler.dense", "classifier", true);
            case "distilbert" -> new Layers("pre_classifier", "classifier", true);
            case "roberta", "camembert", "xlm-roberta" -> new Layers("classifier.dense", "classifier.out_proj", true);
            case "bart", "t5", "mt5", "umt5" -> new Layers(EndHead.DENSE, EndHead.OUT, true);
            case "vit" -> new Layers("", "classifier", true);
            default -> new Layers("", "score", false);
        };
    }

    private static Layers ofTokens(String modelType) {
        return switch (modelType) {
            case "gpt2", "gpt_neox", "bert", "distilbert", "roberta", "camembert", "xlm-roberta", "t5", "mt5", "umt5" ->
                new Layers("", "classifier", true);
            default -> new Layers("", "score", true);
        };
    }

    /** True for the names of its tensors. */
    boolean has(String name) {
        return name.equals(layers.last() + ".weight")
                || name.equals(layers.last() + ".bias") && layers.bias()
                || name.equals(layers.below() + ".weight")
                || name.equals(layers.below() + ".bias");
    }

    /** True for what the checkpoint may have of heads that this one replaces. */
    static boolean replaces(String name) {
        return OTHERS.matcher(name).find();
    }
}
