package dev.heed.app;

import dev.heed.app.print.Numbers;
import dev.heed.app.print.Terminal;
import dev.heed.model.Fuzz;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code heed fuzz}: mutated model files must be read or refused, never crash, hang or take much memory. */
@Command(
        name = "fuzz",
        description = {
            "Read seeded mutations of valid files: safetensors, index, config, generation config, tokenizer.",
            "One line for each that crashed, took more than 5 s or 64 MiB, or was refused without one clear sentence;"
                    + " exit code 1 if there is one. An input is repeated by its seed and number (--from N --inputs 1)."
        })
final class FuzzCommand extends HeedCommand {
    /** Of inputs, between two reports of progress. */
    private static final long STEP = 50_000;

    @Parameters(
            paramLabel = "DIR",
            arity = "0..*",
            description = "Small Hugging Face folders whose files are mutated beside Heed's own.")
    private List<Path> folders = new ArrayList<>();

    @Option(names = "--inputs", paramLabel = "N", description = "Default: 100000.")
    private long inputs = 100_000;

    @Option(names = "--seed", paramLabel = "N", description = "Default: 1.")
    private long seed = 1;

    @Option(names = "--from", paramLabel = "N", description = "Number of the first input. Default: 0.")
    private long from;

    FuzzCommand(Terminal terminal) {
        super(terminal);
    }

    @Override
    public Integer call() throws IOException {
        if (inputs < 1 || from < 0) {
            throw new IllegalArgumentException(
                    "fuzz: --inputs must be at least 1 and --from not negative, got " + inputs + " and " + from);
        }
        Path room = Files.createTempDirectory("heed-fuzz");
        try (Fuzz fuzz = new Fuzz(folders, room, seed)) {
            return run(fuzz);
        } finally {
            delete(room);
        }
    }

    private int run(Fuzz fuzz) {
        watch(fuzz);
        long start = System.nanoTime();
        Fuzz.Findings all = new Fuzz.Findings(0, 0, 0, 0, 0);
        for (long at = from; at < from + inputs; at += STEP) {
            all = all.and(fuzz.run(at, Math.min(from + inputs, at + STEP), terminal::line));
            if (terminal.watched()) {
                terminal.err().println("fuzz: " + all.inputs() + " of " + inputs);
            }
        }
        double seconds = (System.nanoTime() - start) / 1e9;
        terminal.line(all.inputs() + " inputs, seed " + seed + ": " + all.read() + " read, "
                + (all.inputs() - all.read() - all.bad()) + " refused, " + all.bad() + " bad; at most "
                + (all.mostBytes() >> 10) + " KiB and " + all.mostNanos() / 1_000_000 + " ms for one; "
                + Numbers.fixed(all.inputs() / seconds, 0) + " per second");
        return all.bad() == 0 ? 0 : 1;
    }

    /** An input that never ends cannot be stopped from within its own thread. */
    private void watch(Fuzz fuzz) {
        Thread.ofPlatform().daemon().name("fuzz-watch").start(() -> {
            while (fuzz.stuck() < 0) {
                try {
                    Thread.sleep(1000);
                } catch (InterruptedException e) {
                    return;
                }
            }
            terminal.line("seed " + seed + " input " + fuzz.stuck() + ": hangs");
            terminal.out().flush();
            Runtime.getRuntime().halt(1);
        });
    }

    private static void delete(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }
}
