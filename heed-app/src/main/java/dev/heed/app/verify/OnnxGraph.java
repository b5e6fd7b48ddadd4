package dev.heed.app.verify;

import dev.heed.app.verify.OnnxArray.Kind;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.exc.JsonNodeException;

/**
 * A small ONNX graph of one input and one output, run in double: what FlexAttention's score_mod and prob_mod are given as.
 * Knows the operators that such functions are written with, and names the one that it does not know.
 */
final class OnnxGraph {
    private final String name;
    private final JsonNode graph;
    private final Map<String, OnnxArray> known = new HashMap<>();

    OnnxGraph(String name, JsonNode graph) {
        this.name = name;
        this.graph = graph;
    }

    /** The output for an input. */
    OnnxArray apply(OnnxArray input) {
        if (graph.path("inputs").size() != 1 || graph.path("outputs").size() != 1) {
            throw new UnsupportedOperationException(name + ": a graph of one input and one output is needed, got "
                    + graph.path("inputs").size() + " and "
                    + graph.path("outputs").size());
        }
        known.clear();
        graph.path("initializers").properties().forEach(each -> known.put(each.getKey(), constant(each.getValue())));
        known.put(graph.path("inputs").get(0).asString(), input);
        for (JsonNode node : graph.path("nodes")) {
            known.put(node.path("outputs").path(0).asString(""), applied(new Node(node)));
        }
        return value(graph.path("outputs").get(0).asString());
    }

    private OnnxArray applied(Node node) {
        try {
            return node.value();
        } catch (IndexOutOfBoundsException | ArithmeticException | JsonNodeException e) {
            throw new IllegalArgumentException(
                    name + ": the graph's operator " + node.operator + " cannot be applied to what it reads: "
                            + e.getMessage(),
                    e);
        }
    }

    private OnnxArray value(String of) {
        OnnxArray value = known.get(of);
        if (value == null) {
            throw new IllegalArgumentException(name + ": the graph reads '" + of + "' before it is computed");
        }
        return value;
    }

    private static OnnxArray constant(JsonNode described) {
        List<Double> values = new ArrayList<>();
        described.path("values").forEach(each -> values.add(number(each)));
        int[] shape = new int[described.path("shape").size()];
        Arrays.setAll(shape, axis -> described.path("shape").get(axis).asInt());
        Kind kind = Kind.named(described.path("dtype").asString("F32"));
        return new OnnxArray(
                kind, shape, values.stream().mapToDouble(Double::doubleValue).toArray());
    }

    /** JSON has no infinities: they are the words inf and -inf. */
    private static double number(JsonNode value) {
        if (value.isBoolean()) {
            return value.asBoolean() ? 1 : 0;
        }
        if (value.isNumber()) {
            return value.asDouble();
        }
        return switch (value.asString("")) {
            case "inf" -> Double.POSITIVE_INFINITY;
            case "-inf" -> Double.NEGATIVE_INFINITY;
            case "nan" -> Double.NaN;
            default -> throw new IllegalArgumentException("onnx graph: a number is needed, got " + value);
        };
    }

    /** One operator with what it reads. */
    private final class Node {
        private final JsonNode attributes;
        private final String operator;
        private final JsonNode inputs;

        Node(JsonNode node) {
            attributes = node.path("attributes");
            operator = node.path("op").asString("");
            inputs = node.path("inputs");
        }

        private boolean has(int index) {
            return index < inputs.size() && !inputs.get(index).asString("").isEmpty();
        }

        private OnnxArray input(int index) {
            if (!has(index)) {
                throw new IllegalArgumentException(
                        name + ": the graph's operator " + operator + " needs input " + index);
            }
            return OnnxGraph.this.value(inputs.get(index).asString());
        }

