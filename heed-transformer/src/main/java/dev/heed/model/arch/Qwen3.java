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

/** Qwen3 (arXiv 2505.09388): Llama's layers with an RMS norm on each head's queries and keys; later layers may slide. */
final class Qwen3 implements Network.Decoder {
    private final Sizes sizes;
    private final Words words;
    private final ClassHeads classes;
    private final List<Block> blocks;
    private final Normalization norm;

    Qwen3(Config config, Parameters weights) {
        int width = config.requireInt("hidden_size", 1, Options.MOST_WIDTH);
        int inner = config.requireInt("intermediate_size", 1, Options.MOST_WIDTH);
        int layers = config.requireInt("num_hidden_layers", 1, Options.MOST_LAYERS);
        int heads = config.requireInt("num_attention_heads", 1, Options.MOST_HEADS);
        int keyHeads = Options.keyHeads(config, heads, 32);
        int headWidth = Options.ownHeadWidth(config, 128, heads);
        int vocabulary = config.requireInt("vocab_size", 1, Options.MOST_IDS);
        int context = config.intOr("max_position_embeddings", 32768, 1, Options.MOST_POSITIONS);
        float epsilon = (float) config.doubleOr("rms_norm_eps", 1e-6, 1e-30, 1);
        Activation f = Options.activation(config, "hidden_act", "silu");
        boolean attentionBias = config.booleanOr("attention_bias", false);
        int window = Options.slidingWindow(config);
        int sliding = config.intOr("max_window_layers", 28, 0, Integer.MAX_VALUE); // from this layer on
        List<Integer> windows = Options.windows(config, layers, window, i -> i >= sliding);
        RotaryPositions rotary = Rope.read(config, headWidth, context);
        sizes = new Sizes("qwen3", layers, 0, heads, 0, keyHeads, width, headWidth, vocabulary, context);

        words = Words.read(config, weights, "model.embed_tokens", "lm_head", vocabulary, width, false);
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
                    .norms(
                            new Normalization.Rms(weights.value(at + "self_attn.q_norm.weight", headWidth), epsilon),
                            new Normalization.Rms(weights.value(at + "self_attn.k_norm.weight", headWidth), epsilon))
                    .causal()
                    .window(windows.get(i))
                    .rotary(rotary)
                    .build();
            FeedForward feedForward = new FeedForward.Gated(
                    weights.linear(at + "mlp.gate_proj", inner, width, false),
                    weights.linear(at + "mlp.up_proj", inner, width, false),
                    f,
                    weights.linear(at + "mlp.down_proj", width, inner, false));
            return new Block(
                    new Normalization.Rms(weights.value(at + "input_layernorm.weight", width), epsilon),
                    attention,
                    new Normalization.Rms(weights.value(at + "post_attention_layernorm.weight", width), epsilon),
                    feedForward);
        });
        norm = new Normalization.Rms(weights.value("model.norm.weight", width), epsilon);
    }

    private record Block(
            Normalization attentionNorm,
            MultiHeadAttention attention,
            Normalization feedForwardNorm,
            FeedForward feedForward) {
        Value forward(Pass pass, Value x) {
            Value attended = attention.forward(pass, attentionNorm.forward(pass.tape(), x));
            Value y = Ops.add(pass.tape(), x, pass.dropout(attended));
            Value thought = feedForward.forward(pass.tape(), feedForwardNorm.forward(pass.tape(), y));
            return Ops.add(pass.tape(), y, pass.dropout(thought));
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
        Value x = words.in().forward(pass.tape(), ids);
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
        return words.logits(pass, hidden);
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
        return words.loss(pass, hidden, labels);
    }
}
