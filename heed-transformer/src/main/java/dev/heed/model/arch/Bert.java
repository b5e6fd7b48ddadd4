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

/** BERT (Devlin et al. 2019, arXiv 1810.04805): every token sees every token; layer norms after each layer. */
final class Bert implements Network.Encoder {
    /** Poolers serve next-sentence prediction and are read for classification only; decoders repeat the embedding. */
    static final String UNUSED =
            "^(bert\\.)?pooler\\.|^cls\\.seq_relationship\\.|^cls\\.predictions\\.(bias$|decoder\\.)|^(classifier|qa_outputs)\\.";

    private final Sizes sizes;
    private final Embedding words;
    private final Embedding positions;
    private final Embedding segments;
    private final Normalization embeddingNorm;
    private final List<Block> blocks;
    private final @Nullable WordHead wordHead;
    private final @Nullable ClassHead classHead;
    private final ClassHeads tokenHeads;

    Bert(Config config, Parameters weights) {
        int width = config.requireInt("hidden_size", 1, Options.MOST_WIDTH);
        int inner = config.requireInt("intermediate_size", 1, Options.MOST_WIDTH);
        int layers = config.requireInt("num_hidden_layers", 1, Options.MOST_LAYERS);
        int heads = config.requireInt("num_attention_heads", 1, Options.MOST_HEADS);
        int vocabulary = config.requireInt("vocab_size", 1, Options.MOST_IDS);
        int context = config.intOr("max_position_embeddings", 512, 1, Options.MOST_POSITIONS);
        int types = config.intOr("type_vocab_size", 2, 1, 1024);
        float epsilon = (float) config.doubleOr("layer_norm_eps", 1e-12, 1e-30, 1);
        Activation f = Options.activation(config, "hidden_act", "gelu");
        Options.requireEncoder(config);
        Options.requireHeads(config, "hidden_size", width, "num_attention_heads", heads);
        sizes = new Sizes("bert", layers, 0, heads, 0, heads, width, width / heads, vocabulary, context);

        String at = "bert.embeddings.";
        boolean tied = config.booleanOr("tie_word_embeddings", true);
        String holder =
                tied ? weights.holder(at + "word_embeddings", "cls.predictions.decoder") : at + "word_embeddings";
        Linear table = weights.linear(holder, vocabulary, width, false);
        words = Embedding.tied(table);
        positions = Embedding.of(weights.value(at + "position_embeddings.weight", context, width));
        segments = Embedding.of(weights.value(at + "token_type_embeddings.weight", types, width));
        embeddingNorm = norm(weights, at + "LayerNorm", width, epsilon);
        blocks = weights.layers(layers, i -> block(weights, i, heads, width, inner, f, epsilon));
        boolean classifies = weights.hasCheckpoint()
                && weights.has("classifier.weight")
                && ClassHeads.classifiesTexts(config, weights, "bert.pooler.dense.weight");
        String bias = weights.either("cls.predictions.decoder.bias", "cls.predictions.bias");
        wordHead = weights.has(bias)
                ? new WordHead(
                        weights.linear("cls.predictions.transform.dense", width, width, true),
                        f,
                        norm(weights, "cls.predictions.transform.LayerNorm", width, epsilon),
                        weights.head(table, holder, "cls.predictions.decoder", tied)
                                .withBias(weights.value(bias, vocabulary)))
                : null;
        classHead = classifies
                ? new ClassHead(
                        weights.linear("bert.pooler.dense", width, width, true),
                        weights.linear("classifier", weights.rows("classifier.weight"), width, true))
                : null;
        tokenHeads = ClassHeads.ofEncoder(weights, width, classHead == null);
    }

    private static Block block(
            Parameters weights, int i, int heads, int width, int inner, Activation f, float epsilon) {
        String at = "bert.encoder.layer." + i + ".";
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
        Value place = positions.forward(pass.tape(), pass.positions(0));
        Value x = Ops.add(pass.tape(), Ops.add(pass.tape(), word, segments.forward(pass.tape(), typeIds)), place);
        x = pass.dropout(embeddingNorm.forward(pass.tape(), x));
        pass.hidden(AttentionMap.Kind.SELF, 0, x);
        for (int i = 0; i < blocks.size(); i++) {
            x = blocks.get(i).forward(pass, x);
            pass.hidden(AttentionMap.Kind.SELF, i + 1, x);
        }
        return x;
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
