package dev.heed.grad;

import dev.heed.tensor.Tensor;
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
        Tensor sum = gradient;
        if (sum == null) {
            sum = tape.zeros(tensor.shape());
            gradient = sum;
        }
        return sum;
    }

    /** Sets the gradient back to zero. */
    public void clearGradient() {
        if (gradient != null) {
            java.util.Arrays.fill(gradient.array(), 0);
        }
    }
}
