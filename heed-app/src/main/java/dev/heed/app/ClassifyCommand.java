package dev.heed.app;

import dev.heed.app.print.Table;
import dev.heed.app.print.Terminal;
import dev.heed.model.ClassScore;
import dev.heed.model.Model;
import dev.heed.model.Picture;
import dev.heed.model.arch.Network;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code heed classify}: the classes of a text or picture. */
@Command(
        name = "classify",
        description = {
            "Name the class of a text, of a text and its pair or, with ViT, of a picture.",
            "A model that classifies tokens names the class of each."
        })
final class ClassifyCommand extends HeedCommand {
    @Mixin
    private final ModelOption model = new ModelOption();

    @Mixin
    private final FormatOption format = new FormatOption();

    @Parameters(index = "0", paramLabel = "TEXT", description = "A text; for a model of pictures a PNG or JPEG file.")
    private String text = "";

    @Parameters(
            index = "1",
            paramLabel = "PAIR",
            arity = "0..1",
            description = "A second text, such as what may follow from the first.")
    private @Nullable String pair;

    @Option(names = "--top", paramLabel = "N", description = "At most so many classes. Default: 5.")
    private int top = 5;

    ClassifyCommand(Terminal terminal) {
        super(terminal);
    }

    @Override
    public Integer call() {
        int most = top("classify", top);
        try (Model loaded = model.loadFolder("classify", "that classifies", terminal)) {
            Table table = loaded.classifiesTokens() ? tokens(loaded) : texts(loaded, most);
            ModelOption.warn(loaded, text, terminal);
            if (pair != null) {
                ModelOption.warn(loaded, pair, terminal);
            }
            table.print(terminal, format.value());
        }
        return 0;
    }

    private Table texts(Model loaded, int most) {
        Table table = new Table().column("class").column("score", 4);
        classes(loaded).stream().limit(most).forEach(each -> table.row(each.label(), each.score()));
        return table;
    }

    private List<ClassScore> classes(Model loaded) {
        if (loaded.network() instanceof Network.Viewer) {
            return loaded.classify(Picture.read(Path.of(text)));
        }
        return pair == null ? loaded.classify(text) : loaded.classify(text, pair);
    }

    private Table tokens(Model loaded) {
        Table table = new Table().column("token").column("class").column("score", 4);
        loaded.classifyTokens(text).stream()
                .filter(each -> !each.token().special())
                .forEach(each -> table.row(each.token().label(), each.label(), each.score()));
        return table;
    }
}
