package dev.heed.app;

import dev.heed.app.print.Colours;
import dev.heed.app.print.Heatmap;
import dev.heed.app.print.Numbers;
import dev.heed.app.print.Terminal;
import dev.heed.kernel.Kernels;

/** What {@code heed} shows when nothing is asked: attention at work, and what to type next. */
final class Welcome {
    private Welcome() {}

    static void print(Terminal terminal) {
        Colours colours = terminal.colours();
        Explanation catSat = Explanation.of(Example.named("cat-sat"));
        terminal.line(colours.bold("heed") + "  attention for the JVM: exact, fast, trainable, visible");
        terminal.line();
        terminal.paragraph(
                "Attention is a weighted average whose weights come from comparing queries with keys. Three words, each"
                        + " asking (rows) all three (columns):");
        terminal.line();
        new Heatmap(catSat.map(), terminal.withWidth(Math.min(terminal.width(), 60))).print();
        terminal.line();
        terminal.paragraph("\"sat\" becomes " + Numbers.vector(catSat.output(), 4)
                + ": the average of the three words' vectors by the weights of its row.");
        terminal.note("computed just now by the kernel " + Kernels.name() + "; largest |row sum − 1| "
                + Numbers.error(catSat.map().largestRowSumError()));
        terminal.line();
        terminal.line("Type next");
        next(terminal, "heed explain cat-sat", "these numbers, step by step");
        next(terminal, "heed explain", "all worked examples");
        next(terminal, "heed look \"The cat sat on the mat.\"", "a head of a bundled model");
        next(terminal, "heed generate \"Once upon a time\"", "let one write");
        next(terminal, "heed help", "everything else");
    }

    private static void next(Terminal terminal, String command, String says) {
        terminal.line("  " + terminal.colours().bold(command) + " ".repeat(Math.max(1, 40 - command.length()))
                + terminal.colours().dim(says));
    }
}
