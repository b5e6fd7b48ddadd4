package dev.heed.bench.onnx;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * A small ONNX graph as protobuf bytes, without a file and without the ONNX package. Field numbers are those of
 * {@code onnx.proto} (ONNX IR specification, "ModelProto", "GraphProto", "NodeProto").
 *
 * <pre>{@code
 * byte[] model = new OnnxModel(23)
 *         .input("Q", 1, 8, 1024, 64).input("K", 1, 8, 1024, 64).input("V", 1, 8, 1024, 64)
 *         .node(OnnxModel.Node.of("Attention").in("Q", "K", "V").out("Y").attribute("is_causal", 1))
 *         .output("Y", 1, 8, 1024, 64)
 *         .toBytes();
 * }</pre>
 */
public final class OnnxModel {
    /** Domain of ONNX Runtime's own operators. */
    public static final String CONTRIB = "com.microsoft";

    private static final int IR_VERSION = 10;
    private static final int FLOAT = 1;
    private static final int INT32 = 6;
    private static final int INT64 = 7;

    private final Message model = new Message();
    private final Message graph = new Message();

    /**
     * An empty graph.
     *
     * @param opset version of the standard operators; the contrib operators are always version 1
     */
    public OnnxModel(int opset) {
        model.integer(1, IR_VERSION).text(2, "heed-bench");
        model.message(8, new Message().text(1, "").integer(2, opset));
        model.message(8, new Message().text(1, CONTRIB).integer(2, 1));
        graph.text(2, "graph");
    }

    /** A float32 input. */
    public OnnxModel input(String name, long... shape) {
        graph.message(11, value(name, FLOAT, shape));
        return this;
    }

    /** An int32 input. */
    public OnnxModel inputInt32(String name, long... shape) {
        graph.message(11, value(name, INT32, shape));
        return this;
    }

    /** An int64 input. */
    public OnnxModel inputInt64(String name, long... shape) {
        graph.message(11, value(name, INT64, shape));
        return this;
    }

    /** A float32 output. */
    public OnnxModel output(String name, long... shape) {
        graph.message(12, value(name, FLOAT, shape));
        return this;
    }

    public OnnxModel node(Node node) {
        graph.message(1, node.node);
        return this;
    }

    /** A constant: weights that ONNX Runtime may pack when it loads the graph. */
    public OnnxModel constant(String name, float[] values, long... shape) {
        ByteBuffer raw =
                ByteBuffer.allocate(Math.multiplyExact(4, values.length)).order(ByteOrder.LITTLE_ENDIAN);
        raw.asFloatBuffer().put(values);
        return constant(name, FLOAT, raw, shape);
    }

    /** A constant of integers, such as a shape. */
    public OnnxModel constant(String name, long... values) {
        ByteBuffer raw = ByteBuffer.allocate(8 * values.length).order(ByteOrder.LITTLE_ENDIAN);
        raw.asLongBuffer().put(values);
        return constant(name, INT64, raw, values.length);
    }

    /** The finished model; call once. */
    public byte[] toBytes() {
        return model.message(7, graph).toBytes();
    }

    @SuppressWarnings("ByteBufferBackingArray") // all of them come from ByteBuffer.allocate
    private OnnxModel constant(String name, int type, ByteBuffer raw, long... shape) {
        Message tensor = new Message();
        for (long size : shape) {
            tensor.integer(1, size);
        }
        graph.message(5, tensor.integer(2, type).text(8, name).bytes(9, raw.array()));
        return this;
    }

    private static Message value(String name, int type, long... shape) {
        Message dimensions = new Message();
        for (long size : shape) {
            dimensions.message(1, new Message().integer(1, size));
        }
        Message tensorType = new Message().integer(1, type).message(2, dimensions);
        return new Message().text(1, name).message(2, new Message().message(1, tensorType));
    }

    /** One operator of the graph under construction. */
    public static final class Node {
        private static final int TYPE_FLOAT = 1;
        private static final int TYPE_INT = 2;
        private static final int TYPE_INTS = 7;

        private final Message node = new Message();

        private Node(String operator, String domain) {
            node.text(4, operator).text(7, domain);
        }

        /** A standard operator. */
        public static Node of(String operator) {
            return new Node(operator, "");
        }

        /** One of ONNX Runtime's own operators. */
        public static Node contrib(String operator) {
            return new Node(operator, CONTRIB);
        }

        /** Inputs by name; an empty name leaves an optional input out. */
        public Node in(String... names) {
            for (String name : names) {
                node.text(1, name);
            }
            return this;
        }

        public Node out(String... names) {
            for (String name : names) {
                node.text(2, name);
            }
            return this;
        }

        public Node attribute(String name, long value) {
            return attribute(new Message().text(1, name).integer(3, value).integer(20, TYPE_INT));
        }

        public Node attribute(String name, float value) {
            return attribute(new Message().text(1, name).float32(2, value).integer(20, TYPE_FLOAT));
        }

        /** A list of integers, such as a permutation. */
        public Node integers(String name, long... values) {
            Message list = new Message().text(1, name);
            for (long value : values) {
                list.integer(8, value);
            }
            return attribute(list.integer(20, TYPE_INTS));
        }

        private Node attribute(Message attribute) {
            node.message(5, attribute);
            return this;
        }
    }
}
