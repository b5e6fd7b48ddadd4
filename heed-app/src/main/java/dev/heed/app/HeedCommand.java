package dev.heed.app;

import dev.heed.app.print.Terminal;
import java.util.concurrent.Callable;
import picocli.CommandLine.Option;

/** What all commands share: where they write, and {@code --help}. A result of 0 is success, 1 a check that failed. */
abstract class HeedCommand implements Callable<Integer> {
    final Terminal terminal;

    @Option(
            names = {"-h", "--help"},
            usageHelp = true,
            description = "Show this help.")
    @SuppressWarnings("UnusedVariable") // picocli sets and reads it
    private boolean help;

    HeedCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    /** So many results at most, as {@code --top} says. */
    static int top(String command, int wanted) {
        if (wanted < 1) {
            throw new IllegalArgumentException(command + ": --top must be at least 1, got " + wanted);
        }
        return wanted;
    }
}
