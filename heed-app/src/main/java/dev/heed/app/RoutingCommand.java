package dev.heed.app;

import dev.heed.app.print.Format;
import dev.heed.app.print.Terminal;
import dev.heed.lens.RoutingReport;
import dev.heed.lens.RoutingReport.Settings;
import dev.heed.model.Model;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code heed report routing}: does attention go from "it" to what "it" stands for, and is that why the answer is right? */
@Command(
        name = "routing",
        description = {
            "Measure where \"it\" attends to, on sentences with combinations of words that training never saw, and what"
                    + " becomes of the answer when edges are cut.",
            "Without --model: the bundled models, a line each. With --model NAME or DIR: everything about one.",
            "The head and the routes that are shown are chosen on training sentences, never on those that are reported.",
            "Never seen in training are two nouns together, or a noun in a turn of phrase (stories: a noun and a property); in"
                    + " sentences the property that decides may have been said of that noun."
        })
final class RoutingCommand extends HeedCommand {
    @Mixin
    private final ModelOption model = new ModelOption();

    @Mixin
    private final TextOrJsonOption format = new TextOrJsonOption();

    @Option(
            names = "--sentences",
            paramLabel = "N",
            description = "Held-out sentences, and as many to choose by. Default: 400.")
    private int sentences = Settings.usual().heldOut();

    @Option(names = "--routes", paramLabel = "N", description = "So many routes at most. Default: 6.")
    private int routes = Settings.usual().routes();

    @Option(names = "--seed", paramLabel = "N", description = "Which sentences are drawn. Default: 2026.")
    private long seed = Settings.usual().seed();

    RoutingCommand(Terminal terminal) {
        super(terminal);
    }

    @Override
    public Integer call() {
        if (sentences < 1 || sentences > 100_000 || routes < 0) {
            throw new IllegalArgumentException(
                    "report routing: --sentences must be 1..100000 and --routes not negative, got " + sentences
                            + " and " + routes);
        }
        Settings settings = new Settings(sentences, sentences, Math.min(150, sentences), routes, seed);
        List<RoutingView> views = model.isUsual() ? bundled(settings) : List.of(given(settings));
        if (format.value() == Format.JSON) {
            RoutingView.printJson(views, terminal);
        } else if (model.isUsual()) {
            RoutingView.printSummary(views, terminal);
        } else {
            views.getFirst().print(terminal);
        }
        return 0;
    }

    private List<RoutingView> bundled(Settings settings) {
        List<RoutingView> views = new ArrayList<>();
        for (String name : Model.bundled()) {
            try (Model loaded = Model.bundled(name)) {
                views.add(view(name, loaded, settings));
            }
        }
        return views;
    }

    private RoutingView given(Settings settings) {
        try (Model loaded = model.load("report routing", terminal)) {
            return view(ModelOption.name(loaded), loaded, settings);
        }
    }

    private RoutingView view(String name, Model loaded, Settings settings) {
        try (WaitingBar bar = new WaitingBar("asking " + name, terminal)) {
            return new RoutingView(name, RoutingReport.of(loaded, settings, bar));
        }
    }
}
