package dev.heed.app;

import dev.heed.app.print.Format;
import dev.heed.app.print.Json;
import dev.heed.app.print.Numbers;
import dev.heed.app.print.Terminal;
import dev.heed.train.FineTuning;
import dev.heed.train.Progress;
import dev.heed.train.Recipe;
import dev.heed.train.Tokenization;
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
            "Train a model by a recipe, or go on with one that was trained before (--from DIR --data FILE), and write it as a"
                    + " Hugging Face folder.",
            "Same recipe, data and seed: same bytes, on any number of threads, also when stopped (Ctrl-C saves) and"
                    + " resumed."
        })
final class TrainCommand extends HeedCommand {
    private static final int USUAL_VOCABULARY = 2000;

    @Option(
            names = "--recipe",
            paramLabel = "NAME|FILE",
            description = {
                "What to train: shakespeare-char, shakespeare-char-large, shakespeare-char-best, cloze, translator, pronoun,"
                        + " story, or a recipe of your own, a .yaml or .json file.",
                "One to begin with: --recipe NAME --print-recipe."
            })
    private @Nullable String recipe;

    @Option(
            names = "--data",
            paramLabel = "FILE",
            description = "The text to learn, UTF-8; its last tenth judges. Not for recipes that generate their data.")
    private @Nullable Path data;

    @Option(
            names = "--from",
            paramLabel = "DIR",
            description = {
                "Go on with the model of a Hugging Face folder: its tokenizer and config stay, its weights learn.",
                "Decoders learn the next token, encoders masked words, from --data: a text file (for encoders a text a line), a"
                        + " folder of *.txt files, or JSON lines with 'text'. Encoder–decoders learn pairs: .tsv, or JSON lines with 'read' and"
                        + " 'written'.",
                "Where JSON lines have 'text' and 'label', or a folder has a folder of pictures (.png, .jpg) for each class, the model"
                        + " learns classes: its head that classifies goes on learning, or it gets one. Of each class the last"
                        + " tenth judges.",
                "JSON lines with 'tokens' and 'tags' (or 'ner_tags') teach the class of each word, those with 'question', 'context'"
                        + " and 'answers' as SQuAD has them (texts and 'answer_start'; empty lists for none) where an answer"
                        + " stands, in the same way."
            })
    private @Nullable Path from;

    @Option(names = "--batch", paramLabel = "N", description = "With --from: sequences of a step. Default: 8.")
    private @Nullable Integer batch;

    @Option(
            names = "--context",
            paramLabel = "N",
            description =
                    "With --from: tokens of a sequence; longer texts are cut, those with a question into pieces that overlap by a"
                            + " third of it, pairs must fit whole. Default: 128, or what fits.")
    private @Nullable Integer context;

    @Option(names = "--rate", paramLabel = "R", description = "With --from: highest learning rate. Default: 5e-5.")
    private @Nullable Double rate;

    @Option(names = "--dropout", paramLabel = "P", description = "With --from. Default: 0.")
    private @Nullable Double dropout;

    @Option(names = "--smoothing", paramLabel = "P", description = "With --from: label smoothing. Default: 0.")
    private @Nullable Double smoothing;

    @Option(
            names = "--tokenizer",
            paramLabel = "KIND",
            description = "What the texts are cut into: characters, words or bpe (byte pairs). Default: the recipe's.")
    private @Nullable String tokenizer;

    @Option(names = "--vocabulary", paramLabel = "N", description = "Tokens of bpe at most. Default: 2000.")
    private @Nullable Integer vocabulary;

    @Option(names = "--print-recipe", description = "Print the recipe as a file to be changed, and train nothing.")
    private boolean print;

    @Option(names = "--steps", paramLabel = "N", description = "Default: the recipe's; with --from 1000.")
    private @Nullable Integer steps;

    @Option(names = "--seed", paramLabel = "N", description = "Default: the recipe's.")
    private @Nullable Long seed;

    @Option(
            names = {"-o", "--out"},
            paramLabel = "DIR",
            description =
                    "Where the model and all about its training go: a folder that holds no other model. Default: one"
                            + " named as the recipe.")
    private @Nullable Path out;

    @Option(
            names = "--resume",
            description =
                    "Go on with the run in --out as it was begun; only --out is needed, and nothing else may differ.")
    private boolean resume;

    @Mixin
    private final TextOrJsonOption format = new TextOrJsonOption();

    @Spec
    private @Nullable CommandSpec spec;

    TrainCommand(Terminal terminal) {
        super(terminal);
    }

    @Override
    public Integer call() {
        if (print) {
            refuseToPrint();
            refuseWithoutFrom();
            Recipe printed = recipe(Optional.empty());
            terminal.out().print(format.value() == Format.JSON ? printed.json() + "\n" : printed.yaml());
            return 0;
        }
        Path folder = folder();
        Optional<TrainingRun.Begun> begun = resume ? TrainingRun.begun(folder) : Optional.empty();
        if (resume && begun.isEmpty()) {
            throw new IllegalArgumentException(
                    "train: " + folder + ": holds no run to go on with; begin one without --resume");
        }
        Path given =
                data != null ? data : begun.flatMap(TrainingRun.Begun::file).orElse(null);
        Trainer trainer = trainer(begun, given);
        String name =
                given == null ? TrainingRun.GENERATED : given.toAbsolutePath().toString();
        TrainingRun run = resume
                ? TrainingRun.resume(trainer, folder, name, command())
                : TrainingRun.start(trainer, folder, name, command());
        train(trainer, run, folder);
        return 0;
    }

