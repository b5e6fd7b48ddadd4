package dev.heed.app;

import dev.heed.app.print.Table;
import dev.heed.app.print.Terminal;
import dev.heed.model.Model;
import dev.heed.model.arch.Network;
import java.nio.file.Path;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code heed info}: what a model folder holds. */
@Command(name = "info", description = "Say what a model is and how large.")
final class InfoCommand extends HeedCommand {
    @Mixin
    private final FormatOption format = new FormatOption();

    @Parameters(paramLabel = "DIR", description = "A Hugging Face folder.")
    private Path folder = Path.of(".");

    InfoCommand(Terminal terminal) {
        super(terminal);
    }

    @Override
    public Integer call() {
        try (Model model = Model.load(folder)) {
            Network.Sizes sizes = model.sizes();
            Table table = new Table().column("what").column("value");
            table.row("architecture", sizes.modelType());
            table.row("weights", Long.toString(model.parameters()));
            table.row("layers", Integer.toString(sizes.layers()));
            if (sizes.decoderLayers() > 0) {
                table.row("decoder layers", Integer.toString(sizes.decoderLayers()));
            }
            table.row("heads per layer", Integer.toString(sizes.heads()));
            table.row("key and value heads", Integer.toString(sizes.keyHeads()));
            table.row("width", Integer.toString(sizes.width()));
            table.row("width of a head", Integer.toString(sizes.headWidth()));
            table.row("vocabulary", Integer.toString(sizes.vocabulary()));
            table.row(
                    "context", sizes.context() == Integer.MAX_VALUE ? "unbounded" : Integer.toString(sizes.context()));
            table.print(terminal, format.value());
            model.warnings().forEach(warning -> terminal.err().println("heed: warning: " + warning));
        }
        return 0;
    }
}
