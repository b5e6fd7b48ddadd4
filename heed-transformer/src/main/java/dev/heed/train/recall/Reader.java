package dev.heed.train.recall;

import dev.heed.attention.AttentionMap;
import dev.heed.grad.Ops;
import dev.heed.grad.Tape;
import dev.heed.grad.Value;
import dev.heed.kernel.Activation;
import dev.heed.kernel.Rotary;
import dev.heed.nn.AdditiveAttention;
import dev.heed.nn.Convolution;
import dev.heed.nn.Embedding;
import dev.heed.nn.FeedForward;
import dev.heed.nn.Gru;
import dev.heed.nn.Linear;
import dev.heed.nn.Listener;
import dev.heed.nn.MeanPooling;
import dev.heed.nn.MultiHeadAttention;
import dev.heed.nn.Normalization;
import dev.heed.nn.Pass;
import dev.heed.nn.RotaryPositions;
import java.util.List;
import java.util.stream.IntStream;

/**
 * What reads a text and says one vector about it: each kind in its plainest form, from token ids to the vector that the answer
 * is read from. Legend: E width of embeddings, S the size that is chosen so that all kinds have as many parameters.
 */
sealed interface Reader {
    /** [texts, width]. */
    Value read(Pass pass, int[] ids);

    /** Width of what {@link #read} gives. */
    int width();

    /** One layer; S is its state. */
    record Recurrent(Embedding embedding, Gru gru) implements Reader {
        static Recurrent of(Weights weights, int vocabulary, int width, int size) {
            return new Recurrent(
                    weights.embedding("embedding", vocabulary, width), recurrence(weights, "gru", size, width));
        }

        @Override
        public Value read(Pass pass, int[] ids) {
            return pass.lastRows(gru.forward(pass, embedding.forward(pass.tape(), ids)));
        }

        @Override
        public int width() {
            return gru.width();
        }
    }

    private static Gru recurrence(Weights weights, String name, int size, int in) {
        return new Gru(
                weights.linear(name + ".input", 3 * size, in),
                weights.matrix(name + ".recurrent.weight", 3 * size, size),
                weights.full(name + ".recurrent.bias", 0, 3 * size));
    }

    /** Causal layers with residual connections; S is their width. */
    record Convolutional(Embedding embedding, Linear widen, List<Layer> layers, Normalization norm, int width)
            implements Reader {
        static final int LAYERS = 3;
        static final int TAPS = 9;
        /** Tokens that the answer can depend on. */
        static final int FIELD = 1 + LAYERS * (TAPS - 1);

        record Layer(Normalization norm, Convolution convolution) {}

        static Convolutional of(Weights weights, int vocabulary, int width, int size) {
            return new Convolutional(
                    weights.embedding("embedding", vocabulary, width),
                    weights.linear("widen", size, width),
                    IntStream.range(0, LAYERS)
                            .mapToObj(i -> new Layer(
                                    weights.norm("norm." + i, size),
                                    Convolution.causal(weights.linear("convolution." + i, size, TAPS * size), TAPS)))
                            .toList(),
                    weights.norm("norm", size),
                    size);
        }

        @Override
        public Value read(Pass pass, int[] ids) {
            Tape tape = pass.tape();
            Value x = widen.forward(tape, embedding.forward(tape, ids));
            for (Layer layer : layers) {
                Value seen = layer.convolution().forward(pass, layer.norm().forward(tape, x));
                x = Ops.add(tape, x, Ops.activate(tape, Activation.GELU, seen));
            }
            return norm.forward(tape, pass.lastRows(x));
        }
    }

    /** The mean of all tokens after a layer of their own, then a layer over mean and last token; S is inside those. */
    record Pooled(Embedding embedding, FeedForward each, Normalization norm, FeedForward together, int width)
            implements Reader {
        static Pooled of(Weights weights, int vocabulary, int width, int size) {
            return new Pooled(
                    weights.embedding("embedding", vocabulary, width),
                    feedForward(weights, "each", width, size),
                    weights.norm("norm", width),
                    feedForward(weights, "together", width, size),
                    width);
        }

        @Override
        public Value read(Pass pass, int[] ids) {
            Tape tape = pass.tape();
            Value x = embedding.forward(tape, ids);
            Value pooled = norm.forward(tape, new MeanPooling().forward(pass, each.forward(tape, x)));
            Value asked = Ops.add(tape, pooled, pass.lastRows(x));
            return Ops.add(tape, asked, together.forward(tape, asked));
        }
    }

