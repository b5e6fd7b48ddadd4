package dev.heed.model.arch;

import dev.heed.model.checkpoint.Checkpoint;
import dev.heed.model.checkpoint.Config;
import java.util.List;
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

    private static final List<Architecture> ALL = List.of(
            new Architecture("llama", "Llama 1 to 3.3", "model.", List.of("LlamaForCausalLM"), "", Llama::new),
            new Architecture("mistral", "Mistral", "model.", List.of("MistralForCausalLM"), "", Mistral::new),
            new Architecture("qwen2", "Qwen2, Qwen2.5", "model.", List.of("Qwen2ForCausalLM"), "", Qwen2::new),
            new Architecture("qwen3", "Qwen3", "model.", List.of("Qwen3ForCausalLM"), "", Qwen3::new),
            new Architecture("gemma2", "Gemma 2", "model.", List.of("Gemma2ForCausalLM"), "", Gemma2::new),
            new Architecture("gemma3_text", "Gemma 3, text", "model.", List.of("Gemma3ForCausalLM"), "", Gemma3::new),
            new Architecture("gpt2", "GPT-2", "transformer.", List.of("GPT2LMHeadModel"), "", Gpt2::new),
            new Architecture(
                    "gpt_neox", "GPT-NeoX, Pythia", "gpt_neox.", List.of("GPTNeoXForCausalLM"), "", GptNeoX::new),
            new Architecture(
                    "bert",
                    "BERT",
                    "bert.",
                    List.of("BertModel", "BertForMaskedLM", "BertForSequenceClassification"),
                    Bert.UNUSED,
                    Bert::new),
            new Architecture(
                    "roberta",
                    "RoBERTa",
                    "roberta.",
                    List.of("RobertaModel", "RobertaForMaskedLM", "RobertaForSequenceClassification"),
                    Roberta.UNUSED,
                    Roberta::new),
            new Architecture(
                    "xlm-roberta",
                    "XLM-RoBERTa",
                    "roberta.",
                    List.of("XLMRobertaModel", "XLMRobertaForMaskedLM", "XLMRobertaForSequenceClassification"),
                    Roberta.UNUSED,
                    Roberta::new),
            new Architecture(
                    "distilbert",
                    "DistilBERT",
                    "distilbert.",
                    List.of("DistilBertModel", "DistilBertForMaskedLM", "DistilBertForSequenceClassification"),
                    DistilBert.UNUSED,
                    DistilBert::new),
            new Architecture("t5", "T5 1.0 and 1.1", "", List.of("T5ForConditionalGeneration"), T5.UNUSED, T5::new),
            new Architecture("marian", "Marian", "model.", List.of("MarianMTModel"), Marian.UNUSED, Marian::new),
            new Architecture("bart", "BART", "model.", List.of("BartForConditionalGeneration"), Bart.UNUSED, Bart::new),
            new Architecture(
                    "vit",
                    "ViT",
                    "vit.",
                    List.of("ViTModel", "ViTForImageClassification", "ViTForMaskedImageModeling"),
                    Vit.UNUSED,
                    Vit::new));

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
        Architecture architecture = of(config);
        refuseUnsupported(config);
        Parameters check = Parameters.checking(checkpoint, architecture.base());
        architecture.wiring().build(config, check);
        check.finish(Pattern.compile(architecture.unused().isEmpty() ? TABLES : TABLES + "|" + architecture.unused()));
        return architecture.wiring().build(config, parameters);
    }

    /** A network to be trained from nothing, of the shape that the config gives. */
    public static Network fresh(Config config, Parameters parameters) {
        refuseUnsupported(config);
        return of(config).wiring().build(config, parameters);
    }

    private static void refuseUnsupported(Config config) {
        if (config.has("quantization_config")) {
            throw config.error(
                    "quantization_config", "is not supported; use the checkpoint in float32, float16 or bfloat16");
        }
    }
}
