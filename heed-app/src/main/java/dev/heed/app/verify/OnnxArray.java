package dev.heed.app.verify;

import java.util.Arrays;
import java.util.function.DoubleBinaryOperator;
import java.util.function.DoubleUnaryOperator;

/**
 * A value inside an ONNX graph: numbers in double along its axes. Small, read often, never a kernel's.
 *
 * @param kind what the numbers stand for; a boolean is 0 or 1
 */
record OnnxArray(Kind kind, int[] shape, double[] values) {
    /** Groups of ONNX's element types that compute alike. */
    enum Kind {
        FLOAT,
        INTEGER,
        BOOLEAN;

        /** By the number of ONNX's TensorProto.DataType. */
        static Kind numbered(int type) {
            return switch (type) {
                case 1, 10, 11, 16 -> FLOAT;
                case 2, 3, 4, 5, 6, 7, 12, 13 -> INTEGER;
                case 9 -> BOOLEAN;
                default ->
                    throw new UnsupportedOperationException("onnx graph: element type " + type + " is not supported");
            };
        }

        /** By its name in safetensors. */
        static Kind named(String type) {
            return switch (type) {
                case "F64", "F32", "F16", "BF16" -> FLOAT;
                case "I64", "I32", "I16", "I8", "U64", "U32", "U16", "U8" -> INTEGER;
                case "BOOL" -> BOOLEAN;
                default -> throw new UnsupportedOperationException("onnx graph: dtype " + type + " is not supported");
            };
        }
    }

    /** 512 MiB of memory: scores of 16 heads, 2,048 queries and keys. */
    private static final int LARGEST = 1 << 26;

    OnnxArray {
        if (values.length != size(shape)) {
            throw new IllegalArgumentException("onnx graph: shape " + Arrays.toString(shape) + " holds " + size(shape)
                    + " numbers, got " + values.length);
        }
    }

    /** A list of integers, one axis. */
    static OnnxArray integers(double... values) {
        return new OnnxArray(Kind.INTEGER, new int[] {values.length}, values);
    }

    static int size(int[] shape) {
        return Arrays.stream(shape).reduce(1, Math::multiplyExact);
    }

    /** Memory for a shape, not for one that a graph computed by mistake. */
    static double[] room(int... shape) {
        int size = size(shape);
        if (size > LARGEST) {
            throw new IllegalArgumentException("onnx graph: a value may hold at most " + LARGEST + " numbers, shape "
                    + Arrays.toString(shape) + " holds " + size);
        }
        return new double[size];
    }

    int rank() {
        return shape.length;
    }

    int integer(int index) {
        return (int) values[index];
    }

    int[] integers() {
        return Arrays.stream(values).mapToInt(value -> (int) value).toArray();
    }

    /** An axis counted from 0; from the end if negative. */
    int axis(int axis) {
        return axis < 0 ? axis + rank() : axis;
    }

    OnnxArray reshaped(int... newShape) {
        return new OnnxArray(kind, newShape, values);
    }

    OnnxArray each(Kind result, DoubleUnaryOperator function) {
        return new OnnxArray(result, shape, Arrays.stream(values).map(function).toArray());
    }

    /** Element by element, axes of size 1 repeated. */
    OnnxArray with(OnnxArray other, Kind result, DoubleBinaryOperator function) {
        int[] common = common(shape, other.shape);
        double[] a = broadcast(common).values;
        double[] b = other.broadcast(common).values;
        double[] joined = new double[a.length];
        for (int i = 0; i < joined.length; i++) {
            joined[i] = function.applyAsDouble(a[i], b[i]);
        }
        return new OnnxArray(result, common, joined);
    }

    /** The shape to which both can be repeated. */
    static int[] common(int[] a, int[] b) {
        int[] common = new int[Math.max(a.length, b.length)];
        for (int i = 1; i <= common.length; i++) {
            int m = i <= a.length ? a[a.length - i] : 1;
            int n = i <= b.length ? b[b.length - i] : 1;
            if (m != n && m != 1 && n != 1) {
                throw new IllegalArgumentException("onnx graph: shapes " + Arrays.toString(a) + " and "
                        + Arrays.toString(b) + " cannot be repeated to one");
            }
            common[common.length - i] = m == 1 ? n : m;
        }
        return common;
    }

    OnnxArray broadcast(int[] target) {
        if (Arrays.equals(shape, target)) {
            return this;
        }
        int[] strides = new int[target.length];
        for (int axis = rank() - 1, stride = 1; axis >= 0; axis--) {
            strides[axis + target.length - rank()] = shape[axis] == 1 ? 0 : stride;
            stride *= shape[axis];
        }
        return strided(target, strides, 0);
    }

    /** Elements picked by strides, as a new array of a shape. */
    OnnxArray strided(int[] target, int[] strides, int offset) {
        double[] picked = room(target);
        for (int i = 0; i < picked.length; i++) {
            int from = offset;
            for (int axis = target.length - 1, rest = i; axis >= 0; axis--) {
                from += rest % target[axis] * strides[axis];
                rest /= target[axis];
            }
            picked[i] = values[from];
        }
        return new OnnxArray(kind, target, picked);
    }

    int[] strides() {
        int[] strides = new int[rank()];
        for (int axis = rank() - 1, stride = 1; axis >= 0; axis--) {
            strides[axis] = stride;
            stride *= shape[axis];
        }
        return strides;
    }
}
