package dev.heed.train;

import dev.heed.text.Json;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;

/**
 * A training run with its folder: steps, evaluations, checkpoints. It may end at any moment and be gone on with: the bytes of
 * model.safetensors and training.safetensors at the end are the same.
 *
 * <pre>{@code
 * TrainingRun run = TrainingRun.start(trainer, folder, "data.txt", "heed train …");
 * Optional<Progress.Evaluation> end = run.finish(progress, () -> false);
 * }</pre>
 */
public final class TrainingRun {
    /** What data is called that no file holds. */
    public static final String GENERATED = "generated";

    private final Trainer trainer;
    private final TrainingFolder folder;
    private final FolderLock lock;
    private final List<String> metrics;
    private Progress.Best best;

    private TrainingRun(
            Trainer trainer, TrainingFolder folder, FolderLock lock, List<String> metrics, Progress.Best best) {
        this.trainer = trainer;
        this.folder = folder;
        this.lock = lock;
        this.metrics = new ArrayList<>(metrics);
        this.best = best;
    }

    /**
     * How the run of a folder was begun.
     *
     * @param written the recipe as it stands in the record
     * @param data what the data was called
     * @param sha256 of the data
     * @param fineTuning of a model that was trained before, if it was that
     */
    public record Begun(JsonNode written, String data, String sha256, Optional<FineTuning> fineTuning) {
        /** With its steps and seed; not that of a fine-tuning, which is made anew. */
        public Recipe recipe() {
            return RecipeFile.recipe("run.json", written);
        }

        /** The data, if a file holds it. */
        public Optional<Path> file() {
            return data.equals(GENERATED) ? Optional.empty() : Optional.of(Path.of(data));
        }
    }

    /** What a folder's run.json says, if it has one. */
    public static Optional<Begun> begun(Path path) {
        return new TrainingFolder(path).begun();
    }

    /**
     * A new run. Until {@link #finish} has ended, no other process trains into the folder.
     *
     * @param dataName what the data is called in run.json
     * @param command that started it, for run.json
     * @throws IllegalArgumentException if the folder already holds a run or a model, or another process trains into it
     */
    public static TrainingRun start(Trainer trainer, Path path, String dataName, String command) {
        TrainingFolder folder = new TrainingFolder(path);
        folder.requireRoom();
        return locked(path, lock -> {
            folder.requireRoom(); // another may have begun meanwhile
            return begin(trainer, folder, lock, dataName, command);
        });
    }

    private static TrainingRun begin(
            Trainer trainer, TrainingFolder folder, FolderLock lock, String dataName, String command) {
        folder.begin(trainer, Provenance.json(trainer, dataName, command));
        return new TrainingRun(trainer, folder, lock, List.of(), Progress.Best.none());
    }

    /** A run that keeps the lock; if there is none, nobody does. */
    private static TrainingRun locked(Path path, Function<FolderLock, TrainingRun> made) {
        FolderLock lock = FolderLock.of(path);
        try {
            return made.apply(lock);
        } catch (RuntimeException e) {
            lock.close();
            throw e;
        }
    }

    /**
     * The run of a folder, from its last checkpoint, or from the beginning if it was killed before the first.
     *
     * @param trainer a fresh one, of the same recipe and data
     */
    public static TrainingRun resume(Trainer trainer, Path path, String dataName, String command) {
        TrainingFolder folder = new TrainingFolder(path);
        return locked(path, lock -> {
            if (!folder.hasState()) {
                folder.requireRoom();
                folder.sweep();
                return begin(trainer, folder, lock, dataName, command);
            }
            folder.sweep();
            Progress.Best best = folder.restore(trainer);
            return new TrainingRun(trainer, folder, lock, folder.metrics(trainer.steps()), best);
        });
    }

