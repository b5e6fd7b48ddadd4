package dev.heed.model.arch;

import dev.heed.attention.AttentionMap;
import dev.heed.grad.Ops;
import dev.heed.grad.Tape;
import dev.heed.grad.Value;
import dev.heed.kernel.Activation;
import dev.heed.model.checkpoint.Config;
import dev.heed.nn.Embedding;
import dev.heed.nn.FeedForward;
import dev.heed.nn.Linear;
import dev.heed.nn.Listener;
import dev.heed.nn.Memory;
import dev.heed.nn.MultiHeadAttention;
import dev.heed.nn.MultiHeadAttention.PositionBias;
import dev.heed.nn.Normalization;
import dev.heed.nn.Pass;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * T5 (Raffel et al. 2020, arXiv 1910.10683), 1.0 plain and 1.1 gated, and mT5 (arXiv 2010.11934), which is 1.1: scores without
 * 1/√D, learned biases by distance that all layers of a stack share, RMS norms. In umT5 (arXiv 2304.09151) each layer has
 * biases of its own.
 */
final class T5 implements Network.EncoderDecoder {
    /** A table that nothing shares, and a bias of cross-attention in the first files that nothing reads. */
    static final String UNUSED = "^shared\\.weight$|\\.EncDecAttention\\.relative_attention_bias\\.weight$";

    private final Sizes sizes;
    private final Tables words;
    private final Stack encoder;
    private final Stack decoder;
    private final float headScale;
    private final int firstId;
    private final Optional<EndHead> classHead;
    private final ClassHeads tokenHeads;

    /** Both stacks, or the encoder alone: so transformers embeds texts and classifies tokens. */
    static Network of(Config config, Parameters weights) {
        Options.require(config, "is_decoder", false);
        boolean reads = Options.says(config, "EncoderModel") || Options.says(config, "ForTokenClassification");
        return reads ? new Reader(config, weights) : new T5(config, weights);
    }

    private T5(Config config, Parameters weights) {
        sizes = sizes(config, true);
        int width = sizes.width();
        int vocabulary = sizes.vocabulary();
        boolean says = config.booleanOr(
                "tie_word_embeddings", config.requireString("model_type").equals("t5"));
        boolean tied = says || !weights.has("lm_head.weight");
        boolean scaled = switch (config.requireString("model_type")) {
            case "t5" -> config.booleanOr("scale_decoder_outputs", says);
            case "umt5" -> true;
            default -> false;
        };
        firstId = config.optionalInt("decoder_start_token_id", 0, vocabulary - 1)
                .orElseGet(() -> config.intOr("pad_token_id", 0, 0, vocabulary - 1));
        headScale = scaled ? (float) (1 / Math.sqrt(width)) : 1;

        words = Tables.read(config, weights, "", vocabulary, width, tied);
        encoder = new Stack(config, weights, "encoder", AttentionMap.Kind.ENCODER, sizes.layers());
        if (weights.hasCheckpoint() && !weights.has("decoder.final_layer_norm.weight")) {
            throw config.error(
                    "architectures", "is of a model with a decoder, which the checkpoint lacks; take one with both");
        }
        decoder = new Stack(config, weights, "decoder", AttentionMap.Kind.SELF, sizes.decoderLayers());
        classHead = EndHead.of(weights, width);
        tokenHeads = ClassHeads.ofEncoder(weights, width, false);
    }

    private static Sizes sizes(Config config, boolean decodes) {
        int layers = config.requireInt("num_layers", 1, Options.MOST_LAYERS);
        int decoderLayers = config.intOr("num_decoder_layers", layers, 1, Options.MOST_LAYERS);
        int heads = config.requireInt("num_heads", 1, Options.MOST_HEADS);
        return new Sizes(
                config.requireString("model_type"),
                layers,
                decodes ? decoderLayers : 0,
                heads,
                decodes ? heads : 0,
                heads,
                config.requireInt("d_model", 1, Options.MOST_WIDTH),
                config.requireInt("d_kv", 1, Options.MOST_WIDTH / heads),
                config.requireInt("vocab_size", 1, Options.MOST_IDS),
                Integer.MAX_VALUE);
    }

    /** The encoder alone; what it attends to is self-attention, as of any single stack. */
    private static final class Reader implements Network.Encoder {
        private final Sizes sizes;
        private final Embedding words;
        private final Stack stack;
        private final ClassHeads heads;

        Reader(Config config, Parameters weights) {
            Stream.of("tie_word_embeddings", "scale_decoder_outputs") // of the head that predicts
                    .forEach(key -> config.booleanOr(key, true));
            weights.leaveOut("decoder.", "lm_head."); // of a model that was saved whole
            sizes = T5.sizes(config, false);
            words = Tables.read(weights, "", sizes.vocabulary(), sizes.width());
            stack = new Stack(config, weights, "encoder", AttentionMap.Kind.SELF, sizes.layers());
            heads = ClassHeads.ofEncoder(weights, sizes.width(), true);
        }

        @Override
        public Sizes sizes() {
            return sizes;
        }

