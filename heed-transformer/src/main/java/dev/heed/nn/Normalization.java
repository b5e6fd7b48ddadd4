package dev.heed.nn;

import dev.heed.grad.Ops;
import dev.heed.grad.Tape;
import dev.heed.grad.Value;
import dev.heed.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * Normalisation of each row, then a learned factor (and shift) per column.
 *
 * <pre>{@code
 * Normalization norm = new Normalization.Rms(gamma, 1e-5f);  // gamma [width]
 * Value y = norm.forward(Tape.off(), x);                      // x [rows, width]
 * }</pre>
 */
public sealed interface Normalization {
    /** x [rows, width] to the same shape. */
    Value forward(Tape tape, Value x);

    /** Layer norm (arXiv 1607.06450). */
    record Layer(Value gamma, @Nullable Value beta, float epsilon) implements Normalization {
        @Override
        public Value forward(Tape tape, Value x) {
            return Ops.layerNorm(tape, x, gamma, beta, epsilon);
        }
    }

    /** RMS norm (arXiv 1910.07467). */
    record Rms(Value gamma, float epsilon) implements Normalization {
        @Override
        public Value forward(Tape tape, Value x) {
            return Ops.rmsNorm(tape, x, gamma, epsilon);
        }
    }

    /** RMS norm whose factor is 1 + offset, as Gemma keeps it. */
    record RmsAroundOne(Value offset, float epsilon) implements Normalization {
        @Override
        public Value forward(Tape tape, Value x) {
            Value ones = Value.constant(Tensor.full(1, offset.tensor().shape()));
            return Ops.rmsNorm(tape, x, Ops.add(tape, offset, ones), epsilon);
        }
    }
}
