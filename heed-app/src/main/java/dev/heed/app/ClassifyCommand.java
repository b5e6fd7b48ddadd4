package dev.heed.app;

import dev.heed.app.print.Table;
import dev.heed.app.print.Terminal;
import dev.heed.model.ClassScore;
import dev.heed.model.Model;
import dev.heed.model.Picture;
import dev.heed.model.arch.Network;
import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code heed classify}: the classes of a text or picture. */
@Command(name = "classify", description = "Name the class of a text or, with ViT, of a picture.")
final class ClassifyCommand extends HeedCommand {
    @Mixin
    private final ModelOption model = new ModelOption();

    @Mixin
    private final FormatOption format = new FormatOption();

    @Parameters(paramLabel = "TEXT", description = "A text; for a model of pictures a PNG or JPEG file.")
    private String text = "";

    @Option(names = "--top", paramLabel = "N", description = "At most so many classes. Default: 5.")
    private int top = 5;

    ClassifyCommand(Terminal terminal) {
        super(terminal);
    }

    @Override
    public Integer call() {
        try (Model loaded = model.load("classify", terminal)) {
            List<ClassScore> classes = loaded.network() instanceof Network.Viewer
                    ? loaded.classify(Picture.read(Path.of(text)))
                    : loaded.classify(text);
            Table table = new Table().column("class").column("score", 4);
            classes.stream().limit(Math.max(1, top)).forEach(each -> table.row(each.label(), each.score()));
            table.print(terminal, format.value());
        }
        return 0;
    }
}
