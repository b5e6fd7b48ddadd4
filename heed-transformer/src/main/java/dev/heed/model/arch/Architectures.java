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
    /** Tensors that hold nothing learned: rotary tables and causal masks of older files. */
    private static final Pattern HARMLESS = Pattern.compile(
            "(rotary_emb\\.inv_freq|\\.attn\\.(masked_)?bias|\\.attention\\.(masked_)?bias|position_ids)$");

    private static final List<Architecture> ALL =
            List.of(new Architecture("llama", "Llama 1 to 3.3", "model.", List.of("LlamaForCausalLM"), Llama::new));

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
     * @param wiring how it is built
     */
    public record Architecture(String modelType, String name, String base, List<String> classes, Wiring wiring) {}

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
        check.finish(HARMLESS);
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
