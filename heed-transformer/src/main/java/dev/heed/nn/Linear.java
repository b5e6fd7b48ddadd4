package dev.heed.nn;

import dev.heed.grad.Likelihood;
import dev.heed.grad.Ops;
import dev.heed.grad.Tape;
import dev.heed.grad.Value;
import dev.heed.kernel.PackedMatrix;
import dev.heed.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * y = x·Wᵀ + b. Weights are either frozen and packed (inference reads them from front to back) or natural and learned; both
 * give the same bits.
 *
 * <pre>{@code
 * Linear layer = Linear.frozen(PackedMatrix.pack(weights), null); // weights [out, in]
 * Value y = layer.forward(Tape.off(), x);                          // x [rows, in], y [rows, out]
 * }</pre>
 */
public final class Linear {
    private final @Nullable PackedMatrix packed;
    private final @Nullable Value natural;
    private final @Nullable Value bias;
    private final int @Nullable [] order;

    private Linear(@Nullable PackedMatrix packed, @Nullable Value natural, @Nullable Value bias) {
        this(packed, natural, bias, null);
    }

    private Linear(
            @Nullable PackedMatrix packed, @Nullable Value natural, @Nullable Value bias, int @Nullable [] order) {
        this.packed = packed;
        this.natural = natural;
        this.bias = bias;
        this.order = order;
    }

    /** With weights that stay as they are. */
    public static Linear frozen(PackedMatrix weights, @Nullable Tensor bias) {
        return new Linear(weights, null, bias == null ? null : Value.constant(bias));
    }

    /** With weights [out, in] that may be learned. A bias that stays 0 is left out. */
    public static Linear learned(Value weights, @Nullable Value bias) {
        return new Linear(null, weights, bias == null || isNothing(bias) ? null : bias);
    }

    /** With some rows of weights [all, in], and of a bias [all], that may be learned: several layers in one tensor, in turns. */
    public static Linear gathered(Value weights, @Nullable Value bias, int[] order) {
        return new Linear(null, weights, bias, order.clone());
    }

    private static boolean isNothing(Value bias) {
        boolean nothing = !bias.isWanted();
        for (int i = 0; nothing && i < bias.tensor().elements(); i++) {
            nothing = bias.tensor().get(i) == 0;
        }
        return nothing;
    }

    /** x [rows, in] to [rows, out]. */
    public Value forward(Tape tape, Value x) {
        if (packed != null) {
            return Ops.linear(tape, x, packed, bias);
        }
        return order == null ? Ops.linear(tape, x, weights(), bias) : ofGathered(tape, x, order);
    }

    private Value ofGathered(Tape tape, Value x, int[] rows) {
        Value some = Ops.embedding(tape, weights(), rows);
        if (bias == null) {
            return Ops.linear(tape, x, some, null);
        }
        int all = bias.tensor().elements();
        Value added =
                Ops.embedding(tape, bias.view(b -> b.reshape(all, 1)), rows).view(b -> b.reshape(rows.length));
        return Ops.linear(tape, x, some, added);
    }

    /** The rows of W that ids name, [ids, in]: an embedding tied to this layer. */
    public Value rows(Tape tape, int[] ids) {
        return packed != null ? Ops.embedding(packed, ids) : Ops.embedding(tape, weights(), ids);
    }

    /** The mean over rows of −log softmax(forward(x))[label]; a negative label leaves its row out. */
    public Value crossEntropy(Pass pass, Value x, int[] labels) {
        return crossEntropy(pass, x, labels, 0);
    }

    /** The same of logits that are bounded to ±cap by cap·tanh(x/cap); 0 for none. */
    public Value crossEntropy(Pass pass, Value x, int[] labels, float cap) {
        Value w = packed != null ? Value.constant(packed.unpack()) : weights();
        return Ops.crossEntropy(pass.tape(), x, w, bias, labels, new Likelihood(cap, pass.smoothing()));
    }

    /** The same weights under another bias. */
    public Linear withBias(@Nullable Value other) {
        return new Linear(packed, natural, other);
    }

    /** Width of the output. */
    public int out() {
        return packed != null
                ? packed.out()
                : order != null ? order.length : weights().tensor().size(0);
    }

    /** Width of the input. */
    public int in() {
        return packed != null ? packed.in() : weights().tensor().size(1);
    }

    private Value weights() {
        if (natural == null) {
            throw new IllegalStateException("Linear: neither packed nor natural weights");
        }
        return natural;
    }
}
