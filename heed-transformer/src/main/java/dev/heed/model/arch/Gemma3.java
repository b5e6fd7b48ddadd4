package dev.heed.model.arch;

import dev.heed.attention.AttentionMap;
import dev.heed.grad.Ops;
import dev.heed.grad.Value;
import dev.heed.kernel.Activation;
import dev.heed.model.checkpoint.Config;
import dev.heed.nn.FeedForward;
import dev.heed.nn.Listener;
import dev.heed.nn.MultiHeadAttention;
import dev.heed.nn.Normalization;
import dev.heed.nn.Pass;
import dev.heed.nn.RotaryPositions;
import java.util.List;
import java.util.Optional;

/**
 * Gemma 3, text (arXiv 2503.19786): as Gemma 2, with norms on queries and keys in place of bounded scores, and five layers
 * with a sliding window and rotary positions of their own to one that sees everything.
 */
final class Gemma3 implements Network.Decoder {
    private final Sizes sizes;
    private final Words words;
    private final ClassHeads classes;
    private final List<Block> blocks;
    private final Normalization norm;
    private final float softcap;

    Gemma3(Config config, Parameters weights) {
        int width = config.requireInt("hidden_size", 1, Options.MOST_WIDTH);
        int inner = config.requireInt("intermediate_size", 1, Options.MOST_WIDTH);
        int layers = config.requireInt("num_hidden_layers", 1, Options.MOST_LAYERS);
        int heads = config.requireInt("num_attention_heads", 1, Options.MOST_HEADS);
        int keyHeads = Options.keyHeads(config, heads, 4);
        int headWidth = Options.ownHeadWidth(config, 256, heads);
        int vocabulary = config.requireInt("vocab_size", 1, Options.MOST_IDS);
        int context = config.intOr("max_position_embeddings", 131072, 1, Options.MOST_POSITIONS);
        float epsilon = (float) config.doubleOr("rms_norm_eps", 1e-6, 1e-30, 1);
        Activation f = Options.activation(config, "hidden_activation", "gelu_pytorch_tanh");
        boolean attentionBias = config.booleanOr("attention_bias", false);
        softcap = (float) Options.softcap(config, "final_logit_softcapping", 0);
        Options.require(config, "use_bidirectional_attention", false);
        double scale = 1 / Math.sqrt(config.doubleOr("query_pre_attn_scalar", 256, 1e-6, 1e9));
        int window = config.isNull("sliding_window") ? 0 : config.intOr("sliding_window", 4096, 1, Integer.MAX_VALUE);
        int every = config.intOr("sliding_window_pattern", 6, 1, Options.MOST_LAYERS);
        List<Integer> windows = Options.windows(config, layers, window, i -> (i + 1) % every != 0);
        RotaryPositions rotary = Rope.ofKind(config, "full_attention", "rope_theta", 1e6, headWidth, context);
        RotaryPositions near =
                Rope.ofKind(config, "sliding_attention", "rope_local_base_freq", 10000, headWidth, context);
        sizes = new Sizes("gemma3_text", layers, 0, heads, 0, keyHeads, width, headWidth, vocabulary, context);

        words = Words.read(config, weights, "model.embed_tokens", "lm_head", vocabulary, width, true);
        classes = ClassHeads.ofDecoder(config, weights, width);
        blocks = weights.layers(layers, i -> {
            String at = "model.layers." + i + ".";
            MultiHeadAttention attention = MultiHeadAttention.of(
                            new Listener.Site(AttentionMap.Kind.SELF, i), heads, keyHeads)
                    .projections(
                            weights.linear(at + "self_attn.q_proj", heads * headWidth, width, attentionBias),
                            weights.linear(at + "self_attn.k_proj", keyHeads * headWidth, width, attentionBias),
                            weights.linear(at + "self_attn.v_proj", keyHeads * headWidth, width, attentionBias),
                            weights.linear(at + "self_attn.o_proj", width, heads * headWidth, attentionBias))
                    .scale(scale)
                    .norms(
                            norm(weights, at + "self_attn.q_norm", headWidth, epsilon),
                            norm(weights, at + "self_attn.k_norm", headWidth, epsilon))
                    .causal()
                    .window(windows.get(i))
                    .rotary(windows.get(i) == Integer.MAX_VALUE ? rotary : near)
                    .build();
            FeedForward feedForward = new FeedForward.Gated(
                    weights.linear(at + "mlp.gate_proj", inner, width, false),
                    weights.linear(at + "mlp.up_proj", inner, width, false),
                    f,
                    weights.linear(at + "mlp.down_proj", width, inner, false));
            return new Block(
                    norm(weights, at + "input_layernorm", width, epsilon),
                    attention,
                    norm(weights, at + "post_attention_layernorm", width, epsilon),
                    norm(weights, at + "pre_feedforward_layernorm", width, epsilon),
                    feedForward,
                    norm(weights, at + "post_feedforward_layernorm", width, epsilon));
        });
        norm = norm(weights, "model.norm", width, epsilon);
    }

    private static Normalization norm(Parameters weights, String name, int width, float epsilon) {
        return new Normalization.RmsAroundOne(weights.value(name + ".weight", width), epsilon);
    }

    private record Block(
            Normalization before,
            MultiHeadAttention attention,
            Normalization after,
            Normalization beforeFeedForward,
            FeedForward feedForward,
            Normalization afterFeedForward) {
        Value forward(Pass pass, Value x) {
            Value attended = attention.forward(pass, before.forward(pass.tape(), x));
            Value y = Ops.add(pass.tape(), x, after.forward(pass.tape(), attended));
            Value thought = feedForward.forward(pass.tape(), beforeFeedForward.forward(pass.tape(), y));
            return Ops.add(pass.tape(), y, afterFeedForward.forward(pass.tape(), thought));
        }
    }

    @Override
    public Sizes sizes() {
        return sizes;
    }

    @Override
    public int longest() {
        return Integer.MAX_VALUE;
    }

    @Override
    public Value hidden(Pass pass, int[] ids) {
        Value x = Ops.scale(pass.tape(), words.in().forward(pass.tape(), ids), (float) Math.sqrt(sizes.width()));
        pass.hidden(AttentionMap.Kind.SELF, 0, x);
        for (int i = 0; i < blocks.size(); i++) {
            x = blocks.get(i).forward(pass, x);
            x = i == blocks.size() - 1 ? norm.forward(pass.tape(), x) : x;
            pass.hidden(AttentionMap.Kind.SELF, i + 1, x);
        }
        pass.finish();
        return x;
    }

    @Override
    public Value logits(Pass pass, Value hidden) {
        Value logits = words.logits(pass, hidden);
        return softcap == 0 ? logits : Ops.softcap(pass.tape(), logits, softcap);
    }

    @Override
    public boolean predicts() {
        return words.predicts();
    }

    @Override
    public Optional<Value> classes(Pass pass, int[] ids, Value hidden) {
        return classes.ofTexts(pass, ids, hidden);
    }

    @Override
    public Optional<Value> tokenClasses(Pass pass, Value hidden) {
        return classes.ofTokens(pass, hidden);
    }

    @Override
    public Value loss(Pass pass, Value hidden, int[] labels) {
        return words.loss(pass, hidden, labels, softcap);
    }
}
