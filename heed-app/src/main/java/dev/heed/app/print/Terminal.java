package dev.heed.app.print;

import dev.heed.text.Visible;
import java.io.PrintStream;

/**
 * Where a command writes.
 *
 * @param out results and nothing else
 * @param err everything else
 * @param colours what {@code out} can show
 * @param width columns of {@code out}
 * @param interactive whether a person is watching {@code out}, rather than a pipe or a file
 * @param watched whether that person sees {@code err}, too
 */
public record Terminal(
        PrintStream out, PrintStream err, Colours colours, int width, boolean interactive, boolean watched) {
    /** A terminal's width where nothing tells the true one. */
    public static final int USUAL_WIDTH = 100;

    public Terminal withWidth(int columns) {
        return new Terminal(out, err, colours, columns, interactive, watched);
    }

    /** What {@code err} can show. */
    public Colours errColours() {
        return watched ? colours : Colours.NONE;
    }

    public void line(String text) {
        out.println(text);
    }

    public void line() {
        out.println();
    }

    /** What is odd, on a line of its own behind the results so far; nothing in it steers a terminal. */
    public void warn(String text) {
        out.flush();
        err.println("heed: warning: " + Visible.escape(text));
    }

    /** A text that a model or a user wrote: before a person nothing in it steers the terminal, elsewhere it is as it is. */
    public String written(String text) {
        return interactive ? Visible.running(text) : text;
    }

    /** Lines of at most the terminal's width. */
    public void paragraph(String text) {
        Text.wrap(text, width).forEach(this::line);
    }

    /** The same, pale: what stands beside a result. */
    public void note(String text) {
        Text.wrap(text, width).forEach(line -> line(colours.dim(line)));
    }
}
