package dev.heed;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.heed.text.IoFailure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/** Cases and models from elsewhere; where they are absent, what reads them is skipped and says so. */
public final class Shared {
    private Shared() {}

    /** A folder of conformance cases. */
    public static Path conformance(String name) {
        return present("heed.conformance", name);
    }

    /** A trained model. */
    public static Path model(String name) {
        return present("heed.models", name);
    }

    /** The folder of an architecture as transformers wrote it, by its {@code model_type}. */
    public static Path given(String name) {
        return conformance("hf").resolve(name);
    }

    /** The names of all that are given, in order. */
    public static Stream<String> givenNames() {
        Path all = conformance("hf");
        try (Stream<Path> folders = Files.list(all)) {
            return folders.map(folder -> folder.getFileName().toString()).sorted().toList().stream();
        } catch (IOException e) {
            throw IoFailure.cannot(all, "read", e);
        }
    }

    private static Path present(String property, String name) {
        Path path = Path.of(System.getProperty(property, "absent"), name);
        assumeTrue(Files.exists(path), () -> path + " is absent (-D" + property + "=DIR)");
        return path;
    }
}
