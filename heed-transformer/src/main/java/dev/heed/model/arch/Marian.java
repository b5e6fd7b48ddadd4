package dev.heed.model.arch;

import dev.heed.attention.AttentionMap;
import dev.heed.grad.Ops;
import dev.heed.grad.Value;
import dev.heed.kernel.Activation;
import dev.heed.model.checkpoint.Config;
import dev.heed.nn.Embedding;
import dev.heed.nn.FeedForward;
import dev.heed.nn.Listener;
import dev.heed.nn.Memory;
import dev.heed.nn.MultiHeadAttention;
import dev.heed.nn.Normalization;
import dev.heed.nn.Pass;
import java.util.List;
import java.util.Optional;

/**
 * Marian (Junczys-Dowmunt et al. 2018, arXiv 1804.00344): the first transformer's layers, sine and cosine positions. Where a
 * checkpoint holds their table, which float16 has rounded, it is read, but never learned.
 */
final class Marian implements Network.EncoderDecoder {
    static final String UNUSED = "^(model\\.)?(shared|(encoder|decoder)\\.embed_positions)\\.weight$";

    private final Sizes sizes;
    private final Tables words;
    private final float wordScale;
    private final Stack encoder;
    private final Stack decoder;
    private final int firstId;

    Marian(Config config, Parameters weights) {
        int width = config.requireInt("d_model", 1, Options.MOST_WIDTH);
        int vocabulary = config.requireInt("vocab_size", 1, Options.MOST_IDS);
        int context = config.requireInt("max_position_embeddings", 1, Options.MOST_POSITIONS);
        int layers = config.requireInt("encoder_layers", 1, Options.MOST_LAYERS);
        int decoderLayers = config.requireInt("decoder_layers", 1, Options.MOST_LAYERS);
        int heads = config.requireInt("encoder_attention_heads", 1, Options.MOST_HEADS);
        int decoderHeads = config.requireInt("decoder_attention_heads", 1, Options.MOST_HEADS);
        boolean shared = config.booleanOr("share_encoder_decoder_embeddings", true);
        int given = config.intOr("decoder_vocab_size", vocabulary, 1, Options.MOST_IDS);
        int writtenIds = shared ? vocabulary : given; // one table has one size, whatever is said of the other
        boolean tied = config.booleanOr("tie_word_embeddings", true);
        Options.require(config, "static_position_embeddings", true);
        firstId = config.intOr("decoder_start_token_id", 58100 < writtenIds ? 58100 : 0, 0, writtenIds - 1);
        wordScale = config.booleanOr("scale_embedding", false) ? (float) Math.sqrt(width) : 1;
        Options.require(config, "is_decoder", false);
        Options.require(config, "normalize_before", false);
        Options.require(config, "add_final_layer_norm", false);
        Options.require(config, "normalize_embedding", false);
        Options.requireHeads(config, "d_model", width, "encoder_attention_heads", heads);
        sizes = new Sizes(
                "marian", layers, decoderLayers, heads, decoderHeads, heads, width, width / heads, writtenIds, context);

        words = (shared
                        ? Tables.read(config, weights, "model.", vocabulary, width, tied)
                        : Tables.apart(config, weights, "model.", vocabulary, writtenIds, width, tied))
                .biased(weights);
        encoder = new Stack(config, weights, "encoder", layers);
        decoder = new Stack(config, weights, "decoder", decoderLayers);
    }

    /** Encoder or decoder: the same layers, the decoder's causal and with cross-attention between. */
    private static final class Stack {
        private final AttentionMap.Kind kind;
        private final Sinusoids positions;
        private final Optional<Embedding> table;
        private final List<Block> blocks;

        Stack(Config config, Parameters weights, String name, int layers) {
            int width = config.requireInt("d_model", 1, Options.MOST_WIDTH);
            int context = config.requireInt("max_position_embeddings", 1, Options.MOST_POSITIONS);
            int heads = config.requireInt(name + "_attention_heads", 1, Options.MOST_HEADS);
            int inner = config.requireInt(name + "_ffn_dim", 1, Options.MOST_WIDTH);
            Activation f = Options.activation(config, "activation_function", "gelu");
            Options.requireHeads(config, "d_model", width, name + "_attention_heads", heads);
            kind = name.equals("decoder") ? AttentionMap.Kind.SELF : AttentionMap.Kind.ENCODER;
            String at = "model." + name + ".";
            positions = new Sinusoids(width, context);
            table = weights.table(at + "embed_positions.weight", context, width).map(Embedding::of);
            blocks = weights.layers(layers, i -> block(weights, at + "layers." + i + ".", i, heads, width, inner, f));
        }

