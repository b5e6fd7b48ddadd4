package dev.heed.app;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;

/** Cases and models from elsewhere; where they are absent, what reads them is skipped and says so. */
final class Shared {
    private Shared() {}

    static Path conformance(String name) {
        return present("heed.conformance", name);
    }

    static Path model(String name) {
        return present("heed.models", name);
    }

    private static Path present(String property, String name) {
        Path path = Path.of(System.getProperty(property, "absent"), name);
        assumeTrue(Files.exists(path), () -> path + " is absent (-D" + property + "=DIR)");
        return path;
    }
}
