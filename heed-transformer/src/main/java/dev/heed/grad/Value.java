package dev.heed.grad;

import dev.heed.tensor.Tensor;
import java.util.Arrays;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * A tensor that may have a gradient. Parameters want one; what is computed from something that wants one does too, if a
 * {@link Tape} records. A view of a value shares its memory and its gradient, so splitting heads copies nothing either way.
 *
 * <pre>{@code
 * Value w = Value.parameter(Tensor.of(new float[] {1, 2}, 1, 2));
 * Tape tape = Tape.recording();
 * Value y = Ops.scale(tape, w, 3);
 * tape.backward(y, Tensor.full(1, 1, 2));
 * w.gradient();                                   // [[3, 3]]
 * }</pre>
 */
public final class Value {
    private final Tensor tensor;
    private final boolean wanted;
    private final @Nullable Value whole;
    private final @Nullable UnaryOperator<Tensor> part;
    private final Tape tape;
    private @Nullable Tensor gradient;
    /** The gradient's memory holds contributions; else it holds anything. */
    private boolean begun;

    private Value(
            Tensor tensor, boolean wanted, @Nullable Value whole, @Nullable UnaryOperator<Tensor> part, Tape tape) {
        this.tape = tape;
        this.tensor = tensor;
        this.wanted = wanted;
        this.whole = whole;
        this.part = part;
    }

    /** Something that is not learned. */
    public static Value constant(Tensor tensor) {
        return new Value(tensor, false, null, null, Tape.off());
    }

    /** Something that is learned: gradients add up in it until {@link #clearGradient}. */
    public static Value parameter(Tensor tensor) {
        return new Value(tensor, true, null, null, Tape.off());
    }

    /** The result of an op; the memory of its gradient is the tape's. */
    static Value result(Tape tape, Tensor tensor, boolean wanted) {
        return new Value(tensor, wanted, null, null, tape);
    }

    /** A view of this value: {@code part} must share memory, as slices, transposes and reshapes of contiguous tensors do. */
    public Value view(UnaryOperator<Tensor> part) {
        return wanted ? new Value(part.apply(tensor), true, this, part, tape) : constant(part.apply(tensor));
    }

    /** The numbers. */
    public Tensor tensor() {
        return tensor;
    }

    /** True if a gradient is to be computed. */
    public boolean isWanted() {
        return wanted;
    }

    /** The gradient so far, of the tensor's shape; zeros before any backward pass. */
    public Tensor gradient() {
        if (whole != null && part != null) {
            return part.apply(whole.gradient());
        }
        boolean zero = !begun;
        Tensor sum = gradientRoom();
        if (zero) {
            Arrays.fill(sum.array(), 0);
        }
        return sum;
    }

    /**
     * Whether contributions stand in the gradient already. If so, the next one is added; if not, it overwrites every element of
     * {@link #gradientRoom}, which spares setting them to zero first.
     */
    boolean hasGradient() {
        if (whole == null) {
            return begun;
        }
        if (!whole.hasGradient() && tensor.elements() != whole.tensor.elements()) {
            whole.gradient(); // what this part leaves out is zero
        }
        return whole.hasGradient();
    }

    /** Memory of the gradient for who asked {@link #hasGradient} and fills it or adds to it. */
    Tensor gradientRoom() {
        if (whole != null && part != null) {
            return part.apply(whole.gradientRoom());
        }
        Tensor room = gradient;
        if (room == null) {
            room = tape.room(tensor.shape());
            gradient = room;
        }
        begun = true;
        return room;
    }

    /**
     * Takes over {@code memory}, contiguous and of the same tape, as its gradient; nobody else reads or writes it any more.
     *
     * @return false if this value has contributions already or its gradient is kept elsewhere: then nothing happened
     */
    boolean takeOver(Tensor memory) {
        if (whole != null || begun || !tape.records() || !Arrays.equals(memory.shape(), tensor.shape())) {
            return false;
        }
        if (gradient != null) {
            tape.takeBack(gradient);
        }
        gradient = memory;
        begun = true;
        return true;
    }

    /** Gives this value's gradient, which it has no more use for, to another, unless it stands where its numbers stood. */
    boolean passGradientTo(Value other) {
        if (whole != null || gradient == null || gradient.array() == tensor.array() || !other.takeOver(gradient)) {
            return false;
        }
        gradient = null;
        begun = false;
        return true;
    }

    /** The value that this one is a view of, over any number of views. */
    Value root() {
        return whole == null ? this : whole.root();
    }

    /** Gives the memory of the result of an op and of its gradient back to the tape. */
    void letGo() {
        if (gradient != null) {
            tape.takeBack(gradient);
        }
        tape.takeBack(tensor);
        gradient = null;
        begun = false;
    }

    /** Forgets the gradient so far. */
    public void clearGradient() {
        begun = false;
    }
}
