package dev.heed.app;

import dev.heed.app.print.Terminal;
import dev.heed.model.Generation;
import dev.heed.model.Model;
import dev.heed.model.arch.Network;
import dev.heed.text.Tokens;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code heed translate}: what an encoder–decoder answers, one line per text. */
@Command(
        name = "translate",
        description = {
            "Let an encoder–decoder such as Marian answer texts, one line for each. Without --model: translator.",
            "As many beams, and at most as many tokens, as the model's files say; else greedy."
        })
final class TranslateCommand extends HeedCommand {
    @Mixin
    private final ModelOption model = new ModelOption();

    @Parameters(paramLabel = "TEXT", arity = "1..*", description = "One or more texts.")
    private List<String> texts = new ArrayList<>();

    @Option(
            names = "--max-tokens",
            paramLabel = "N",
            description = "At most so many tokens each. Default: what the model's files say, else 100.")
    private @Nullable Integer maxTokens;

    @Option(
            names = "--beams",
            paramLabel = "N",
            description = "Follow N texts beside each other; 1 is greedy. Default: what the model's files say.")
    private @Nullable Integer beams;

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
            GenerateCommand.tellOfDrawing(loaded, terminal);
            List<Tokens> tokens = ModelOption.tokens("translate", loaded, texts, terminal);
            int most = maxTokens == null ? loaded.mostTokens().orElse(100) : maxTokens;
            Generation.Beams wanted =
                    beams == null ? loaded.beams() : loaded.beams().of(beams);
            Generation.Options options = Generation.Options.greedy(most).beams(wanted);
            for (Generation written : loaded.generateAll(tokens, options)) {
                String line = written.text().strip().replaceAll("\\s*\\R\\s*", " ");
                terminal.line(terminal.written(line));
            }
        }
        return 0;
    }
}
