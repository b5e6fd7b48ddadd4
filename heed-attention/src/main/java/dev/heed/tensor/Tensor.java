package dev.heed.tensor;

import java.util.Arrays;

/**
 * A float32 array with axes. A tensor is a view: a backing {@code float[]}, an offset, a shape and a stride (in
 * elements) per axis. Transposing, slicing and broadcasting share the backing array and cost O(rank); only
 * {@link #toArray()}, and of what is not contiguous {@link #contiguous()} and {@link #reshape}, copy.
 *
 * <p>Row-major order throughout: the last axis varies fastest. A stride of 0 repeats an axis without memory.
 *
 * <pre>{@code
 * Tensor t = Tensor.of(new float[] {1, 2, 3, 4, 5, 6}, 2, 3); // [[1,2,3],[4,5,6]]
 * t.transpose(0, 1).get(2, 1);                                // 6
 * }</pre>
 *
 * <p>Not thread-safe for writes; reads may be shared freely.
 */
public final class Tensor {
    private final float[] array;
    private final int offset;
    private final int[] shape;
    private final int[] strides;

    private Tensor(float[] array, int offset, int[] shape, int[] strides) {
        this.array = array;
        this.offset = offset;
        this.shape = shape;
        this.strides = strides;
    }

    /**
     * Wraps {@code array} without copying; later writes to it are seen.
     *
     * @param shape sizes per axis, all ≥ 0; their product must equal the array's length
     * @throws IllegalArgumentException if they disagree
     */
    public static Tensor of(float[] array, int... shape) {
        int elements = elements("Tensor.of", shape);
        if (elements != array.length) {
            throw new IllegalArgumentException("Tensor.of: the array must hold exactly shape " + Arrays.toString(shape)
                    + " = " + elements + " elements, got " + array.length);
        }
        return new Tensor(array, 0, shape.clone(), rowMajorStrides(shape));
    }

    /** A new tensor of zeros. */
    public static Tensor zeros(int... shape) {
        return new Tensor(new float[elements("Tensor.zeros", shape)], 0, shape.clone(), rowMajorStrides(shape));
    }

    /** A new tensor with every element {@code value}. */
    public static Tensor full(float value, int... shape) {
        Tensor result = zeros(shape);
        Arrays.fill(result.array, value);
        return result;
    }

    /**
     * A view of part of an array with explicit strides.
     *
     * @throws IllegalArgumentException if any element would lie outside the array
     */
    public static Tensor view(float[] array, int offset, int[] shape, int[] strides) {
        int elements = elements("Tensor.view", shape);
        if (strides.length != shape.length) {
            throw new IllegalArgumentException("Tensor.view: one stride per axis, shape " + Arrays.toString(shape)
                    + ", strides " + Arrays.toString(strides));
        }
        Tensor view = new Tensor(array, offset, shape.clone(), strides.clone());
        if (elements > 0 && (view.first() < 0 || view.last() >= array.length)) {
            throw new IllegalArgumentException("Tensor.view: shape " + Arrays.toString(shape) + " with strides "
                    + Arrays.toString(strides) + " at offset " + offset + " reaches elements " + view.first() + ".."
                    + view.last() + " of an array of " + array.length);
        }
        return view;
    }

    /** Least index in the array that an element has, if there are elements. */
    private long first() {
        long first = offset;
        for (int axis = 0; axis < shape.length; axis++) {
            first += Math.min(0, (long) (shape[axis] - 1) * strides[axis]);
        }
        return first;
    }

    /** Greatest index in the array that an element has, if there are elements. */
    private long last() {
        long last = offset;
        for (int axis = 0; axis < shape.length; axis++) {
            last += Math.max(0, (long) (shape[axis] - 1) * strides[axis]);
        }
        return last;
    }

    /**
     * False if no element of either lies where one of the other does: they lie in other arrays, one behind the other, or in turns,
     * as queries, keys and values of one product do. Without it, a write to one is never seen in the other.
     */
    @SuppressWarnings("ReferenceEquality") // the same memory, not equal numbers
    public boolean mayOverlap(Tensor other) {
        return array == other.array
                && !isEmpty()
                && !other.isEmpty()
                && first() <= other.last()
                && other.first() <= last()
                && !liesInTurnsWith(other);
    }

    /** True if both are made of runs of neighbouring numbers, and within the distance of runs one's lie beside the other's. */
    private boolean liesInTurnsWith(Tensor other) {
        Runs own = Runs.of(this);
        Runs others = Runs.of(other);
        long period = gcd(own.distance, others.distance);
        long gap = period == 0 ? 0 : Math.floorMod(other.first() - first(), period);
        return gap >= own.length && gap + others.length <= period;
    }

