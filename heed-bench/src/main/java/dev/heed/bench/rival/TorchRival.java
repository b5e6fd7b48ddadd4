package dev.heed.bench.rival;

import dev.heed.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.BoolOptional;
import org.bytedeco.pytorch.DoubleOptional;
import org.bytedeco.pytorch.InferenceMode;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/**
 * PyTorch's {@code scaled_dot_product_attention} through bytedeco's binding to libtorch: forward in inference mode, backward
 * through autograd with the graph of one forward pass kept.
 *
 * <p>libtorch calls OpenBLAS from inside its own OpenMP threads, and OpenBLAS brings a second pool: left alone, "one
 * thread" uses two cores and two threads fight for them (16 → 10 ms for N=1024 full). So OpenBLAS gets one thread.
 */
final class TorchRival implements Rival {
    /** How grouped heads reach the operator. */
    enum Grouping {
        /** As its documentation says: {@code enable_gqa=True}. */
        ENABLE_GQA,
        /** By hand: the queries that share a key head become rows of one head. Right without a mask only. */
        FOLDED
    }

    private final Grouping grouping;

    TorchRival(Grouping grouping) {
        this.grouping = grouping;
    }

    @Override
    public String name() {
        return grouping == Grouping.FOLDED ? "torch-folded" : "torch";
    }

    @Override
    public String version() {
        return describe();
    }

    /** Version and the library of matrix products. */
    static String describe() {
        String config = torch.show_config().getString();
        int at = config.indexOf("TORCH_VERSION=") + "TORCH_VERSION=".length();
        return "PyTorch " + config.substring(at, config.indexOf(',', at)) + " (bytedeco, " + Blas.name() + ")";
    }

    @Override
    public Optional<String> refuses(AttentionCase question) {
        if (question.work() == AttentionCase.Work.STATISTICS) {
            return Optional.of("has no statistics");
        }
        boolean same = question.group() == 1 || question.causal();
        return grouping == Grouping.FOLDED && same ? Optional.of("the same as torch") : Optional.empty();
    }

    @Override
    public Contestant prepare(AttentionCase question, AttentionCase.Inputs inputs, int threads) {
        return question.work() == AttentionCase.Work.BACKWARD
                ? new Backward(question, inputs, threads)
                : new Forward(question, inputs, threads, grouping);
    }

    private static void useThreads(int threads) {
        torch.set_num_threads(threads);
        Blas.useThreads(1);
    }

    private static org.bytedeco.pytorch.Tensor toTorch(Tensor tensor, long... shape) {
        try (FloatPointer pointer = new FloatPointer(tensor.toArray())) {
            return torch.from_blob(pointer, shape).clone();
        }
    }

    private static Tensor fromTorch(org.bytedeco.pytorch.Tensor tensor, int... shape) {
        Tensor copy = Tensor.zeros(shape);
        try (PointerScope scope = new PointerScope()) {
            tensor.contiguous().data_ptr_float().get(copy.array());
        }
        return copy;
    }

    private static final class Forward implements Contestant {
        private final AttentionCase question;
        private final int threads;
        private final boolean enableGqa;
        private final org.bytedeco.pytorch.Tensor query;
        private final org.bytedeco.pytorch.Tensor key;
        private final org.bytedeco.pytorch.Tensor value;
        private final TensorOptional noMask = new TensorOptional();
        private final DoubleOptional defaultScale = new DoubleOptional();

        Forward(AttentionCase question, AttentionCase.Inputs inputs, int threads, Grouping grouping) {
            this.question = question;
            this.threads = threads;
            this.enableGqa = grouping == Grouping.ENABLE_GQA && question.group() > 1;
            int fold = grouping == Grouping.FOLDED ? question.group() : 1;
            int width = question.width();
            query = toTorch(inputs.query(), 1, question.heads() / fold, (long) fold * question.queries(), width);
            key = toTorch(inputs.key(), 1, question.keyHeads(), question.keys(), width);
            value = toTorch(inputs.value(), 1, question.keyHeads(), question.keys(), width);
        }

        @Override
        public void begin() {
            useThreads(threads);
        }

        @Override
        public void run() {
            try (PointerScope scope = new PointerScope();
                    InferenceMode inference = new InferenceMode(true)) {
                attend();
            }
        }

        private org.bytedeco.pytorch.Tensor attend() {
            return torch.scaled_dot_product_attention(
                    query, key, value, noMask, 0, question.causal(), defaultScale, enableGqa);
        }

        @Override
        public List<Tensor> outputs() {
            try (PointerScope scope = new PointerScope();
                    InferenceMode inference = new InferenceMode(true)) {
                return List.of(fromTorch(attend(), 1, question.heads(), question.queries(), question.width()));
            }
        }

        @Override
        public void close() {
            query.close();
            key.close();
            value.close();
        }
    }

    private static final class Backward implements Contestant {
        private final AttentionCase question;
        private final int threads;
        private final TensorVector inputs;
        private final TensorVector output;
        private final TensorVector dOutput;
        private final BoolOptional keepGraph = new BoolOptional(true);

        Backward(AttentionCase question, AttentionCase.Inputs given, int threads) {
            this.question = question;
            this.threads = threads;
            int width = question.width();
            org.bytedeco.pytorch.Tensor query = leaf(given.query(), question.heads(), question.queries(), width);
            org.bytedeco.pytorch.Tensor key = leaf(given.key(), question.keyHeads(), question.keys(), width);
            org.bytedeco.pytorch.Tensor value = leaf(given.value(), question.keyHeads(), question.keys(), width);
            inputs = new TensorVector(query, key, value);
            output = new TensorVector(torch.scaled_dot_product_attention(
                    query,
                    key,
                    value,
                    new TensorOptional(),
                    0,
                    question.causal(),
                    new DoubleOptional(),
                    question.group() > 1));
            dOutput = new TensorVector(toTorch(given.dOutput(), 1, question.heads(), question.queries(), width));
        }

        private static org.bytedeco.pytorch.Tensor leaf(Tensor tensor, int heads, int rows, int width) {
            return toTorch(tensor, 1, heads, rows, width).requires_grad_(true);
        }

        @Override
        public void begin() {
            useThreads(threads);
        }

        @Override
        public void run() {
            try (PointerScope scope = new PointerScope()) {
                gradients();
            }
        }

        private TensorVector gradients() {
            return torch.grad(output, inputs, dOutput, keepGraph, false, false);
        }

        @Override
        public List<Tensor> outputs() {
            try (PointerScope scope = new PointerScope()) {
                TensorVector gradients = gradients();
                List<Tensor> copies = new ArrayList<>();
                copies.add(copy(gradients.get(0), question.heads(), question.queries()));
                copies.add(copy(gradients.get(1), question.keyHeads(), question.keys()));
                copies.add(copy(gradients.get(2), question.keyHeads(), question.keys()));
                return copies;
            }
        }

        private Tensor copy(org.bytedeco.pytorch.Tensor gradient, int heads, int rows) {
            return fromTorch(gradient, 1, heads, rows, question.width());
        }

        @Override
        public void close() {
            output.close();
            inputs.close();
            dOutput.close();
        }
    }
}