        OnnxArray value() {
            return switch (operator) {
                case "Identity" -> input(0);
                case "Constant" -> given();
                case "Cast" -> cast(Kind.numbered(attributes.path("to").asInt()));
                case "Shape" -> shape();
                case "Size" -> new OnnxArray(Kind.INTEGER, new int[0], new double[] {input(0).values().length});
                case "Range" -> range();
                case "Reshape" -> reshape();
                case "Squeeze", "Unsqueeze" -> squeeze(operator.equals("Unsqueeze"));
                case "Expand" -> input(0).broadcast(OnnxArray.common(input(0).shape(), input(1).integers()));
                case "Transpose" -> transpose();
                case "Gather" -> gather();
                case "Concat" -> concat();
                case "Trilu" -> trilu();
                case "Where" -> where();
                case "Clip" -> clip();
                case "ConstantOfShape" -> constantOfShape();
                case "CastLike" -> cast(input(1).kind());
                case "Slice" -> slice();
                case "ReduceMax", "ReduceMin", "ReduceSum", "ReduceMean" -> reduced();
                case "Sum", "Max", "Min" -> many();
                case "Add", "Sub", "Mul", "Div", "Pow", "Mod" -> arithmetic();
                case "Equal", "Less", "LessOrEqual", "Greater", "GreaterOrEqual", "And", "Or", "Xor" -> comparison();
                default -> function();
            };
        }

        // ---- element by element ----

        private OnnxArray function() {
            OnnxArray x = input(0);
            return switch (operator) {
                case "Abs" -> x.each(x.kind(), Math::abs);
                case "Neg" -> x.each(x.kind(), v -> -v);
                case "Sign" -> x.each(x.kind(), Math::signum);
                case "Floor" -> x.each(x.kind(), Math::floor);
                case "Ceil" -> x.each(x.kind(), Math::ceil);
                case "Round" -> x.each(x.kind(), Math::rint);
                case "Reciprocal" -> x.each(x.kind(), v -> 1 / v);
                case "Sqrt" -> x.each(x.kind(), Math::sqrt);
                case "Exp" -> x.each(x.kind(), StrictMath::exp);
                case "Log" -> x.each(x.kind(), StrictMath::log);
                case "Sin" -> x.each(x.kind(), StrictMath::sin);
                case "Cos" -> x.each(x.kind(), StrictMath::cos);
                case "Tanh" -> x.each(x.kind(), StrictMath::tanh);
                case "Sigmoid" -> x.each(x.kind(), v -> 1 / (1 + StrictMath.exp(-v)));
                case "Softplus" ->
                    x.each(x.kind(), v -> Math.max(v, 0) + StrictMath.log1p(StrictMath.exp(-Math.abs(v))));
                case "Relu" -> x.each(x.kind(), v -> Math.max(v, 0));
                case "LeakyRelu" -> {
                    double slope = attributes.path("alpha").asDouble(0.01);
                    yield x.each(x.kind(), v -> v < 0 ? slope * v : v);
                }
                case "Not" -> x.each(Kind.BOOLEAN, v -> v == 0 ? 1 : 0);
                case "IsNaN" -> x.each(Kind.BOOLEAN, v -> Double.isNaN(v) ? 1 : 0);
                case "IsInf" -> {
                    boolean positive = attributes.path("detect_positive").asInt(1) == 1;
                    boolean negative = attributes.path("detect_negative").asInt(1) == 1;
                    yield x.each(Kind.BOOLEAN, v -> Double.isInfinite(v) && (v > 0 ? positive : negative) ? 1 : 0);
                }
                default ->
                    throw new UnsupportedOperationException(
                            name + ": the graph's operator " + operator + " is not supported");
            };
        }

        private OnnxArray arithmetic() {
            OnnxArray a = input(0);
            boolean whole = a.kind() == Kind.INTEGER;
            return a.with(
                    input(1),
                    a.kind(),
                    switch (operator) {
                        case "Add" -> Double::sum;
                        case "Sub" -> (x, y) -> x - y;
                        case "Mul" -> (x, y) -> x * y;
                        case "Div" -> (x, y) -> whole ? towardsZero(x / y) : x / y;
                        case "Pow" -> StrictMath::pow;
                        default -> // Mod: by default of the divisor's sign, with fmod of the dividend's
                            attributes.path("fmod").asInt(0) == 1
                                    ? (x, y) -> x % y
                                    : (x, y) -> x - y * Math.floor(x / y);
                    });
        }

