package dev.heed.train;

import dev.heed.text.IoFailure;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;

/**
 * Keeps a folder for one process that trains: a lock of the system on a file in it, which ends with the process however that
 * ends. The file goes with the lock; one that a killed process has left locks nothing.
 *
 * <pre>{@code
 * try (FolderLock lock = FolderLock.of(folder)) {
 *     write(folder);
 * }
 * }</pre>
 */
final class FolderLock implements AutoCloseable {
    private static final String NAME = ".training.lock";

    private final Path file;
    private final FileChannel channel;

    private FolderLock(Path file, FileChannel channel) {
        this.file = file;
        this.channel = channel;
    }

    /**
     * Locks a folder, which is made if it is not there.
     *
     * @throws IllegalArgumentException if another has locked it
     */
    static FolderLock of(Path folder) {
        Path file = folder.resolve(NAME);
        try {
            Files.createDirectories(folder);
            while (true) {
                FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
                if (locked(channel) == null) {
                    channel.close();
                    throw new IllegalArgumentException(
                            folder + ": another process is training into it; wait for its end, or give another folder");
                }
                if (Files.exists(file)) {
                    return new FolderLock(file, channel);
                }
                channel.close(); // the one before removed it between our opening and locking
            }
        } catch (IOException e) {
            throw IoFailure.cannot(folder, "trained into", e);
        }
    }

    private static @Nullable FileLock locked(FileChannel channel) throws IOException {
        try {
            return channel.tryLock();
        } catch (OverlappingFileLockException ofThisProcess) {
            return null;
        }
    }

    @Override
    public void close() {
        try (channel) {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            throw IoFailure.cannot(file, "removed", e);
        }
    }
}
