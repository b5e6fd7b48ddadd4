package dev.heed.grad;

import dev.heed.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

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
    private final List<Step> steps = new ArrayList<>();
    private final Memory memory = new Memory();

    /** The way back of one op; afterwards nobody needs its result, that result's gradient, or what else it kept. */
    private record Step(@Nullable Value result, Runnable backward, Tensor... kept) {}

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
        memory.takeAllBack();
    }

    /** Memory for a result that is overwritten whole. */
    Tensor room(int... shape) {
        return records ? memory.room(shape) : Tensor.zeros(shape);
    }

    /** Gives memory back before the pass ends. */
    void takeBack(Tensor tensor) {
        if (records) {
            memory.takeBack(tensor);
        }
    }

    boolean wants(Value a) {
        return records && a.isWanted();
    }

    boolean wants(Value a, Value b) {
        return records && (a.isWanted() || b.isWanted());
    }

    /** Leaves the way back of a part of a result, or of what was done in place. */
    void add(Runnable backward) {
        steps.add(new Step(null, backward));
    }

    /**
     * Leaves an op's way back.
     *
     * @param result its result
     * @param kept from {@link #room}, for the way back alone
     */
    void add(Value result, Runnable backward, Tensor... kept) {
        steps.add(new Step(result, backward, kept));
    }

    /**
     * Fills the gradients of everything wanted, given that of the result, and forgets the steps. As it goes it takes back the
     * memory of what it has passed: afterwards only the gradients of parameters, and values that were not computed on this
     * tape, hold anything.
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
        Ops.addTo(result, dResult);
        while (!steps.isEmpty()) {
            Step step = steps.removeLast();
            step.backward.run();
            if (step.result != null) {
                step.result.letGo();
            }
            for (Tensor each : step.kept) {
                takeBack(each);
            }
        }
    }

    /** {@link #backward(Value, Tensor)} of a loss: a value with one element. */
    public void backward(Value loss) {
        backward(loss, Tensor.full(1, loss.tensor().shape()));
    }
}
