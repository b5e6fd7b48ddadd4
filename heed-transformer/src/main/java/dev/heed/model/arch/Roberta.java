package dev.heed.model.arch;

import dev.heed.attention.AttentionMap;
import dev.heed.grad.Ops;
import dev.heed.grad.Value;
import dev.heed.kernel.Activation;
import dev.heed.model.checkpoint.Config;
import dev.heed.nn.Embedding;
import dev.heed.nn.FeedForward;
import dev.heed.nn.Linear;
import dev.heed.nn.Listener;
import dev.heed.nn.MultiHeadAttention;
import dev.heed.nn.Normalization;
import dev.heed.nn.Pass;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * RoBERTa (Liu et al. 2019, arXiv 1907.11692) and XLM-R (arXiv 1911.02116): BERT's layers; positions count from behind the
 * padding id on.
 */
final class Roberta implements Network.Encoder {
    /** Poolers are not trained; decoders repeat the embedding. */
    static final String UNUSED = "^(roberta\\.)?pooler\\.|^lm_head\\.(bias$|decoder\\.)|^classifier\\.|^qa_outputs\\.";

    private final Sizes sizes;
    private final Embedding words;
    private final Embedding positions;
    private final Embedding segments;
    private final int first;
    private final Normalization embeddingNorm;
    private final List<Block> blocks;
    private final @Nullable WordHead wordHead;
    private final @Nullable ClassHead classHead;
    private final ClassHeads tokenHeads;

    Roberta(Config config, Parameters weights) {
        int width = config.requireInt("hidden_size", 1, Options.MOST_WIDTH);
        int inner = config.requireInt("intermediate_size", 1, Options.MOST_WIDTH);
        int layers = config.requireInt("num_hidden_layers", 1, Options.MOST_LAYERS);
        int heads = config.requireInt("num_attention_heads", 1, Options.MOST_HEADS);
        int vocabulary = config.requireInt("vocab_size", 1, Options.MOST_IDS);
        int context = config.intOr("max_position_embeddings", 512, 1, Options.MOST_POSITIONS);
        first = config.intOr("pad_token_id", 1, 0, vocabulary - 1) + 1;
        if (first >= context) {
            throw config.error(
                    "max_position_embeddings", "must be above pad_token_id + 1 = " + first + ", got " + context);
        }
        int types = config.intOr("type_vocab_size", 2, 1, 1024);
        float epsilon = (float) config.doubleOr("layer_norm_eps", 1e-12, 1e-30, 1);
        Activation f = Options.activation(config, "hidden_act", "gelu");
        Options.requireEncoder(config);
        Options.requireHeads(config, "hidden_size", width, "num_attention_heads", heads);
        sizes = new Sizes(
                config.requireString("model_type"),
                layers,
                0,
                heads,
                0,
                heads,
                width,
                width / heads,
                vocabulary,
                context - first);

        String at = "roberta.embeddings.";
        boolean tied = config.booleanOr("tie_word_embeddings", true);
        String holder = tied ? weights.holder(at + "word_embeddings", "lm_head.decoder") : at + "word_embeddings";
        Linear table = weights.linear(holder, vocabulary, width, false);
        words = Embedding.tied(table);
        positions = Embedding.of(weights.value(at + "position_embeddings.weight", context, width));
        segments = Embedding.of(weights.value(at + "token_type_embeddings.weight", types, width));
        embeddingNorm = norm(weights, at + "LayerNorm", width, epsilon);
        blocks = weights.layers(layers, i -> block(weights, i, heads, width, inner, f, epsilon));
        boolean classifies = weights.has("classifier.out_proj.weight") && weights.hasCheckpoint();
        String bias = weights.either("lm_head.decoder.bias", "lm_head.bias");
        wordHead = weights.has(bias)
                ? new WordHead(
                        weights.linear("lm_head.dense", width, width, true),
                        Activation.GELU, // whatever the layers have
                        norm(weights, "lm_head.layer_norm", width, epsilon),
                        weights.head(table, holder, "lm_head.decoder", tied).withBias(weights.value(bias, vocabulary)))
                : null;
        classHead = classifies
                ? new ClassHead(
                        weights.linear("classifier.dense", width, width, true),
                        weights.linear("classifier.out_proj", weights.rows("classifier.out_proj.weight"), width, true))
                : null;
        tokenHeads = ClassHeads.ofEncoder(weights, width, classHead == null);
    }

