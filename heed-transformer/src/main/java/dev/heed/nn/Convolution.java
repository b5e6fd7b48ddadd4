package dev.heed.nn;

import dev.heed.grad.SequenceOps;
import dev.heed.grad.Value;

/**
 * A one-dimensional convolution: each token sees k neighbours, the same weights everywhere. Costs O(N·k·E²), all side by side;
 * weakness: a stack of L layers reaches 1 + L·(k − 1) tokens and not one further.
 *
 * <pre>
 *   k = 3          keys 0 1 2 3 4              0 1 2 3 4
 *   causal  query 2     ■ ■ ■        centred     ■ ■ ■
 * </pre>
 *
 * <pre>{@code
 * Convolution layer = Convolution.causal(taps, 5);   // taps [out, 5·E], the oldest neighbour first
 * Value y = layer.forward(Pass.of(5, 3), x);         // x [8, E], y [8, out]
 * }</pre>
 */
public final class Convolution {
    private final Linear taps;
    private final int width;
    private final int before;

    private Convolution(Linear taps, int width, int before) {
        if (width < 1 || taps.in() % width != 0) {
            throw new IllegalArgumentException(
                    "Convolution: the weights must be [out, k·E] with k=" + width + ", got an input of " + taps.in());
        }
        this.taps = taps;
        this.width = width;
        this.before = before;
    }

    /** A token sees itself and the k − 1 before it. */
    public static Convolution causal(Linear taps, int k) {
        return new Convolution(taps, k, k - 1);
    }

    /** A token sees ⌊k/2⌋ before it, itself, and the rest behind it. */
    public static Convolution centred(Linear taps, int k) {
        return new Convolution(taps, k, k / 2);
    }

    /** x [rows, E] to [rows, out]. */
    public Value forward(Pass pass, Value x) {
        return taps.forward(pass.tape(), SequenceOps.window(pass.tape(), x, width, before, pass.lengths()));
    }
}
