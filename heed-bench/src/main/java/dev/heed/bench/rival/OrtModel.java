package dev.heed.bench.rival;

import ai.onnxruntime.OrtException;
import dev.heed.bench.onnx.OnnxModel;
import dev.heed.bench.onnx.OnnxModel.Node;
import dev.heed.tensor.Tensor;
import java.util.Optional;
import java.util.stream.LongStream;

/**
 * A transformer as the graph that ONNX Runtime's own model converter would leave: fused attention, layer norms and GELU as
 * single operators, weights as constants that it packs when it loads. Its optimiser is on at its default, all.
 */
final class OrtModel implements ModelRival {
    /** Which fused operator computes attention. */
    enum Operator {
        /** Contrib {@code Attention}, the projections to query, key and value included. */
        ATTENTION,
        /** Contrib {@code MultiHeadAttention} after one product for the three projections. */
        MULTI_HEAD,
        /** Contrib {@code GroupQueryAttention} with the cache in place: for decoding. */
        GROUP_QUERY
    }

    private static final int OPSET = 20;

    private final Operator operator;

    OrtModel(Operator operator) {
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
        return "ONNX Runtime " + OrtGraph.environment().getVersion();
    }

    @Override
    public Optional<String> refuses(ModelCase question) {
        boolean decodes = question.past() > 0;
        return decodes == (operator == Operator.GROUP_QUERY)
                ? Optional.empty()
                : Optional.of(decodes ? "copies its cache every step" : "is for decoding");
    }

    @Override
    public Contestant prepare(ModelCase question, ModelWeights<Tensor> weights, int threads) {
        try {
            return new Graph(question, weights).load(threads);
        } catch (OrtException e) {
            throw new IllegalStateException("ONNX Runtime refused the graph of " + name() + ": " + e.getMessage(), e);
        }
    }

    /** The graph under construction; every step appends nodes and returns the name of its result. */
    private final class Graph {
        private final ModelCase question;
        private final ModelWeights<Tensor> weights;
        private final OnnxModel model = new OnnxModel(OPSET);
        private int names;

        Graph(ModelCase question, ModelWeights<Tensor> weights) {
            this.question = question;
            this.weights = weights;
        }

        Contestant load(int threads) throws OrtException {
            long rows = (long) question.batch() * question.tokens();
            long columns = question.causal() ? question.vocabulary() : question.width();
            build(rows, columns);
            OrtGraph graph = new OrtGraph(model.toBytes(), threads);
            graph.input("ids", question.ids(), question.batch(), question.tokens());
            if (operator == Operator.GROUP_QUERY) {
                graph.cached(question.past() + question.tokens());
                for (int layer = 0; layer < question.layers(); layer++) {
                    ModelWeights.Layer<Tensor> of = weights.layers().get(layer);
                    graph.inPlace("pastK" + layer, "presentK" + layer, of.cachedKey(), cache());
                    graph.inPlace("pastV" + layer, "presentV" + layer, of.cachedValue(), cache());
                }
            }
            return graph.result("result", rows, columns);
        }

        private void build(long rows, long columns) {
            model.inputInt64("ids", question.batch(), question.tokens());
            if (operator == Operator.GROUP_QUERY) {
                model.inputInt32("last", 1).inputInt32("total");
            }
            boolean before = question.causal(); // layer norm before each half
            String x = embed();
            x = before ? x : norm(x, weights.norm());
            for (int layer = 0; layer < question.layers(); layer++) {
                ModelWeights.Layer<Tensor> of = weights.layers().get(layer);
                String mixed = attend(before ? norm(x, of.first()) : x, of, layer);
                x = add(x, linear(mixed, of.output()));
                x = before ? x : norm(x, of.first());
                String inner = gelu(linear(before ? norm(x, of.second()) : x, of.up()));
                x = add(x, linear(inner, of.down()));
                x = before ? x : norm(x, of.second());
            }
            x = before ? norm(x, weights.norm()) : x;
            String flat = one(Node.of("Reshape"), x, integers(rows, question.width()));
            model.node(
                    before
                            ? Node.of("Gemm").in(flat, "tokens").out("result").attribute("transB", 1)
                            : Node.of("Identity").in(flat).out("result"));
            model.output("result", rows, columns);
        }

        private String embed() {
            model.constant("tokens", weights.tokens().array(), question.vocabulary(), question.width());
            Tensor here = weights.positions().slice(0, question.past(), question.past() + question.tokens());
            String position = constant(Tensor.of(here.toArray(), here.shape()));
            return add(one(Node.of("Gather"), "tokens", "ids"), position);
        }

        private String attend(String x, ModelWeights.Layer<Tensor> of, int layer) {
            ModelWeights.Linear<Tensor> projections = of.queryKeyValue();
            if (operator == Operator.ATTENTION) {
                Node attention = Node.contrib("Attention")
                        .attribute("num_heads", question.heads())
                        .attribute("unidirectional", question.causal() ? 1 : 0);
                return one(attention, x, constant(projections.weight()), constant(projections.bias()));
            }
            String[] parts = {fresh(), fresh(), fresh()};
            Node split = Node.of("Split").attribute("axis", 2).attribute("num_outputs", 3);
            model.node(split.in(linear(x, projections)).out(parts));
            return operator == Operator.MULTI_HEAD
                    ? one(
                            Node.contrib("MultiHeadAttention")
                                    .attribute("num_heads", question.heads())
                                    .attribute("unidirectional", question.causal() ? 1 : 0),
                            parts)
                    : groupQuery(parts, layer);
        }

        private String groupQuery(String[] parts, int layer) {
            String mixed = fresh();
            model.input("pastK" + layer, cache()).input("pastV" + layer, cache());
            model.node(Node.contrib("GroupQueryAttention")
                    .attribute("num_heads", question.heads())
                    .attribute("kv_num_heads", question.heads())
                    .in(parts)
                    .in("pastK" + layer, "pastV" + layer, "last", "total")
                    .out(mixed, "presentK" + layer, "presentV" + layer));
            model.output("presentK" + layer, cache()).output("presentV" + layer, cache());
            return mixed;
        }

        private long[] cache() {
            int rows = question.past() + question.tokens();
            return new long[] {question.batch(), question.heads(), rows, question.headWidth()};
        }

        private String norm(String x, ModelWeights.Norm<Tensor> norm) {
            Node node = Node.of("LayerNormalization")
                    .attribute("epsilon", (float) question.family().epsilon());
            return one(node, x, constant(norm.scale()), constant(norm.shift()));
        }

        private String linear(String x, ModelWeights.Linear<Tensor> linear) {
            return add(one(Node.of("MatMul"), x, constant(linear.weight())), constant(linear.bias()));
        }

        private String gelu(String x) {
            return one(
                    question.causal()
                            ? Node.contrib("FastGelu") // by tanh
                            : Node.contrib("Gelu"),
                    x);
        }

        private String add(String a, String b) {
            return one(Node.of("Add"), a, b);
        }

        private String one(Node node, String... inputs) {
            String result = fresh();
            model.node(node.in(inputs).out(result));
            return result;
        }

        private String constant(Tensor tensor) {
            String name = fresh();
            long[] shape = LongStream.range(0, tensor.rank())
                    .map(axis -> tensor.size((int) axis))
                    .toArray();
            model.constant(name, tensor.array(), shape);
            return name;
        }

        private String integers(long... values) {
            String name = fresh();
            model.constant(name, values);
            return name;
        }

        private String fresh() {
            return "v" + names++;
        }
    }
}