    /** Where elements lie: in runs of a length, from one to the next a multiple of a distance; 0 if there is but one run. */
    private record Runs(long length, long distance) {
        static Runs of(Tensor t) {
            long length = 1;
            for (int axis = axisOfStride(t, 1); axis >= 0; axis = axisOfStride(t, length)) {
                length *= t.shape[axis];
            }
            long distance = 0;
            long span = 1; // longer than the run where a view shows elements twice
            for (int axis = 0; axis < t.shape.length; axis++) {
                long stride = t.shape[axis] == 1 ? 0 : Math.abs((long) t.strides[axis]);
                span += stride < length ? (t.shape[axis] - 1) * stride : 0;
                distance = stride < length ? distance : gcd(distance, stride);
            }
            return new Runs(span, distance);
        }

        private static int axisOfStride(Tensor t, long stride) {
            for (int axis = 0; axis < t.shape.length; axis++) {
                if (t.shape[axis] > 1 && Math.abs((long) t.strides[axis]) == stride) {
                    return axis;
                }
            }
            return -1;
        }
    }

    /** False if no two elements lie in one place: a step along each axis leads behind all that shorter steps reach. */
    public boolean mayRepeat() {
        for (int axis = 0; axis < shape.length; axis++) {
            if (shape[axis] > 1 && Math.abs((long) strides[axis]) <= reachBelow(axis)) {
                return !isEmpty();
            }
        }
        return false;
    }

    /** How far steps lead that are shorter than those along an axis, or as long and along a later one. */
    private long reachBelow(int axis) {
        long own = Math.abs((long) strides[axis]);
        long reach = 0;
        for (int other = 0; other < shape.length; other++) {
            long stride = Math.abs((long) strides[other]);
            if (stride < own || stride == own && other > axis) {
                reach += (shape[other] - 1) * stride;
            }
        }
        return reach;
    }

    private static long gcd(long x, long y) {
        return y == 0 ? x : gcd(y, x % y);
    }

    public int rank() {
        return shape.length;
    }

    /** Size of an axis; negative axes count from the end. */
    public int size(int axis) {
        return shape[axis(axis)];
    }

    public int[] shape() {
        return shape.clone();
    }

    /** Distance in elements between neighbours along an axis; negative axes count from the end. */
    public int stride(int axis) {
        return strides[axis(axis)];
    }

    /** Index in {@link #array()} of element [0, 0, …]. */
    public int offset() {
        return offset;
    }

    /** The backing array itself, not a copy. */
    public float[] array() {
        return array;
    }

    /**
     * The number of elements: the product of the shape.
     *
     * @throws IllegalArgumentException if a view repeats its elements so often that an array could not hold them
     */
    public int elements() {
        return elements("Tensor.elements", shape);
    }

    private boolean isEmpty() {
        return Arrays.stream(shape).anyMatch(size -> size == 0);
    }

    /** Index in {@link #array()} of an element; checked. */
    public int index(int... at) {
        if (at.length != shape.length) {
            throw new IllegalArgumentException(
                    "Tensor.index: " + shape.length + " indices for shape " + describe() + ", got " + at.length);
        }
        int index = offset;
        for (int axis = 0; axis < at.length; axis++) {
            index += within("index", at[axis], axis) * strides[axis];
        }
        return index;
    }

    public float get(int... at) {
        return array[index(at)];
    }

    public void set(float value, int... at) {
        array[index(at)] = value;
    }

    /** True if elements lie one after another in row-major order. */
    public boolean isContiguous() {
        long expected = 1;
        for (int axis = shape.length - 1; axis >= 0; axis--) {
            if (shape[axis] != 1 && strides[axis] != expected) {
                return isEmpty();
            }
            expected *= shape[axis];
        }
        return true;
    }

    /** This tensor if contiguous, else a row-major copy. */
    public Tensor contiguous() {
        return isContiguous() ? this : Tensor.of(toArray(), shape);
    }

    /** A row-major copy of the elements. */
    public float[] toArray() {
        int elements = elements();
        if (elements == 0) {
            return new float[0]; // whose offset may lie behind the array
        }
        if (isContiguous()) {
            return Arrays.copyOfRange(array, offset, offset + elements);
        }
        float[] copy = new float[elements];
        copyTo(copy, 0);
        return copy;
    }

    /** Writes the elements in row-major order to {@code target} from {@code at}. */
    public void copyTo(float[] target, int at) {
        int elements = elements();
        if (elements == 0) {
            return;
        }
        if (at < 0 || at > target.length - elements) {
            throw new IndexOutOfBoundsException("Tensor.copyTo: the " + elements + " elements of " + describe()
                    + " must fit between " + at + " and the end of the target, which has " + target.length);
        }
        if (shape.length == 0) {
            target[at] = array[offset];
            return;
        }
        copyAxis(0, offset, target, at);
    }

    private int copyAxis(int axis, int from, float[] target, int at) {
        int size = shape[axis];
        int stride = strides[axis];
        if (axis < shape.length - 1) {
            for (int i = 0; i < size; i++) {
                at = copyAxis(axis + 1, from + i * stride, target, at);
            }
            return at;
        }
        if (stride == 1) {
            System.arraycopy(array, from, target, at, size);
        } else {
            for (int i = 0; i < size; i++) {
                target[at + i] = array[from + i * stride];
            }
        }
        return at + size;
    }

