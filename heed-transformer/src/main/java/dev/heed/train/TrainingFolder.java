package dev.heed.train;

import dev.heed.model.checkpoint.Checkpoint;
import dev.heed.model.checkpoint.SafetensorsWriter;
import dev.heed.tensor.Tensor;
import dev.heed.text.Json;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * A run on disk: an ordinary model folder (config.json, tokenizer.json, model.safetensors), with what it takes to go on.
 *
 * <pre>
 *   training.safetensors   parameters, optimiser and step of the last checkpoint: one file, so never half of one
 *   model.safetensors      the parameters again, for whoever runs the model
 *   metrics.jsonl          a line per step and per evaluation, and one of its heads
 *   run.json               recipe, data hash, seed, machine, command
 * </pre>
 *
 * Each file is written beside its place and moved there; what a killed process left beside is removed by the next. Going on needs training.safetensors alone, so it does not matter
 * between which two files a run was killed.
 */
final class TrainingFolder {
    private static final String STATE = "training.safetensors";
    private static final String MODEL = "model.safetensors";
    private static final String METRICS = "metrics.jsonl";
    private static final String RUN = "run.json";
    private static final long MOST_RUN = 1L << 20;
    private static final long MOST_METRICS = 1L << 30;

    private final Path folder;

    TrainingFolder(Path folder) {
        this.folder = folder;
    }

    /** True if there is something to go on from. */
    boolean hasState() {
        return Files.exists(folder.resolve(STATE));
    }

    /** What run.json says, if there is one. */
    Optional<TrainingRun.Begun> begun() {
        Path file = folder.resolve(RUN);
        if (!Files.exists(file)) {
            return Optional.empty();
        }
        JsonNode run = Json.read(file, MOST_RUN);
        return Optional.of(new TrainingRun.Begun(
                run.path("recipe_in_full"), run.path("data").path("file").asString(""), FineTuning.read(run)));
    }

    /** What a run writes before its first step. */
    void begin(Trainer trainer, String run) {
        try {
            Files.createDirectories(folder);
        } catch (IOException e) {
            throw new UncheckedIOException(folder + ": cannot be made: " + e.getMessage(), e);
        }
        trainer.companions().forEach(this::copy);
        write("config.json", trainer.config());
        String tokenizer = trainer.task().tokenizerJson();
        write("tokenizer.json", tokenizer);
        writeUnlessCopied("tokenizer_config.json", HubFiles.tokenizerConfig(trainer.config(), tokenizer));
        writeUnlessCopied("generation_config.json", HubFiles.generationConfig(trainer.config()));
        write(RUN, run);
    }

    /** A model that learns on keeps what its folder said. */
    private void writeUnlessCopied(String name, String text) {
        if (!text.isEmpty() && !Files.exists(folder.resolve(name))) {
            write(name, text);
        }
    }

