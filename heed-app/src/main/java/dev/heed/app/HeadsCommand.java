package dev.heed.app;

import dev.heed.app.print.Format;
import dev.heed.app.print.Numbers;
import dev.heed.app.print.Table;
import dev.heed.app.print.Terminal;
import dev.heed.attention.AttentionMap.Kind;
import dev.heed.lens.HeadReport;
import dev.heed.lens.PlantedHead;
import dev.heed.model.Model;
import dev.heed.model.arch.Network;
import dev.heed.text.Json;
import dev.heed.text.SpecialToken;
import dev.heed.text.Token;
import dev.heed.text.Tokens;
import dev.heed.train.worlds.Split;
import dev.heed.train.worlds.Stories;
import dev.heed.train.worlds.Worlds;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code heed report heads}: what the heads of a model are like, beside what chance is like. */
@Command(
        name = "heads",
        description = {
            "Measure each head: weight on its own, the previous, the first token, on earlier copies and on what followed them.",
            "A head gets a label only where its whole interval lies above its baselines and it has at least 0.3 of the weight that"
                    + " chance leaves, and 'induction' only if it also copies. Earlier copies and what followed them are"
                    + " measured on random tokens, repeated.",
            "Of an encoder–decoder the encoder is measured or, with --kind, the decoder while it writes its own answers: its"
                    + " self-attention but for earlier copies, its cross-attention by weight on the first token and entropy alone.",
            "Without --model: story."
        })
final class HeadsCommand extends HeedCommand {
    /** Enough texts for an interval. */
    private static final int HELD_OUT = 20;

    private static final int MOST_TEXTS = 10_000;

    private static final long MOST_BYTES = 1L << 30;

    @Mixin
    private final ModelOption model = new ModelOption();

    @Mixin
    private final TextOrJsonOption format = new TextOrJsonOption();

    @Parameters(
            paramLabel = "TEXT",
            arity = "0..*",
            description =
                    "What the model reads; more than one for intervals. Default: stories or sentences of Heed's worlds.")
    private List<String> texts = new ArrayList<>();

    @Option(
            names = "--kind",
            paramLabel = "self|encoder|cross",
            converter = LookCommand.Kinds.class,
            completionCandidates = LookCommand.Kinds.class,
            description = "Which attention of an encoder–decoder. Default: encoder.")
    private @Nullable Kind kind;

    @Option(names = "--texts", paramLabel = "FILE", description = "Texts, one a line.")
    private @Nullable Path file;

    @Option(names = "--all", description = "All heads of each metric, not the three that score highest.")
    private boolean all;

    @Option(names = "--seed", paramLabel = "N", description = "Of all that is drawn. Default: 2026.")
    private long seed = 2026;

    @Option(
            names = "--planted",
            description =
                    "Check the metrics: heads with known weights must score 1, equal weights exactly their baseline.")
    private boolean planted;

    HeadsCommand(Terminal terminal) {
        super(terminal);
    }

    @Override
    public Integer call() {
        if (planted) {
            if (!model.isUsual() || !texts.isEmpty() || file != null || kind != null) {
                throw new IllegalArgumentException(
                        "report heads: --planted checks the metrics on heads of its own: give it no model and no texts");
            }
            return planted();
        }
        try (Model loaded = model.loadOr("story", terminal)) {
            List<Tokens> read = texts(loaded);
            HeadsView view =
                    new HeadsView(ModelOption.name(loaded), measured(loaded, read), all ? Integer.MAX_VALUE : 3);
            if (format.value() == Format.JSON) {
                view.printJson(terminal);
            } else {
                view.print(terminal);
            }
        }
        return 0;
    }

    private HeadReport measured(Model loaded, List<Tokens> read) {
        Kind usual = loaded.network() instanceof Network.EncoderDecoder ? Kind.ENCODER : Kind.SELF;
        if (kind != null && kind != Kind.SELF && usual == Kind.SELF) {
            throw new IllegalArgumentException("report heads: --kind must be self for this model, got "
                    + kind.name().toLowerCase(Locale.ROOT));
        }
        try (WaitingBar bar = new WaitingBar("measuring texts", terminal)) {
            return HeadReport.of(loaded, kind == null ? usual : kind, read, seed, bar);
        }
    }

    private List<Tokens> texts(Model loaded) {
        ModelOption.requireReader("report heads", loaded);
        List<String> given = new ArrayList<>(texts);
        if (file != null) {
            given.addAll(lines(file));
        }
        if (!given.isEmpty()) {
            return different(ModelOption.tokens("report heads", loaded, given, terminal));
        }
        return Stream.of(
                        Stories.evaluation(Split.HELDOUT, HELD_OUT, seed).stream()
                                .map(story -> story.text()),
                        Worlds.evaluation(Split.HELDOUT, HELD_OUT, seed).stream()
                                .map(one -> one.english().text()))
                .map(some -> some.map(loaded.tokenizer()::encode).toList())
                .filter(some -> some.stream().allMatch(text -> isKnown(loaded, text)))
                .findFirst()
                .orElseThrow(
                        () -> new IllegalArgumentException(
                                "report heads: this model does not know the words of Heed's own texts: give texts, or --texts FILE"));
    }

    /** The same tokens measured twice tell nothing new, but would make intervals narrower. */
    private List<Tokens> different(List<Tokens> given) {
        Set<List<Integer>> seen = new HashSet<>();
        List<Tokens> different = given.stream()
                .filter(text -> seen.add(text.all().stream().map(Token::id).toList()))
                .toList();
        if (different.size() < given.size()) {
            terminal.warn("of " + given.size() + " texts " + different.size()
                    + " are different to this model; each is measured once");
        }
        return different;
    }

    private static boolean isKnown(Model loaded, Tokens text) {
        OptionalInt unknown = loaded.tokenizer().id(SpecialToken.UNK);
        return text.size() <= loaded.sizes().context()
                && text.all().stream().map(Token::id).noneMatch(id -> unknown.isPresent() && id == unknown.getAsInt());
    }

    private static List<String> lines(Path file) {
        List<String> lines = Json.readText(file, MOST_BYTES)
                .lines()
                .filter(line -> !line.isBlank())
                .toList();
        if (lines.isEmpty() || lines.size() > MOST_TEXTS) {
            throw new IllegalArgumentException("report heads: --texts " + file + " must hold 1 to " + MOST_TEXTS
                    + " lines that are not blank, got " + lines.size());
        }
        return lines;
    }

    private int planted() {
        Table table = new Table()
                .column("planted head")
                .column("metric")
                .column("measured", 6)
                .column("must be", 6)
                .column("holds");
        boolean hold = true;
        for (PlantedHead.Check check : PlantedHead.checks()) {
            String name = check.head().name().toLowerCase(Locale.ROOT).replace('_', ' ');
            table.row(name, check.metric().words(), check.measured(), check.expected(), check.holds());
            hold &= check.holds();
        }
        table.print(terminal, format.value());
        return hold ? 0 : 1;
    }

    /** A mean with its interval, as short as can be read. */
    static String interval(double low, double high) {
        return Double.isFinite(low) ? Numbers.fixed(low, 3) + " to " + Numbers.fixed(high, 3) : "one text";
    }
}