    private static FeedForward feedForward(Weights weights, String name, int width, int inner) {
        return new FeedForward.Plain(
                weights.linear(name + ".up", inner, width),
                Activation.GELU,
                weights.linear(name + ".down", width, inner));
    }

    /** Encoder and decoder of one layer, the decoder takes one step (Bahdanau et al. 2014); S is the state of both. */
    record Additive(Embedding embedding, Gru encoder, Linear begin, AdditiveAttention attention, Gru decoder)
            implements Reader {
        static Additive of(Weights weights, int vocabulary, int width, int size) {
            return new Additive(
                    weights.embedding("embedding", vocabulary, width),
                    recurrence(weights, "encoder", size, width),
                    weights.linear("begin", size, size),
                    new AdditiveAttention(
                            new Listener.Site(AttentionMap.Kind.CROSS, 0),
                            weights.linear("query", width, size),
                            weights.linear("key", width, size),
                            weights.normal("v", 1 / Math.sqrt(width), width)),
                    recurrence(weights, "decoder", size, size));
        }

        @Override
        public Value read(Pass pass, int[] ids) {
            Tape tape = pass.tape();
            Value states = encoder.forward(pass, embedding.forward(tape, ids));
            Value before = Ops.activate(tape, Activation.TANH, begin.forward(tape, pass.lastRows(states)));
            Pass one = pass.single();
            Value context = attention.forward(one, before, pass.memory(states));
            return decoder.forward(one, context, before);
        }

        @Override
        public int width() {
            return decoder.width();
        }
    }

    /** Two layers of causal self-attention with rotary positions; S is inside their feed-forward layers. */
    record SelfAttention(Embedding embedding, List<Layer> layers, Normalization norm, int width) implements Reader {
        static final int LAYERS = 2;
        static final int HEADS = 2;
        /** Tokens that the first layer sees. */
        static final int NEAR = 4;

        record Layer(
                Normalization first, MultiHeadAttention attention, Normalization second, FeedForward feedForward) {}

        static SelfAttention of(Weights weights, int vocabulary, int width, int size) {
            RotaryPositions rotary =
                    RotaryPositions.of(Rotary.Layout.HALVES, Rotary.frequencies(width / HEADS, 10000), 1);
            return new SelfAttention(
                    weights.embedding("embedding", vocabulary, width),
                    IntStream.range(0, LAYERS)
                            .mapToObj(i -> layer(weights, "layer." + i + ".", i, width, size, rotary))
                            .toList(),
                    weights.norm("norm", width),
                    width);
        }

        private static Layer layer(Weights weights, String at, int i, int width, int size, RotaryPositions rotary) {
            MultiHeadAttention.Builder attention = MultiHeadAttention.of(
                            new Listener.Site(AttentionMap.Kind.SELF, i), HEADS, HEADS)
                    .projections(
                            weights.linear(at + "query", width, width),
                            weights.linear(at + "key", width, width),
                            weights.linear(at + "value", width, width),
                            weights.linear(at + "output", width, width))
                    .causal();
            return new Layer(
                    weights.norm(at + "first", width),
                    (i == 0 ? attention.rotary(rotary).window(NEAR) : attention).build(),
                    weights.norm(at + "second", width),
                    feedForward(weights, at + "feed_forward", width, size));
        }

        @Override
        public Value read(Pass pass, int[] ids) {
            Tape tape = pass.tape();
            Value x = embedding.forward(tape, ids);
            for (Layer layer : layers) {
                x = Ops.add(
                        tape, x, layer.attention().forward(pass, layer.first().forward(tape, x)));
                x = Ops.add(
                        tape,
                        x,
                        layer.feedForward().forward(tape, layer.second().forward(tape, x)));
            }
            return norm.forward(tape, pass.lastRows(x));
        }
    }
}