    private Trainer trainer(Optional<TrainingRun.Begun> begun, @Nullable Path given) {
        Optional<FineTuning> further = fineTuning(begun);
        if (further.isEmpty()) {
            refuseWithoutFrom();
            Recipe chosen = recipe(begun);
            return Trainer.fresh(chosen, chosen.task(given));
        }
        if (recipe != null) {
            throw new IllegalArgumentException("train: give --recipe or --from, not both");
        }
        if (tokenizer != null || vocabulary != null) {
            throw new IllegalArgumentException(
                    "train: a model that goes on keeps its tokenizer; --tokenizer and --vocabulary"
                            + " are for new ones, with --recipe");
        }
        if (given == null) {
            throw new IllegalArgumentException("train: to go on with a model give what it is to learn: --data FILE");
        }
        Trainer trainer = further.get().trainer(given);
        ModelOption.requireContext("train", context, trainer.recipe().context());
        return trainer;
    }

    private void refuseToPrint() {
        if (from != null || data != null || out != null || resume) {
            throw new IllegalArgumentException("train: --print-recipe prints the recipe of --recipe and trains nothing:"
                    + " leave out --from, --data, --out and --resume");
        }
    }

    private void refuseWithoutFrom() {
        if (batch != null || context != null || rate != null || dropout != null || smoothing != null) {
            throw new IllegalArgumentException(
                    "train: --batch, --context, --rate, --dropout and --smoothing are for --from DIR; a recipe has its own");
        }
    }

    private Optional<FineTuning> fineTuning(Optional<TrainingRun.Begun> begun) {
        Optional<FineTuning> was =
                from != null ? Optional.of(FineTuning.of(from)) : begun.flatMap(TrainingRun.Begun::fineTuning);
        return was.map(each -> new FineTuning(
                each.from(),
                steps != null ? steps : each.steps(),
                batch != null ? batch : each.batch(),
                context != null ? context : each.context(),
                rate != null ? rate : each.rate(),
                dropout != null ? dropout : each.dropout(),
                smoothing != null ? smoothing : each.smoothing(),
                seed != null ? seed : each.seed()));
    }

    private Path folder() {
        if (out != null) {
            if (out.toString().isEmpty()) {
                throw new IllegalArgumentException("train: --out must name a folder, got an empty text");
            }
            return out;
        }
        if (from != null) {
            throw new IllegalArgumentException("train: give the folder to be written: --out DIR");
        }
        if (recipe == null) {
            throw new IllegalArgumentException("train: "
                    + (resume
                            ? "give the run's folder: --out DIR"
                            : "give a recipe: --recipe NAME, one of " + names()));
        }
        return Path.of(recipe(Optional.empty()).name());
    }

    private static String names() {
        return String.join(", ", Recipe.names());
    }

    private Recipe recipe(Optional<TrainingRun.Begun> begun) {
        Recipe made = begun.isPresent() && recipe == null ? begun.get().recipe() : chosen();
        made = steps == null ? made : made.withSteps(steps);
        made = seed == null ? made : made.withSeed(seed);
        return tokens().map(made::withTokens).orElse(made);
    }

    private Recipe chosen() {
        if (recipe == null) {
            throw new IllegalArgumentException("train: give a recipe: --recipe NAME, one of " + names());
        }
        return Recipe.isFile(recipe) ? Recipe.read(Path.of(recipe)) : Recipe.named(recipe);
    }

    private Optional<Tokenization> tokens() {
        if (vocabulary != null && !"bpe".equals(tokenizer)) {
            throw new IllegalArgumentException("train: --vocabulary is for --tokenizer bpe");
        }
        return Optional.ofNullable(tokenizer).map(kind -> switch (kind) {
            case "characters" -> new Tokenization.Characters();
            case "words" -> new Tokenization.Words();
            case "bpe" -> new Tokenization.BytePairs(vocabulary == null ? USUAL_VOCABULARY : vocabulary);
            default ->
                throw new IllegalArgumentException(
                        "train: --tokenizer must be characters, words or bpe, got '" + kind + "'");
        });
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
            last.accuracy().ifPresent(accuracy -> line.put("accuracy", accuracy));
            line.put("tokens_per_s", view.tokensPerSecond());
            Json.printLine(terminal, line);
            return;
        }
        String so = last.accuracy().isPresent()
                ? Numbers.fixed(100 * last.accuracy().getAsDouble(), 1) + " % right"
                : "perplexity " + Numbers.fixed(Math.exp(last.validationLoss()), 2);
        terminal.line("validation loss " + Numbers.fixed(last.validationLoss(), 4) + " (" + so + "), training loss "
                + Numbers.fixed(last.trainLoss(), 4) + ", " + Numbers.fixed(view.medianMillis(), 2)
                + " ms a step (median), " + Numbers.fixed(view.tokensPerSecond(), 0) + " tokens/s; the model is in "
                + folder);
    }
}
