package dev.heed.bench;

import java.nio.file.Path;
import java.util.List;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** What every comparison lets its user choose, and how it ends. */
final class CommonOptions {
    private static final Path RESULTS = Path.of("heed-bench", "results");
    private static final Paired QUICK = new Paired(5, 10, 200);
    private static final int BLOCK_MILLIS = 20;
    private static final int WARMUP_MILLIS = 1000;

    @Spec(Spec.Target.MIXEE)
    private CommandSpec spec = CommandSpec.create();

    @Option(names = "--format", paramLabel = "text|md|json", description = "How results are printed (default: text).")
    private Writing.Format format = Writing.Format.TEXT;

    @Option(names = "--case", paramLabel = "REGEX", description = "Only cases whose name contains a match.")
    private String cases = "";

    @Option(names = "--threads", split = ",", paramLabel = "N", description = "Numbers of threads (default: 1,2).")
    private List<Integer> threads = List.of(1, 2);

    @Option(names = "--rounds", paramLabel = "N", description = "Measurements of each contestant (default: 15).")
    private int rounds = 15;

    @Option(names = "--quick", description = "5 short rounds, to see that all is well; nothing is kept.")
    private boolean quick;

    Paired plan() {
        if (rounds < 1) {
            throw new IllegalArgumentException("bench: --rounds must be at least 1, got " + rounds);
        }
        return quick ? QUICK : new Paired(rounds, BLOCK_MILLIS, WARMUP_MILLIS);
    }

    List<Integer> threads() {
        for (int number : threads) {
            if (number < 1) {
                throw new IllegalArgumentException("bench: --threads must be at least 1, got " + number);
            }
        }
        return threads.stream().distinct().sorted().toList();
    }

    /** The cases whose names match {@code --case}. */
    <C> List<C> choose(List<C> all, Function<C, String> name) {
        Pattern wanted = pattern();
        List<C> chosen = all.stream()
                .filter(one -> wanted.matcher(name.apply(one)).find())
                .toList();
        if (chosen.isEmpty()) {
            throw new IllegalArgumentException("bench: --case " + wanted + " matches none of: "
                    + String.join("; ", all.stream().map(name).toList()));
        }
        return chosen;
    }

    private Pattern pattern() {
        try {
            return Pattern.compile(cases);
        } catch (PatternSyntaxException e) {
            throw new IllegalArgumentException("bench: --case must be a regular expression, " + e.getDescription()
                    + " at " + e.getIndex() + " of " + cases);
        }
    }

    void progress(String what) {
        spec.commandLine().getErr().println("bench: " + what);
        spec.commandLine().getErr().flush();
    }

    /** The command that was given, for the report. */
    String commandLine() {
        return (System.getenv("HEED_BENCH_BLAS") == null
                        ? ""
                        : "HEED_BENCH_BLAS=" + System.getenv("HEED_BENCH_BLAS") + " ")
                + "./bench "
                + String.join(" ", spec.root().commandLine().getParseResult().originalArgs());
    }

    /** Prints the report, and keeps it unless it was a quick look. */
    void finish(Report report) {
        spec.commandLine().getOut().print(Writing.of(report, format));
        spec.commandLine().getOut().flush();
        if (!quick) {
            progress("kept in " + Writing.keep(report, RESULTS) + ".{json,md}");
        }
    }
}
