package dev.heed.nn;

import dev.heed.grad.Ops;
import dev.heed.grad.Tape;
import dev.heed.grad.Value;
import dev.heed.kernel.Activation;

/**
 * The layer that treats each token by itself.
 *
 * <pre>{@code
 * FeedForward swiGlu = new FeedForward.Gated(gate, up, Activation.SILU, down);
 * Value y = swiGlu.forward(Tape.off(), x);
 * }</pre>
 */
public sealed interface FeedForward {
    /** x [rows, E] to the same shape. */
    Value forward(Tape tape, Value x);

    /** W₂·f(W₁·x): Vaswani et al. 2017, section 3.3. */
    record Plain(Linear first, Activation f, Linear second) implements FeedForward {
        @Override
        public Value forward(Tape tape, Value x) {
            return second.forward(tape, Ops.activateLast(tape, f, first.forward(tape, x)));
        }
    }

    /** Down·(f(Gate·x) · Up·x): Shazeer 2020, arXiv 2002.05202. */
    record Gated(Linear gate, Linear up, Activation f, Linear down) implements FeedForward {
        @Override
        public Value forward(Tape tape, Value x) {
            return down.forward(tape, Ops.gated(tape, f, gate.forward(tape, x), up.forward(tape, x)));
        }
    }
}
