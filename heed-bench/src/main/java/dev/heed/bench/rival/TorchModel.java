package dev.heed.bench.rival;

import dev.heed.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.LongPointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.DoubleOptional;
import org.bytedeco.pytorch.InferenceMode;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/** A transformer written with PyTorch's functions, in inference mode; in float, and in double as the reference. */
final class TorchModel implements ModelRival {
    @Override
    public String name() {
        return "torch";
    }

    @Override
    public String version() {
        return TorchRival.describe();
    }

    @Override
    public Optional<String> refuses(ModelCase question) {
        return Optional.empty();
    }

    @Override
    public Contestant prepare(ModelCase question, ModelWeights<Tensor> weights, int threads) {
        return new Network(question, weights, threads, torch.ScalarType.Float);
    }

    /** The same network in float64. */
    static Contestant inDouble(ModelCase question, ModelWeights<Tensor> weights) {
        return new Network(question, weights, Runtime.getRuntime().availableProcessors(), torch.ScalarType.Double);
    }

    private static final class Network implements Contestant {
        private final ModelCase question;
        private final int threads;
        private final torch.ScalarType type;
        private final org.bytedeco.pytorch.Tensor ids;
        private final ModelWeights<org.bytedeco.pytorch.Tensor> weights;
        private final List<org.bytedeco.pytorch.Tensor> owned = new ArrayList<>();
        private final TensorOptional noMask = new TensorOptional();
        private final DoubleOptional defaultScale = new DoubleOptional();

        Network(ModelCase question, ModelWeights<Tensor> weights, int threads, torch.ScalarType type) {
            this.question = question;
            this.threads = threads;
            this.type = type;
            this.weights = weights.map(this::toTorch);
            this.ids = ids();
        }

        private org.bytedeco.pytorch.Tensor ids() {
            long[] shape = {question.batch(), question.tokens()};
            try (LongPointer pointer = new LongPointer(question.ids())) {
                org.bytedeco.pytorch.Tensor view =
                        torch.from_blob(pointer, shape, new TensorOptions(torch.ScalarType.Long));
                owned.add(view.clone());
            }
            return owned.getLast();
        }

        private org.bytedeco.pytorch.Tensor toTorch(Tensor tensor) {
            long[] shape = Arrays.stream(tensor.shape()).asLongStream().toArray();
            try (FloatPointer pointer = new FloatPointer(tensor.toArray());
                    org.bytedeco.pytorch.Tensor view = torch.from_blob(pointer, shape);
                    org.bytedeco.pytorch.Tensor copy = view.clone()) {
                owned.add(copy.to(type));
            }
            return owned.getLast();
        }

        @Override
        public void begin() {
            torch.set_num_threads(threads);
            Blas.useThreads(threads);
        }

        @Override
        public void run() {
            try (PointerScope scope = new PointerScope();
                    InferenceMode inference = new InferenceMode(true)) {
                forward();
            }
        }

        @Override
        public List<Tensor> outputs() {
            try (PointerScope scope = new PointerScope();
                    InferenceMode inference = new InferenceMode(true)) {
                org.bytedeco.pytorch.Tensor result =
                        forward().to(torch.ScalarType.Float).contiguous();
                Tensor copy = Tensor.zeros(
                        question.batch() * question.tokens(),
                        question.causal() ? question.vocabulary() : question.width());
                result.data_ptr_float().get(copy.array());
                return List.of(copy);
            }
        }

        private org.bytedeco.pytorch.Tensor forward() {
            boolean before = question.causal(); // layer norm before each half
            org.bytedeco.pytorch.Tensor x = torch.embedding(weights.tokens(), ids)
                    .add(weights.positions().narrow(0, question.past(), question.tokens()));
            x = before ? x : norm(x, weights.norm());
            for (ModelWeights.Layer<org.bytedeco.pytorch.Tensor> layer : weights.layers()) {
                x = x.add(attend(before ? norm(x, layer.first()) : x, layer));
                x = before ? x : norm(x, layer.first());
                org.bytedeco.pytorch.Tensor up = linear(before ? norm(x, layer.second()) : x, layer.up());
                x = x.add(linear(torch.gelu(up, question.causal() ? "tanh" : "none"), layer.down()));
                x = before ? x : norm(x, layer.second());
            }
            return before ? norm(x, weights.norm()).matmul(weights.tokens().t()) : x;
        }

        private org.bytedeco.pytorch.Tensor attend(
                org.bytedeco.pytorch.Tensor x, ModelWeights.Layer<org.bytedeco.pytorch.Tensor> layer) {
            TensorVector parts = torch.chunk(linear(x, layer.queryKeyValue()), 3, -1);
            org.bytedeco.pytorch.Tensor query = byHead(parts.get(0));
            org.bytedeco.pytorch.Tensor key = byHead(parts.get(1));
            org.bytedeco.pytorch.Tensor value = byHead(parts.get(2));
            if (question.past() > 0) {
                key = append(layer.cachedKey(), key);
                value = append(layer.cachedValue(), value);
            }
            boolean causal = question.causal() && question.past() == 0;
            // Inside PyTorch's own threads OpenBLAS must not start more; between them it needs them (see TorchRival).
            Blas.useThreads(1);
            org.bytedeco.pytorch.Tensor mixed =
                    torch.scaled_dot_product_attention(query, key, value, noMask, 0, causal, defaultScale, false);
            Blas.useThreads(threads);
            return linear(
                    mixed.transpose(1, 2).reshape(question.batch(), question.tokens(), question.width()),
                    layer.output());
        }

        private org.bytedeco.pytorch.Tensor append(
                org.bytedeco.pytorch.Tensor cache, org.bytedeco.pytorch.Tensor newest) {
            cache.narrow(2, question.past(), question.tokens()).copy_(newest);
            return cache;
        }

        private org.bytedeco.pytorch.Tensor byHead(org.bytedeco.pytorch.Tensor x) {
            return x.view(question.batch(), question.tokens(), question.heads(), question.headWidth())
                    .transpose(1, 2);
        }

        private org.bytedeco.pytorch.Tensor linear(
                org.bytedeco.pytorch.Tensor x, ModelWeights.Linear<org.bytedeco.pytorch.Tensor> linear) {
            org.bytedeco.pytorch.Tensor rows = x.reshape(-1, linear.weight().size(0));
            return torch.addmm(linear.bias(), rows, linear.weight())
                    .view(question.batch(), question.tokens(), linear.weight().size(1));
        }

        private org.bytedeco.pytorch.Tensor norm(
                org.bytedeco.pytorch.Tensor x, ModelWeights.Norm<org.bytedeco.pytorch.Tensor> norm) {
            return torch.layer_norm(
                    x,
                    new long[] {question.width()},
                    new TensorOptional(norm.scale()),
                    new TensorOptional(norm.shift()),
                    question.family().epsilon(),
                    false);
        }

        @Override
        public void close() {
            owned.forEach(org.bytedeco.pytorch.Tensor::close);
        }
    }
}
