package dev.heed.bench.rival;

import dev.heed.attention.Attention;
import dev.heed.attention.AttentionOutput;
import dev.heed.attention.AttentionStatistics;
import dev.heed.attention.KvCache;
import dev.heed.attention.Mask;
import dev.heed.kernel.Kernels;
import dev.heed.kernel.Workers;
import dev.heed.tensor.Tensor;
import java.util.List;
import java.util.Optional;

/** Heed itself, through its public API, output and lse into tensors of the caller. */
final class HeedRival implements Rival {
    private final boolean alone;

    private HeedRival(boolean alone) {
        this.alone = alone;
    }

    /** The one that all others are compared with. */
    static HeedRival heed() {
        return new HeedRival(false);
    }

    /** The forward pass alone, to which statistics in the same pass are compared. */
    static HeedRival forwardAlone() {
        return new HeedRival(true);
    }

    @Override
    public String name() {
        return alone ? "heed-forward" : "heed";
    }

    @Override
    public String version() {
        return "Heed, kernel " + Kernels.name();
    }

    @Override
    public Optional<String> refuses(AttentionCase question) {
        return alone && question.work() != AttentionCase.Work.STATISTICS
                ? Optional.of("is for statistics")
                : Optional.empty();
    }

    @Override
    public Contestant prepare(AttentionCase question, AttentionCase.Inputs inputs, int threads) {
        Attention attention = description(question);
        return switch (question.work()) {
            case FORWARD -> new Forward(attention, inputs, threads);
            case BACKWARD -> new Backward(attention, inputs, threads);
            case DECODE -> new Decode(attention, question, inputs, threads);
            case STATISTICS ->
                alone ? new Forward(attention, inputs, threads) : new Statistics(attention, inputs, threads);
        };
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

    private static final class Statistics implements Contestant {
        private final Attention attention;
        private final AttentionCase.Inputs inputs;
        private final int threads;
        private Tensor output = Tensor.zeros(0);

        Statistics(Attention attention, AttentionCase.Inputs inputs, int threads) {
            this.attention = attention;
            this.inputs = inputs;
            this.threads = threads;
        }

        @Override
        public void run() {
            output = Workers.with(
                            threads,
                            () -> attention.applyWithStatistics(
                                    inputs.query(), inputs.key(), inputs.value(), AttentionStatistics.Request.USUAL))
                    .attention()
                    .output();
        }

        @Override
        public List<Tensor> outputs() {
            return List.of(output);
        }
    }

    private static final class Backward implements Contestant {
        private final Attention attention;
        private final AttentionCase.Inputs inputs;
        private final int threads;
        private final AttentionOutput result;
        private final Tensor dQuery;
        private final Tensor dKey;
        private final Tensor dValue;

        Backward(Attention attention, AttentionCase.Inputs inputs, int threads) {
            this.attention = attention;
            this.inputs = inputs;
            this.threads = threads;
            this.result = attention.apply(inputs.query(), inputs.key(), inputs.value());
            this.dQuery = Tensor.zeros(inputs.query().shape());
            this.dKey = Tensor.zeros(inputs.key().shape());
            this.dValue = Tensor.zeros(inputs.value().shape());
        }

        @Override
        public void run() {
            Workers.with(threads, () -> {
                attention.gradientsInto(
                        inputs.query(), inputs.key(), inputs.value(), result, inputs.dOutput(), dQuery, dKey, dValue);
                return dQuery;
            });
        }

        @Override
        public List<Tensor> outputs() {
            return List.of(dQuery, dKey, dValue);
        }
    }

    private static final class Decode implements Contestant {
        private final Attention attention;
        private final Tensor query;
        private final KvCache cache;
        private final int threads;
        private Tensor output = Tensor.zeros(0);

        Decode(Attention attention, AttentionCase question, AttentionCase.Inputs inputs, int threads) {
            this.attention = attention;
            this.query = inputs.query();
            this.threads = threads;
            this.cache = new KvCache(1, question.keyHeads(), question.width(), question.width());
            cache.append(inputs.key(), inputs.value());
        }

        @Override
        public void run() {
            output = Workers.with(threads, () -> attention.apply(query, cache)).output();
        }

        @Override
        public List<Tensor> outputs() {
            return List.of(output);
        }
    }
}
