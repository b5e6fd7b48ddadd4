package dev.heed.app;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintStream;
import java.lang.reflect.Constructor;

/**
 * What {@code ./heed} starts, and only it. The Java launcher prints "WARNING: Using incubator modules" before any code of
 * ours runs and has no switch against it, so the script lets a filter drop that one line from the standard error it gives to
 * Java and hands over the true one as file descriptor 3. From here on errors go there directly: in order, complete before the
 * process ends, and to a terminal if it is one.
 */
final class Start {
    private static final int TRUE_STANDARD_ERROR = 3;

    private Start() {}

    public static void main(String[] args) {
        writeErrorsDirectly();
        Main.main(args);
    }

    /**
     * Java has no public way to use a descriptor by its number; the script opens {@code java.io} for this. Opening /dev/fd/3
     * instead would give a redirected file a second write position, and whoever writes next would overwrite us.
     */
    private static void writeErrorsDirectly() {
        try {
            Constructor<FileDescriptor> byNumber = FileDescriptor.class.getDeclaredConstructor(int.class);
            byNumber.setAccessible(true);
            FileOutputStream err = new FileOutputStream(byNumber.newInstance(TRUE_STANDARD_ERROR));
            System.setErr(new PrintStream(err, true, System.err.charset()));
        } catch (ReflectiveOperationException | RuntimeException notThisJdk) {
            // Errors still arrive, through the filter.
        }
    }
}
