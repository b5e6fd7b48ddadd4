package dev.heed.outside;

import static org.assertj.core.api.Assertions.assertThat;

import dev.heed.attention.AttentionMap;
import dev.heed.model.Model;
import java.io.File;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Heed as named modules, in a process of its own; all other tests run on the class path. */
class ModulePathTest {
    @TempDir
    private Path folder = Path.of(""); // set by JUnit

    /** The process: a package of neither module. */
    public static void main(String[] args) {
        try (Model model = Model.bundled("story")) {
            AttentionMap map = model.run("Mia saw a dog.").recording().map(AttentionMap.Kind.SELF, 0, 0);
            System.out.println(Model.class.getModule() + " " + map.keyTokens());
        }
    }

    @Test
    void aModelReadsATextOnTheModulePath() throws Exception {
        String path = System.getProperty("java.class.path");
        Path tests = Path.of(ModulePathTest.class
                .getProtectionDomain()
                .getCodeSource()
                .getLocation()
                .toURI());
        File said = folder.resolve("said.txt").toFile();
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:+UseSerialGC",
                        "--module-path",
                        path,
                        "--add-modules",
                        "dev.heed.transformer",
                        "-cp",
                        tests.toString(),
                        ModulePathTest.class.getName())
                .redirectErrorStream(true)
                .redirectOutput(said)
                .start();
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(said).content().contains("module dev.heed.transformer [<s>, Mia, ␣saw, ␣a, ␣dog, .]");
        assertThat(process.exitValue()).isZero();
    }
}
