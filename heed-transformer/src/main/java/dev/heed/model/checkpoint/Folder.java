package dev.heed.model.checkpoint;

import dev.heed.text.IoFailure;
import dev.heed.text.Visible;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * A model's folder, which names in its own files must not leave. The one way out is the Hugging Face cache's own layout, where
 * every file of {@code REPO/snapshots/COMMIT} is a link into {@code REPO/blobs}.
 */
record Folder(Path path) {
    /** The file of that name inside this folder. */
    Path inside(String name) {
        try {
            Path given = Path.of(name);
            if (given.isAbsolute() || name.isEmpty() || name.indexOf('\\') >= 0 || hasParent(given)) {
                throw new IllegalArgumentException(
                        path + ": the file " + Visible.quote(name) + " must lie inside this folder");
            }
            Path file = path.resolve(given);
            if (!Files.isRegularFile(file)) {
                throw new IllegalArgumentException(path + ": the file " + Visible.quote(name) + " is missing");
            }
            checkLinks(name, file.toRealPath());
            return file;
        } catch (InvalidPathException e) {
            throw new IllegalArgumentException(path + ": " + Visible.quote(name) + " is not a file's name", e);
        } catch (IOException e) {
            throw IoFailure.cannot(path.resolve(name), "read", e);
        }
    }

    private static boolean hasParent(Path given) {
        for (Path part : given) {
            if (part.toString().equals("..")) {
                return true;
            }
        }
        return false;
    }

    private void checkLinks(String name, Path real) throws IOException {
        Path home = path.toRealPath();
        Path blobs = blobs(home);
        if (!real.startsWith(home) && (blobs == null || !real.startsWith(blobs))) {
            throw new IllegalArgumentException(path + ": the file " + Visible.quote(name)
                    + " is a link that leaves this folder; copy the file here instead");
        }
    }

    private static @Nullable Path blobs(Path home) {
        Path snapshots = home.getParent();
        return snapshots != null && snapshots.endsWith("snapshots") ? snapshots.resolveSibling("blobs") : null;
    }
}
