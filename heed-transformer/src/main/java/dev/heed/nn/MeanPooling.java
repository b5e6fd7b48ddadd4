package dev.heed.nn;

import dev.heed.grad.SequenceOps;
import dev.heed.grad.Value;

/**
 * The mean of a sequence's rows: attention whose weights are uniform whatever is asked. Costs O(N·E), learns nothing;
 * weakness: each token's share is 1/N, and their order is gone.
 *
 * <pre>{@code
 * Value pooled = new MeanPooling().forward(Pass.of(5, 3), x); // x [8, E], pooled [2, E]
 * }</pre>
 */
public record MeanPooling() {
    /** x [rows, E] to [sequences, E]. */
    public Value forward(Pass pass, Value x) {
        return SequenceOps.mean(pass.tape(), x, pass.lengths());
    }
}