    /**
     * Trains to the recipe's last step, to an early stop, or until told to stop; saves in each case. To be called once.
     *
     * @return the evaluation at the end, or nothing if told to stop
     */
    public Optional<Progress.Evaluation> finish(Progress progress, BooleanSupplier stop) {
        try (lock) {
            owed().ifPresent(evaluation -> {
                save(); // the model may be that of the checkpoint before
                heads(progress, evaluation);
            });
            return train(progress, stop);
        }
    }

    /** The evaluation of the last checkpoint, if the run was killed before its heads were measured. */
    private Optional<Progress.Evaluation> owed() {
        return metrics.isEmpty()
                ? Optional.empty()
                : Optional.of(Json.parse("metrics", metrics.getLast()))
                        .filter(line -> line.has("val_loss"))
                        .map(line -> new Progress.Evaluation(
                                line.path("step").asInt(0),
                                line.path("train_loss").asDouble(0),
                                line.path("val_loss").asDouble(0),
                                line.has("accuracy")
                                        ? OptionalDouble.of(
                                                line.path("accuracy").asDouble(0))
                                        : OptionalDouble.empty()));
    }

    private Optional<Progress.Evaluation> train(Progress progress, BooleanSupplier stop) {
        Optional<Progress.Evaluation> last = Optional.empty();
        while (!isDone() && !stop.getAsBoolean()) {
            step(progress);
            last = isDue() ? Optional.of(checkpoint(progress)) : Optional.empty();
        }
        if (last.isEmpty()) {
            save();
        }
        if (!isDone()) {
            return Optional.empty();
        }
        Progress.Evaluation end = last.isEmpty() ? evaluation() : last.get();
        folder.finish(end, metrics);
        return Optional.of(end);
    }

    private boolean isDone() {
        return trainer.steps() >= trainer.recipe().steps()
                || best.since() >= trainer.recipe().patience();
    }

    private boolean isDue() {
        int every = trainer.recipe().evaluateEvery();
        return trainer.steps() % every == 0
                || trainer.steps() == trainer.recipe().steps();
    }

    private void step(Progress progress) {
        long start = System.nanoTime();
        Trainer.Step step = trainer.step();
        double millis = (System.nanoTime() - start) / 1e6;
        metrics.add(Json.write(JsonNodeFactory.instance
                .objectNode()
                .put("step", step.number())
                .put("loss", step.loss())
                .put("rate", step.rate())
                .put("norm", step.norm())
                .put("ms", millis)));
        progress.stepped(step, millis);
    }

    private Progress.Evaluation checkpoint(Progress progress) {
        Progress.Evaluation evaluation = evaluation();
        if (!Double.isFinite(evaluation.trainLoss()) || !Double.isFinite(evaluation.validationLoss())) {
            throw Trainer.diverged("training loss " + evaluation.trainLoss() + " and validation loss "
                    + evaluation.validationLoss() + " behind step " + evaluation.step());
        }
        metrics.add(Json.write(JsonNodeFactory.instance
                .objectNode()
                .put("step", evaluation.step())
                .put("train_loss", evaluation.trainLoss())
                .put("val_loss", evaluation.validationLoss())
                .put(evaluation.metric(), evaluation.value())));
        best = best.and(evaluation.validationLoss());
        save();
        progress.evaluated(evaluation);
        heads(progress, evaluation);
        return evaluation;
    }

    private void heads(Progress progress, Progress.Evaluation evaluation) {
        progress.heads(evaluation).ifPresent(heads -> {
            metrics.add(Json.write(JsonNodeFactory.instance
                    .objectNode()
                    .put("step", evaluation.step())
                    .set("heads", heads)));
            folder.save(metrics);
        });
    }

    private Progress.Evaluation evaluation() {
        Trainer.Judged held = trainer.judge(Task.Split.VALIDATION);
        return new Progress.Evaluation(trainer.steps(), trainer.loss(Task.Split.TRAIN), held.loss(), held.accuracy());
    }

    private void save() {
        folder.save(trainer, best, metrics);
    }
}
