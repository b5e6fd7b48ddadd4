package dev.heed.train;

import dev.heed.model.arch.Network;
import dev.heed.model.checkpoint.Checkpoint;
import dev.heed.model.checkpoint.SafetensorsWriter;
import dev.heed.model.checkpoint.WholeFile;
import dev.heed.tensor.Tensor;
import dev.heed.text.IoFailure;
import dev.heed.text.Json;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;
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
 *   .training.lock         while a process trains into the folder
 * </pre>
 *
 * Each file is written beside its place and moved there; what a killed process left beside is removed by the next. Going on
 * needs run.json, the first that is written, and training.safetensors alone, so it does not matter between which two files a run
 * was killed.
 */
final class TrainingFolder {
    private static final String STATE = "training.safetensors";
    private static final String MODEL = "model.safetensors";
    private static final String METRICS = "metrics.jsonl";
    private static final String RUN = "run.json";
    private static final Pattern WEIGHTS =
            Pattern.compile(".*\\.(safetensors|safetensors\\.index\\.json|bin|gguf|pt|pth)");
    private static final Pattern OF_A_MODEL = Pattern.compile(
            WEIGHTS + "|(config|tokenizer|tokenizer_config|generation_config|special_tokens_map|vocab)\\.json");
    /** Losses of so many first steps stand in run.json: enough to see whether a machine gives the same bits. */
    private static final int FIRST = 5;

    private static final long MOST_RUN = 1L << 20;
    private static final long MOST_OPTIONS = 8L << 20;
    private static final long MOST_METRICS = 1L << 30;

    private final Path folder;

    TrainingFolder(Path folder) {
        this.folder = folder;
    }

    /** True if there is something to go on from. */
    boolean hasState() {
        return Files.exists(folder.resolve(STATE));
    }

    /** Refuses a folder in which a new run would replace a run or a model, or be mixed with it. */
    void requireRoom() {
        boolean recorded = Files.exists(folder.resolve(RUN));
        if (hasState()) {
            throw recorded
                    ? new IllegalArgumentException(
                            folder + ": holds a run already; go on with it by --resume, or give another folder")
                    : withoutRecord();
        }
        Pattern kept = recorded ? WEIGHTS : OF_A_MODEL; // one that was killed before it saved has no weights
        inside(kept).ifPresent(file -> {
            throw new IllegalArgumentException(folder + ": holds a model already (" + file
                    + "), which a new run would replace; give another folder");
        });
    }

