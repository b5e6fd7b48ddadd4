package dev.heed.app;

import dev.heed.app.print.Format;
import dev.heed.app.print.Terminal;
import dev.heed.lens.RoutingReport;
import dev.heed.lens.RoutingReport.Settings;
import dev.heed.model.Model;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code heed report routing}: does attention go from "it" to what "it" stands for, and is that why the answer is right? */
@Command(
        name = "routing",
        description = {
            "Measure where \"it\" attends to, on sentences with combinations of words that training never saw, and what"
                    + " becomes of the answer when edges are cut.",
            "The head and the routes that are shown are chosen on training sentences, never on those that are reported."
        })
final class RoutingCommand extends HeedCommand {
    @Mixin
    private final ModelOption model = new ModelOption();

    @Mixin
    private final FormatOption format = new FormatOption();

    @Option(
            names = "--sentences",
            paramLabel = "N",
            description = "Held-out sentences, and as many to choose by. Default: 400.")
    private int sentences = Settings.usual().heldOut();

    @Option(names = "--routes", paramLabel = "N", description = "So many routes. Default: 6.")
    private int routes = Settings.usual().routes();

    @Option(names = "--seed", paramLabel = "N", description = "Which sentences are drawn. Default: 2026.")
    private long seed = Settings.usual().seed();

    RoutingCommand(Terminal terminal) {
        super(terminal);
    }

    @Override
    public Integer call() {
        if (format.value() == Format.CSV) {
            throw new IllegalArgumentException("report routing: --format must be text or json, got csv");
        }
        if (sentences < 1 || sentences > 100_000 || routes < 0) {
            throw new IllegalArgumentException(
                    "report routing: --sentences must be 1..100000 and --routes not negative, got " + sentences
                            + " and " + routes);
        }
        try (Model loaded = model.loadOr("cloze", terminal)) {
            Settings settings = new Settings(sentences, sentences, Math.min(150, sentences), routes, seed);
            RoutingView view =
                    new RoutingView(String.valueOf(loaded.folder().getFileName()), RoutingReport.of(loaded, settings));
            if (format.value() == Format.JSON) {
                view.printJson(terminal);
            } else {
                view.print(terminal);
            }
        }
        return 0;
    }
}
