package dev.heed.train.recall;

import dev.heed.grad.Tape;
import dev.heed.grad.Value;
import dev.heed.kernel.Workers;
import dev.heed.train.Draws;
import dev.heed.train.GradientNorm;
import dev.heed.train.Optimizer;
import dev.heed.train.Schedule;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;

/**
 * Trains each kind of reader on the same texts, in the same order, with the same optimiser and number of steps, and asks how
 * often it is right at each distance. Rate, schedule, number of parameters and initialisation are one for all. AdamW (β 0.9 and
 * 0.99, decay 0.01 on matrices), gradients no longer than 1, a twentieth of the steps of warm-up, then half a cosine to a tenth.
 *
 * <pre>{@code
 * List<RecallStudy.Run> runs = new RecallStudy(RecallStudy.Settings.quick()).run(run -> {});
 * }</pre>
 */
public final class RecallStudy {
    /** Lengths of texts that are trained on: a tape keeps memory for each. */
    private static final int LENGTHS = 8;

    private final Settings settings;

    /**
     * Everything that the outcome depends on.
     *
     * @param width of embeddings
     * @param parameters that each reader has, as nearly as its size allows
     * @param steps of training
     * @param texts of a step
     * @param rate of learning at its peak
     * @param farthest distance that is trained on. Each step draws a length of texts, each text a distance that fits, short
     *     ones as often as long ones (uniform in the logarithm)
     * @param seeds how many runs of each kind
     * @param firstSeed of weights and texts of the first run; the next ones follow
     * @param distances that are asked
     * @param asked texts of each distance, which nobody was trained on
     */
    public record Settings(
            RecallTask task,
            int width,
            long parameters,
            int steps,
            int texts,
            double rate,
            int farthest,
            int seeds,
            long firstSeed,
            List<Integer> distances,
            int asked) {
        private static final List<Integer> DISTANCES = List.of(10, 20, 50, 100, 200, 500, 1000);

        public Settings {
            if (steps < 1 || texts < 1 || seeds < 1 || asked < 1 || distances.isEmpty()) {
                throw new IllegalArgumentException(
                        "recall: steps, texts, seeds, questions and distances must be positive," + " got " + steps
                                + ", " + texts + ", " + seeds + ", " + asked + ", " + distances);
            }
            distances = List.copyOf(distances);
        }

        /** Two pairs of four keys and four values; 1000 tokens are further than anything that was trained on. */
        public static Settings standard() {
            return new Settings(new RecallTask(4, 4, 8, 2), 32, 20_000, 800, 32, 3e-3, 500, 3, 1, DISTANCES, 256);
        }

        /** The same task for a look: half of the steps, one seed. */
        public static Settings quick() {
            return new Settings(new RecallTask(4, 4, 8, 2), 32, 20_000, 400, 32, 3e-3, 500, 1, 1, DISTANCES, 128);
        }

        /** The same with so many steps and seeds, from a first seed on, asked at these distances. */
        public Settings with(int steps, int seeds, long firstSeed, List<Integer> distances) {
            return new Settings(
                    task, width, parameters, steps, texts, rate, farthest, seeds, firstSeed, distances, asked);
        }
    }

    /**
     * One training.
     *
     * @param parameters how many were learned
     * @param loss mean of the last tenth of the steps, in nats
     * @param accuracy of each distance of the settings, from 0 to 1
     * @param seconds that it took
     */
    public record Run(
            ReaderKind kind, long seed, long parameters, double loss, List<Double> accuracy, double seconds) {}

    /**
     * What the runs of one kind have in common.
     *
     * @param parameters that each has
     * @param accuracy of each distance, the mean of the runs
     * @param deviation between the runs (of a sample; 0 for one run)
     */
    public record Curve(ReaderKind kind, long parameters, List<Double> accuracy, List<Double> deviation) {}

    public RecallStudy(Settings settings) {
        this.settings = settings;
    }

    /** All runs, kind by kind; threads share them, and {@code done} hears of each as it ends. */
    public List<Run> run(Consumer<Run> done) {
        return run(k -> true, done);
    }