        private OnnxArray comparison() {
            return input(0).with(
                            input(1),
                            Kind.BOOLEAN,
                            switch (operator) {
                                case "Equal" -> (x, y) -> x == y ? 1 : 0;
                                case "Less" -> (x, y) -> x < y ? 1 : 0;
                                case "LessOrEqual" -> (x, y) -> x <= y ? 1 : 0;
                                case "Greater" -> (x, y) -> x > y ? 1 : 0;
                                case "GreaterOrEqual" -> (x, y) -> x >= y ? 1 : 0;
                                case "And" -> (x, y) -> x != 0 && y != 0 ? 1 : 0;
                                case "Or" -> (x, y) -> x != 0 || y != 0 ? 1 : 0;
                                default -> (x, y) -> (x != 0) != (y != 0) ? 1 : 0; // Xor
                            });
        }

        private OnnxArray many() {
            OnnxArray result = input(0);
            for (int i = 1; i < inputs.size(); i++) {
                result = result.with(
                        input(i),
                        result.kind(),
                        switch (operator) {
                            case "Sum" -> Double::sum;
                            case "Max" -> Math::max;
                            default -> Math::min;
                        });
            }
            return result;
        }

        private OnnxArray clip() {
            OnnxArray x = input(0);
            double least = has(1) ? input(1).values()[0] : Double.NEGATIVE_INFINITY;
            double most = has(2) ? input(2).values()[0] : Double.POSITIVE_INFINITY;
            return x.each(x.kind(), v -> Math.min(Math.max(v, least), most));
        }

        /** NaN or infinity on the side that is not chosen must not matter, so nothing is multiplied. */
        private OnnxArray where() {
            int[] shape = OnnxArray.common(input(0).shape(), OnnxArray.common(input(1).shape(), input(2).shape()));
            double[] condition = input(0).broadcast(shape).values();
            double[] yes = input(1).broadcast(shape).values();
            double[] values = input(2).broadcast(shape).values().clone();
            for (int i = 0; i < values.length; i++) {
                values[i] = condition[i] != 0 ? yes[i] : values[i];
            }
            return new OnnxArray(input(1).kind(), shape, values);
        }

        private OnnxArray cast(Kind to) {
            return input(0).each(to, v -> switch (to) {
                case FLOAT -> v;
                case INTEGER -> towardsZero(v);
                case BOOLEAN -> v != 0 ? 1 : 0;
            });
        }

        private static double towardsZero(double value) {
            return value < 0 ? Math.ceil(value) : Math.floor(value);
        }

        // ---- shapes and indices ----

        private OnnxArray given() {
            if (attributes.has("value")) {
                return constant(attributes.path("value"));
            }
            if (attributes.has("value_float")) {
                double[] value = {number(attributes.path("value_float"))};
                return new OnnxArray(Kind.FLOAT, new int[0], value);
            }
            if (attributes.has("value_int")) {
                double[] value = {attributes.path("value_int").asDouble()};
                return new OnnxArray(Kind.INTEGER, new int[0], value);
            }
            throw new UnsupportedOperationException(name + ": a Constant without value is not supported");
        }

        /** One value, by default a float 0, in every place. */
        private OnnxArray constantOfShape() {
            OnnxArray one = attributes.has("value")
                    ? constant(attributes.path("value"))
                    : new OnnxArray(Kind.FLOAT, new int[] {1}, new double[1]);
            return one.reshaped().broadcast(input(0).integers());
        }

        private OnnxArray shape() {
            int[] shape = input(0).shape();
            int from = Math.clamp(fromEnd(attributes.path("start").asInt(0), shape.length), 0, shape.length);
            int to = Math.clamp(fromEnd(attributes.path("end").asInt(shape.length), shape.length), from, shape.length);
            return OnnxArray.integers(
                    Arrays.stream(shape, from, to).asDoubleStream().toArray());
        }

