package dev.heed.app;

import dev.heed.app.print.Table;
import dev.heed.app.print.Terminal;
import dev.heed.model.FilledMask;
import dev.heed.model.Model;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code heed fill}: the likeliest words for each mask. */
@Command(
        name = "fill",
        description = "Predict the masked words of a text, with BERT and its kin. Without --model: cloze.")
final class FillCommand extends HeedCommand {
    @Mixin
    private final ModelOption model = new ModelOption();

    @Mixin
    private final FormatOption format = new FormatOption();

    @Parameters(paramLabel = "TEXT", description = "With the vocabulary's mask: [MASK] or <mask>.")
    private String text = "";

    @Option(names = "--top", paramLabel = "N", description = "So many words for each mask. Default: 5.")
    private int top = 5;

    FillCommand(Terminal terminal) {
        super(terminal);
    }

    @Override
    public Integer call() {
        int most = top("fill", top);
        try (Model loaded = model.loadOr("cloze", terminal)) {
            Table table =
                    new Table().column("token").column("word").column("id").bars("probability", 4);
            List<FilledMask> masks = loaded.fill(text, most);
            ModelOption.warn(loaded, text, terminal);
            for (FilledMask mask : masks) {
                for (FilledMask.Word word : mask.words()) {
                    table.row(mask.position(), word.label(), word.id(), word.probability());
                }
            }
            table.print(terminal, format.value());
        }
        return 0;
    }
}
