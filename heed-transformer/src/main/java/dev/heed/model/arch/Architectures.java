package dev.heed.model.arch;

import dev.heed.model.checkpoint.Checkpoint;
import dev.heed.model.checkpoint.Config;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * The architectures that Heed runs, and how one is built from a folder.
 *
 * <pre>{@code
 * Network network = Architectures.load(Config.read(folder), checkpoint);
 * }</pre>
 */
public final class Architectures {
    /** Tensors that hold nothing learned: rotary tables, position numbers and causal masks of older files. */
    private static final String TABLES =
            "(rotary_emb\\.inv_freq|\\.attn\\.(masked_)?bias|\\.attention\\.(masked_)?bias|position_ids)$";

    /** Classes that have a name of their own for the model below their head. */
    private static final Set<String> OTHER_BASE = Set.of(
            "LlamaForQuestionAnswering",
            "Qwen2ForQuestionAnswering",
            "Qwen3ForQuestionAnswering",
            "T5ForSequenceClassification",
            "T5ForTokenClassification",
            "MT5ForSequenceClassification",
            "MT5ForTokenClassification",
            "UMT5ForSequenceClassification",
            "UMT5ForTokenClassification");

    private static final List<Architecture> ALL = List.of(
            decoder("llama", "Llama 1 to 3.3", "Llama", Llama::new),
            decoder("mistral", "Mistral", "Mistral", Mistral::new),
            decoder("qwen2", "Qwen2, Qwen2.5", "Qwen2", Qwen2::new),
            decoder("qwen3", "Qwen3", "Qwen3", Qwen3::new),
            gemma("gemma", "Gemma 1", "Gemma", Gemma::new),
            gemma("gemma2", "Gemma 2", "Gemma2", Gemma2::new),
            new Architecture(
                    "gemma3_text",
                    "Gemma 3, text",
                    "model.",
                    List.of("Gemma3TextModel", "Gemma3ForCausalLM", "Gemma3TextForSequenceClassification"),
                    "",
                    Gemma3::new),
            new Architecture(
                    "gpt2",
                    "GPT-2",
                    "transformer.",
                    List.of(
                            "GPT2Model",
                            "GPT2LMHeadModel",
                            "GPT2ForSequenceClassification",
                            "GPT2ForTokenClassification",
                            "GPT2ForQuestionAnswering"),
                    "",
                    Gpt2::new),
            new Architecture(
                    "gpt_neox", "GPT-NeoX, Pythia", "gpt_neox.", names("GPTNeoX", "ForCausalLM"), "", GptNeoX::new),
            encoder("bert", "BERT", "bert.", "Bert", Bert.UNUSED, Bert::new),
            encoder("roberta", "RoBERTa", "roberta.", "Roberta", Roberta.UNUSED, Roberta::new),
            encoder("camembert", "CamemBERT", "roberta.", "Camembert", Roberta.UNUSED, Roberta::new),
            encoder("xlm-roberta", "XLM-RoBERTa", "roberta.", "XLMRoberta", Roberta.UNUSED, Roberta::new),
            encoder("distilbert", "DistilBERT", "distilbert.", "DistilBert", DistilBert.UNUSED, DistilBert::new),
            t5("t5", "T5 1.0 and 1.1", "T5", "T5WithLMHeadModel"),
            t5("mt5", "mT5", "MT5"),
            t5("umt5", "umT5", "UMT5"),
            new Architecture(
                    "marian", "Marian", "model.", List.of("MarianModel", "MarianMTModel"), Marian.UNUSED, Marian::new),
            new Architecture(
                    "bart",
                    "BART",
                    "model.",
                    List.of(
                            "BartModel",
                            "BartForConditionalGeneration",
                            "BartForSequenceClassification",
                            "BartForQuestionAnswering"),
                    Bart.UNUSED,
                    Bart::new),
            new Architecture(
                    "vit",
                    "ViT",
                    "vit.",
                    List.of("ViTModel", "ViTForImageClassification", "ViTForMaskedImageModeling"),
                    Vit.UNUSED,
                    Vit::new));

    private static Architecture decoder(String modelType, String name, String prefix, Wiring wiring) {
        return new Architecture(modelType, name, "model.", names(prefix, "ForCausalLM"), "", wiring);
    }

    /** transformers finds no answers with these. */
    private static Architecture gemma(String modelType, String name, String prefix, Wiring wiring) {
        List<String> classes = names(prefix, "ForCausalLM").stream()
                .filter(each -> !Head.PLACES.isOf(each))
                .toList();
        return new Architecture(modelType, name, "model.", classes, "", wiring);
    }

    private static Architecture encoder(
            String modelType, String name, String base, String prefix, String unused, Wiring wiring) {
        List<String> classes = new ArrayList<>(names(prefix, "ForMaskedLM"));
        classes.add(prefix + "ForPreTraining");
        return new Architecture(modelType, name, base, List.copyOf(classes), unused, wiring);
    }