        @Override
        public Value hidden(Pass pass, int[] ids, int[] typeIds) {
            return stack.forward(pass, words.forward(pass.tape(), ids), Optional.empty());
        }

        @Override
        public Optional<Value> logits(Pass pass, Value hidden) {
            return Optional.empty();
        }

        @Override
        public Optional<Value> loss(Pass pass, Value hidden, int[] labels) {
            return Optional.empty();
        }

        @Override
        public Optional<Value> classes(Pass pass, Value hidden) {
            return Optional.empty();
        }

        @Override
        public Optional<Value> tokenClasses(Pass pass, Value hidden) {
            return heads.ofTokens(pass, hidden);
        }
    }

    /** Encoder or decoder: the same layers, the decoder's causal and with cross-attention between. */
    private static final class Stack {
        private final boolean decodes;
        private final AttentionMap.Kind kind;
        private final List<Block> blocks;
        private final Normalization norm;
        private final List<Value> biases;
        private final int buckets;
        private final int farthest;

        Stack(Config config, Parameters weights, String name, AttentionMap.Kind kind, int layers) {
            int width = config.requireInt("d_model", 1, Options.MOST_WIDTH);
            int heads = config.requireInt("num_heads", 1, Options.MOST_HEADS);
            float epsilon = (float) config.doubleOr("layer_norm_epsilon", 1e-6, 1e-30, 1);
            buckets = config.intOr("relative_attention_num_buckets", 32, 4, 1 << 20);
            farthest = config.intOr("relative_attention_max_distance", 128, buckets / 2 + 1, 1 << 28);
            decodes = name.equals("decoder");
            this.kind = kind;
            boolean shared = !config.requireString("model_type").equals("umt5");
            Value first = biases(weights, name, 0, buckets, heads);
            biases = IntStream.range(0, layers)
                    .mapToObj(i -> shared || i == 0 ? first : biases(weights, name, i, buckets, heads))
                    .toList();
            blocks = weights.layers(layers, i -> block(config, weights, name, i, width, heads, epsilon));
            norm = new Normalization.Rms(weights.value(name + ".final_layer_norm.weight", width), epsilon);
        }

        private static Value biases(Parameters weights, String name, int i, int buckets, int heads) {
            return weights.value(
                    name + ".block." + i + ".layer.0.SelfAttention.relative_attention_bias.weight", buckets, heads);
        }

        private Block block(
                Config config, Parameters weights, String name, int i, int width, int heads, float epsilon) {
            String at = name + ".block." + i + ".layer.";
            int last = decodes ? 2 : 1;
            MultiHeadAttention.Builder self = attention(config, weights, at + "0.SelfAttention", kind, i, heads, width);
            return new Block(
                    rms(weights, at + "0", width, epsilon),
                    decodes ? self.causal().build() : self.build(),
                    decodes ? List.of(rms(weights, at + "1", width, epsilon)) : List.of(),
                    decodes
                            ? List.of(attention(
                                            config,
                                            weights,
                                            at + "1.EncDecAttention",
                                            AttentionMap.Kind.CROSS,
                                            i,
                                            heads,
                                            width)
                                    .build())
                            : List.of(),
                    rms(weights, at + last, width, epsilon),
                    feedForward(config, weights, at + last + ".DenseReluDense", width));
        }

        private static Normalization rms(Parameters weights, String at, int width, float epsilon) {
            return new Normalization.Rms(weights.value(at + ".layer_norm.weight", width), epsilon);
        }

        private static MultiHeadAttention.Builder attention(
                Config config, Parameters weights, String at, AttentionMap.Kind kind, int i, int heads, int width) {
            int inner = heads * config.requireInt("d_kv", 1, Options.MOST_WIDTH / heads);
            return MultiHeadAttention.of(new Listener.Site(kind, i), heads, heads)
                    .projections(
                            weights.linear(at + ".q", inner, width, false),
                            weights.linear(at + ".k", inner, width, false),
                            weights.linear(at + ".v", inner, width, false),
                            weights.linear(at + ".o", width, inner, false))
                    .scale(1);
        }

        private static FeedForward feedForward(Config config, Parameters weights, String at, int width) {
            int inner = config.requireInt("d_ff", 1, Options.MOST_WIDTH);
            String kind = config.oneOfOr(
                    "feed_forward_proj",
                    config.requireString("model_type").equals("t5") ? "relu" : "gated-gelu",
                    Options.activations()
                            .flatMap(f -> Stream.of(f, "gated-" + f))
                            .toArray(String[]::new));
            boolean gated = kind.startsWith("gated-");
            Options.require(config, "is_gated_act", gated);
            String name = kind.equals("gated-gelu") ? "gelu_new" : gated ? kind.substring("gated-".length()) : kind;
            Activation f = Options.activation(config, "dense_act_fn", name);
            Linear out = weights.linear(at + ".wo", width, inner, false);
            return gated
                    ? new FeedForward.Gated(
                            weights.linear(at + ".wi_0", inner, width, false),
                            weights.linear(at + ".wi_1", inner, width, false),
                            f,
                            out)
                    : new FeedForward.Plain(weights.linear(at + ".wi", inner, width, false), f, out);
        }

