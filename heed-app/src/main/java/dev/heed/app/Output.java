package dev.heed.app;

import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import org.jspecify.annotations.Nullable;

/**
 * Standard output that keeps why it could not be written, which a {@link PrintStream} forgets. Once it has failed, nothing more
 * is written.
 */
final class Output extends OutputStream {
    /**
     * What a shell reports of a tool that SIGPIPE, signal 13, has ended: those that a reader such as {@code head} leaves end so,
     * silently, and are not taken for done. Java ignores the signal, so the code is ours to give.
     */
    static final int READER_HAS_LEFT = 128 + 13;

    private final OutputStream to;
    private @Nullable IOException failure;

    Output(OutputStream to) {
        this.to = to;
    }

    @Override
    public void write(int b) {
        write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int from, int length) {
        if (failure != null) {
            return;
        }
        try {
            to.write(bytes, from, length);
        } catch (IOException e) {
            failure = e;
        }
    }

    /** The exit code of a command that ended with {@code code}, once all that it wrote has been flushed. */
    int exitCode(int code, PrintStream err) {
        if (failure == null) {
            return code;
        }
        String reason = String.valueOf(failure.getMessage());
        if (reason.contains("roken pipe")) { // its words differ by system and language, this much does not
            return READER_HAS_LEFT;
        }
        err.println("heed: the output could not be written: " + reason);
        return Errors.COULD_NOT;
    }
}
