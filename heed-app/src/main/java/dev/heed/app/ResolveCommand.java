package dev.heed.app;

import dev.heed.app.print.Format;
import dev.heed.app.print.Numbers;
import dev.heed.app.print.Table;
import dev.heed.app.print.Terminal;
import dev.heed.lens.Reading;
import dev.heed.model.Model;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code heed resolve}: which word a pronoun stands for. */
@Command(
        name = "resolve",
        description = {
            "Say which word \"it\" stands for, and what a model of masked words goes by.",
            "The model is asked which word it would put in the pronoun's place; the candidates are the words of the sentence.",
            "Without --model: cloze."
        })
final class ResolveCommand extends HeedCommand {
    @Mixin
    private final ModelOption model = new ModelOption();

    @Mixin
    private final FormatOption format = new FormatOption();

    @Parameters(paramLabel = "SENTENCE", description = "With one \"it\".")
    private String sentence = "";

    ResolveCommand(Terminal terminal) {
        super(terminal);
    }

    @Override
    public Integer call() {
        try (Model loaded = model.loadOr("cloze", terminal)) {
            Reading reading = Reading.of(loaded, sentence, "it");
            ModelOption.warn(loaded, sentence, terminal);
            Table table = new Table()
                    .column("reading")
                    .bars("share", 3)
                    .column("probability", 4)
                    .bars("weight in " + reading.head(), 3);
            for (Reading.Candidate each : reading.candidates()
                    .subList(0, Math.min(4, reading.candidates().size()))) {
                table.row(each.word() + " (" + each.position() + ")", each.share(), each.probability(), each.weight());
            }
            if (format.value() == Format.TEXT) {
                say(loaded, reading.candidates().getFirst());
                terminal.line();
            }
            table.print(terminal, format.value());
            if (format.value() == Format.TEXT) {
                terminal.line();
                explain(reading);
            }
        }
        return 0;
    }

    /** Nothing is said of a word that is no likelier than one that was drawn. */
    private void say(Model asked, Reading.Candidate best) {
        String who = ModelOption.name(asked);
        if (best.probability() <= 1.0 / asked.sizes().vocabulary()) {
            terminal.paragraph("\"it\" stands for no word of the sentence, says " + who
                    + ": none is likelier than a word drawn at random");
            return;
        }
        terminal.line("\"it\" stands for " + terminal.colours().bold(best.word()) + ", says " + who + " ("
                + Numbers.fixed(100 * best.share(), 1) + " % among the words of the sentence)");
    }

    private void explain(Reading reading) {
        terminal.note(
                "probability: of the word in place of \"it\", which is masked; share: of the words above, and all others of the"
                        + " sentence. weight: from \"it\" as it is written, in the head that sends most of it to the first reading"
                        + " here. A weight is not a cause: 'heed report routing' cuts it. The best word of all: "
                        + reading.likeliest() + ", " + Numbers.fixed(reading.likeliestProbability(), 4) + ".");
    }
}
