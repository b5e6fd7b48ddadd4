package dev.heed.train;

import dev.heed.grad.Tape;
import dev.heed.grad.Value;
import dev.heed.model.Unread;
import dev.heed.model.arch.Architectures;
import dev.heed.model.arch.Network;
import dev.heed.model.arch.Parameters;
import dev.heed.model.checkpoint.Config;
import dev.heed.nn.Pass;
import dev.heed.tensor.Tensor;
import dev.heed.text.Json;
import dev.heed.text.Spelling;
import dev.heed.text.Visible;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import tools.jackson.databind.node.ObjectNode;

/**
 * A model that learns a {@link Task}. Step n depends on the recipe, the data and the state before it alone: not on threads,
 * pauses or what was evaluated meanwhile.
 *
 * <pre>{@code
 * Trainer trainer = Trainer.fresh(Recipe.named("shakespeare-char"), Corpus.characters(Path.of("tinyshakespeare.txt")));
 * Trainer.Step step = trainer.step();
 * double loss = trainer.loss(Corpus.Split.VALIDATION);
 * }</pre>
 *
 * <p>Not for use by several threads.
 */
public final class Trainer {
    private final Recipe recipe;
    private final Task task;
    private final String config;
    private final Network network;
    private final Map<String, Value> parameters;
    private final List<Value> learned;
    private final Optimizer optimizer;
    private final GradientNorm norm;
    private final Draws drops;
    private final Optional<FineTuning> tuning;
    private final List<Path> companions;
    private final Tape tape = Tape.recording();
    private int step;

    /**
     * What a step did.
     *
     * @param number counted from 0
     * @param loss the mean loss of its tokens before the step, in nats
     * @param rate the learning rate
     * @param norm the length of the gradient before it was clipped
     * @param tokens that went through the network
     */
    public record Step(int number, double loss, double rate, double norm, long tokens) {}

    private Trainer(Recipe recipe, Task task, FineTuning.Start start) {
        this.recipe = recipe;
        this.task = task;
        this.config = start.config();
        this.network = start.network();
        this.parameters = start.parameters().known();
        this.learned = List.copyOf(start.parameters().learned().values());
        this.optimizer = recipe.optimizer().over(start.parameters().learned());
        this.norm = new GradientNorm(learned);
        this.drops = Draws.of(recipe.seed(), "dropout");
        this.tuning = start.tuning();
        this.companions = start.companions();
        task.check(network, recipe);
    }

    /** A new model before its first step. */
    public static Trainer fresh(Recipe recipe, Task task) {
        String config = config(recipe, task);
        Config parsed = Config.parse("config.json of recipe " + recipe.name(), config);
        Initialization initialization = initialization(recipe, parsed);
        Parameters made = Parameters.fresh(initialization, name -> !recipe.biases() && name.endsWith(".bias"));
        Network network = Architectures.fresh(parsed, made);
        refuseUnread(recipe, parsed);
        return new Trainer(recipe, task, new FineTuning.Start(Optional.empty(), config, network, made, List.of()));
    }

    /** A model that was trained before, before its first step here. */
    static Trainer further(Recipe recipe, Task task, FineTuning.Start start) {
        return new Trainer(recipe, task, start);
    }

    private static String config(Recipe recipe, Task task) {
        ObjectNode tree = (ObjectNode) Json.parse("config of recipe " + recipe.name(), recipe.config());
        int vocabulary = task.vocabulary();
        if (tree.path("vocab_size").asInt(vocabulary) != vocabulary) {
            throw new IllegalArgumentException(
                    "recipe " + recipe.name() + ": 'model.vocab_size' is what the data tell, " + vocabulary
                            + " here; leave it out, got " + tree.path("vocab_size"));
        }
        return Json.write(tree.put("vocab_size", vocabulary));
    }

    /** Most often a misspelt key, whose value the model would be without. */
    private static void refuseUnread(Recipe recipe, Config config) {
        Unread.unknown(config).stream().findFirst().ifPresent(key -> {
            String near = Spelling.nearest(key, config.asked());
            throw new IllegalArgumentException("recipe " + recipe.name() + ": " + Visible.quote("model." + key)
                    + " is no key of " + config.requireString("model_type") + " that has an effect; "
                    + (near.isEmpty() ? "leave it out" : "did you mean " + near + "?"));
        });
    }

    private static Initialization initialization(Recipe recipe, Config parsed) {
        int layers = parsed.intOr("n_layer", parsed.intOr("num_hidden_layers", 12, 1, 1024), 1, 1024);
        return new Initialization(recipe.seed(), recipe.deviation(), layers);
    }

    // ---- a step
    // ------------------------------------------------------------------------------------------------------

