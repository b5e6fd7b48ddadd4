package dev.heed.app;

import dev.heed.app.print.Format;
import dev.heed.app.print.Json;
import dev.heed.app.print.Numbers;
import dev.heed.app.print.Terminal;
import dev.heed.train.Progress;
import dev.heed.train.Recipe;
import dev.heed.train.Trainer;
import dev.heed.train.TrainingRun;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code heed train}: a recipe, a text, and a folder that other commands take as a model. */
@Command(
        name = "train",
        description = {
            "Train a model by a recipe and write it as a Hugging Face folder.",
            "Same recipe, data and seed: same bytes, on any number of threads, also when stopped (Ctrl-C saves) and"
                    + " resumed."
        })
final class TrainCommand extends HeedCommand {
    @Option(
            names = "--recipe",
            paramLabel = "NAME",
            description = "What to train: shakespeare-char, -large or -best of it, cloze, story.")
    private @Nullable String recipe;

    @Option(
            names = "--data",
            paramLabel = "FILE",
            description = "The text to learn, UTF-8; its last tenth judges. Not for recipes that generate their data.")
    private @Nullable Path data;

    @Option(names = "--steps", paramLabel = "N", description = "Default: the recipe's.")
    private @Nullable Integer steps;

    @Option(names = "--seed", paramLabel = "N", description = "Default: the recipe's.")
    private @Nullable Long seed;

    @Option(
            names = {"-o", "--out"},
            paramLabel = "DIR",
            description = "Where the model and all about its training go. Default: a folder named as the recipe.")
    private @Nullable Path out;

    @Option(names = "--resume", description = "Go on with the run in --out; what is not given is as it was started.")
    private boolean resume;

    @Mixin
    private final FormatOption format = new FormatOption();

    @Spec
    private @Nullable CommandSpec spec;

    TrainCommand(Terminal terminal) {
        super(terminal);
    }

    @Override
    public Integer call() {
        if (format.value() == Format.CSV) {
            throw new IllegalArgumentException("train: --format must be text or json, got csv");
        }
        Path folder = folder();
        Optional<TrainingRun.Begun> begun = resume ? TrainingRun.begun(folder) : Optional.empty();
        Recipe chosen = recipe(begun);
        Path given =
                data != null ? data : begun.flatMap(TrainingRun.Begun::file).orElse(null);
        Trainer trainer = Trainer.fresh(chosen, chosen.lesson().task(given));
        String name = given == null ? TrainingRun.GENERATED : given.toString();
        TrainingRun run = resume
                ? TrainingRun.resume(trainer, folder, name, command())
                : TrainingRun.start(trainer, folder, name, command());
        train(trainer, run, folder);
        return 0;
    }

    private Path folder() {
        if (out != null) {
            return out;
        }
        if (recipe == null) {
            throw new IllegalArgumentException("train: "
                    + (resume
                            ? "give the run's folder: --out DIR"
                            : "give a recipe: --recipe NAME, one of " + names()));
        }
        return Path.of(recipe);
    }

    private static String names() {
        return String.join(", ", Recipe.all().stream().map(Recipe::name).toList());
    }

    private Recipe recipe(Optional<TrainingRun.Begun> begun) {
        String name =
                recipe != null ? recipe : begun.map(TrainingRun.Begun::recipe).orElse(null);
        if (name == null) {
            throw new IllegalArgumentException("train: give a recipe: --recipe NAME, one of " + names());
        }
        Recipe made = Recipe.named(name);
        Integer count =
                steps != null ? steps : begun.map(TrainingRun.Begun::steps).orElse(null);
        Long drawn = seed != null ? seed : begun.map(TrainingRun.Begun::seed).orElse(null);
        made = count == null ? made : made.withSteps(count);
        return drawn == null ? made : made.withSeed(drawn);
    }

    private String command() {
        return spec == null
                ? "heed train"
                : "heed "
                        + String.join(
                                " ", spec.root().commandLine().getParseResult().originalArgs());
    }

    private void train(Trainer trainer, TrainingRun run, Path folder) {
        TrainingView view = new TrainingView(trainer, folder, terminal);
        view.begin();
        try (Interruption interruption = new Interruption()) {
            Optional<Progress.Evaluation> last = run.finish(view, interruption::isAsked);
            if (last.isPresent()) {
                report(last.get(), view, folder);
            } else {
                terminal.err()
                        .println("\nstopped behind step " + trainer.steps() + " and saved; go on with: heed train"
                                + " --resume --out " + folder);
            }
        }
    }

    private void report(Progress.Evaluation last, TrainingView view, Path folder) {
        if (format.value() == Format.JSON) {
            Map<String, Object> line = new LinkedHashMap<>();
            line.put("step_ms", view.medianMillis());
            line.put("train_loss", last.trainLoss());
            line.put("val_loss", last.validationLoss());
            line.put("tokens_per_s", view.tokensPerSecond());
            Json.printLine(terminal, line);
            return;
        }
        terminal.line("validation loss " + Numbers.fixed(last.validationLoss(), 4) + " (perplexity "
                + Numbers.fixed(Math.exp(last.validationLoss()), 2) + "), training loss "
                + Numbers.fixed(last.trainLoss(), 4) + ", " + Numbers.fixed(view.medianMillis(), 2)
                + " ms a step (median), " + Numbers.fixed(view.tokensPerSecond(), 0) + " tokens/s; the model is in "
                + folder);
    }
}
