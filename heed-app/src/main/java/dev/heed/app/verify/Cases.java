package dev.heed.app.verify;

import dev.heed.model.HfConformance;
import dev.heed.model.checkpoint.Checkpoint;
import dev.heed.text.IoFailure;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** Finds the conformance cases in a file, a folder or a tree of folders, by what the files hold. */
public final class Cases {
    private static final int DEEPEST = 8;

    private final List<ConformanceCase> found = new ArrayList<>();

    private Cases() {}

    /**
     * All cases below a path, in the order of their names.
     *
     * @throws UncheckedIOException if it cannot be read
     */
    public static List<ConformanceCase> in(Path path) {
        if (!Files.exists(path)) {
            throw new IllegalArgumentException("verify: " + path + ": no such file or folder");
        }
        Cases cases = new Cases();
        if (Files.isDirectory(path)) {
            cases.folder(path, "", 0);
        } else {
            cases.file(path, "");
        }
        return cases.found;
    }

    private void folder(Path folder, String prefix, int depth) {
        String self = prefix.isEmpty() ? folder.toAbsolutePath().normalize().getFileName() + "" : prefix;
        if (Files.exists(folder.resolve(OnnxCase.DESCRIPTION))) {
            found.add(new OnnxCase(self, folder));
        } else if (HfConformance.isCase(folder)) {
            found.add(new HfCase(self, folder));
        } else if (Files.exists(folder.resolve(SafetensorsCase.VERDICTS))) {
            found.addAll(SafetensorsCase.all(prefix.isEmpty() ? "" : prefix + "/", folder));
        } else if (depth < DEEPEST) {
            for (Path child : children(folder)) {
                String name = (prefix.isEmpty() ? "" : prefix + "/") + child.getFileName();
                if (Files.isDirectory(child, LinkOption.NOFOLLOW_LINKS)) {
                    folder(child, name, depth + 1);
                } else {
                    file(child, name);
                }
            }
        }
    }

    private static List<Path> children(Path folder) {
        try (Stream<Path> children = Files.list(folder)) {
            return children.sorted().toList();
        } catch (IOException e) {
            throw IoFailure.cannot(folder, "read", e);
        }
    }

    private void file(Path path, String name) {
        String fileName = path.getFileName().toString();
        if (fileName.endsWith(".safetensors") && mayBeSdpa(path)) {
            String label = name.isEmpty() ? fileName : name;
            found.add(new SdpaCase(label.substring(0, label.length() - ".safetensors".length()), path));
        }
    }

    /** A file that cannot be read is taken for one, too: it fails, and says why. */
    private static boolean mayBeSdpa(Path path) {
        try (Checkpoint file = Checkpoint.open(path)) {
            return SdpaCase.isOne(file.metadata());
        } catch (IllegalArgumentException | UncheckedIOException unreadable) {
            return true;
        }
    }
}