    /** The same elements with two axes exchanged; shares memory. */
    public Tensor transpose(int axisA, int axisB) {
        int a = axis(axisA);
        int b = axis(axisB);
        int[] newShape = shape.clone();
        int[] newStrides = strides.clone();
        newShape[a] = shape[b];
        newShape[b] = shape[a];
        newStrides[a] = strides[b];
        newStrides[b] = strides[a];
        return new Tensor(array, offset, newShape, newStrides);
    }

    /** Elements {@code from} (inclusive) to {@code to} (exclusive) along an axis; shares memory. */
    public Tensor slice(int onAxis, int from, int to) {
        int axis = axis(onAxis);
        if (from < 0 || from > to || to > shape[axis]) {
            throw new IndexOutOfBoundsException("Tensor.slice: " + from + ".." + to + " of axis " + axis + " of "
                    + describe() + " must lie within 0.." + shape[axis]);
        }
        int[] newShape = shape.clone();
        newShape[axis] = to - from;
        return new Tensor(array, offset + from * strides[axis], newShape, strides);
    }

    /** One index of an axis, which disappears; shares memory. */
    public Tensor select(int onAxis, int index) {
        int axis = axis(onAxis);
        int at = offset + within("select", index, axis) * strides[axis];
        return new Tensor(array, at, without(shape, axis), without(strides, axis));
    }

    /**
     * The same elements in row-major order under another shape; shares memory where this tensor is contiguous, else
     * copies.
     */
    public Tensor reshape(int... newShape) {
        int elements = elements("Tensor.reshape", newShape);
        if (elements != elements()) {
            throw new IllegalArgumentException("Tensor.reshape: " + describe() + " has " + elements()
                    + " elements, but " + Arrays.toString(newShape) + " needs " + elements);
        }
        Tensor source = contiguous();
        return new Tensor(source.array, source.offset, newShape.clone(), rowMajorStrides(newShape));
    }

    /**
     * Repeats axes of size 1, and adds leading axes, to reach {@code target}; shares memory (stride 0).
     *
     * @throws IllegalArgumentException if an axis is neither 1 nor the target's size
     */
    public Tensor broadcastTo(int... target) {
        int lead = target.length - shape.length;
        int[] newStrides = new int[target.length];
        boolean fits = lead >= 0 && Arrays.stream(target).allMatch(size -> size >= 0);
        for (int axis = 0; fits && axis < shape.length; axis++) {
            fits = shape[axis] == target[lead + axis] || shape[axis] == 1;
            newStrides[lead + axis] = shape[axis] == 1 ? 0 : strides[axis];
        }
        if (!fits) {
            throw new IllegalArgumentException(
                    "Tensor.broadcastTo: " + describe() + " cannot be repeated to " + Arrays.toString(target));
        }
        return new Tensor(array, offset, target.clone(), newStrides);
    }

    /** The shape as text, for messages: {@code [2, 8, 100, 64]}. */
    public String describe() {
        return Arrays.toString(shape);
    }

    @Override
    public String toString() {
        long elements = 1;
        for (int size : shape) {
            elements = Math.min(65, elements * size); // a view may repeat its elements more often than an int can count
        }
        return elements <= 64 ? describe() + " " + Arrays.toString(toArray()) : describe();
    }

    private int axis(int axis) {
        int counted = axis < 0 ? axis + shape.length : axis;
        if (counted < 0 || counted >= shape.length) {
            throw new IndexOutOfBoundsException("Tensor: axis " + axis + " of a tensor with " + shape.length + " axes, "
                    + describe() + "; count from 0, or from the end with -1");
        }
        return counted;
    }

    private int within(String what, int index, int axis) {
        if (index < 0 || index >= shape[axis]) {
            throw new IndexOutOfBoundsException("Tensor." + what + ": index " + index + " of axis " + axis + " of "
                    + describe() + " must be at least 0 and below " + shape[axis]);
        }
        return index;
    }

    private static int[] without(int[] values, int axis) {
        int[] rest = new int[values.length - 1];
        System.arraycopy(values, 0, rest, 0, axis);
        System.arraycopy(values, axis + 1, rest, axis, rest.length - axis);
        return rest;
    }

    private static int[] rowMajorStrides(int[] shape) {
        int[] strides = new int[shape.length];
        int stride = 1;
        for (int axis = shape.length - 1; axis >= 0; axis--) {
            strides[axis] = stride;
            stride *= Math.max(1, shape[axis]);
        }
        return strides;
    }

    private static int elements(String who, int[] shape) {
        boolean empty = false;
        for (int size : shape) {
            if (size < 0) {
                throw new IllegalArgumentException(who + ": sizes must not be negative, got " + Arrays.toString(shape));
            }
            empty |= size == 0;
        }
        long product = empty ? 0 : 1;
        for (int size : shape) {
            product *= size;
            if (product > Integer.MAX_VALUE - 8) {
                throw new IllegalArgumentException(who + ": shape " + Arrays.toString(shape)
                        + " has more elements than one Java array holds (2^31 - 9); split it along an axis");
            }
        }
        return (int) product;
    }
}
