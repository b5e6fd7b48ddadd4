package dev.heed.app;

import dev.heed.app.print.Numbers;
import dev.heed.app.print.Terminal;
import dev.heed.kernel.Kernels;
import dev.heed.model.Generation;
import dev.heed.model.Model;
import dev.heed.model.arch.Network;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code heed generate}: the text, a line end and nothing else on standard output, as it is written. */
@Command(
        name = "generate",
        description = {
            "Let a model continue a text; an encoder–decoder answers it. Without --model: story.",
            "Greedy unless a temperature is given or the model's files ask for beams.",
            "Same seed, same text, on every machine and number of threads."
        })
final class GenerateCommand extends HeedCommand {
    @Mixin
    private final ModelOption model = new ModelOption();

    @Parameters(paramLabel = "PROMPT", description = "How the text begins.")
    private String prompt = "";

    @Option(names = "--max-tokens", paramLabel = "N", description = "At most so many tokens. Default: 100.")
    private int maxTokens = 100;

    @Option(names = "--temperature", paramLabel = "X", description = "0 takes the likeliest token always. Default: 0.")
    private double temperature;

    @Option(
            names = "--top-k",
            paramLabel = "N",
            description = "With a temperature: draw from the N likeliest tokens; 0 for all. Default: 0.")
    private @Nullable Integer topK;

    @Option(
            names = "--top-p",
            paramLabel = "X",
            description =
                    "With a temperature: draw from the fewest tokens that together have this probability. Default: 1.")
    private @Nullable Double topP;

    @Option(names = "--seed", paramLabel = "N", description = "With a temperature: of what is drawn. Default: 0.")
    private @Nullable Long seed;

    @Option(
            names = "--beams",
            paramLabel = "N",
            description = "Follow N texts beside each other; 1 is greedy. Default: what the model's files say.")
    private @Nullable Integer beams;

    @Option(names = "--stop", paramLabel = "TEXT", description = "End before this text; may be given several times.")
    private List<String> stop = new ArrayList<>();

    GenerateCommand(Terminal terminal) {
        super(terminal);
    }

    @Override
    public Integer call() {
        Generation.Options options = options();
        try (Model loaded = model.loadOr("story", terminal)) {
            if (!prompt.isEmpty() || !(loaded.network() instanceof Network.Decoder)) { // else its first token will do
                ModelOption.tokens("generate", loaded, prompt, terminal); // refused before anything is printed
            }
            Generation.Options searching = options.beams(wanted(loaded));
            if (temperature == 0) {
                tellOfDrawing(loaded, terminal);
            }
            if (loaded.network() instanceof Network.Decoder) {
                write(prompt);
            }
            long start = System.nanoTime();
            Generation written = loaded.generate(prompt, searching, this::write);
            terminal.line();
            if (terminal.watched()) {
                report(written, (System.nanoTime() - start) / 1e9);
            }
            tellIfLong(written, loaded.sizes().context());
        }
        return 0;
    }

    /** Most chat models' files want tokens drawn. */
    static void tellOfDrawing(Model loaded, Terminal terminal) {
        loaded.drawing()
                .ifPresent(wanted -> terminal.warn("the model's files want tokens drawn, as heed generate does with"
                        + " --temperature " + Numbers.shortest(wanted.temperature()) + " --top-k " + wanted.topK()
                        + " --top-p " + Numbers.shortest(wanted.topP()) + "; the likeliest are taken now"));
    }

    private Generation.Options options() {
        if (temperature == 0 && (topK != null || topP != null || seed != null)) {
            throw new IllegalArgumentException(
                    "generate: --top-k, --top-p and --seed are for drawing: give --temperature,"
                            + " such as 1, too; at 0 the likeliest token is taken");
        }
        return Generation.Options.sampling(maxTokens, temperature, seed == null ? 0 : seed)
                .topK(topK == null ? 0 : topK)
                .topP(topP == null ? 1 : topP)
                .stop(stop);
    }

    /** Drawn texts are followed alone, unless beams are asked for, which is refused. */
    private Generation.Beams wanted(Model loaded) {
        if (beams != null) {
            return loaded.beams().of(beams);
        }
        return temperature > 0 ? Generation.Beams.NONE : loaded.beams();
    }

    /** Rotary positions go on where training ended; the last token was never seen by the model. */
    private void tellIfLong(Generation written, int context) {
        long tokens = (long) written.promptIds().length + written.ids().length - 1;
        if (tokens > context && written.promptIds().length <= context) {
            terminal.warn("the text has grown to " + tokens + " tokens, more than the " + context
                    + " that the model was made for (max_position_embeddings)");
        }
    }

    private void write(String text) {
        terminal.out().print(terminal.written(text));
        terminal.out().flush();
    }

    private void report(Generation written, double seconds) {
        int tokens = written.ids().length;
        String end = written.end().name().toLowerCase(Locale.ROOT).replace('_', ' ');
        terminal.out().flush();
        terminal.err()
                .println(terminal.errColours()
                        .dim(tokens + " tokens in " + Numbers.fixed(seconds, 2) + " s ("
                                + Numbers.fixed(tokens / seconds, 0) + " per second, kernel " + Kernels.name()
                                + "), ended by "
                                + end));
    }
}
