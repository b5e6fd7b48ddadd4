package dev.heed.bench.rival;

import dev.heed.tensor.Tensor;
import dev.heed.train.Optimizer;
import dev.heed.train.Recipe;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.LongPointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.AdamW;
import org.bytedeco.pytorch.AdamWOptions;
import org.bytedeco.pytorch.DoubleOptional;
import org.bytedeco.pytorch.OptimizerParamGroup;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/**
 * The same model with PyTorch's functions, as nanoGPT writes it: no biases, weights [out, in], fused attention, one product for
 * query, key and value; its autograd, clipping and AdamW. Starts from Heed's weights.
 */
final class TorchTrainer implements TrainRival {
    @Override
    public String name() {
        return "torch";
    }

    @Override
    public String version() {
        return TorchRival.describe();
    }

    @Override
    public Contestant prepare(TrainCase question, int threads) {
        return new Learner(question, threads, torch.ScalarType.Float);
    }

    /** The first losses in float64. */
    static Tensor lossesInDouble(TrainCase question) {
        int threads = Runtime.getRuntime().availableProcessors();
        try (Learner learner = new Learner(question.certain(), threads, torch.ScalarType.Double)) {
            learner.begin();
            return learner.losses();
        }
    }

    private static final class Learner implements Contestant {
        private final TrainCase question;
        private final int threads;
        private final torch.ScalarType type;
        private final List<org.bytedeco.pytorch.Tensor> matrices = new ArrayList<>();
        private final List<org.bytedeco.pytorch.Tensor> vectors = new ArrayList<>();
        private final org.bytedeco.pytorch.Tensor words;
        private final org.bytedeco.pytorch.Tensor positions;
        private final org.bytedeco.pytorch.Tensor lastNorm;
        private final List<Layer> layers = new ArrayList<>();
        private final TensorVector learned;
        private final AdamW optimizer;
        private final double clip;
        private final TensorOptional none = new TensorOptional();
        private final DoubleOptional defaultScale = new DoubleOptional();
        private long step;

        private record Layer(
                org.bytedeco.pytorch.Tensor norm,
                org.bytedeco.pytorch.Tensor queryKeyValue,
                org.bytedeco.pytorch.Tensor output,
                org.bytedeco.pytorch.Tensor secondNorm,
                org.bytedeco.pytorch.Tensor up,
                org.bytedeco.pytorch.Tensor down) {}

        Learner(TrainCase question, int threads, torch.ScalarType type) {
            this.question = question;
            this.threads = threads;
            this.type = type;
            Map<String, Tensor> all = HeedTrainer.trainer(question).weights();
            Function<String, Tensor> weights = name -> Objects.requireNonNull(all.get("transformer." + name), name);
            words = matrix(weights.apply("wte.weight"));
            positions = matrix(weights.apply("wpe.weight"));
            for (int i = 0; i < question.layers(); i++) {
                String at = "h." + i + ".";
                layers.add(new Layer(
                        vector(weights.apply(at + "ln_1.weight")),
                        matrix(weights.apply(at + "attn.c_attn.weight").transpose(0, 1)),
                        matrix(weights.apply(at + "attn.c_proj.weight").transpose(0, 1)),
                        vector(weights.apply(at + "ln_2.weight")),
                        matrix(weights.apply(at + "mlp.c_fc.weight").transpose(0, 1)),
                        matrix(weights.apply(at + "mlp.c_proj.weight").transpose(0, 1))));
            }
            lastNorm = vector(weights.apply("ln_f.weight"));
            List<org.bytedeco.pytorch.Tensor> both = new ArrayList<>(matrices);
            both.addAll(vectors);
            learned = vectorOf(both);
            Recipe recipe = question.recipe();
            clip = recipe.clip();
            optimizer = optimizer(
                    (Optimizer.AdamWSettings) recipe.optimizer(),
                    recipe.schedule().rate(0));
        }

        private org.bytedeco.pytorch.Tensor matrix(Tensor tensor) {
            matrices.add(leaf(tensor));
            return matrices.getLast();
        }

        private org.bytedeco.pytorch.Tensor vector(Tensor tensor) {
            vectors.add(leaf(tensor));
            return vectors.getLast();
        }

        private org.bytedeco.pytorch.Tensor leaf(Tensor tensor) {
            long[] shape = Arrays.stream(tensor.shape()).asLongStream().toArray();
            try (FloatPointer pointer = new FloatPointer(tensor.toArray());
                    org.bytedeco.pytorch.Tensor view = torch.from_blob(pointer, shape);
                    org.bytedeco.pytorch.Tensor copy = view.clone()) {
                return copy.to(type).requires_grad_(true);
            }
        }

        private static TensorVector vectorOf(List<org.bytedeco.pytorch.Tensor> tensors) {
            return new TensorVector(tensors.toArray(org.bytedeco.pytorch.Tensor[]::new));
        }

