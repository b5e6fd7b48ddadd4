package dev.heed.app;

import dev.heed.app.print.Colours;
import dev.heed.app.print.LossPlot;
import dev.heed.app.print.Numbers;
import dev.heed.app.print.Terminal;
import dev.heed.kernel.Kernels;
import dev.heed.kernel.Workers;
import dev.heed.model.ClassScore;
import dev.heed.model.Generation;
import dev.heed.model.Model;
import dev.heed.model.Picture;
import dev.heed.model.arch.Network;
import dev.heed.text.Visible;
import dev.heed.train.Progress;
import dev.heed.train.Recipe;
import dev.heed.train.Trainer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;

/**
 * How a run goes, on standard error: lines per evaluation, and for a person a curve of the loss that is drawn anew below them.
 */
final class TrainingView implements Progress {
    private static final long REFRESH_NANOS = 200_000_000;
    /** Weight of the latest step in the loss shown, which would jump about otherwise. */
    private static final double LATEST = 0.05;

    private static final int SAMPLE_TOKENS = 60;
    private static final int PLOT_ROWS = 8;
    private static final int PLOT_COLUMNS = 68;
    /** Up one line, and clear it. */
    private static final String BACK = "\u001b[1A\u001b[2K";

    private final Trainer trainer;
    private final Path folder;
    private final Terminal terminal;
    private final LossPlot plot;
    private int drawn;
    private double[] millis = new double[1024];
    private int count;
    private double total;
    private long tokens;
    private double smooth = Double.NaN;
    private long shown;
    private boolean warned;

    TrainingView(Trainer trainer, Path folder, Terminal terminal) {
        this.trainer = trainer;
        this.folder = folder;
        this.terminal = terminal;
        this.plot =
                new LossPlot(trainer.recipe().steps(), Math.clamp(terminal.width() - 11, 20, PLOT_COLUMNS), PLOT_ROWS);
    }

    void begin() {
        Recipe recipe = trainer.recipe();
        terminal.err()
                .println(recipe.name() + ": " + trainer.parameters() + " parameters, steps " + trainer.steps() + " to "
                        + recipe.steps() + ", seed " + recipe.seed() + ", kernels "
                        + Kernels.name() + ", " + Workers.threads() + " threads");
    }

    @Override
    public void stepped(Trainer.Step step, double took) {
        millis = count == millis.length ? Arrays.copyOf(millis, 2 * count) : millis;
        millis[count++] = took;
        total += took;
        tokens += step.tokens();
        smooth = Double.isNaN(smooth) ? step.loss() : smooth + LATEST * (step.loss() - smooth);
        plot.add(step.number(), step.loss());
        long now = System.nanoTime();
        if (terminal.watched() && now - shown > REFRESH_NANOS) {
            shown = now;
            draw(progress(step));
        }
    }

    /** The curve, where the terminal can go back over it, and one line below. */
    private void draw(String whole) {
        String line = whole.substring(0, Math.min(whole.length(), terminal.width() - 1)); // one row, to go back over
        if (terminal.errColours() == Colours.NONE) {
            terminal.err().print("\r" + line + " ");
        } else {
            clear();
            plot.lines()
                    .forEach(row -> terminal.err().println(terminal.errColours().dim(row)));
            terminal.err().println(line);
            drawn = plot.lines().size() + 1;
        }
        terminal.err().flush();
    }

    private void clear() {
        terminal.err().print(BACK.repeat(drawn));
        drawn = 0;
    }

    private String progress(Trainer.Step step) {
        int left = trainer.recipe().steps() - trainer.steps();
        return "step " + (step.number() + 1) + "/" + trainer.recipe().steps() + "  loss " + Numbers.fixed(smooth, 3)
                + "  " + Numbers.fixed(tokensPerSecond(), 0) + " tokens/s  "
                + Numbers.fixed(left * total / count / 1e3, 0)
                + " s left";
    }

