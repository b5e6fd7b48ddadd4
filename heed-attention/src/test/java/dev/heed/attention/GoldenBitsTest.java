package dev.heed.attention;

import static org.assertj.core.api.Assertions.assertThat;

import dev.heed.kernel.Kernels;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * The same bits everywhere (KERNEL.md, law 17): {@code ./check} runs this with 4, 8 and 16 lanes and in plain Java, and each
 * of them starts JVMs that interpret only and that compile. A change of the kernel's arithmetic changes the number; nothing
 * else may.
 */
class GoldenBitsTest {
    private static final String GOLDEN = "114d856f33eb9093";

    @Test
    void thisJvmHasTheGoldenBits() {
        assertThat(Long.toHexString(GoldenBits.hash())).isEqualTo(GOLDEN);
    }

    @Test
    void aJvmThatOnlyInterpretsHasTheGoldenBits() throws Exception {
        assertThat(freshJvm(List.of("-Xint"), List.of())).isEqualTo(Kernels.name() + " " + GOLDEN + " 0");
    }

    @Test
    void theFirstCallAndTheTenThousandthHaveTheSameBits() throws Exception {
        assertThat(freshJvm(List.of(), List.of("repeat"))).isEqualTo(Kernels.name() + " " + GOLDEN + " 10000");
    }

    private static String freshJvm(List<String> options, List<String> arguments)
            throws IOException, InterruptedException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.add(likeThisOne());
        command.addAll(options);
        String testPath = System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
        command.addAll(List.of("--add-modules", "jdk.incubator.vector", "-cp", testPath, GoldenBits.class.getName()));
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
