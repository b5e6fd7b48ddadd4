package dev.heed.app;

import dev.heed.app.print.DotChart;
import dev.heed.app.print.Format;
import dev.heed.app.print.Numbers;
import dev.heed.app.print.Table;
import dev.heed.app.print.Terminal;
import dev.heed.app.print.Text;
import dev.heed.train.recall.ReaderKind;
import dev.heed.train.recall.RecallStudy;
import dev.heed.train.recall.RecallTask;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code heed compare recall}: what came before attention, trained side by side. */
@Command(
        name = "compare",
        description = {
            "Train five kinds of readers on the same task and show how far back each remembers.",
            "A text of filler words holds two pairs of a key and a value; the question at its end asks for the value of"
                    + " one key, n tokens back. Same texts, parameters, optimiser and steps for all."
        })
final class CompareCommand extends HeedCommand {
    /** Beyond about twice this the vectors of the texts that are asked at once do not fit an array. */
    private static final int FARTHEST = 100_000;

    /** What can be compared. */
    enum Task {
        RECALL
    }

    static final class Tasks extends OneOf<Task> {
        Tasks() {
            super(Task.values());
        }
    }

    @Parameters(
            paramLabel = "recall",
            converter = Tasks.class,
            completionCandidates = Tasks.class,
            description = "The task.")
    private Task task = Task.RECALL;

    @Option(names = "--quick", description = "Half of the steps and one seed: for a look.")
    private boolean quick;

    @Option(names = "--steps", paramLabel = "N", description = "Of training. Default: 800; with --quick 400.")
    private @Nullable Integer steps;

    @Option(names = "--seeds", paramLabel = "N", description = "Runs of each kind. Default: 3; with --quick 1.")
    private @Nullable Integer seeds;

    @Option(names = "--seed", paramLabel = "N", description = "Of the first run. Default: 1.")
    private @Nullable Long seed;

    @Option(
            names = "--distances",
            split = ",",
            paramLabel = "N,…",
            hideParamSyntax = true,
            description = "From 10 to 100000; up to 500 are trained on. Default: 10,20,50,100,200,500,1000.")
    private @Nullable List<Integer> distances;

    @Mixin
    private final FormatOption format = new FormatOption();

    CompareCommand(Terminal terminal) {
        super(terminal);
    }

    @Override
    public Integer call() {
        RecallStudy.Settings settings = settings();
        RecallStudy study = new RecallStudy(settings);
        List<RecallStudy.Curve> curves = study.curves(study.run(this::tell));
        if (format.value() == Format.TEXT) {
            print(settings, curves);
        } else {
            rows(settings, curves).print(terminal, format.value());
        }
        return 0;
    }

    private RecallStudy.Settings settings() {
        if (distances != null
                && distances.stream().anyMatch(distance -> distance < RecallTask.NEAREST || distance > FARTHEST)) {
            throw new IllegalArgumentException("compare recall: --distances must be " + RecallTask.NEAREST + ".."
                    + FARTHEST + ", got " + distances);
        }
        atLeastOne("--steps", steps);
        atLeastOne("--seeds", seeds);
        RecallStudy.Settings usual = quick ? RecallStudy.Settings.quick() : RecallStudy.Settings.standard();
        return usual.with(
                steps != null ? steps : usual.steps(),
                seeds != null ? seeds : usual.seeds(),
                seed != null ? seed : usual.firstSeed(),
                distances != null ? distances : usual.distances());
    }

    private static void atLeastOne(String option, @Nullable Integer given) {
        if (given != null && given < 1) {
            throw new IllegalArgumentException("compare recall: " + option + " must be at least 1, got " + given);
        }
    }

    private void tell(RecallStudy.Run run) {
        terminal.err()
                .println(run.kind().title() + ", seed " + run.seed() + ": loss " + Numbers.fixed(run.loss(), 3) + ", "
                        + Numbers.fixed(run.seconds(), 0) + " s");
    }

    /** A row per kind and distance. */
    private static Table rows(RecallStudy.Settings settings, List<RecallStudy.Curve> curves) {
        Table table = new Table()
                .column("reader")
                .column("path_length")
                .column("parameters")
                .column("distance")
                .column("accuracy")
                .column("deviation")
                .column("seeds")
                .column("steps")
                .column("chance");
        for (RecallStudy.Curve curve : curves) {
            for (int d = 0; d < settings.distances().size(); d++) {
                table.row(
                        curve.kind().title(),
                        curve.kind().pathLength(),
                        curve.parameters(),
                        settings.distances().get(d),
                        curve.accuracy().get(d),
                        curve.deviation().get(d),
                        settings.seeds(),
                        settings.steps(),
                        settings.task().chance());
            }
        }
        return table;
    }

    // ---- text
    // --------------------------------------------------------------------------------------------------------

    private void print(RecallStudy.Settings settings, List<RecallStudy.Curve> curves) {
        DotChart chart =
                new DotChart(settings.distances().stream().map(Object::toString).toList());
        Table table = new Table().column("").column("reader").column("path").column("parameters");
        settings.distances().forEach(distance -> table.column(distance + (distance > settings.farthest() ? "*" : "")));
        for (RecallStudy.Curve curve : curves) {
            char letter = (char) ('A' + curve.kind().ordinal());
            chart.curve(letter, curve.accuracy());
            table.row(cells(letter, curve, settings.seeds()));
        }
        terminal.line("right answers in per cent" + (settings.seeds() > 1 ? " ± deviation between seeds" : "")
                + ", by distance n in tokens");
        table.printText(terminal, "");
        terminal.line();
        chart.print(terminal, settings.task().chance());
        terminal.line();
        notes(settings)
                .forEach(note -> Text.wrap(note, terminal.width())
                        .forEach(line -> terminal.line(terminal.colours().dim(line))));
    }

    private static Object[] cells(char letter, RecallStudy.Curve curve, int seeds) {
        int fixed = 4;
        Object[] cells = new Object[fixed + curve.accuracy().size()];
        cells[0] = Character.toString(letter);
        cells[1] = curve.kind().title();
        cells[2] = curve.kind().pathLength();
        cells[3] = curve.parameters();
        for (int d = 0; d < curve.accuracy().size(); d++) {
            String spread =
                    seeds > 1 ? " ±" + Numbers.fixed(100 * curve.deviation().get(d), 0) : "";
            cells[fixed + d] = Numbers.fixed(100 * curve.accuracy().get(d), 0) + spread;
        }
        return cells;
    }

    private static List<String> notes(RecallStudy.Settings settings) {
        RecallTask task = settings.task();
        String chance = Numbers.fixed(100 * task.chance(), 1);
        String seen = Numbers.fixed(100 * task.chanceOfValuesSeen(), 1);
        return List.of(
                "Chance is " + chance
                        + " % (dotted). Who knows which values occur, but not whose they are, is right in " + seen
                        + " %.",
                "Path: steps from a token to the answer. The convolution sees " + ReaderKind.CONVOLUTION.reach()
                        + " tokens back and no further. * further than any text that was trained on.",
                settings.steps() + " steps of " + settings.texts() + " texts with distances from " + RecallTask.NEAREST
                        + " to " + settings.farthest() + ", " + settings.asked()
                        + " new texts at each distance. More steps (--steps) help those that can see the answer; a state or"
                        + " a window stays as large as it is.");
    }
}
