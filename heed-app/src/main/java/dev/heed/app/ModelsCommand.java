package dev.heed.app;

import dev.heed.app.print.Format;
import dev.heed.app.print.Table;
import dev.heed.app.print.Terminal;
import dev.heed.model.Model;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code heed models}: what can be loaded. */
@Command(
        name = "models",
        description = {
            "List the bundled models, to be given as --model NAME, and the architectures that can be loaded from a Hugging Face"
                    + " folder."
        })
final class ModelsCommand extends HeedCommand {
    @Mixin
    private final FormatOption format = new FormatOption();

    ModelsCommand(Terminal terminal) {
        super(terminal);
    }

    @Override
    public Integer call() {
        if (format.value() == Format.TEXT) {
            bundled().printText(terminal, "");
            terminal.paragraph("'heed train --recipe NAME' makes one again.");
            terminal.line();
        }
        Table table = new Table().column("model_type").column("name").column("classes");
        Model.supported().forEach(each -> table.row(each.modelType(), each.name(), String.join(" ", each.classes())));
        table.print(terminal, format.value());
        return 0;
    }

    private static Table bundled() {
        Table table = new Table()
                .column("bundled")
                .column("model_type")
                .column("layers")
                .column("heads")
                .column("weights");
        for (String name : Model.bundled()) {
            try (Model model = Model.bundled(name)) {
                table.row(
                        name,
                        model.sizes().modelType(),
                        model.sizes().layers(),
                        model.sizes().heads(),
                        model.parameters());
            }
        }
        return table;
    }
}
