package dev.heed.app;

import dev.heed.app.LookView.Choice;
import dev.heed.app.print.Format;
import dev.heed.app.print.Numbers;
import dev.heed.app.print.Terminal;
import dev.heed.attention.AttentionMap;
import dev.heed.kernel.Kernels;
import dev.heed.model.Model;
import dev.heed.model.Picture;
import dev.heed.model.Recording;
import dev.heed.model.Run;
import dev.heed.model.arch.Network;
import dev.heed.text.Tokens;
import dev.heed.text.Words;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code heed look}: the attention of a model's heads over a text. */
@Command(
        name = "look",
        description = {
            "Show what the heads of a model attend to in a text: one head, one query of it, or all heads. Without --model: of cloze.",
            "Without --head the one with the lowest mean entropy relative to uniform is shown: the most decided one, no more is"
                    + " claimed."
        })
final class LookCommand extends HeedCommand {
    @Mixin
    private final ModelOption model = new ModelOption();

    @Mixin
    private final FormatOption format = new FormatOption();

    @Parameters(paramLabel = "TEXT", description = "What the model reads; for a model of pictures a PNG or JPEG file.")
    private String text = "";

    @Option(
            names = "--pair",
            paramLabel = "TEXT",
            description = "A second text; for an encoder–decoder what it writes.")
    private @Nullable String pair;

    @Option(names = "--head", paramLabel = "L2H3", description = "Layer and head, both from 0.")
    private @Nullable String head;

    @Option(names = "--layer", paramLabel = "N", description = "Only this layer, from 0.")
    private @Nullable Integer layer;

    @Option(names = "--query", paramLabel = "N", description = "One token's row, as sorted bars.")
    private @Nullable Integer query;

    @Option(names = "--grid", description = "All heads, small.")
    private boolean grid;

    @Option(
            names = "--kind",
            paramLabel = "self|encoder|cross",
            converter = Kinds.class,
            completionCandidates = Kinds.class,
            description = "Which attention of an encoder–decoder. Default: cross.")
    private AttentionMap.@Nullable Kind kind;

    static final class Kinds extends OneOf<AttentionMap.Kind> {
        Kinds() {
            super(AttentionMap.Kind.values());
        }
    }

    @Option(names = "--words", description = "Tokens of a word together: to a word their sum, from a word their mean.")
    private boolean words;

    @Option(names = "--width", paramLabel = "N", description = "Columns to draw in. Default: the terminal's.")
    private @Nullable Integer width;

    LookCommand(Terminal terminal) {
        super(terminal);
    }

    @Override
    public Integer call() {
        refuseContradictions();
        long start = System.nanoTime();
        try (Model loaded = model.loadOr("cloze", terminal)) {
            Run run = run(loaded);
            show(run);
            if (format.value() == Format.TEXT) {
                terminal.line(terminal.colours().dim(facts(loaded, run, start)));
            }
        }
        return 0;
    }

    private void refuseContradictions() {
        if (grid && format.value() != Format.TEXT) {
            throw new IllegalArgumentException(
                    "look: --grid is a picture; for numbers ask for one --head with --format " + format.value());
        }
        if (grid && (head != null || query != null)) {
            throw new IllegalArgumentException(
                    "look: --grid shows all heads, --head and --query show one: give one or the other");
        }
        if (head != null && layer != null) {
            throw new IllegalArgumentException("look: --head names its layer, got --head " + head + " and --layer "
                    + layer + ": give one of them");
        }
    }

    private Run run(Model loaded) {
        if (loaded.network() instanceof Network.Viewer) {
            return loaded.run(Picture.read(Path.of(text)));
        }
        Tokens tokens = ModelOption.tokens("look", loaded, text, terminal);
        if (pair == null) {
            return loaded.run(tokens, Run.Options.attentionOnly());
        }
        if (loaded.writer() == loaded.tokenizer()) {
            ModelOption.warn(loaded, pair, terminal);
        }
        return loaded.run(text, pair);
    }

    private String facts(Model loaded, Run run, long start) {
        return ModelOption.name(loaded) + " (" + loaded.sizes().modelType() + "), "
                + run.tokens().size() + " tokens, kernel " + Kernels.name() + ", "
                + Numbers.fixed((System.nanoTime() - start) / 1e9, 2) + " s";
    }

    /** Word by word if that is wanted; what a model has written stays tokens, which have no places in a text. */
    private Heads heads(Run run) {
        Heads heads = new RecordedHeads(run.recording(), wanted(run.recording()));
        if (!words) {
            return heads;
        }
        Tokens written = run.written();
        Words read = Words.of(run.tokens());
        Words writes = written == null ? read : Words.of(written);
        return switch (wanted(run.recording())) {
            case SELF -> new WordHeads(heads, writes, writes);
            case ENCODER -> new WordHeads(heads, read, read);
            case CROSS -> new WordHeads(heads, writes, read);
        };
    }

    private void show(Run run) {
        Heads heads = heads(run);
        if (layer != null && (layer < 0 || layer >= heads.layers())) {
            throw new IllegalArgumentException("look: --layer must be 0.." + (heads.layers() - 1) + ", got " + layer);
        }
        LookView view = new LookView(heads, width == null ? terminal : terminal.withWidth(checked(width)));
        if (grid) {
            view.printGrid(layer);
            return;
        }
        Choice choice = head == null ? view.sharpest(layer) : named(head, heads);
        switch (format.value()) {
            case JSON -> view.printJson(choice, query);
            case CSV -> view.printCsv(choice, query);
            case TEXT -> {
                if (query == null) {
                    view.printHead(choice);
                } else {
                    view.printQuery(choice, query);
                }
            }
        }
    }

    private static int checked(int columns) {
        if (columns < 40 || columns > 10_000) {
            throw new IllegalArgumentException("look: --width must be 40..10000 columns, got " + columns);
        }
        return columns;
    }

    private AttentionMap.Kind wanted(Recording recording) {
        List<AttentionMap.Kind> kinds = recording.kinds();
        if (kind == null) {
            return kinds.contains(AttentionMap.Kind.CROSS) ? AttentionMap.Kind.CROSS : kinds.getFirst();
        }
        if (!kinds.contains(kind)) {
            String known =
                    String.join(" or ", kinds.stream().map(LookCommand::typed).toList());
            throw new IllegalArgumentException("look: --kind must be " + known + " for this model, got " + typed(kind));
        }
        return kind;
    }

    private static String typed(AttentionMap.Kind kind) {
        return kind.name().toLowerCase(Locale.ROOT);
    }

    private static Choice named(String name, Heads heads) {
        Matcher matcher = Pattern.compile("[Ll](\\d{1,4})[Hh](\\d{1,4})").matcher(name);
        if (!matcher.matches()) {
            throw new IllegalArgumentException("look: --head must be like L2H3, got '" + name + "'");
        }
        int layer = Integer.parseInt(matcher.group(1));
        int head = Integer.parseInt(matcher.group(2));
        if (layer >= heads.layers() || head >= heads.heads()) {
            throw new IllegalArgumentException("look: --head must be at most L" + (heads.layers() - 1) + "H"
                    + (heads.heads() - 1) + ", got " + name);
        }
        return new Choice(layer, head, "");
    }
}
