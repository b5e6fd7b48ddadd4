package dev.heed.bench.rival;

import ai.onnxruntime.OrtException;
import dev.heed.bench.onnx.OnnxModel;
import dev.heed.bench.onnx.OnnxModel.Node;
import dev.heed.tensor.Tensor;
import java.util.Optional;

/**
 * ONNX Runtime: a graph of one operator, built in memory; inputs and outputs bound once to native memory, so that a run
 * copies and allocates nothing. Three operators compute attention; each is a rival of its own.
 */
final class OrtRival implements Rival {
    /** The operators, each with the layout it wants. */
    enum Operator {
        /** ONNX 23 {@code Attention}: [1, H, N, D], any grouping. */
        ATTENTION,
        /** Contrib {@code MultiHeadAttention}: [1, N, H·D], one key head per query head. */
        MULTI_HEAD,
        /** Contrib {@code GroupQueryAttention}: always causal; decodes with a cache in place, appending one key a run. */
        GROUP_QUERY
    }

    private static final int OPSET = 23;

    private final Operator operator;

    OrtRival(Operator operator) {
        this.operator = operator;
    }

    @Override
    public String name() {
        return switch (operator) {
            case ATTENTION -> "ort-attention";
            case MULTI_HEAD -> "ort-mha";
            case GROUP_QUERY -> "ort-gqa";
        };
    }

    @Override
    public String version() {
        String op = switch (operator) {
            case ATTENTION -> "Attention";
            case MULTI_HEAD -> "com.microsoft.MultiHeadAttention";
            case GROUP_QUERY -> "com.microsoft.GroupQueryAttention";
        };
        return "ONNX Runtime " + OrtGraph.environment().getVersion() + " " + op;
    }

    @Override
    public Optional<String> refuses(AttentionCase question) {
        if (question.work() == AttentionCase.Work.STATISTICS) {
            return Optional.of("has no statistics");
        }
        if (question.work() == AttentionCase.Work.BACKWARD) {
            return Optional.of("has no gradients");
        }
        return switch (operator) {
            case ATTENTION -> Optional.empty();
            case MULTI_HEAD -> question.group() > 1 ? Optional.of("has no grouped heads") : Optional.empty();
            case GROUP_QUERY ->
                question.work() == AttentionCase.Work.FORWARD && !question.causal()
                        ? Optional.of("is always causal")
                        : Optional.empty();
        };
    }

    @Override
    public Contestant prepare(AttentionCase question, AttentionCase.Inputs inputs, int threads) {
        try {
            return switch (operator) {
                case ATTENTION -> attention(question, inputs, threads);
                case MULTI_HEAD -> multiHead(question, inputs, threads);
                case GROUP_QUERY ->
                    question.work() == AttentionCase.Work.DECODE
                            ? groupQueryDecode(question, inputs, threads)
                            : groupQueryForward(question, inputs, threads);
            };
        } catch (OrtException e) {
            throw new IllegalStateException("ONNX Runtime refused the graph of " + name() + ": " + e.getMessage(), e);
        }
    }

    private static Contestant attention(AttentionCase c, AttentionCase.Inputs inputs, int threads) throws OrtException {
        long[] query = {1, c.heads(), c.queries(), c.width()};
        long[] memory = {1, c.keyHeads(), c.keys(), c.width()};
        byte[] model = new OnnxModel(OPSET)
                .input("Q", query)
                .input("K", memory)
                .input("V", memory)
                .node(Node.of("Attention").in("Q", "K", "V").out("Y").attribute("is_causal", c.causal() ? 1 : 0))
                .output("Y", query)
                .toBytes();
        OrtGraph graph = new OrtGraph(model, threads);
        graph.input("Q", inputs.query(), query);
        graph.input("K", inputs.key(), memory);
        graph.input("V", inputs.value(), memory);
        return graph.result("Y", query);
    }