    public List<Run> run(java.util.function.Predicate<ReaderKind> only, Consumer<Run> done) {
        ReaderKind[] kinds =
                java.util.Arrays.stream(ReaderKind.values()).filter(only).toArray(ReaderKind[]::new);
        Run[] runs = new Run[kinds.length * settings.seeds()];
        Workers.run(runs.length, Long.MAX_VALUE, i -> {
            Run run = train(kinds[i / settings.seeds()], settings.firstSeed() + i % settings.seeds());
            synchronized (done) {
                done.accept(run);
            }
            runs[i] = run;
        });
        return List.of(runs);
    }

    /** A curve of each kind. */
    public List<Curve> curves(List<Run> runs) {
        List<Curve> curves = new ArrayList<>();
        for (ReaderKind kind : ReaderKind.values()) {
            List<Run> own = runs.stream().filter(run -> run.kind() == kind).toList();
            List<Double> means = new ArrayList<>();
            List<Double> deviations = new ArrayList<>();
            for (int d = 0; d < settings.distances().size(); d++) {
                int at = d;
                double[] each =
                        own.stream().mapToDouble(run -> run.accuracy().get(at)).toArray();
                double mean = Arrays.stream(each).average().orElseThrow();
                double squares =
                        Arrays.stream(each).map(x -> (x - mean) * (x - mean)).sum();
                means.add(mean);
                deviations.add(each.length < 2 ? 0 : Math.sqrt(squares / (each.length - 1)));
            }
            curves.add(new Curve(kind, own.getFirst().parameters(), means, deviations));
        }
        return curves;
    }

    private Run train(ReaderKind kind, long seed) {
        long start = System.nanoTime();
        RecallModel model = RecallModel.nearest(kind, settings.task(), settings.width(), settings.parameters(), seed);
        double loss = train(model, seed);
        List<Double> accuracy = new ArrayList<>();
        for (int distance : settings.distances()) {
            accuracy.add(accuracy(model, distance, seed));
        }
        return new Run(kind, seed, model.parameters(), loss, accuracy, (System.nanoTime() - start) / 1e9);
    }

    private double train(RecallModel model, long seed) {
        Optimizer optimizer = new Optimizer.AdamWSettings(0.9, 0.99, 1e-8, 0.01).over(model.learned());
        List<Value> learned = List.copyOf(model.learned().values());
        GradientNorm norm = new GradientNorm(learned);
        Schedule schedule = new Schedule.WarmUpCosine(
                settings.rate(), settings.rate() / 10, settings.steps() / 20, settings.steps());
        Draws texts = Draws.of(seed, "recall texts");
        Draws lengths = Draws.of(seed, "recall lengths");
        Tape tape = Tape.recording();
        double last = 0;
        int counted = Math.max(1, settings.steps() / 10);
        for (int step = 0; step < settings.steps(); step++) {
            learned.forEach(Value::clearGradient);
            tape.reuse();
            int longest = longest(lengths.below(step, LENGTHS));
            RecallTask.Batch batch = settings.task().draw(texts, step, settings.texts(), RecallTask.NEAREST, longest);
            Value loss = model.loss(tape, batch);
            tape.backward(loss);
            optimizer.step(step, schedule.rate(step), GradientNorm.factor(norm.compute(), 1));
            last += step >= settings.steps() - counted ? loss.tensor().get(0) / counted : 0;
        }
        return last;
    }

    /** A few lengths, each a fixed factor longer than the one before. */
    private int longest(int index) {
        double most = (double) settings.farthest() / RecallTask.NEAREST;
        return (int) Math.round(RecallTask.NEAREST * StrictMath.pow(most, (index + 1.0) / LENGTHS));
    }

    private double accuracy(RecallModel model, int distance, long seed) {
        Draws stream = Draws.of(seed, "recall questions at " + distance);
        int right = 0;
        int done = 0;
        for (int i = 0; done < settings.asked(); i++) {
            int texts = Math.min(settings.texts(), settings.asked() - done);
            right += model.right(settings.task().draw(stream, i, texts, distance, distance));
            done += texts;
        }
        return (double) right / done;
    }
}
