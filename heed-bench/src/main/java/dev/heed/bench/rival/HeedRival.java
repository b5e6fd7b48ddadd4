package dev.heed.bench.rival;

import dev.heed.attention.Attention;
import dev.heed.attention.Mask;
import dev.heed.kernel.Kernels;
import dev.heed.kernel.Workers;
import dev.heed.tensor.Tensor;
import java.util.List;
import java.util.Optional;

/** Heed itself, through its public API, output and lse into tensors of the caller. */
final class HeedRival implements Rival {
    @Override
    public String name() {
        return "heed";
    }

    @Override
    public String version() {
        return "Heed, kernel " + Kernels.name();
    }

    @Override
    public Optional<String> refuses(AttentionCase question) {
        return question.work() == AttentionCase.Work.BACKWARD
                ? Optional.of("gradients are not in this build")
                : Optional.empty();
    }

    @Override
    public Contestant prepare(AttentionCase question, AttentionCase.Inputs inputs, int threads) {
        return new Forward(description(question), inputs, threads);
    }

    private static Attention description(AttentionCase question) {
        Attention plain = Attention.scaledDotProduct();
        return question.causal() ? plain.mask(Mask.causalTopLeft()) : plain;
    }

    private static final class Forward implements Contestant {
        private final Attention attention;
        private final AttentionCase.Inputs inputs;
        private final int threads;
        private final Tensor output;
        private final Tensor lse;

        Forward(Attention attention, AttentionCase.Inputs inputs, int threads) {
            this.attention = attention;
            this.inputs = inputs;
            this.threads = threads;
            Tensor query = inputs.query();
            this.output = Tensor.zeros(query.shape());
            this.lse = Tensor.zeros(query.size(0), query.size(1), query.size(2));
        }

        @Override
        public void run() {
            Workers.with(threads, () -> {
                attention.applyInto(inputs.query(), inputs.key(), inputs.value(), output, lse);
                return output;
            });
        }

        @Override
        public List<Tensor> outputs() {
            return List.of(output);
        }
    }
}