    private static Contestant multiHead(AttentionCase c, AttentionCase.Inputs inputs, int threads) throws OrtException {
        long[] query = {1, c.queries(), (long) c.heads() * c.width()};
        long[] memory = {1, c.keys(), (long) c.keyHeads() * c.width()};
        byte[] model = new OnnxModel(OPSET)
                .input("Q", query)
                .input("K", memory)
                .input("V", memory)
                .node(Node.contrib("MultiHeadAttention")
                        .in("Q", "K", "V")
                        .out("Y")
                        .attribute("num_heads", c.heads())
                        .attribute("unidirectional", c.causal() ? 1 : 0))
                .output("Y", query)
                .toBytes();
        OrtGraph graph = new OrtGraph(model, threads);
        graph.input("Q", tokenMajor(inputs.query()), query);
        graph.input("K", tokenMajor(inputs.key()), memory);
        graph.input("V", tokenMajor(inputs.value()), memory);
        return graph.result("Y", query).byHead(c.heads(), c.queries(), c.width());
    }

    private static Contestant groupQueryForward(AttentionCase c, AttentionCase.Inputs inputs, int threads)
            throws OrtException {
        long[] query = {1, c.queries(), (long) c.heads() * c.width()};
        long[] memory = {1, c.keys(), (long) c.keyHeads() * c.width()};
        byte[] model = new OnnxModel(OPSET)
                .input("Q", query)
                .input("K", memory)
                .input("V", memory)
                .inputInt32("last", 1)
                .inputInt32("total")
                .node(groupQuery(c).in("Q", "K", "V", "", "", "last", "total").out("Y"))
                .output("Y", query)
                .toBytes();
        OrtGraph graph = new OrtGraph(model, threads);
        graph.input("Q", tokenMajor(inputs.query()), query);
        graph.input("K", tokenMajor(inputs.key()), memory);
        graph.input("V", tokenMajor(inputs.value()), memory);
        graph.cached(c.keys());
        return graph.result("Y", query).byHead(c.heads(), c.queries(), c.width());
    }

    /** The cache holds all M keys; the operator writes the last one again in every run, as decoding does. */
    private static Contestant groupQueryDecode(AttentionCase c, AttentionCase.Inputs inputs, int threads)
            throws OrtException {
        long[] query = {1, 1, (long) c.heads() * c.width()};
        long[] newest = {1, 1, (long) c.keyHeads() * c.width()};
        long[] cache = {1, c.keyHeads(), c.keys(), c.width()};
        byte[] model = new OnnxModel(OPSET)
                .input("Q", query)
                .input("K", newest)
                .input("V", newest)
                .input("pastK", cache)
                .input("pastV", cache)
                .inputInt32("last", 1)
                .inputInt32("total")
                .node(groupQuery(c)
                        .in("Q", "K", "V", "pastK", "pastV", "last", "total")
                        .out("Y", "presentK", "presentV"))
                .output("Y", query)
                .output("presentK", cache)
                .output("presentV", cache)
                .toBytes();
        OrtGraph graph = new OrtGraph(model, threads);
        graph.input("Q", tokenMajor(inputs.query()), query);
        graph.input("K", tokenMajor(inputs.key().slice(2, c.keys() - 1, c.keys())), newest);
        graph.input("V", tokenMajor(inputs.value().slice(2, c.keys() - 1, c.keys())), newest);
        graph.inPlace("pastK", "presentK", inputs.key(), cache);
        graph.inPlace("pastV", "presentV", inputs.value(), cache);
        graph.cached(c.keys());
        return graph.result("Y", query).byHead(c.heads(), c.queries(), c.width());
    }

    private static Node groupQuery(AttentionCase c) {
        return Node.contrib("GroupQueryAttention")
                .attribute("num_heads", c.heads())
                .attribute("kv_num_heads", c.keyHeads());
    }

    /** [1, H, N, D] to [1, N, H, D], which has the memory of [1, N, H·D]. */
    private static Tensor tokenMajor(Tensor headMajor) {
        return headMajor.transpose(1, 2).contiguous();
    }
}
