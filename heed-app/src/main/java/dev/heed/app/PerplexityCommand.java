package dev.heed.app;

import dev.heed.app.print.Format;
import dev.heed.app.print.Table;
import dev.heed.app.print.Terminal;
import dev.heed.model.Model;
import dev.heed.train.Perplexity;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code heed report perplexity}: how well a model foretells held-out texts, beside n-grams. */
@Command(
        name = "perplexity",
        description = {
            "Measure how well a model foretells texts that it has not learned, beside n-grams (interpolated, modified"
                    + " Kneser-Ney) of the texts that it has learned, over the same tokens.",
            "Without --data: the held-out part of what the model was trained on (run.json). Without --model: story."
        })
final class PerplexityCommand extends HeedCommand {
    private static final int USUAL_CONTEXT = 256;

    @Mixin
    private final ModelOption model = new ModelOption();

    @Mixin
    private final FormatOption format = new FormatOption();

    @Option(
            names = "--data",
            paramLabel = "FILE",
            description =
                    "A text file, a folder of *.txt files or JSON lines with 'text': the last tenth judges, n-grams are"
                            + " counted on the rest.")
    private @Nullable Path data;

    @Option(
            names = "--context",
            paramLabel = "N",
            description = "With --data: tokens of a sequence of running text. Default: 256, or what fits.")
    private @Nullable Integer context;

    PerplexityCommand(Terminal terminal) {
        super(terminal);
    }

    @Override
    public Integer call() {
        if (context != null && (context < 2 || data == null)) {
            throw new IllegalArgumentException(
                    "report perplexity: --context must be at least 2 and goes with --data, got " + context
                            + (data == null ? " without; a run's own data have its own" : ""));
        }
        try (Model loaded = model.loadOr("story", terminal)) {
            ModelOption.requireContext(
                    "report perplexity", context, loaded.sizes().context());
            Perplexity measured = measured(loaded);
            String name = ModelOption.name(loaded);
            if (format.value() == Format.TEXT) {
                terminal.line(terminal.colours().bold(name) + "  " + measured.tokens() + " held-out tokens; n-grams of "
                        + measured.learned() + " tokens");
                terminal.line();
            }
            table(name, measured).print(terminal, format.value());
        }
        return 0;
    }

    private Perplexity measured(Model loaded) {
        Perplexity measured = judged(loaded);
        if (measured.tokens() == 0 || measured.learned() == 0) {
            throw new IllegalArgumentException("report perplexity: " + (data == null ? loaded.folder() : data)
                    + ": needs tokens to count n-grams on and, in its last tenth, tokens to foretell, got "
                    + measured.learned() + " and " + measured.tokens() + ": give a longer text");
        }
        return measured;
    }

    private Perplexity judged(Model loaded) {
        try (WaitingBar bar = new WaitingBar("tokens", terminal)) {
            return data == null
                    ? Perplexity.ofRun(loaded, bar)
                    : Perplexity.of(loaded, data, context == null ? USUAL_CONTEXT : context, bar);
        }
    }

    private static Table table(String name, Perplexity measured) {
        Table table = new Table()
                .column("")
                .column("perplexity", 3)
                .column("nats a token", 4)
                .column("bits a token", 4);
        row(table, name, measured.loss());
        for (int order = Perplexity.LONGEST; order > 0; order--) {
            String words = order == 1 ? "single tokens" : order + "-grams, Kneser-Ney";
            row(table, words, measured.ngrams().get(order - 1));
        }
        row(table, "all " + measured.vocabulary() + " tokens alike", Math.log(measured.vocabulary()));
        return table;
    }

    private static void row(Table table, String name, double loss) {
        table.row(name, Math.exp(loss), loss, loss / Math.log(2));
    }
}