    @Override
    public void evaluated(Evaluation evaluation) {
        plot.judge(evaluation.step(), evaluation.validationLoss());
        clear();
        terminal.err()
                .println((terminal.watched() ? "\r" : "") + "step " + evaluation.step() + "  training loss "
                        + Numbers.fixed(evaluation.trainLoss(), 4) + "  validation loss "
                        + Numbers.fixed(evaluation.validationLoss(), 4) + right(evaluation) + "  "
                        + Numbers.fixed(medianMillis(), 2)
                        + " ms a step");
        terminal.err().println("  " + terminal.errColours().dim(sample(evaluation)));
    }

    private static String right(Evaluation evaluation) {
        return evaluation.accuracy().isEmpty()
                ? ""
                : "  " + Numbers.fixed(100 * evaluation.accuracy().getAsDouble(), 1) + " % right";
    }

    @Override
    public Optional<JsonNode> heads(Evaluation evaluation) {
        try (Model model = Model.load(folder)) {
            if (model.network() instanceof Network.Viewer) {
                return Optional.empty(); // no tokens to repeat
            }
            Optional<CheckpointHeads> heads =
                    CheckpointHeads.of(model, trainer.task().prompt());
            heads.ifPresent(
                    some -> terminal.err().println("  " + terminal.errColours().dim(some.line())));
            if (terminal.watched()) {
                draw("◆ validation loss");
            }
            return heads.map(CheckpointHeads::json);
        }
    }

    /** What the model of the folder makes of the task's prompt. */
    private String sample(Evaluation evaluation) {
        try (Model model = Model.load(folder)) {
            warn(model);
            String prompt = trainer.task().prompt();
            if (evaluation.accuracy().isPresent()) {
                return Visible.quote(prompt) + "  " + classified(model, prompt);
            }
            return model.network() instanceof Network.Encoder
                    ? Visible.escape(prompt) + "  " + filled(model, prompt)
                    : Visible.quote(
                            model.generate(prompt, Generation.Options.sampling(SAMPLE_TOKENS, 0.8, evaluation.step()))
                                    .text());
        }
    }

    /** Once, of what the recipe says of its model and nobody reads: most often a misspelt key. */
    private void warn(Model model) {
        if (!warned) {
            model.warnings().forEach(warning -> terminal.err().println("  note: " + Visible.escape(warning)));
            warned = true;
        }
    }

    private String classified(Model model, String prompt) {
        return trainer.task()
                .about()
                .map(text -> model.answer(prompt, text, 2).stream().map(each -> scored(each.text(), each.score())))
                .orElseGet(() -> model.classifiesTokens() ? ofTokens(model, prompt) : ofWhole(model, prompt))
                .collect(Collectors.joining(", "));
    }

    private static Stream<String> ofTokens(Model model, String prompt) {
        return model.classifyTokens(prompt).stream()
                .filter(each -> !each.token().special())
                .map(each -> each.token().label() + " " + Visible.escape(each.label()));
    }

    private static Stream<String> ofWhole(Model model, String prompt) {
        List<ClassScore> classes = model.network() instanceof Network.Viewer
                ? model.classify(Picture.read(Path.of(prompt)))
                : model.classify(prompt);
        return classes.stream().limit(2).map(each -> scored(each.label(), each.score()));
    }

    private static String scored(String what, double score) {
        return Visible.escape(what) + " " + Numbers.fixed(score, 2);
    }

    private static String filled(Model model, String prompt) {
        return model.fill(prompt, 2).stream()
                .flatMap(mask -> mask.words().stream())
                .map(word -> word.label() + " " + Numbers.fixed(word.probability(), 2))
                .collect(Collectors.joining(", "));
    }

    /** Of the steps of this process. */
    double medianMillis() {
        double[] sorted = Arrays.copyOf(millis, count);
        Arrays.sort(sorted);
        return count == 0 ? 0 : (sorted[(count - 1) / 2] + sorted[count / 2]) / 2;
    }

    /** Of the steps of this process, evaluations and checkpoints left out. */
    double tokensPerSecond() {
        return total == 0 ? 0 : tokens / (total / 1e3);
    }
}
