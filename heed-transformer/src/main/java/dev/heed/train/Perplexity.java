package dev.heed.train;

import dev.heed.model.Model;
import dev.heed.model.Steps;
import dev.heed.model.arch.Network;
import dev.heed.nn.Pass;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * How well a model foretells texts that it has not learned, beside n-grams of the texts that it has learned: modified Kneser–Ney,
 * interpolated, over the same tokens. The perplexity is the exponential of the mean loss.
 *
 * <pre>{@code
 * try (Model model = Model.bundled("story")) {
 *     Perplexity perplexity = Perplexity.ofRun(model);
 *     System.out.println(Math.exp(perplexity.loss()));
 * }
 * }</pre>
 *
 * @param tokens that were foretold
 * @param learned tokens that the n-grams were counted on
 * @param vocabulary how many different tokens there are
 * @param loss of the model, mean, in nats
 * @param ngrams losses of n-grams of 1, 2, … words
 */
public record Perplexity(long tokens, long learned, int vocabulary, double loss, List<Double> ngrams) {
    /** Longer ones cannot be counted on texts of a few million words. */
    public static final int LONGEST = 5;

    /** Judges a model that {@code heed train} made, on the held-out part of its own data. */
    public static Perplexity ofRun(Model model) {
        return ofRun(model, Steps.unheard());
    }

    /** The same for somebody who waits: a step is a token that is counted or foretold. */
    public static Perplexity ofRun(Model model, Steps steps) {
        TrainingRun.Begun begun = TrainingRun.begun(model.folder())
                .orElseThrow(() -> new IllegalArgumentException("perplexity: " + model.folder()
                        + " has no run.json, which would tell the data; give texts: --data FILE"));
        int context = begun.fineTuning()
                .map(FineTuning::context)
                .orElseGet(() -> begun.recipe().context());
        int fitting = Math.min(context, model.sizes().context());
        Task task = begun.fineTuning().isPresent()
                ? task(model, begun.file().orElseThrow(), fitting)
                : begun.recipe().task(begun.file().orElse(null));
        if (!task.sha256().equals(begun.sha256())) {
            throw new IllegalArgumentException("perplexity: " + begun.data() + " is not what " + model.folder()
                    + " was trained on: SHA-256 " + begun.sha256() + " then, " + task.sha256()
                    + " now; put it back, or judge by what is there: --data FILE");
        }
        return of(model, task, fitting, steps);
    }

    /**
     * Judges any model that predicts the next token on the last tenth of texts; n-grams are counted on the rest.
     *
     * @param data a file or a folder, as for training
     * @param context tokens of a sequence, at most
     */
    public static Perplexity of(Model model, Path data, int context) {
        return of(model, data, context, Steps.unheard());
    }

    /** The same for somebody who waits: a step is a token that is counted or foretold. */
    public static Perplexity of(Model model, Path data, int context, Steps steps) {
        int fitting = Math.min(context, model.sizes().context());
        return of(model, task(model, data, fitting), fitting, steps);
    }

    private static Task task(Model model, Path data, int context) {
        return FineTuning.task(model.network(), Learned.read(data, context), model.tokenizer(), model.writer());
    }

    private static Perplexity of(Model model, Task task, int context, Steps steps) {
        if (!(task instanceof NextTokens texts && model.network() instanceof Network.Decoder)) {
            throw new IllegalArgumentException(
                    "perplexity: is of models that predict the next token, such as gpt2 or llama, got "
                            + model.network().sizes().modelType());
        }
        long learned = size(texts, Task.Split.TRAIN);
        long judged = size(texts, Task.Split.VALIDATION);
        Steps.Count count = new Steps.Count(steps, judged + LONGEST * (learned + judged));
        double sum = 0;
        long labels = 0;
        for (Task.Batch batch : (Iterable<Task.Batch>) task.evaluation(context, Task.Split.VALIDATION)::iterator) {
            sum += batch.loss(model.network(), Pass::of).tensor().get(0) * (double) batch.labels();
            labels += batch.labels();
            count.add(batch.labels());
        }
        List<Double> ngrams = new ArrayList<>();
        for (int order = 1; order <= LONGEST; order++) {
            ngrams.add(ngrams(texts, order, count) / labels);
        }
        count.finish();
        return new Perplexity(labels, learned, task.vocabulary(), sum / labels, List.copyOf(ngrams));
    }

    /** Tokens of a part, the ends of its texts included. */
    private static long size(NextTokens texts, Task.Split split) {
        return texts.texts(split).mapToLong(ids -> ids.length).sum();
    }

    private static double ngrams(NextTokens texts, int order, Steps.Count count) {
        NGrams counted = NGrams.of(counted(texts, Task.Split.TRAIN, count)::iterator, order, texts.vocabulary());
        return counted(texts, Task.Split.VALIDATION, count)
                .mapToDouble(counted::loss)
                .sum();
    }

    private static Stream<int[]> counted(NextTokens texts, Task.Split split, Steps.Count count) {
        return texts.texts(split).peek(ids -> count.add(ids.length));
    }
}
