package dev.heed.text;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * Why a file could not be used, in words: Java's own messages often hold the path and no reason.
 *
 * <pre>{@code
 * throw IoFailure.cannot(file, "read", e); // models/tiny/config.json: cannot be read: there is no such file
 * }</pre>
 */
public final class IoFailure {
    private IoFailure() {}

    /** The failure to be thrown; {@code done} is what was tried: read, written, made. */
    public static UncheckedIOException cannot(Path path, String done, IOException e) {
        return new UncheckedIOException(path + ": cannot be " + done + ": " + reason(e), e);
    }

    /** The reason alone. */
    public static String reason(IOException e) {
        return switch (e) {
            case NoSuchFileException missing -> "there is no such file or folder";
            case AccessDeniedException denied -> "permission denied";
            case FileAlreadyExistsException there -> "it is there already and is no folder";
            case NotDirectoryException file -> "it is no folder";
            case FileSystemException other when other.getReason() != null -> said(other.getReason());
            default -> said(e.getMessage());
        };
    }

    /** As the system says it, but for the one that everybody meets. */
    private static String said(@Nullable String message) {
        if (message == null) {
            return "the system gives no reason";
        }
        return message.equals("Is a directory") ? "it is a folder" : Visible.escape(message);
    }
}
