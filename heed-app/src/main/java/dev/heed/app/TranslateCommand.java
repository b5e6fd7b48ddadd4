package dev.heed.app;

import dev.heed.app.print.Terminal;
import dev.heed.model.Generation;
import dev.heed.model.Model;
import dev.heed.model.arch.Network;
import dev.heed.text.Tokens;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code heed translate}: what an encoder–decoder answers, one line per text. */
@Command(
        name = "translate",
        description = "Let an encoder–decoder such as Marian answer texts, greedily, one line for each.")
final class TranslateCommand extends HeedCommand {
    @Mixin
    private final ModelOption model = new ModelOption();

    @Parameters(paramLabel = "TEXT", arity = "1..*", description = "One or more texts.")
    private List<String> texts = new ArrayList<>();

    @Option(names = "--max-tokens", paramLabel = "N", description = "At most so many tokens each. Default: 100.")
    private int maxTokens = 100;

    TranslateCommand(Terminal terminal) {
        super(terminal);
    }

    @Override
    public Integer call() {
        try (Model loaded = model.loadOr("translator", terminal)) {
            if (!(loaded.network() instanceof Network.EncoderDecoder)) {
                throw new IllegalArgumentException(
                        "translate: " + loaded.sizes().modelType()
                                + " does not read one text and write another; give an encoder–decoder such as marian or t5");
            }
            List<Tokens> tokens = texts.stream()
                    .map(text -> ModelOption.tokens("translate", loaded, text))
                    .toList();
            for (Generation written : loaded.generateAll(tokens, Generation.Options.greedy(maxTokens))) {
                terminal.line(written.text().strip());
            }
        }
        return 0;
    }
}
