package dev.heed.app;

import dev.heed.app.print.Colours;
import dev.heed.app.print.Terminal;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;

/** One run of the command in this JVM: what it wrote, and its exit code. */
record Run(int code, String out, String err) {
    static Run of(String... args) {
        return in(Colours.NONE, Terminal.USUAL_WIDTH, args);
    }

    static Run in(Colours colours, int width, String... args) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        PrintStream outStream = new PrintStream(out, false, StandardCharsets.UTF_8);
        PrintStream errStream = new PrintStream(err, true, StandardCharsets.UTF_8);
        int code = Main.run(args, new Terminal(outStream, errStream, colours, width, false, false));
        outStream.flush();
        return new Run(code, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
    }
}
