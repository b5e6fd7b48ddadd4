package dev.heed.model.arch;

import dev.heed.attention.AttentionMap;
import dev.heed.grad.Ops;
import dev.heed.grad.Value;
import dev.heed.kernel.Activation;
import dev.heed.model.checkpoint.Config;
import dev.heed.nn.FeedForward;
import dev.heed.nn.Linear;
import dev.heed.nn.Listener;
import dev.heed.nn.MultiHeadAttention;
import dev.heed.nn.Normalization;
import dev.heed.nn.Pass;
import dev.heed.nn.RotaryPositions;
import java.util.List;
import java.util.Optional;

/**
 * GPT-NeoX and Pythia (Black et al. 2022, arXiv 2204.06745): attention and feed-forward side by side on the same input, a
 * part of each head rotated. Its checkpoints keep each head's query, key and value rows together.
 */
final class GptNeoX implements Network.Decoder {
    private final Sizes sizes;
    private final Words words;
    private final ClassHeads classes;
    private final List<Block> blocks;
    private final Normalization norm;

    GptNeoX(Config config, Parameters weights) {
        int width = config.requireInt("hidden_size", 1, Options.MOST_WIDTH);
        int inner = config.requireInt("intermediate_size", 1, Options.MOST_WIDTH);
        int layers = config.requireInt("num_hidden_layers", 1, Options.MOST_LAYERS);
        int heads = config.requireInt("num_attention_heads", 1, Options.MOST_HEADS);
        int vocabulary = config.requireInt("vocab_size", 1, Options.MOST_IDS);
        int context = config.intOr("max_position_embeddings", 2048, 1, Options.MOST_POSITIONS);
        float epsilon = (float) config.doubleOr("layer_norm_eps", 1e-5, 1e-30, 1);
        Activation f = Options.activation(config, "hidden_act", "gelu");
        boolean bias = config.booleanOr("attention_bias", true);
        boolean parallel = config.booleanOr("use_parallel_residual", true);
        double share = config.doubleOr("rotary_pct", 0.25, 1e-3, 1);
        double base = config.doubleOr("rotary_emb_base", 10000, 1e-3, 1e12);
        Options.requireHeads(config, "hidden_size", width, "num_attention_heads", heads);
        int d = width / heads;
        RotaryPositions rotary = Rope.partly(config, d, context, share, base);
        sizes = new Sizes("gpt_neox", layers, 0, heads, 0, heads, width, d, vocabulary, context);

        words = Words.read(config, weights, "gpt_neox.embed_in", "embed_out", vocabulary, width, false);
        classes = ClassHeads.ofDecoder(config, weights, width);
        blocks = weights.layers(layers, i -> {
            String at = "gpt_neox.layers." + i + ".";
            MultiHeadAttention attention = MultiHeadAttention.of(
                            new Listener.Site(AttentionMap.Kind.SELF, i), heads, heads)
                    .projections(
                            part(weights, at, width, heads, bias, 0),
                            part(weights, at, width, heads, bias, 1),
                            part(weights, at, width, heads, bias, 2),
                            weights.linear(at + "attention.dense", width, width, bias))
                    .causal()
                    .rotary(rotary)
                    .build();
            FeedForward feedForward = new FeedForward.Plain(
                    weights.linear(at + "mlp.dense_h_to_4h", inner, width, true),
                    f,
                    weights.linear(at + "mlp.dense_4h_to_h", width, inner, true));
            return new Block(
                    norm(weights, at + "input_layernorm", width, epsilon),
                    attention,
                    norm(weights, at + "post_attention_layernorm", width, epsilon),
                    feedForward,
                    parallel);
        });
        norm = norm(weights, "gpt_neox.final_layer_norm", width, epsilon);
    }

    /** Queries (0), keys (1) or values (2) of rows kept as [head, 3, D]. */
    private static Linear part(Parameters weights, String at, int width, int heads, boolean bias, int which) {
        int d = width / heads;
        return weights.rowsOf(
                at + "attention.query_key_value",
                3 * width,
                width,
                bias,
                rows -> rows.rank() == 1
                        ? rows.reshape(heads, 3, d).select(1, which).reshape(width)
                        : rows.reshape(heads, 3, d, width).select(1, which).reshape(width, width));
    }

    private static Normalization norm(Parameters weights, String name, int width, float epsilon) {
        return new Normalization.Layer(
                weights.value(name + ".weight", width), weights.value(name + ".bias", width), epsilon);
    }

    private record Block(
            Normalization attentionNorm,
            MultiHeadAttention attention,
            Normalization feedForwardNorm,
            FeedForward feedForward,
            boolean parallel) {
        Value forward(Pass pass, Value x) {
            Value attended = pass.dropout(attention.forward(pass, attentionNorm.forward(pass.tape(), x)));
            Value y = Ops.add(pass.tape(), x, attended);
            Value read = feedForwardNorm.forward(pass.tape(), parallel ? x : y);
            return Ops.add(pass.tape(), y, pass.dropout(feedForward.forward(pass.tape(), read)));
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
        Value x = pass.dropout(words.in().forward(pass.tape(), ids));
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
