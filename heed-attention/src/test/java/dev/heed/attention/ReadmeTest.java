package dev.heed.attention;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.heed.tensor.Tensor;
import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.spi.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The README's Java example, compiled and run as it stands there. */
class ReadmeTest {
    @TempDir
    private Path folder;

    @Test
    void theExampleOfTheFirstPageCompilesAndRuns() throws Exception {
        Path readme = Path.of("../README.md");
        assumeThat(readme).as("the README stands beside the module").exists();
        String example = example(Files.readString(readme));
        Class<?> compiled = compiled("""
                %s
                public class Example {
                    public static Tensor run(float[] queryFloats, float[] keyFloats, float[] valueFloats) {
                %s
                        return weights;
                    }
                }
                """.formatted(lines(example, true), lines(example, false)));
        Object weights = compiled.getMethod("run", float[].class, float[].class, float[].class)
                .invoke(null, new float[8 * 1024 * 64], new float[2 * 1024 * 64], new float[2 * 1024 * 64]);
        assertThat(((Tensor) weights).shape()).isEqualTo(new int[] {10, 10});
        assertThat(((Tensor) weights).get(4, 0)).isEqualTo(0.2f); // equal scores, five visible keys
    }

    private static String example(String readme) {
        int from = readme.indexOf("```java\n") + "```java\n".length();
        return readme.substring(from, readme.indexOf("```", from));
    }

    private static String lines(String example, boolean imports) {
        List<String> lines = example.lines()
                .filter(line -> line.startsWith("import ") == imports)
                .toList();
        return String.join("\n", lines);
    }

    private Class<?> compiled(String source) throws IOException, ReflectiveOperationException {
        Path file = folder.resolve("Example.java");
        Files.writeString(file, source);
        ToolProvider compiler = ToolProvider.findFirst("javac").orElseThrow();
        int code = compiler.run(
                System.out, System.err, "-proc:none", "-cp", System.getProperty("java.class.path"), file.toString());
        assertThat(code).as(source).isZero();
        try (URLClassLoader loader =
                new URLClassLoader(new URL[] {folder.toUri().toURL()})) {
            return loader.loadClass("Example");
        }
    }
}
