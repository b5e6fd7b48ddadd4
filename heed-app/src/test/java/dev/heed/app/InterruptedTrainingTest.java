package dev.heed.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code heed train} in a process of its own, which gets the signal of Ctrl-C. */
class InterruptedTrainingTest {
    private static final Pattern STOPPED =
            Pattern.compile("stopped behind step (\\d+) and saved; go on with: heed train");
    /** What a shell reports of a process that SIGINT, signal 2, has ended. */
    private static final int INTERRUPTED = 130;

    @TempDir
    private Path folder = Path.of(""); // set by JUnit

    @Test
    void ctrlCSavesSaysSoInOneLineAndTheRunGoesOn() throws IOException, InterruptedException {
        assumeTrue(run("env", "--default-signal=INT", "true"), "env cannot give a process its default signals here");
        Path text = Files.writeString(folder.resolve("text.txt"), "the cat sat on the mat. ".repeat(40));
        Path out = folder.resolve("run");
        int first = interrupted(
                "--recipe",
                "shakespeare-char",
                "--data",
                text.toString(),
                "--out",
                out.toString(),
                "--steps",
                "100000");
        assertThat(out.resolve("model.safetensors")).isNotEmptyFile();
        assertThat(out.resolve("training.safetensors")).isNotEmptyFile();
        int second = interrupted("--resume", "--out", out.toString());
        assertThat(second).isGreaterThan(first);
        assertThat(Files.readAllLines(out.resolve("metrics.jsonl")).stream()
                        .filter(line -> line.contains("\"step\"") && line.contains("\"norm\"")))
                .hasSize(second);
    }

    /** Starts training, interrupts it when it has begun, and gives the step that it says it stopped behind. */
    private int interrupted(String... arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(
                "env",
                "--default-signal=INT", // a shell starts its background jobs without
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                "--add-modules",
                "jdk.incubator.vector",
                "--enable-native-access=ALL-UNNAMED",
                "-Dheed.terminal=true", // a line for every few steps
                "-cp",
                System.getProperty("java.class.path"),
                Main.class.getName(),
                "train"));
        command.addAll(List.of(arguments));
        Path err = folder.resolve("err.txt");
        Process process = new ProcessBuilder(command)
                .redirectError(err.toFile())
                .redirectOutput(folder.resolve("out.txt").toFile())
                .start();
        try {
            await(process, err, "tokens/s");
            assertThat(run("kill", "-INT", Long.toString(process.pid()))).isTrue();
            assertThat(process.waitFor(60, TimeUnit.SECONDS))
                    .as("ends when interrupted")
                    .isTrue();
            String said = Files.readString(err);
            Matcher stopped = STOPPED.matcher(said);
            assertThat(stopped.find()).as(said).isTrue();
            assertThat(said).doesNotContain("Exception");
            assertThat(process.exitValue()).isEqualTo(INTERRUPTED);
            return Integer.parseInt(stopped.group(1));
        } finally {
            process.destroyForcibly();
        }
    }

    private static void await(Process process, Path file, String text) throws IOException, InterruptedException {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (!Files.readString(file).contains(text)) {
            assertThat(process.isAlive() && System.nanoTime() < end)
                    .as("training has begun: " + Files.readString(file))
                    .isTrue();
            Thread.sleep(20);
        }
    }

    private static boolean run(String... command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        return process.waitFor() == 0;
    }
}