    /** @param older names of classes that transformers had */
    private static Architecture t5(String modelType, String name, String prefix, String... older) {
        List<String> classes = new ArrayList<>(names(prefix, "ForConditionalGeneration"));
        classes.add(prefix + "EncoderModel");
        classes.addAll(List.of(older));
        return new Architecture(modelType, name, "", List.copyOf(classes), T5.UNUSED, T5::of);
    }

    /** The classes that transformers has of most architectures. */
    private static List<String> names(String prefix, String writing) {
        return List.of(
                prefix + "Model",
                prefix + writing,
                prefix + "ForSequenceClassification",
                prefix + "ForTokenClassification",
                prefix + "ForQuestionAnswering");
    }

    private static final Map<String, String> NAMES_OF_T5 =
            Map.of("d_model", "hidden_size", "num_layers", "num_hidden_layers", "num_heads", "num_attention_heads");

    /** The common names of keys that an architecture has names of its own for: transformers reads both. */
    private static final Map<String, Map<String, String>> OTHER_NAMES = Map.of(
            "gpt2",
            Map.of(
                    "n_embd", "hidden_size",
                    "n_layer", "num_hidden_layers",
                    "n_head", "num_attention_heads",
                    "n_positions", "max_position_embeddings"),
            "distilbert",
            Map.of("dim", "hidden_size", "n_layers", "num_hidden_layers", "n_heads", "num_attention_heads"),
            "t5",
            NAMES_OF_T5,
            "mt5",
            NAMES_OF_T5,
            "umt5",
            NAMES_OF_T5,
            "bart",
            Map.of(
                    "d_model", "hidden_size",
                    "encoder_layers", "num_hidden_layers",
                    "encoder_attention_heads", "num_attention_heads"),
            "marian",
            Map.of(
                    "d_model", "hidden_size",
                    "encoder_layers", "num_hidden_layers",
                    "encoder_attention_heads", "num_attention_heads"));

    private Architectures() {}

    /** Reads a config and wires layers. */
    @FunctionalInterface
    public interface Wiring {
        Network build(Config config, Parameters weights);
    }

    /**
     * One architecture.
     *
     * @param modelType {@code model_type} of config.json
     * @param name as people call it
     * @param base prefix that checkpoints of the model without its head leave out
     * @param classes values of {@code architectures} in config.json that it reads
     * @param unused pattern of tensors that checkpoints may have and text in, hidden states and logits out does not need
     * @param wiring how it is built
     */
    public record Architecture(
            String modelType, String name, String base, List<String> classes, String unused, Wiring wiring) {}

    /** All of them. */
    public static List<Architecture> all() {
        return ALL;
    }

    /** The one that a config names. */
    public static Architecture of(Config config) {
        String type = config.requireOneOf(
                "model_type", ALL.stream().map(Architecture::modelType).toArray(String[]::new));
        return ALL.stream()
                .filter(each -> each.modelType().equals(type))
                .findFirst()
                .orElseThrow();
    }

    /** What transformers calls a parameter in the files of a model of this config. */
    public static String nameInFiles(Config config, String name) {
        String base = of(config).base();
        boolean below = name.startsWith(base) && !NewHead.replaces(name);
        return below && config.strings("architectures").stream().anyMatch(OTHER_BASE::contains)
                ? Parameters.OTHER_BASE + name.substring(base.length())
                : name;
    }

    /** A network that stays as it is, its weights packed. */
    public static Network load(Config config, Checkpoint checkpoint) {
        return build(
                config, checkpoint, Parameters.loading(checkpoint, of(config).base()));
    }

    /**
     * A network that may be trained further.
     *
     * @param parameters from {@link Parameters#learning}; they fill as the network is built
     */
    public static Network build(Config config, Checkpoint checkpoint, Parameters parameters) {
        check(config, checkpoint);
        return wired(config, parameters);
    }

    /**
     * Compares a config with a checkpoint's header; allocates and loads nothing.
     *
     * @throws IllegalArgumentException naming what is not supported, missing, misshapen or left over
     */
    public static void check(Config config, Checkpoint checkpoint) {
        Architecture architecture = of(config);
        Parameters check = Parameters.checking(checkpoint, architecture.base());
        wired(config, check);
        check.finish(Pattern.compile(architecture.unused().isEmpty() ? TABLES : TABLES + "|" + architecture.unused()));
    }

    /** Heads that the config promises and the checkpoint does not have, one sentence each. */
    public static List<String> missingHeads(Config config, Checkpoint checkpoint) {
        return MissingHeads.warnings(config, checkpoint);
    }

    private static Network wired(Config config, Parameters parameters) {
        refuseUnsupported(config);
        Architecture architecture = of(config);
        Map<String, String> others = OTHER_NAMES.getOrDefault(architecture.modelType(), Map.of());
        return architecture.wiring().build(config.orCalled(others), parameters);
    }

    /** A network to be trained from nothing, of the shape that the config gives. */
    public static Network fresh(Config config, Parameters parameters) {
        return wired(config, parameters);
    }

    private static void refuseUnsupported(Config config) {
        if (config.has("quantization_config")) {
            throw config.error(
                    "quantization_config", "is not supported; use the checkpoint in float32, float16 or bfloat16");
        }
    }
}
