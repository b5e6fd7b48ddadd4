package dev.heed.model.arch;

import dev.heed.kernel.Activation;
import dev.heed.model.checkpoint.Config;

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
        String name = config.oneOfOr(
                key,
                absent,
                "gelu",
                "gelu_python",
                "gelu_new",
                "gelu_fast",
                "gelu_accurate",
                "gelu_pytorch_tanh",
                "quick_gelu",
                "relu",
                "silu",
                "swish",
                "sigmoid",
                "tanh");
        return activation(name);
    }

    static Activation activation(String name) {
        return switch (name) {
            case "gelu", "gelu_python" -> Activation.GELU;
            case "gelu_new", "gelu_fast", "gelu_accurate", "gelu_pytorch_tanh" -> Activation.GELU_TANH;
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
        if (!config.has("head_dim") && width % heads != 0) {
            throw config.error("hidden_size", "must be a multiple of num_attention_heads=" + heads + ", got " + width);
        }
        return config.intOr("head_dim", Math.max(1, width / heads), 1, MOST_WIDTH);
    }

    /** Key and value heads, of which query heads are a multiple. */
    static int keyHeads(Config config, int heads, int absent) {
        int keyHeads = config.intOr("num_key_value_heads", absent, 1, MOST_HEADS);
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
}