    /** Draws sequences, computes their loss and gradients, and changes the parameters. */
    public Step step() {
        learned.forEach(Value::clearGradient);
        double loss = 0;
        long tokens = 0;
        for (int i = 0; i < recipe.accumulation(); i++) {
            Task.Batch batch = task.batch(recipe, (long) step * recipe.accumulation() + i);
            loss += pass(batch, (long) step * recipe.accumulation() + i) / recipe.accumulation();
            tokens += batch.tokens();
        }
        double length = norm.compute();
        if (!Double.isFinite(loss) || !Double.isFinite(length)) {
            throw diverged("loss " + loss + " and gradient " + length + " at step " + step);
        }
        double rate = recipe.schedule().rate(step);
        optimizer.step(step, rate, GradientNorm.factor(length, recipe.clip()));
        return new Step(step++, loss, rate, length, tokens);
    }

    static IllegalArgumentException diverged(String what) {
        return new IllegalArgumentException(
                "train: " + what + " are not finite; a lower learning rate or shorter gradients (clip) may help");
    }

    /** Adds the gradient of one batch; its mean loss. */
    private double pass(Task.Batch batch, long number) {
        tape.reuse();
        Value loss = batch.loss(network, new Learning(drops.bits(number)));
        double mean = loss.tensor().get(0); // the backward pass may use its memory for something else
        tape.backward(loss, Tensor.full(1f / recipe.accumulation(), 1));
        return mean;
    }

    /** Passes on the tape; the dropout of each is its own. */
    private final class Learning implements Task.Passes {
        private final long seed;
        private int made;

        Learning(long seed) {
            this.seed = seed;
        }

        @Override
        public Pass of(int... lengths) {
            long own = made++ == 0 ? seed : Draws.of(seed, "pass").bits(made);
            return Pass.of(lengths)
                    .recording(tape)
                    .dropping(recipe.dropout(), own)
                    .smoothing(recipe.smoothing());
        }
    }

    // ---- evaluation
    // --------------------------------------------------------------------------------------------------

    /** The mean loss of {@link Task#evaluation} in nats; its exponential is the perplexity. */
    public double loss(Task.Split split) {
        return judge(split).loss();
    }

    /**
     * What a part of the data says of the model.
     *
     * @param loss the mean loss in nats
     * @param accuracy the share of labels that are the likeliest class, where labels are classes
     */
    record Judged(double loss, OptionalDouble accuracy) {}

    /** By {@link Task#evaluation}. */
    Judged judge(Task.Split split) {
        double sum = 0;
        long labels = 0;
        long right = 0;
        boolean classes = true;
        for (Task.Batch batch : (Iterable<Task.Batch>) task.evaluation(recipe.context(), split)::iterator) {
            Task.Judgement one = batch.judged(network);
            sum += one.loss() * batch.labels();
            labels += batch.labels();
            right += one.right().orElse(0);
            classes &= one.right().isPresent();
        }
        return new Judged(sum / labels, classes ? OptionalDouble.of((double) right / labels) : OptionalDouble.empty());
    }

    // ---- state
    // -------------------------------------------------------------------------------------------------------

    /** Steps done so far. */
    public int steps() {
        return step;
    }

    public Recipe recipe() {
        return recipe;
    }

    public Task task() {
        return task;
    }

    /** The number of weights that are learned. */
    public long parameters() {
        return learned.stream().mapToLong(value -> value.tensor().elements()).sum();
    }

    /** config.json of the model. */
    String config() {
        return config;
    }

    /** What learns. */
    Network network() {
        return network;
    }

    /** How the model goes on that was trained before, if it is that. */
    Optional<FineTuning> tuning() {
        return tuning;
    }

    /** Files that go into the model's folder as they are. */
    List<Path> companions() {
        return companions;
    }

    /** The tensors of model.safetensors: live memory. */
    public Map<String, Tensor> weights() {
        Map<String, Tensor> weights = new LinkedHashMap<>();
        Config parsed = Config.parse("config.json", config);
        parameters.forEach((name, value) -> weights.put(Architectures.nameInFiles(parsed, name), value.tensor()));
        return weights;
    }

    /** Everything that changes from step to step, besides the step's number: live memory. */
    Map<String, Tensor> state() {
        Map<String, Tensor> state = new LinkedHashMap<>();
        parameters.forEach((name, value) -> {
            if (value.isWanted()) {
                state.put("parameter." + name, value.tensor());
            }
        });
        state.putAll(optimizer.state());
        return state;
    }

    /** Goes on behind so many steps; the caller has restored {@link #state}. */
    void continueBehind(int done) {
        step = done;
    }
}
