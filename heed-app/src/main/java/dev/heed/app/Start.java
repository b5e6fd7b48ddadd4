package dev.heed.app;

import java.io.FileOutputStream;
import java.io.IOException;
import java.io.PrintStream;

/**
 * What {@code ./heed} starts. The Java launcher prints "WARNING: Using incubator modules" before any code of ours runs and
 * has no switch against it, so the script lets a filter drop that one line from the standard error it gives to Java
 * and hands over the true one as file descriptor 3. From here on errors go there directly: in order, and without the filter.
 */
final class Start {
    private static final String TRUE_STANDARD_ERROR = "/dev/fd/3";

    private Start() {}

    public static void main(String[] args) {
        writeErrorsDirectly();
        Main.main(args);
    }

    private static void writeErrorsDirectly() {
        try {
            // Appending, because opening a redirected file anew would start again at its first byte.
            FileOutputStream err = new FileOutputStream(TRUE_STANDARD_ERROR, true);
            System.setErr(new PrintStream(err, true, System.err.charset()));
        } catch (IOException cannotBeOpened) {
            // A socket or another user's terminal: errors still arrive, through the filter.
        }
    }
}
