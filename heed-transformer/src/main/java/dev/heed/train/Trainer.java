package dev.heed.train;

import dev.heed.grad.Tape;
import dev.heed.grad.Value;
import dev.heed.model.arch.Architectures;
import dev.heed.model.arch.Network;
import dev.heed.model.arch.Parameters;
import dev.heed.model.checkpoint.Config;
import dev.heed.nn.Pass;
import dev.heed.tensor.Tensor;
import dev.heed.text.Json;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.node.ObjectNode;

/**
 * A causal language model that learns. Step n depends on the recipe, the data and the state before it alone: not on threads,
 * pauses or what was evaluated meanwhile.
 *
 * <pre>{@code
 * Trainer trainer = Trainer.fresh(Recipe.shakespeareChar(), Corpus.characters(Path.of("tinyshakespeare.txt")));
 * Trainer.Step step = trainer.step();
 * double loss = trainer.loss(Corpus.Split.VALIDATION);
 * }</pre>
 *
 * <p>Not for use by several threads.
 */
public final class Trainer {
    /** Sequences of a pass of an evaluation: enough for whole tiles, few enough for the second-level cache. */
    private static final int EVALUATED = 16;

    private final Recipe recipe;
    private final Corpus corpus;
    private final String config;
    private final Network.Decoder network;
    private final Map<String, Value> parameters;
    private final List<Value> learned;
    private final Optimizer optimizer;
    private final GradientNorm norm;
    private final Draws places;
    private final Draws drops;
    private final Tape tape = Tape.recording();
    private int step;

    /**
     * What a step did.
     *
     * @param number counted from 0
     * @param loss the mean loss of its tokens before the step, in nats
     * @param rate the learning rate
     * @param norm the length of the gradient before it was clipped
     */
    public record Step(int number, double loss, double rate, double norm) {}

    private Trainer(Recipe recipe, Corpus corpus) {
        this.recipe = recipe;
        this.corpus = corpus;
        this.config = config(recipe, corpus);
        Config parsed = Config.parse("config.json of recipe " + recipe.name(), config);
        Parameters made = Parameters.fresh(
                (name, shape) -> initialization(parsed).create(name, shape),
                name -> !recipe.biases() && name.endsWith(".bias"));
        this.network = decoder(Architectures.fresh(parsed, made));
        this.parameters = made.known();
        this.learned = List.copyOf(made.learned().values());
        this.optimizer = recipe.optimizer().over(made.learned());
        this.norm = new GradientNorm(learned);
        this.places = Draws.of(recipe.seed(), "places");
        this.drops = Draws.of(recipe.seed(), "dropout");
        requireRoom();
    }

    /** A new model before its first step. */
    public static Trainer fresh(Recipe recipe, Corpus corpus) {
        return new Trainer(recipe, corpus);
    }

    private static String config(Recipe recipe, Corpus corpus) {
        ObjectNode tree = (ObjectNode) Json.parse("config of recipe " + recipe.name(), recipe.config());
        return Json.write(tree.put("vocab_size", corpus.vocabulary()));
    }

    private Initialization initialization(Config parsed) {
        int layers = parsed.intOr("n_layer", parsed.intOr("num_hidden_layers", 12, 1, 1024), 1, 1024);
        return new Initialization(recipe.seed(), recipe.deviation(), layers);
    }

    private static Network.Decoder decoder(Network network) {
        if (network instanceof Network.Decoder decoder) {
            return decoder;
        }
        throw new IllegalArgumentException("train: only models that predict the next token can be trained yet, got "
                + network.sizes().modelType());
    }

    private void requireRoom() {
        if (recipe.context() > network.sizes().context()) {
            throw new IllegalArgumentException(
                    "train: sequences of " + recipe.context() + " tokens need as many positions, the config has "
                            + network.sizes().context());
        }
        for (Corpus.Split split : Corpus.Split.values()) {
            int least = split == Corpus.Split.TRAIN ? recipe.context() + 1 : 2;
            if (corpus.size(split) < least) {
                throw new IllegalArgumentException("train: the text is too short: the part for "
                        + split.name().toLowerCase(java.util.Locale.ROOT) + " needs " + least + " characters, got "
                        + corpus.size(split));
            }
        }
    }

    // ---- a step
    // ------------------------------------------------------------------------------------------------------