        private OnnxArray range() {
            double start = input(0).values()[0];
            double step = input(2).values()[0];
            double[] values = OnnxArray.room((int) Math.max(0, Math.ceil((input(1).values()[0] - start) / step)));
            Arrays.setAll(values, i -> start + i * step);
            return new OnnxArray(input(0).kind(), new int[] {values.length}, values);
        }

        /** 0 keeps an axis, −1 takes what is left. */
        private OnnxArray reshape() {
            OnnxArray x = input(0);
            int[] shape = input(1).integers();
            int open = -1;
            int product = 1;
            for (int axis = 0; axis < shape.length; axis++) {
                shape[axis] = shape[axis] == 0 ? x.shape()[axis] : shape[axis];
                open = shape[axis] < 0 ? axis : open;
                product *= Math.max(1, Math.abs(shape[axis]));
            }
            if (open >= 0) {
                shape[open] = x.values().length / product;
            }
            return x.reshaped(shape);
        }

        /** Axes of size 1 put in, or taken out. */
        private OnnxArray squeeze(boolean putIn) {
            OnnxArray x = input(0);
            int rank = x.rank() + (putIn ? input(1).values().length : 0);
            boolean[] named = new boolean[rank];
            if (has(1)) {
                Arrays.stream(input(1).integers()).forEach(axis -> named[axis < 0 ? axis + rank : axis] = true);
            }
            List<Integer> shape = new ArrayList<>();
            for (int axis = 0, from = 0; axis < rank; axis++) {
                if (putIn) {
                    shape.add(named[axis] ? 1 : x.shape()[from++]);
                } else if (!(has(1) ? named[axis] : x.shape()[axis] == 1)) {
                    shape.add(x.shape()[axis]);
                }
            }
            return x.reshaped(shape.stream().mapToInt(Integer::intValue).toArray());
        }

        private OnnxArray transpose() {
            OnnxArray x = input(0);
            int[] shape = new int[x.rank()];
            int[] strides = new int[x.rank()];
            for (int axis = 0; axis < shape.length; axis++) {
                int from = attributes.has("perm")
                        ? attributes.path("perm").path(axis).asInt(-1)
                        : x.rank() - 1 - axis;
                shape[axis] = x.shape()[from];
                strides[axis] = x.strides()[from];
            }
            return x.strided(shape, strides, 0);
        }

        /** Of [before, axis, after]: the chosen ones along the axis, in the indices' own shape. */
        private OnnxArray gather() {
            OnnxArray x = input(0);
            OnnxArray indices = input(1);
            int axis = x.axis(attributes.path("axis").asInt(0));
            int length = x.shape()[axis];
            int[] before = Arrays.copyOf(x.shape(), axis);
            int[] after = Arrays.copyOfRange(x.shape(), axis + 1, x.rank());
            int width = OnnxArray.size(after);
            int chosen = indices.values().length;
            double[] values = OnnxArray.room(OnnxArray.size(before), chosen, width);
            for (int i = 0; i < values.length; i++) {
                int index = indices.integer(i / width % chosen);
                int row = i / width / chosen * length + (index < 0 ? index + length : index);
                values[i] = x.values()[row * width + i % width];
            }
            return new OnnxArray(x.kind(), joined(before, indices.shape(), after), values);
        }

        /** Of each named axis the elements from start to end, excluded, by steps; beyond an end is at it. */
        private OnnxArray slice() {
            OnnxArray x = input(0);
            int[] shape = x.shape().clone();
            int[] strides = x.strides();
            int offset = 0;
            for (int i = 0; i < input(1).values().length; i++) {
                int axis = x.axis(has(3) ? input(3).integer(i) : i);
                int step = has(4) ? input(4).integer(i) : 1;
                int last = step > 0 ? x.shape()[axis] : x.shape()[axis] - 1;
                int start = Math.clamp(fromEnd(input(1).values()[i], x.shape()[axis]), 0, last);
                int end = Math.clamp(fromEnd(input(2).values()[i], x.shape()[axis]), step > 0 ? 0 : -1, last);
                shape[axis] = Math.max(0, Math.ceilDiv(end - start, step));
                offset += start * strides[axis];
                strides[axis] *= step;
            }
            return x.strided(shape, strides, offset);
        }