        private Block block(Parameters weights, String at, int i, int heads, int width, int inner, Activation f) {
            boolean decodes = kind == AttentionMap.Kind.SELF;
            MultiHeadAttention.Builder self = attention(weights, at + "self_attn", kind, i, heads, width);
            return new Block(
                    decodes ? self.causal().build() : self.build(),
                    norm(weights, at + "self_attn_layer_norm", width),
                    decodes
                            ? List.of(attention(weights, at + "encoder_attn", AttentionMap.Kind.CROSS, i, heads, width)
                                    .build())
                            : List.of(),
                    decodes ? List.of(norm(weights, at + "encoder_attn_layer_norm", width)) : List.of(),
                    new FeedForward.Plain(
                            weights.linear(at + "fc1", inner, width, true),
                            f,
                            weights.linear(at + "fc2", width, inner, true)),
                    norm(weights, at + "final_layer_norm", width));
        }

        private static MultiHeadAttention.Builder attention(
                Parameters weights, String at, AttentionMap.Kind kind, int i, int heads, int width) {
            return MultiHeadAttention.of(new Listener.Site(kind, i), heads, heads)
                    .projections(
                            weights.linear(at + ".q_proj", width, width, true),
                            weights.linear(at + ".k_proj", width, width, true),
                            weights.linear(at + ".v_proj", width, width, true),
                            weights.linear(at + ".out_proj", width, width, true));
        }

        private static Normalization norm(Parameters weights, String name, int width) {
            return new Normalization.Layer(
                    weights.value(name + ".weight", width), weights.value(name + ".bias", width), 1e-5f);
        }

        Value forward(Pass pass, Value words, Optional<Memory> memory) {
            int[] at = pass.positions(0);
            Value place = table.map(rows -> rows.forward(pass.tape(), at))
                    .orElseGet(() -> Value.constant(positions.rows(at)));
            Value x = pass.dropout(Ops.add(pass.tape(), words, place));
            pass.hidden(kind, 0, x);
            for (int i = 0; i < blocks.size(); i++) {
                x = blocks.get(i).forward(pass, x, memory);
                pass.hidden(kind, i + 1, x);
            }
            pass.finish();
            return x;
        }
    }

    /** Cross-attention and its norm: one in a decoder, none in an encoder. */
    private record Block(
            MultiHeadAttention self,
            Normalization selfNorm,
            List<MultiHeadAttention> cross,
            List<Normalization> crossNorm,
            FeedForward feedForward,
            Normalization feedForwardNorm) {
        Value forward(Pass pass, Value x, Optional<Memory> memory) {
            Value attended = pass.dropout(self.forward(pass, x));
            Value y = selfNorm.forward(pass.tape(), Ops.add(pass.tape(), x, attended));
            for (int i = 0; i < cross.size(); i++) {
                Value read = pass.dropout(cross.get(i).forward(pass, y, memory.orElseThrow()));
                y = crossNorm.get(i).forward(pass.tape(), Ops.add(pass.tape(), y, read));
            }
            Value thought = pass.dropout(feedForward.forward(pass.tape(), y));
            return feedForwardNorm.forward(pass.tape(), Ops.add(pass.tape(), y, thought));
        }
    }

    @Override
    public Sizes sizes() {
        return sizes;
    }

    @Override
    public Memory encode(Pass pass, int[] ids) {
        Value rows = encoder.forward(pass, scaled(pass, words.read().forward(pass.tape(), ids)), Optional.empty());
        return pass.memory(rows);
    }

    @Override
    public Value decode(Pass pass, int[] ids, Memory memory) {
        return decoder.forward(pass, scaled(pass, words.written().forward(pass.tape(), ids)), Optional.of(memory));
    }

    private Value scaled(Pass pass, Value x) {
        return wordScale == 1 ? x : Ops.scale(pass.tape(), x, wordScale);
    }

    @Override
    public Value logits(Pass pass, Value hidden) {
        return words.logits(pass, hidden);
    }

    @Override
    public Value loss(Pass pass, Value hidden, int[] labels) {
        return words.loss(pass, hidden, labels);
    }

    @Override
    public Optional<Value> classes(Pass pass, Value ends) {
        return Optional.empty();
    }

    @Override
    public int firstId() {
        return firstId;
    }
}