    private static Block block(
            Parameters weights, int i, int heads, int width, int inner, Activation f, float epsilon) {
        String at = "roberta.encoder.layer." + i + ".";
        MultiHeadAttention attention = MultiHeadAttention.of(new Listener.Site(AttentionMap.Kind.SELF, i), heads, heads)
                .projections(
                        weights.linear(at + "attention.self.query", width, width, true),
                        weights.linear(at + "attention.self.key", width, width, true),
                        weights.linear(at + "attention.self.value", width, width, true),
                        weights.linear(at + "attention.output.dense", width, width, true))
                .build();
        return new Block(
                attention,
                norm(weights, at + "attention.output.LayerNorm", width, epsilon),
                new FeedForward.Plain(
                        weights.linear(at + "intermediate.dense", inner, width, true),
                        f,
                        weights.linear(at + "output.dense", width, inner, true)),
                norm(weights, at + "output.LayerNorm", width, epsilon));
    }

    private static Normalization norm(Parameters weights, String name, int width, float epsilon) {
        return new Normalization.Layer(
                weights.value(name + ".weight", width), weights.value(name + ".bias", width), epsilon);
    }

    private record Block(
            MultiHeadAttention attention,
            Normalization attentionNorm,
            FeedForward feedForward,
            Normalization feedForwardNorm) {
        Value forward(Pass pass, Value x) {
            Value attended = pass.dropout(attention.forward(pass, x));
            Value y = attentionNorm.forward(pass.tape(), Ops.add(pass.tape(), x, attended));
            Value thought = pass.dropout(feedForward.forward(pass.tape(), y));
            return feedForwardNorm.forward(pass.tape(), Ops.add(pass.tape(), y, thought));
        }
    }

    private record WordHead(Linear dense, Activation f, Normalization norm, Linear out) {
        Value transformed(Pass pass, Value x) {
            return norm.forward(pass.tape(), Ops.activate(pass.tape(), f, dense.forward(pass.tape(), x)));
        }
    }

    private record ClassHead(Linear pooler, Linear out) {
        Value forward(Pass pass, Value first) {
            Value pooled = Ops.activate(pass.tape(), Activation.TANH, pooler.forward(pass.tape(), first));
            return out.forward(pass.tape(), pass.dropout(pooled));
        }
    }

    @Override
    public Sizes sizes() {
        return sizes;
    }

    @Override
    public Value hidden(Pass pass, int[] ids, int[] typeIds) {
        Value word = words.forward(pass.tape(), ids);
        Value place = positions.forward(pass.tape(), places(pass, ids));
        Value x = Ops.add(
                pass.tape(),
                Ops.add(
                        pass.tape(),
                        word,
                        segments.forward(pass.tape(), segments.size() == 1 ? new int[ids.length] : typeIds)),
                place);
        x = pass.dropout(embeddingNorm.forward(pass.tape(), x));
        pass.hidden(AttentionMap.Kind.SELF, 0, x);
        for (int i = 0; i < blocks.size(); i++) {
            x = blocks.get(i).forward(pass, x);
            pass.hidden(AttentionMap.Kind.SELF, i + 1, x);
        }
        return x;
    }

    /** Padding ids within a text stand at the padding position and are not counted. */
    private int[] places(Pass pass, int[] ids) {
        int[] places = new int[ids.length];
        for (int s = 0, row = 0; s < pass.sequences(); s++) {
            int next = first;
            for (int end = row + pass.length(s); row < end; row++) {
                places[row] = ids[row] == first - 1 ? first - 1 : next++;
            }
        }
        return places;
    }

    @Override
    public Optional<Value> logits(Pass pass, Value hidden) {
        return Optional.ofNullable(wordHead)
                .map(head -> head.out().forward(pass.tape(), head.transformed(pass, hidden)));
    }

    @Override
    public Optional<Value> loss(Pass pass, Value hidden, int[] labels) {
        return Optional.ofNullable(wordHead)
                .map(head -> head.out().crossEntropy(pass, head.transformed(pass, hidden), labels));
    }

    @Override
    public Optional<Value> tokenClasses(Pass pass, Value hidden) {
        return tokenHeads.ofTokens(pass, hidden);
    }

    @Override
    public Optional<Value> classes(Pass pass, Value hidden) {
        return Optional.ofNullable(classHead).map(head -> head.forward(pass, pass.firstRows(hidden)));
    }
}
