package dev.heed.text;

import static org.assertj.core.api.Assertions.assertThat;

import dev.heed.model.Model;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The tokenizer's native library in a process that finds no place to unpack it, such as a container with a read-only home. */
class NativeLibraryTest {
    @TempDir
    private Path folder = Path.of(""); // set by JUnit

    /** The process: asks twice, as a server would. */
    public static void main(String[] args) {
        for (int i = 0; i < 2; i++) {
            try (Model model = Model.bundled("story")) {
                System.out.println(model.tokenizer().encode("Mia saw a dog.").size());
            } catch (UnsupportedOperationException told) {
                System.out.println(told.getMessage());
            }
        }
    }

    @Test
    void aLibraryThatDoesNotLoadIsToldEachTimeItIsAskedFor() throws Exception {
        Path noFolder = Files.createFile(folder.resolve("file"));
        Path said = folder.resolve("said.txt");
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:+UseSerialGC",
                        "-DDJL_CACHE_DIR=" + noFolder,
                        "-cp",
                        System.getProperty("java.class.path"),
                        NativeLibraryTest.class.getName())
                .redirectErrorStream(true)
                .redirectOutput(said.toFile())
                .start();
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(Files.readAllLines(said).stream().filter(line -> line.startsWith("tokenizer: ")))
                .hasSize(2)
                .allMatch(line -> line.contains("a writable home or the Java option -DDJL_CACHE_DIR=DIR"));
        assertThat(process.exitValue()).isZero();
    }
}
