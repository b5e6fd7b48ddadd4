package dev.heed.model.arch;

import dev.heed.grad.Ops;
import dev.heed.grad.Value;
import dev.heed.kernel.Activation;
import dev.heed.nn.Linear;
import dev.heed.nn.Pass;
import java.util.Optional;

/** The head of BART and T5 that classifies a text by the decoder's row of its end token. */
record EndHead(Linear dense, Linear out) {
    static final String DENSE = "classification_head.dense";
    static final String OUT = "classification_head.out_proj";

    /** Empty where the checkpoint has none. */
    static Optional<EndHead> of(Parameters weights, int width) {
        return weights.hasCheckpoint() && weights.has(OUT + ".weight")
                ? Optional.of(new EndHead(
                        weights.linear(DENSE, width, width, true),
                        weights.linear(OUT, weights.rows(OUT + ".weight"), width, true)))
                : Optional.empty();
    }

    /** [texts, E] to [texts, classes]. */
    Value forward(Pass pass, Value ends) {
        Value inner = Ops.activate(pass.tape(), Activation.TANH, dense.forward(pass.tape(), ends));
        return out.forward(pass.tape(), pass.dropout(inner));
    }
}
