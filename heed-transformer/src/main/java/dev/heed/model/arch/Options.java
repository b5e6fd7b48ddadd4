package dev.heed.model.arch;

import dev.heed.kernel.Activation;
import dev.heed.model.checkpoint.Config;
import dev.heed.text.Visible;
import java.util.List;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** What several architectures read from config.json in the same way, in bounds that no real model exceeds. */
final class Options {
    static final int MOST_LAYERS = 1024;
    static final int MOST_WIDTH = 1 << 20;
    static final int MOST_HEADS = 4096;
    static final int MOST_IDS = 1 << 24;
    static final int MOST_POSITIONS = 1 << 28;

    private Options() {}

    /** An activation by its name in transformers. */
    static Activation activation(Config config, String key, String absent) {
        return activation(config.oneOfOr(key, absent, activations().toArray(String[]::new)));
    }

    /** The names that {@link #activation(String)} knows. */
    static Stream<String> activations() {
        return Stream.of(
                "gelu",
                "gelu_python",
                "gelu_new",
                "gelu_fast",
                "gelu_accurate",
                "gelu_pytorch_tanh",
                "gelu_python_tanh",
                "quick_gelu",
                "relu",
                "silu",
                "swish",
                "sigmoid",
                "tanh");
    }

    static Activation activation(String name) {
        return switch (name) {
            case "gelu", "gelu_python" -> Activation.GELU;
            case "gelu_new", "gelu_fast", "gelu_accurate", "gelu_pytorch_tanh", "gelu_python_tanh" ->
                Activation.GELU_TANH;
            case "quick_gelu" -> Activation.QUICK_GELU;
            case "relu" -> Activation.RELU;
            case "silu", "swish" -> Activation.SILU;
            case "sigmoid" -> Activation.SIGMOID;
            case "tanh" -> Activation.TANH;
            default -> throw new IllegalArgumentException("activation: unknown name '" + name + "'");
        };
    }

    /** The width of a head where the file does not give it: E / H, which must divide. */
    static int headWidth(Config config, int width, int heads) {
        if (!config.has("head_dim")) {
            requireHeads(config, "hidden_size", width, "num_attention_heads", heads);
        }
        return ownHeadWidth(config, width / heads, heads);
    }

    /** The width of a head of an architecture that has its own where the file does not give it. */
    static int ownHeadWidth(Config config, int absent, int heads) {
        return config.intOr("head_dim", absent, 1, MOST_WIDTH / heads);
    }

    /**
     * Key and value heads, of which query heads are a multiple; null stands for as many.
     *
     * @param absent what the architecture has where the key is not there at all
     */
    static int keyHeads(Config config, int heads, int absent) {
        int unsaid = config.isNull("num_key_value_heads") ? heads : absent;
        int keyHeads = config.intOr("num_key_value_heads", unsaid, 1, MOST_HEADS);
        if (heads % keyHeads != 0) {
            throw config.error("num_key_value_heads", "must divide num_attention_heads=" + heads + ", got " + keyHeads);
        }
        return keyHeads;
    }

    /** An option whose other value is not supported: refused by name. */
    static void require(Config config, String key, boolean only) {
        if (config.booleanOr(key, only) != only) {
            throw config.error(key, "must be " + only + "; " + !only + " is not supported");
        }
    }

    /** {@code sliding_window} where {@code use_sliding_window} switches it on, else 0. */
    static int slidingWindow(Config config) {
        boolean used = config.booleanOr("use_sliding_window", false);
        int window = config.intOr("sliding_window", config.isNull("sliding_window") ? 0 : 4096, 1, Integer.MAX_VALUE);
        return used ? window : 0;
    }

    /** The window of each layer, in tokens: {@code layer_types} says which have it, or a rule where that is absent. */
    static List<Integer> windows(Config config, int layers, int window, IntPredicate absent) {
        List<Boolean> slides = slidingLayers(config, layers, window == 0 ? i -> false : absent);
        if (window == 0 && slides.contains(true)) {
            throw config.error(
                    "layer_types", "names sliding_attention, but sliding_window or use_sliding_window gives no window");
        }
        return slides.stream().map(slide -> slide ? window : Integer.MAX_VALUE).toList();
    }

    /** Which layers have a sliding window: {@code layer_types}, or a rule where it is absent. */
    static List<Boolean> slidingLayers(Config config, int layers, IntPredicate absent) {
        List<String> kinds = config.strings("layer_types");
        if (kinds.isEmpty()) {
            return IntStream.range(0, layers).mapToObj(absent::test).toList();
        }
        if (kinds.size() != layers) {
            throw config.error("layer_types", "must name " + layers + " layers, got " + kinds.size());
        }
        return kinds.stream()
                .map(kind -> switch (kind) {
                    case "sliding_attention" -> true;
                    case "full_attention" -> false;
                    default ->
                        throw config.error(
                                "layer_types",
                                "must be of full_attention and sliding_attention, got " + Visible.quote(kind));
                })
                .toList();
    }

    /** True if the file names a class of transformers with this ending, such as {@code ForTokenClassification}. */
    static boolean says(Config config, String ending) {
        return config.strings("architectures").stream().anyMatch(name -> name.endsWith(ending));
    }

    /** True if the file names a model that writes: then a missing head is an error and not a base model. */
    static boolean saysItPredicts(Config config) {
        return says(config, "ForCausalLM") || says(config, "LMHeadModel");
    }

    /** A bound of tanh; null stands for none. */
    static double softcap(Config config, String key, double absent) {
        return config.isNull(key) ? 0 : config.doubleOr(key, absent, 0, 1e9);
    }

    /** What BERT and its kin share: absolute positions and no decoder. */
    static void requireEncoder(Config config) {
        require(config, "is_decoder", false);
        require(config, "add_cross_attention", false);
        config.oneOfOr("position_embedding_type", "absolute", "absolute");
    }

    /** Heads that divide the width; {@code of} and {@code by} are the keys of both. */
    static void requireHeads(Config config, String of, int width, String by, int heads) {
        if (width % heads != 0) {
            throw config.error(of, "must be a multiple of " + by + "=" + heads + ", got " + width);
        }
    }
}