    /** Draws sequences, computes their loss and gradients, and changes the parameters. */
    public Step step() {
        learned.forEach(Value::clearGradient);
        double loss = 0;
        for (int i = 0; i < recipe.accumulation(); i++) {
            loss += pass((long) step * recipe.accumulation() + i) / recipe.accumulation();
        }
        double length = norm.compute();
        if (!Double.isFinite(loss) || !Double.isFinite(length)) {
            throw new IllegalArgumentException("train: loss " + loss + " and gradient " + length + " at step " + step
                    + " are not finite; a lower learning rate or shorter gradients (clip) may help");
        }
        double rate = recipe.schedule().rate(step);
        optimizer.step(step, rate, GradientNorm.factor(length, recipe.clip()));
        return new Step(step++, loss, rate, length);
    }

    /** Adds the gradient of one batch; its mean loss. */
    private double pass(long number) {
        int tokens = recipe.batch() * recipe.context();
        int[] ids = new int[tokens];
        int[] labels = new int[tokens];
        int[] text = corpus.ids(Corpus.Split.TRAIN);
        for (int s = 0; s < recipe.batch(); s++) {
            int from = places.below(number * recipe.batch() + s, text.length - recipe.context());
            System.arraycopy(text, from, ids, s * recipe.context(), recipe.context());
            System.arraycopy(text, from + 1, labels, s * recipe.context(), recipe.context());
        }
        tape.reuse();
        Pass pass = Pass.of(lengths(recipe.batch(), recipe.context()))
                .recording(tape)
                .dropping(recipe.dropout(), drops.bits(number));
        Value loss = network.loss(pass, network.hidden(pass, ids), labels);
        tape.backward(loss, Tensor.full(1f / recipe.accumulation(), 1));
        return loss.tensor().get(0);
    }

    private static int[] lengths(int sequences, int length) {
        int[] lengths = new int[sequences];
        Arrays.fill(lengths, length);
        return lengths;
    }

    // ---- evaluation
    // --------------------------------------------------------------------------------------------------

    /**
     * The mean loss in nats; its exponential is the perplexity. Of the validation part every token but the first is predicted
     * once, in sequences side by side of the recipe's length; of the training part as many sequences, spread evenly.
     */
    public double loss(Corpus.Split split) {
        int context = recipe.context();
        int sequences = (corpus.size(Corpus.Split.VALIDATION) - 1) / context;
        if (split == Corpus.Split.TRAIN) {
            return spreadLoss(Math.max(1, sequences));
        }
        double sum = 0;
        for (int s = 0; s < sequences; s += EVALUATED) {
            int count = Math.min(EVALUATED, sequences - s);
            int first = s * context;
            int[] starts = new int[count];
            Arrays.setAll(starts, i -> first + i * context);
            sum += sum(split, starts, context);
        }
        int predicted = corpus.size(split) - 1;
        int rest = predicted - sequences * context;
        if (rest > 0) {
            sum += sum(split, new int[] {sequences * context}, rest);
        }
        return sum / predicted;
    }

    private double spreadLoss(int sequences) {
        long last = corpus.size(Corpus.Split.TRAIN) - 1L - recipe.context();
        double sum = 0;
        for (int s = 0; s < sequences; s += EVALUATED) {
            int[] starts = new int[Math.min(EVALUATED, sequences - s)];
            int first = s;
            Arrays.setAll(starts, i -> (int) (last * (first + i) / sequences));
            sum += sum(Corpus.Split.TRAIN, starts, recipe.context());
        }
        return sum / ((double) sequences * recipe.context());
    }

    private double sum(Corpus.Split split, int[] starts, int length) {
        int[] text = corpus.ids(split);
        int[] ids = new int[starts.length * length];
        int[] labels = new int[ids.length];
        for (int s = 0; s < starts.length; s++) {
            System.arraycopy(text, starts[s], ids, s * length, length);
            System.arraycopy(text, starts[s] + 1, labels, s * length, length);
        }
        Pass pass = Pass.of(lengths(starts.length, length));
        Value loss = network.loss(pass, network.hidden(pass, ids), labels);
        return (double) loss.tensor().get(0) * ids.length;
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

    public Corpus corpus() {
        return corpus;
    }

    /** The number of weights that are learned. */
    public long parameters() {
        return learned.stream().mapToLong(value -> value.tensor().elements()).sum();
    }

    /** config.json of the model. */
    String config() {
        return config;
    }

    /** The tensors of model.safetensors: live memory. */
    Map<String, Tensor> weights() {
        Map<String, Tensor> weights = new LinkedHashMap<>();
        parameters.forEach((name, value) -> weights.put(name, value.tensor()));
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