        private AdamW optimizer(Optimizer.AdamWSettings settings, double rate) {
            AdamW made = new AdamW(vectorOf(matrices), options(settings, rate, settings.decay()));
            made.add_param_group(new OptimizerParamGroup(vectorOf(vectors), options(settings, rate, 0)));
            return made;
        }

        private static AdamWOptions options(Optimizer.AdamWSettings settings, double rate, double decay) {
            AdamWOptions options = new AdamWOptions(rate);
            // A std::tuple, which lies in memory from its last element on.
            options.betas().put(0, settings.beta2());
            options.betas().put(1, settings.beta1());
            options.eps().put(settings.epsilon());
            options.weight_decay().put(decay);
            return options;
        }

        @Override
        public void begin() {
            torch.set_num_threads(threads);
            Blas.useThreads(threads);
        }

        @Override
        public void run() {
            step();
        }

        private double step() {
            try (PointerScope scope = new PointerScope()) {
                int[] rows = question.ids(step++);
                int row = question.context() + 1;
                org.bytedeco.pytorch.Tensor both = ids(rows, question.batch(), row);
                org.bytedeco.pytorch.Tensor ids = both.narrow(1, 0, question.context());
                org.bytedeco.pytorch.Tensor expected =
                        both.narrow(1, 1, question.context()).reshape(-1);
                optimizer.zero_grad();
                org.bytedeco.pytorch.Tensor loss = torch.cross_entropy_loss(logits(ids), expected);
                loss.backward();
                torch.clip_grad_norm_(learned, clip);
                optimizer.step();
                return loss.item_double();
            }
        }

        private static org.bytedeco.pytorch.Tensor ids(int[] rows, long... shape) {
            try (LongPointer pointer =
                    new LongPointer(Arrays.stream(rows).asLongStream().toArray())) {
                return torch.from_blob(pointer, shape, new TensorOptions(torch.ScalarType.Long))
                        .clone();
            }
        }

        /** [tokens, V]. */
        private org.bytedeco.pytorch.Tensor logits(org.bytedeco.pytorch.Tensor ids) {
            org.bytedeco.pytorch.Tensor x =
                    dropped(torch.embedding(words, ids).add(positions.narrow(0, 0, question.context())));
            for (Layer layer : layers) {
                x = x.add(dropped(attend(norm(x, layer.norm), layer)));
                org.bytedeco.pytorch.Tensor up = torch.linear(norm(x, layer.secondNorm), layer.up);
                x = x.add(dropped(torch.linear(torch.gelu(up, "none"), layer.down)));
            }
            return torch.linear(norm(x, lastNorm), words).view(-1, TrainCase.VOCABULARY);
        }

        private org.bytedeco.pytorch.Tensor attend(org.bytedeco.pytorch.Tensor x, Layer layer) {
            TensorVector parts = torch.chunk(torch.linear(x, layer.queryKeyValue), 3, -1);
            org.bytedeco.pytorch.Tensor mixed = torch.scaled_dot_product_attention(
                    byHead(parts.get(0)),
                    byHead(parts.get(1)),
                    byHead(parts.get(2)),
                    none,
                    0,
                    true,
                    defaultScale,
                    false);
            return torch.linear(
                    mixed.transpose(1, 2).reshape(question.batch(), question.context(), question.width()),
                    layer.output);
        }

        private org.bytedeco.pytorch.Tensor byHead(org.bytedeco.pytorch.Tensor x) {
            int width = question.width() / question.heads();
            return x.view(question.batch(), question.context(), question.heads(), width)
                    .transpose(1, 2);
        }

        private org.bytedeco.pytorch.Tensor norm(org.bytedeco.pytorch.Tensor x, org.bytedeco.pytorch.Tensor scale) {
            return torch.layer_norm(x, new long[] {question.width()}, new TensorOptional(scale), none, 1e-5, false);
        }

        private org.bytedeco.pytorch.Tensor dropped(org.bytedeco.pytorch.Tensor x) {
            return question.dropout() == 0 ? x : torch.dropout(x, question.dropout(), true);
        }

        Tensor losses() {
            Tensor losses = Tensor.zeros(COMPARED);
            for (int i = 0; i < COMPARED; i++) {
                losses.array()[i] = (float) step();
            }
            return losses;
        }

        @Override
        public List<Tensor> outputs() {
            try (Learner certain = new Learner(question.certain(), threads, type)) {
                return List.of(certain.losses());
            }
        }

        @Override
        public void close() {
            optimizer.close();
            learned.close();
            matrices.forEach(org.bytedeco.pytorch.Tensor::close);
            vectors.forEach(org.bytedeco.pytorch.Tensor::close);
        }
    }
}
