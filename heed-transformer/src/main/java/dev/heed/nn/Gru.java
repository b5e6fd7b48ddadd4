package dev.heed.nn;

import dev.heed.grad.SequenceOps;
import dev.heed.grad.Value;
import dev.heed.tensor.Tensor;

/**
 * A gated recurrent unit (Cho et al. 2014, arXiv 1406.1078): everything that later tokens know of earlier ones has gone
 * through a state of H numbers, one step per token. Costs O(N·H²), which cannot be done side by side; weakness: what lies n
 * tokens back has to survive n steps. The reset gate acts as in PyTorch, see {@code GruScan}.
 *
 * <pre>{@code
 * Gru layer = new Gru(input, recurrent, bias);         // input [3H, E], recurrent [3H, H], bias [3H]; order r, z, n
 * Value states = layer.forward(Pass.of(5, 3), x);      // x [8, E], states [8, H]
 * }</pre>
 *
 * @param input from a token to the gates, with its bias
 * @param recurrent from the state before to the gates, [3H, H]
 * @param bias of the state before, [3H]
 */
public record Gru(Linear input, Value recurrent, Value bias) {
    /** The state after each token, [rows, H], from a state of zeros. */
    public Value forward(Pass pass, Value x) {
        return forward(pass, x, Value.constant(Tensor.zeros(pass.sequences(), width())));
    }

    /** The state after each token, [rows, H], from given states [sequences, H]. */
    public Value forward(Pass pass, Value x, Value first) {
        return SequenceOps.gru(pass.tape(), input.forward(pass.tape(), x), recurrent, bias, first, pass.lengths());
    }

    /** H. */
    public int width() {
        return recurrent.tensor().size(1);
    }
}