    private Optional<String> inside(Pattern names) {
        if (!Files.isDirectory(folder)) {
            return Optional.empty();
        }
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(file -> file.getFileName().toString())
                    .filter(name -> names.matcher(name).matches())
                    .min(Comparator.naturalOrder());
        } catch (IOException e) {
            throw IoFailure.cannot(folder, "read", e);
        }
    }

    private IllegalArgumentException withoutRecord() {
        return new IllegalArgumentException(folder + ": " + RUN + " is missing, which says how the run of " + STATE
                + " was begun; put it back, or begin again in another folder");
    }

    /** What run.json says, if there is one. */
    Optional<TrainingRun.Begun> begun() {
        Path file = folder.resolve(RUN);
        if (!Files.exists(file)) {
            if (hasState()) {
                throw withoutRecord();
            }
            return Optional.empty();
        }
        JsonNode run = Json.read(file, MOST_RUN);
        return Optional.of(new TrainingRun.Begun(
                run.path("recipe_in_full"),
                run.path("data").path("file").asString(""),
                run.path("data").path("sha256").asString(""),
                FineTuning.read(run)));
    }

    /** What a run writes before its first step; the record first, so that whatever else is there is known to be a run's. */
    void begin(Trainer trainer, String run) {
        try {
            Files.createDirectories(folder);
        } catch (IOException e) {
            throw IoFailure.cannot(folder, "made", e);
        }
        write(RUN, run);
        trainer.companions().forEach(this::copy);
        write("config.json", trainer.config());
        String tokenizer = trainer.task().tokenizerJson();
        if (!tokenizer.isEmpty()) {
            write("tokenizer.json", tokenizer);
            writeUnlessCopied(trainer, "tokenizer_config.json", HubFiles.tokenizerConfig(trainer.config(), tokenizer));
            if (trainer.network() instanceof Network.Decoder) {
                sayPadding(trainer.config(), tokenizer);
            }
        }
        String generation = HubFiles.generationConfig(trainer.config());
        if (trainer.tuning().isEmpty()
                && !generation.isEmpty()) { // else it would hide what an older folder's config.json says
            write("generation_config.json", generation);
        }
    }

    /** In tokenizer_config.json, unless there or in an older folder's special_tokens_map.json it is said. */
    private void sayPadding(String config, String tokenizer) {
        Path options = folder.resolve("tokenizer_config.json");
        Path older = folder.resolve("special_tokens_map.json");
        boolean said = Stream.of(options, older)
                .filter(Files::exists)
                .anyMatch(file -> Json.read(file, MOST_OPTIONS).hasNonNull(HubFiles.PADDING));
        if (!said) {
            HubFiles.padded((ObjectNode) Json.read(options, MOST_OPTIONS), config, tokenizer)
                    .ifPresent(text -> write(options.getFileName().toString(), text));
        }
    }

    /** A model that learns on keeps what its folder said. */
    private void writeUnlessCopied(Trainer trainer, String name, String text) {
        boolean copied = trainer.companions().stream().anyMatch(file -> file.endsWith(name));
        if (!copied) {
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
            throw IoFailure.cannot(folder, "tidied", e);
        }
    }

    /**
     * Writes into run.json what came out.
     *
     * @param metrics the lines of metrics.jsonl
     */
    void finish(Progress.Evaluation last, List<String> metrics) {
        ObjectNode run = (ObjectNode) Json.read(folder.resolve(RUN), MOST_RUN);
        ObjectNode result = run.putObject("result")
                .put("steps", last.step())
                .put("train_loss", last.trainLoss())
                .put("validation_loss", last.validationLoss())
                .put("model_sha256", Hash.sha256(folder.resolve(MODEL)));
        last.accuracy().ifPresent(accuracy -> result.put("accuracy", accuracy));
        ArrayNode losses = result.putArray("first_losses");
        metrics.stream()
                .map(line -> Json.parse(METRICS, line).path("loss"))
                .filter(JsonNode::isNumber) // a step's line, not an evaluation's
                .limit(FIRST)
                .forEach(losses::add);
        write(RUN, Json.write(run));
    }

    /** Brings a fresh trainer to the last checkpoint; the best evaluation so far. */
    Progress.Best restore(Trainer trainer) {
        try (Checkpoint checkpoint = Checkpoint.open(folder.resolve(STATE))) {
            Map<String, String> facts = checkpoint.metadata();
            requireRecipe(trainer, fact("recipe", facts));
            requireData(trainer, fact("data", facts));
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

    private void requireRecipe(Trainer trainer, String was) {
        List<String> changes =
                RecipeFile.changes(Json.parse(folder.resolve(STATE).toString(), was), trainer.recipe());
        if (!changes.isEmpty()) {
            throw new IllegalArgumentException(folder + ": a run goes on with the recipe it was begun with, but "
                    + String.join(", ", changes)
                    + "; leave that out (--resume knows it), or begin another run in another folder");
        }
    }

    private void requireData(Trainer trainer, String was) {
        String is = trainer.task().sha256();
        if (!is.equals(was)) {
            throw new IllegalArgumentException(folder + ": a run goes on with the data it was begun with, but these are"
                    + " others: SHA-256 " + was + " then, " + is
                    + " now; give the same (run.json names the file), or begin another run in another folder");
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
        WholeFile.write(folder.resolve(name), text);
    }
}
