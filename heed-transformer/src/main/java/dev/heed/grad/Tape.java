package dev.heed.grad;

import dev.heed.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * What a forward pass leaves behind for the backward pass: one step per op, walked from last to first. One that does not
 * record ({@link #off}) keeps nothing, and an op costs its arithmetic alone. Not for use by several threads.
 *
 * <pre>{@code
 * Tape tape = Tape.recording();
 * Value y = Ops.activate(tape, Activation.GELU, Ops.linear(tape, x, w, null));
 * tape.backward(y, Tensor.full(1, y.tensor().shape())); // fills the gradients of w (and x, if it wants one)
 * }</pre>
 *
 * <p>Reverse accumulation: Griewank and Walther, "Evaluating Derivatives", 2nd ed. 2008, chapter 3.
 */
public final class Tape {
    private static final Tape OFF = new Tape(false);

    private final boolean records;
    private final List<Runnable> steps = new ArrayList<>();
    private final Memory memory = new Memory();

    private Tape(boolean records) {
        this.records = records;
    }

    /** A tape that never records: for inference. */
    public static Tape off() {
        return OFF;
    }

    /** A tape that records every op whose result depends on something wanted. */
    public static Tape recording() {
        return new Tape(true);
    }

    /** True if ops leave their backward step here. */
    public boolean records() {
        return records;
    }

    /**
     * Takes back the memory of everything that was computed on this tape, for the next pass to use: training then allocates
     * only in its first step. Results and gradients of values must not be read afterwards; those of parameters stay.
     */
    public void reuse() {
        steps.clear();
        memory.takeBack();
    }

    /** Memory for a result that is overwritten whole. */
    Tensor room(int... shape) {
        return records ? memory.room(shape) : Tensor.zeros(shape);
    }

    /** Memory for a sum. */
    Tensor zeros(int... shape) {
        Tensor sum = room(shape);
        Arrays.fill(sum.array(), 0);
        return sum;
    }

    boolean wants(Value a) {
        return records && a.isWanted();
    }

    boolean wants(Value a, Value b) {
        return records && (a.isWanted() || b.isWanted());
    }

    void add(Runnable backward) {
        steps.add(backward);
    }

    /**
     * Fills the gradients of everything wanted, given that of the result, and forgets the steps.
     *
     * @param dResult of the result's shape
     */
    public void backward(Value result, Tensor dResult) {
        if (!records) {
            throw new IllegalStateException("Tape.backward: this tape does not record; use Tape.recording()");
        }
        if (!Arrays.equals(result.tensor().shape(), dResult.shape())) {
            throw new IllegalArgumentException("Tape.backward: the gradient must have the result's shape "
                    + result.tensor().describe() + ", got " + dResult.describe());
        }
        Strided.addTo(result.gradient(), dResult);
        for (int i = steps.size() - 1; i >= 0; i--) {
            steps.get(i).run();
        }
        steps.clear();
    }

    /** {@link #backward(Value, Tensor)} of a loss: a value with one element. */
    public void backward(Value loss) {
        backward(loss, Tensor.full(1, loss.tensor().shape()));
    }
}
