package dev.heed.attention;

import static org.assertj.core.api.Assertions.assertThat;

import dev.heed.kernel.Kernels;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Runs a program of the tests in a JVM of its own, which chooses the kernel of this one. */
final class FreshJvm {
    private FreshJvm() {}

    /** What the program printed. */
    static String run(Class<?> program, List<String> options, List<String> arguments)
            throws IOException, InterruptedException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.add(likeThisOne());
        command.addAll(options);
        String testPath = System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
        command.addAll(List.of("--add-modules", "jdk.incubator.vector", "-cp", testPath, program.getName()));
        command.addAll(arguments);
        Process process = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        String printed = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as("exit code of " + command).isZero();
        return printed.strip();
    }

    /** The option that leads a JVM to this one's kernel. */
    private static String likeThisOne() {
        String name = Kernels.name();
        return name.equals("scalar")
                ? "-Dheed.kernels=scalar"
                : "-XX:MaxVectorSize=" + 4 * Integer.parseInt(name.substring("vector-".length()));
    }
}
