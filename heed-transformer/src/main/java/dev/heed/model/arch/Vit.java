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
import dev.heed.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * ViT (Dosovitskiy et al. 2021, arXiv 2010.11929): a picture's patches as tokens behind a class token, layer norms before each
 * layer.
 */
final class Vit implements Network.Viewer {
    /** The pooler is not read by any head; the mask token and its decoder serve a training of their own. */
    static final String UNUSED = "^(vit\\.)?(pooler\\.|embeddings\\.mask_token$)|^decoder\\.";

    private static final int MOST_PIXELS = 1 << 14;

    private final Sizes sizes;
    private final Cut cut;
    private final Value classToken;
    private final Value positions;
    private final Linear patchLayer;
    private final List<Block> blocks;
    private final Normalization norm;
    private final @Nullable Linear classHead;

    Vit(Config config, Parameters weights) {
        int width = config.requireInt("hidden_size", 1, Options.MOST_WIDTH);
        int inner = config.requireInt("intermediate_size", 1, Options.MOST_WIDTH);
        int layers = config.requireInt("num_hidden_layers", 1, Options.MOST_LAYERS);
        int heads = config.requireInt("num_attention_heads", 1, Options.MOST_HEADS);
        float epsilon = (float) config.doubleOr("layer_norm_eps", 1e-12, 1e-30, 1);
        Activation f = Options.activation(config, "hidden_act", "gelu");
        boolean bias = config.booleanOr("qkv_bias", true);
        Options.requireHeads(config, "hidden_size", width, "num_attention_heads", heads);
        cut = cut(config);
        sizes = new Sizes("vit", layers, 0, heads, 0, heads, width, width / heads, 0, cut.tokens());

        String at = "vit.embeddings.";
        classToken = weights.value(at + "cls_token", 1, 1, width).view(t -> t.select(0, 0));
        positions = weights.value(at + "position_embeddings", 1, cut.tokens(), width)
                .view(t -> t.select(0, 0));
        patchLayer = weights.flattened(
                at + "patch_embeddings.projection", width, cut.channels(), cut.patchHeight(), cut.patchWidth());
        blocks = weights.layers(layers, i -> block(weights, i, heads, width, inner, f, epsilon, bias));
        norm = norm(weights, "vit.layernorm", width, epsilon);
        classHead = weights.hasCheckpoint() && weights.has("classifier.weight")
                ? weights.linear("classifier", weights.rows("classifier.weight"), width, true)
                : null;
    }

    private static Cut cut(Config config) {
        int[] picture = pair(config, "image_size", 224);
        int[] patch = pair(config, "patch_size", 16);
        if (patch[0] > picture[0] || patch[1] > picture[1]) {
            throw config.error("patch_size", "must not be above image_size");
        }
        int channels = config.intOr("num_channels", 3, 1, 64);
        if ((long) channels * patch[0] * patch[1] > Options.MOST_WIDTH) {
            throw config.error(
                    "patch_size",
                    "must give a patch at most " + Options.MOST_WIDTH + " numbers, got " + patch[0] + " × " + patch[1]
                            + " of " + channels + " channels");
        }
        return new Cut(picture[0], picture[1], patch[0], patch[1], channels);
    }

    /** One number for both sides, or height and width. */
    private static int[] pair(Config config, String key, int absent) {
        List<Integer> given = config.ints(key, 1, MOST_PIXELS);
        if (given.size() > 2) {
            throw config.error(key, "must be one number or height and width, got " + given.size() + " numbers");
        }
        return given.isEmpty() ? new int[] {absent, absent} : new int[] {given.getFirst(), given.getLast()};
    }

    private static Block block(
            Parameters weights, int i, int heads, int width, int inner, Activation f, float epsilon, boolean bias) {
        String at = "vit.encoder.layer." + i + ".";
        MultiHeadAttention attention = MultiHeadAttention.of(new Listener.Site(AttentionMap.Kind.SELF, i), heads, heads)
                .projections(
                        weights.linear(at + "attention.attention.query", width, width, bias),
                        weights.linear(at + "attention.attention.key", width, width, bias),
                        weights.linear(at + "attention.attention.value", width, width, bias),
                        weights.linear(at + "attention.output.dense", width, width, true))
                .build();
        return new Block(
                norm(weights, at + "layernorm_before", width, epsilon),
                attention,
                norm(weights, at + "layernorm_after", width, epsilon),
                new FeedForward.Plain(
                        weights.linear(at + "intermediate.dense", inner, width, true),
                        f,
                        weights.linear(at + "output.dense", width, inner, true)));
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
    public Cut cut() {
        return cut;
    }

    @Override
    public Value hidden(Pass pass, Tensor patches) {
        Value seen = patchLayer.forward(pass.tape(), Value.constant(patches));
        int perPicture = cut.tokens() - 1;
        List<Value> rows = new ArrayList<>();
        List<Value> places = new ArrayList<>();
        for (int s = 0; s < pass.sequences(); s++) {
            rows.add(classToken);
            rows.add(Ops.rows(seen, s * perPicture, (s + 1) * perPicture));
            places.add(positions);
        }
        Value x = Ops.add(pass.tape(), Ops.stack(pass.tape(), rows), Ops.stack(pass.tape(), places));
        x = pass.dropout(x);
        pass.hidden(AttentionMap.Kind.SELF, 0, x);
        for (int i = 0; i < blocks.size(); i++) {
            x = blocks.get(i).forward(pass, x);
            x = i == blocks.size() - 1 ? norm.forward(pass.tape(), x) : x;
            pass.hidden(AttentionMap.Kind.SELF, i + 1, x);
        }
        return x;
    }

    @Override
    public Optional<Value> classes(Pass pass, Value hidden) {
        return Optional.ofNullable(classHead).map(head -> head.forward(pass.tape(), pass.firstRows(hidden)));
    }
}