    private void copy(Path file) {
        try {
            Files.copy(file, folder.resolve(file.getFileName().toString()), StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw new UncheckedIOException(file + ": cannot be copied to " + folder + ": " + e.getMessage(), e);
        }
    }

    /** A checkpoint. */
    void save(Trainer trainer, Progress.Best best, List<String> metrics) {
        save(metrics);
        SafetensorsWriter state = new SafetensorsWriter()
                .meta("step", Integer.toString(trainer.steps()))
                .meta("recipe", recipe(trainer))
                .meta("data", trainer.task().sha256())
                .meta("best_loss", Double.toString(best.loss()))
                .meta("evaluations_since_best", Integer.toString(best.since()));
        trainer.state().forEach(state::put);
        state.write(folder.resolve(STATE));
        SafetensorsWriter model = new SafetensorsWriter().meta("format", "pt");
        trainer.weights().forEach(model::put);
        model.write(folder.resolve(MODEL));
    }

    private static String recipe(Trainer trainer) {
        return Json.write(RecipeFile.tree(trainer.recipe()));
    }

    /** The lines of metrics.jsonl. */
    void save(List<String> metrics) {
        write(METRICS, metrics.isEmpty() ? "" : String.join("\n", metrics) + "\n");
    }

    /** Removes what a process that was killed has left half-written. */
    void sweep() {
        try (DirectoryStream<Path> parts = Files.newDirectoryStream(folder, ".*.part")) {
            for (Path part : parts) {
                Files.deleteIfExists(part);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(folder + ": cannot be tidied: " + e.getMessage(), e);
        }
    }

    /**
     * Writes into run.json what came out.
     *
     * @param first lines of metrics of the first steps
     */
    void finish(Progress.Evaluation last, List<String> first) {
        ObjectNode run = (ObjectNode) Json.read(folder.resolve(RUN), MOST_RUN);
        ObjectNode result = run.putObject("result")
                .put("steps", last.step())
                .put("train_loss", last.trainLoss())
                .put("validation_loss", last.validationLoss())
                .put("model_sha256", Hash.sha256(folder.resolve(MODEL)));
        ArrayNode losses = result.putArray("first_losses");
        for (String line : first) {
            losses.add(Json.parse(METRICS, line).path("loss").asDouble());
        }
        write(RUN, Json.write(run));
    }

    /** Brings a fresh trainer to the last checkpoint; the best evaluation so far. */
    Progress.Best restore(Trainer trainer) {
        try (Checkpoint checkpoint = Checkpoint.open(folder.resolve(STATE))) {
            Map<String, String> facts = checkpoint.metadata();
            require("recipe", recipe(trainer), facts);
            require("data", trainer.task().sha256(), facts);
            trainer.state().forEach((name, tensor) -> {
                Tensor saved = checkpoint.tensor(name, tensor.shape());
                saved.copyTo(tensor.array(), tensor.offset());
            });
            trainer.continueBehind(Integer.parseInt(fact("step", facts)));
            return new Progress.Best(
                    Double.parseDouble(fact("best_loss", facts)),
                    Integer.parseInt(fact("evaluations_since_best", facts)));
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException(folder.resolve(STATE) + ": its metadata is not that of a run", e);
        }
    }

    private void require(String key, String expected, Map<String, String> facts) {
        String got = fact(key, facts);
        if (!got.equals(expected)) {
            throw new IllegalArgumentException(folder + ": the run to be resumed has another " + key + ": expected "
                    + expected + ", got " + got + "; give what it was started with");
        }
    }

    private String fact(String key, Map<String, String> facts) {
        String fact = facts.get(key);
        if (fact == null) {
            throw new IllegalArgumentException(
                    folder.resolve(STATE) + ": its metadata has no '" + key + "', so it is not a run to be resumed");
        }
        return fact;
    }

    /** The lines of metrics of the first {@code steps} steps. */
    List<String> metrics(int steps) {
        Path file = folder.resolve(METRICS);
        if (!Files.exists(file)) {
            return List.of();
        }
        return Arrays.stream(Json.readText(file, MOST_METRICS).split("\n"))
                .filter(line -> !line.isEmpty())
                .filter(line -> isWithin(file, line, steps))
                .toList();
    }

    /** A step's line carries its number, an evaluation's the number of steps before it. */
    private static boolean isWithin(Path file, String line, int steps) {
        JsonNode tree = Json.parse(file.toString(), line);
        int step = tree.path("step").asInt(Integer.MAX_VALUE);
        return tree.has("val_loss") || tree.has("heads") ? step <= steps : step < steps;
    }

    private void write(String name, String text) {
        Path whole = folder.resolve(name);
        try {
            Path beside = Files.createTempFile(folder, "." + name + ".", ".part");
            try {
                Files.writeString(beside, text);
                move(beside, whole);
            } finally {
                Files.deleteIfExists(beside);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(whole + ": cannot be written: " + e.getMessage(), e);
        }
    }

    private static void move(Path from, Path to) throws IOException {
        try {
            Files.move(from, to, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (AtomicMoveNotSupportedException e) {
            Files.move(from, to, StandardCopyOption.REPLACE_EXISTING);
        }
    }
}