        private static long fromEnd(double index, int length) {
            return (long) (index < 0 ? index + length : index);
        }

        /** Over the axes of the second input, or all. */
        private OnnxArray reduced() {
            OnnxArray x = input(0);
            boolean[] named = new boolean[x.rank()];
            if (has(1) && input(1).values().length > 0) {
                Arrays.stream(input(1).integers()).forEach(axis -> named[x.axis(axis)] = true);
            } else if (attributes.path("noop_with_empty_axes").asInt(0) == 0) {
                Arrays.fill(named, true);
            }
            int[] shape = x.shape().clone();
            int over = 1;
            for (int axis = 0; axis < shape.length; axis++) {
                over *= named[axis] ? shape[axis] : 1;
                shape[axis] = named[axis] ? 1 : shape[axis];
            }
            double start = operator.equals("ReduceMax")
                    ? Double.NEGATIVE_INFINITY
                    : operator.equals("ReduceMin") ? Double.POSITIVE_INFINITY : 0;
            OnnxArray result = new OnnxArray(x.kind(), shape, new double[OnnxArray.size(shape)]);
            Arrays.fill(result.values(), start);
            int[] places = new OnnxArray(
                            Kind.INTEGER,
                            shape,
                            IntStream.range(0, result.values().length)
                                    .asDoubleStream()
                                    .toArray())
                    .broadcast(x.shape())
                    .integers();
            for (int i = 0; i < places.length; i++) {
                double so = result.values()[places[i]];
                result.values()[places[i]] = switch (operator) {
                    case "ReduceMax" -> Math.max(so, x.values()[i]);
                    case "ReduceMin" -> Math.min(so, x.values()[i]);
                    default -> so + x.values()[i];
                };
            }
            int divisor = operator.equals("ReduceMean") ? over : 1;
            OnnxArray kept = result.each(x.kind(), v -> v / divisor);
            int[] rest = IntStream.range(0, shape.length)
                    .filter(axis -> !named[axis])
                    .map(axis -> shape[axis])
                    .toArray();
            return attributes.path("keepdims").asInt(1) == 1 ? kept : kept.reshaped(rest);
        }

        private static int[] joined(int[]... parts) {
            return Arrays.stream(parts).flatMapToInt(Arrays::stream).toArray();
        }

        private OnnxArray concat() {
            OnnxArray first = input(0);
            int axis = first.axis(attributes.path("axis").asInt());
            int[] shape = first.shape().clone();
            shape[axis] = 0;
            for (int i = 0; i < inputs.size(); i++) {
                shape[axis] += input(i).shape()[axis];
            }
            int after = OnnxArray.size(Arrays.copyOfRange(shape, axis + 1, shape.length));
            double[] values = OnnxArray.room(shape);
            for (int i = 0, at = 0; i < inputs.size(); at += input(i).shape()[axis] * after, i++) {
                int run = input(i).shape()[axis] * after;
                for (int row = 0; row * shape[axis] * after < values.length; row++) {
                    System.arraycopy(input(i).values(), row * run, values, row * shape[axis] * after + at, run);
                }
            }
            return new OnnxArray(first.kind(), shape, values);
        }

        /** Keeps the upper or lower triangle of the last two axes, from diagonal k on. */
        private OnnxArray trilu() {
            OnnxArray x = input(0);
            int k = has(1) ? input(1).integer(0) : 0;
            boolean upper = attributes.path("upper").asInt(1) == 1;
            int columns = x.shape()[x.rank() - 1];
            int rows = x.shape()[x.rank() - 2];
            double[] values = x.values().clone();
            for (int i = 0; i < values.length; i++) {
                int distance = i % columns - i / columns % rows;
                values[i] = (upper ? distance >= k : distance <= k) ? values[i] : 0;
            }
            return new OnnxArray(x.kind(), x.shape(), values);
        }
    }
}
