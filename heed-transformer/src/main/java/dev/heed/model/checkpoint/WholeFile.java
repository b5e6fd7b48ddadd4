package dev.heed.model.checkpoint;

import dev.heed.text.IoFailure;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.UUID;

/**
 * A file that is written beside its place, as {@code .NAME.….part}, forced to disk and moved there: never half-written. Who may read it is what
 * the process's umask says, as for any other file ({@code Files.createTempFile} would keep it from everybody else). A link stays
 * one, and a device or a pipe, which must not be replaced by a file, is written into.
 *
 * <pre>{@code
 * WholeFile.write(Path.of("models/tiny/config.json"), "{}");
 * }</pre>
 */
public final class WholeFile {
    private WholeFile() {}

    /** Writes the content. */
    @FunctionalInterface
    interface Content {
        void writeTo(FileChannel channel) throws IOException;
    }

    /**
     * Writes a text in UTF-8, replacing a file that is there only when the new one is complete.
     *
     * @throws java.io.UncheckedIOException if it cannot be written
     */
    public static void write(Path path, String text) {
        ByteBuffer bytes = ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
        write(path, channel -> writeFully(bytes, channel));
    }

    static void write(Path path, Content content) {
        try {
            if (Files.exists(path) && !Files.isRegularFile(path) && !Files.isDirectory(path)) {
                writeInto(path, content);
                return;
            }
            Path whole = Files.exists(path) ? path.toRealPath() : path.toAbsolutePath();
            Path beside = whole.resolveSibling("." + whole.getFileName() + "." + UUID.randomUUID() + ".part");
            try {
                fill(beside, content);
                move(beside, whole);
            } finally {
                Files.deleteIfExists(beside);
            }
        } catch (IOException e) {
            throw IoFailure.cannot(path, "written", e);
        }
    }

    private static void writeInto(Path device, Content content) throws IOException {
        try (FileChannel channel = FileChannel.open(device, StandardOpenOption.WRITE)) {
            content.writeTo(channel);
        }
    }

    private static void fill(Path file, Content content) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            content.writeTo(channel);
            channel.force(true); // else a loss of power may leave the name without the bytes
        }
    }

    static void writeFully(ByteBuffer bytes, FileChannel channel) throws IOException {
        while (bytes.hasRemaining()) {
            channel.write(bytes);
        }
    }

    private static void move(Path from, Path to) throws IOException {
        try {
            Files.move(from, to, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (AtomicMoveNotSupportedException e) {
            Files.move(from, to, StandardCopyOption.REPLACE_EXISTING);
        }
    }
}