        Value forward(Pass pass, Value start, Optional<Memory> memory) {
            Map<Table, Value> known = new HashMap<>(); // one serves all layers that share it
            Value x = pass.dropout(start);
            pass.hidden(kind, 0, x);
            for (int i = 0; i < blocks.size(); i++) {
                Value learned = biases.get(i);
                PositionBias bias = (queries, keys) ->
                        known.computeIfAbsent(new Table(learned, queries, keys), table -> table(pass.tape(), table));
                x = blocks.get(i).forward(pass, x, bias, memory);
                x = i == blocks.size() - 1 ? norm.forward(pass.tape(), x) : x;
                pass.hidden(kind, i + 1, x);
            }
            pass.finish();
            return pass.dropout(x);
        }

        /** Of how many queries and keys, by which learned numbers. */
        private record Table(Value learned, int queries, int keys) {}

        /** [1, H, N, M]: one learned number per head and bucket of key position − query position. */
        private Value table(Tape tape, Table table) {
            int queries = table.queries();
            int keys = table.keys();
            int heads = table.learned().tensor().size(1);
            requireRoom((long) queries * keys * heads, queries);
            int[] ids = new int[queries * keys];
            for (int i = 0; i < ids.length; i++) {
                int query = keys - queries + i / keys;
                ids[i] = bucket(i % keys - query);
            }
            Value bias = Ops.embedding(tape, table.learned(), ids)
                    .view(t ->
                            t.reshape(1, queries, keys, heads).transpose(2, 3).transpose(1, 2));
            return bias.isWanted() ? bias : Value.constant(bias.tensor().contiguous());
        }

        private static void requireRoom(long numbers, int queries) {
            if (numbers > Integer.MAX_VALUE - 8) {
                throw new IllegalArgumentException("text: T5's bias by distance, a number for each head, query and key,"
                        + " must fit one Java array (2^31 - 9 numbers), got " + numbers + " for " + queries
                        + " tokens; shorten the text");
            }
        }

        /** Near distances have a bucket each, far ones share buckets of growing width. */
        private int bucket(int offset) {
            int sides = decodes ? buckets : buckets / 2;
            int base = !decodes && offset > 0 ? sides : 0;
            int distance = decodes ? Math.max(0, -offset) : Math.abs(offset);
            int near = sides / 2;
            if (distance < near) {
                return base + distance;
            }
            float share = (float) StrictMath.log((float) distance / near)
                    / (float) StrictMath.log((double) farthest / near); // in float, as models were trained with
            return base + Math.min(sides - 1, near + (int) (share * (sides - near)));
        }
    }

    /** Cross-attention and its norm: one in a decoder, none in an encoder. */
    private record Block(
            Normalization selfNorm,
            MultiHeadAttention self,
            List<Normalization> crossNorm,
            List<MultiHeadAttention> cross,
            Normalization feedForwardNorm,
            FeedForward feedForward) {
        Value forward(Pass pass, Value x, PositionBias bias, Optional<Memory> memory) {
            Value attended = self.forward(pass, selfNorm.forward(pass.tape(), x), bias);
            Value y = Ops.add(pass.tape(), x, pass.dropout(attended));
            for (int i = 0; i < cross.size(); i++) {
                Value read = crossNorm.get(i).forward(pass.tape(), y);
                y = Ops.add(pass.tape(), y, pass.dropout(cross.get(i).forward(pass, read, memory.orElseThrow())));
            }
            Value thought = feedForward.forward(pass.tape(), feedForwardNorm.forward(pass.tape(), y));
            return Ops.add(pass.tape(), y, pass.dropout(thought));
        }
    }

    @Override
    public Sizes sizes() {
        return sizes;
    }

    @Override
    public Memory encode(Pass pass, int[] ids) {
        return pass.memory(encoder.forward(pass, words.read().forward(pass.tape(), ids), Optional.empty()));
    }

    @Override
    public Value decode(Pass pass, int[] ids, Memory memory) {
        return decoder.forward(pass, words.written().forward(pass.tape(), ids), Optional.of(memory));
    }

    @Override
    public Value logits(Pass pass, Value hidden) {
        return words.logits(pass, scaled(pass, hidden));
    }

    @Override
    public Value loss(Pass pass, Value hidden, int[] labels) {
        return words.loss(pass, scaled(pass, hidden), labels);
    }

    private Value scaled(Pass pass, Value hidden) {
        return headScale == 1 ? hidden : Ops.scale(pass.tape(), hidden, headScale);
    }

    @Override
    public Optional<Value> classes(Pass pass, Value ends) {
        return classHead.map(head -> head.forward(pass, ends));
    }

    @Override
    public Optional<Value> tokenClasses(Pass pass, Value hidden) {
        return tokenHeads.ofTokens(pass, hidden);
    }

    @Override
    public int firstId() {
        return firstId;
    }
}
