package dev.heed.model.arch;

import dev.heed.attention.AttentionMap;
import dev.heed.grad.Ops;
import dev.heed.grad.Value;
import dev.heed.kernel.Activation;
import dev.heed.model.checkpoint.Config;
import dev.heed.nn.Embedding;
import dev.heed.nn.FeedForward;
import dev.heed.nn.Listener;
import dev.heed.nn.MultiHeadAttention;
import dev.heed.nn.Normalization;
import dev.heed.nn.Pass;
import java.util.List;
import java.util.Optional;

/**
 * GPT-2 (Radford et al. 2019): layer norms before each layer, learned positions. Its checkpoints keep weights as [in, out]
 * and queries, keys and values side by side.
 */
final class Gpt2 implements Network.Decoder {
    private final Sizes sizes;
    private final Words words;
    private final ClassHeads classes;
    private final Embedding positions;
    private final List<Block> blocks;
    private final Normalization norm;

    Gpt2(Config config, Parameters weights) {
        int width = config.intOr("n_embd", 768, 1, Options.MOST_WIDTH);
        int layers = config.intOr("n_layer", 12, 1, Options.MOST_LAYERS);
        int heads = config.intOr("n_head", 12, 1, Options.MOST_HEADS);
        int inner = config.intOr("n_inner", 4 * width, 1, Options.MOST_WIDTH);
        int vocabulary = config.intOr("vocab_size", 50257, 1, Options.MOST_IDS);
        int context = config.intOr("n_positions", 1024, 1, Options.MOST_POSITIONS);
        float epsilon = (float) config.doubleOr("layer_norm_epsilon", 1e-5, 1e-30, 1);
        Activation f = Options.activation(config, "activation_function", "gelu_new");
        boolean scaled = config.booleanOr("scale_attn_weights", true);
        boolean byLayer = config.booleanOr("scale_attn_by_inverse_layer_idx", false);
        Options.require(config, "add_cross_attention", false);
        Options.requireHeads(config, "n_embd", width, "n_head", heads);
        int headWidth = width / heads;
        sizes = new Sizes("gpt2", layers, 0, heads, 0, heads, width, headWidth, vocabulary, context);

        words = Words.read(config, weights, "transformer.wte", "lm_head", vocabulary, width, true);
        classes = ClassHeads.ofDecoder(config, weights, width);
        positions = Embedding.of(weights.value("transformer.wpe.weight", context, width));
        blocks = weights.layers(layers, i -> {
            String at = "transformer.h." + i + ".";
            double scale = (scaled ? 1 / Math.sqrt(headWidth) : 1) / (byLayer ? i + 1 : 1);
            MultiHeadAttention attention = MultiHeadAttention.of(
                            new Listener.Site(AttentionMap.Kind.SELF, i), heads, heads)
                    .joined(
                            weights.transposed(at + "attn.c_attn", width, 3 * width),
                            weights.transposed(at + "attn.c_proj", width, width))
                    .scale(scale)
                    .causal()
                    .build();
            FeedForward feedForward = new FeedForward.Plain(
                    weights.transposed(at + "mlp.c_fc", width, inner),
                    f,
                    weights.transposed(at + "mlp.c_proj", inner, width));
            return new Block(
                    norm(weights, at + "ln_1", width, epsilon),
                    attention,
                    norm(weights, at + "ln_2", width, epsilon),
                    feedForward);
        });
        norm = norm(weights, "transformer.ln_f", width, epsilon);
    }

    private static Normalization norm(Parameters weights, String name, int width, float epsilon) {
        return new Normalization.Layer(
                weights.value(name + ".weight", width), weights.value(name + ".bias", width), epsilon);
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
    public Value hidden(Pass pass, int[] ids) {
        Value word = words.in().forward(pass.tape(), ids);
        Value x = pass.dropout(Ops.add(pass.tape(), word, positions.forward(pass.tape(), pass.positions(0))));
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
