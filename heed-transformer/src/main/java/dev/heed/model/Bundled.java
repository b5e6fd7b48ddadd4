package dev.heed.model;

import dev.heed.text.IoFailure;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The models that Heed brings along: ordinary Hugging Face folders, as resources. One is written to a temporary folder when it
 * is first asked for, which is deleted when Java ends.
 */
final class Bundled {
    private static final List<String> FILES = List.of("config.json", "tokenizer.json", "model.safetensors", "run.json");
    private static final Map<String, Path> UNPACKED = new HashMap<>();

    /** Names that may stand here; those with resources are there. */
    private static final List<String> KNOWN = List.of("cloze", "story", "translator", "pronoun");

    private Bundled() {}

    static List<String> names() {
        return KNOWN.stream()
                .filter(name -> Bundled.class.getResource(path(name, "config.json")) != null)
                .toList();
    }

    /** The folder of a model, with all files of it. */
    static synchronized Path folder(String name) {
        if (!names().contains(name)) {
            throw new IllegalArgumentException(
                    "model: '" + name + "' is not bundled; bundled are: " + String.join(", ", names()));
        }
        return UNPACKED.computeIfAbsent(name, Bundled::unpack);
    }

    private static Path unpack(String name) {
        try {
            Path above = Files.createTempDirectory("heed-");
            Path folder = Files.createDirectory(above.resolve(name));
            above.toFile().deleteOnExit(); // the last to be asked for is deleted first
            folder.toFile().deleteOnExit();
            for (String file : FILES) {
                Path to = folder.resolve(file);
                to.toFile().deleteOnExit();
                copy(path(name, file), to);
            }
            return folder;
        } catch (IOException e) {
            throw new UncheckedIOException(
                    "model: bundled '" + name + "' cannot be unpacked: " + IoFailure.reason(e), e);
        }
    }

    private static void copy(String resource, Path to) throws IOException {
        try (InputStream in = Bundled.class.getResourceAsStream(resource)) {
            if (in == null) {
                throw new IOException("the resource " + resource + " is missing");
            }
            Files.copy(in, to);
        }
    }

    private static String path(String name, String file) {
        return "bundled/" + name + "/" + file;
    }
}
