package dev.heed.bench.rival;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtLoggingLevel;
import ai.onnxruntime.OrtSession;
import dev.heed.bench.onnx.OnnxModel;
import dev.heed.bench.onnx.OnnxModel.Node;
import dev.heed.tensor.Tensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
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
        return "ONNX Runtime " + environment().getVersion() + " " + op;
    }

    @Override
    public Optional<String> refuses(AttentionCase question) {
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
        Session session = new Session(model, c, threads);
        session.input("Q", inputs.query(), query);
        session.input("K", inputs.key(), memory);
        session.input("V", inputs.value(), memory);
        return session.output("Y", false, query);
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
        Session session = new Session(model, c, threads);
        session.input("Q", tokenMajor(inputs.query()), query);
        session.input("K", tokenMajor(inputs.key()), memory);
        session.input("V", tokenMajor(inputs.value()), memory);
        return session.output("Y", true, query);
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
        Session session = new Session(model, c, threads);
        session.input("Q", tokenMajor(inputs.query()), query);
        session.input("K", tokenMajor(inputs.key()), memory);
        session.input("V", tokenMajor(inputs.value()), memory);
        session.lengths(c.keys());
        return session.output("Y", true, query);
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
        Session session = new Session(model, c, threads);
        session.input("Q", tokenMajor(inputs.query()), query);
        session.input("K", tokenMajor(inputs.key().slice(2, c.keys() - 1, c.keys())), newest);
        session.input("V", tokenMajor(inputs.value().slice(2, c.keys() - 1, c.keys())), newest);
        session.inPlace("pastK", "presentK", inputs.key(), cache);
        session.inPlace("pastV", "presentV", inputs.value(), cache);
        session.lengths(c.keys());
        return session.output("Y", true, query);
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

    static OrtEnvironment environment() {
        OrtEnvironment environment = OrtEnvironment.getEnvironment(OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR);
        try {
            environment.setTelemetry(false);
        } catch (OrtException e) {
            throw new IllegalStateException("ONNX Runtime: telemetry could not be switched off", e);
        }
        return environment;
    }

    static OrtSession.SessionOptions options(int threads) throws OrtException {
        OrtSession.SessionOptions options = new OrtSession.SessionOptions();
        options.setIntraOpNumThreads(threads);
        options.setInterOpNumThreads(1);
        options.setSessionLogLevel(OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR);
        return options;
    }

    /** A loaded graph with everything bound. */
    private static final class Session implements Contestant {
        private final OrtSession session;
        private final AttentionCase question;
        private final Map<String, OnnxTensor> inputs = new LinkedHashMap<>();
        private final Map<String, OnnxTensor> outputs = new LinkedHashMap<>();
        private FloatBuffer result = FloatBuffer.allocate(0);
        private boolean tokenMajor;

        Session(byte[] model, AttentionCase question, int threads) throws OrtException {
            this.question = question;
            try (OrtSession.SessionOptions options = options(threads)) {
                session = environment().createSession(model, options);
            }
        }

        void input(String name, Tensor tensor, long... shape) throws OrtException {
            inputs.put(name, OnnxTensor.createTensor(environment(), direct(tensor), shape));
        }

        void inPlace(String input, String output, Tensor tensor, long... shape) throws OrtException {
            input(input, tensor, shape);
            outputs.put(output, inputs.get(input));
        }

        /** Index of the last key, and how many there are, as GroupQueryAttention wants them. */
        void lengths(int keys) throws OrtException {
            inputs.put("last", int32(keys - 1, 1));
            inputs.put("total", int32(keys));
        }

        Session output(String name, boolean isTokenMajor, long... shape) throws OrtException {
            tokenMajor = isTokenMajor;
            result = direct(Tensor.zeros(1, question.heads(), question.queries(), question.width()));
            outputs.put(name, OnnxTensor.createTensor(environment(), result, shape));
            return this;
        }

        private static OnnxTensor int32(int value, long... shape) throws OrtException {
            IntBuffer one = ByteBuffer.allocateDirect(4)
                    .order(ByteOrder.nativeOrder())
                    .asIntBuffer()
                    .put(0, value);
            return OnnxTensor.createTensor(environment(), one, shape);
        }

        private static FloatBuffer direct(Tensor tensor) {
            FloatBuffer buffer = ByteBuffer.allocateDirect(Math.multiplyExact(4, tensor.elements()))
                    .order(ByteOrder.nativeOrder())
                    .asFloatBuffer();
            return buffer.put(0, tensor.toArray());
        }

        @Override
        public void run() {
            try (OrtSession.Result ignored = session.run(inputs, outputs)) {
                // Bound outputs stay open: the result only owns what ONNX Runtime allocated, which is nothing.
            } catch (OrtException e) {
                throw new IllegalStateException("ONNX Runtime failed: " + e.getMessage(), e);
            }
        }

        @Override
        public List<Tensor> outputs() {
            float[] values = new float[result.capacity()];
            result.get(0, values);
            if (!tokenMajor) {
                return List.of(Tensor.of(values, 1, question.heads(), question.queries(), question.width()));
            }
            Tensor byToken = Tensor.of(values, 1, question.queries(), question.heads(), question.width());
            return List.of(byToken.transpose(1, 2));
        }

        @Override
        public void close() {
            outputs.values().forEach(OnnxTensor::close);
            inputs.values().stream().filter(tensor -> !tensor.isClosed()).forEach(OnnxTensor::close);
            try {
                session.close();
            } catch (OrtException e) {
                throw new IllegalStateException("ONNX Runtime failed to close: " + e.getMessage(), e);
            }
        }
    }
}
