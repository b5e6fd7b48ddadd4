package dev.heed.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A run in a process of its own that saves after every step is killed (SIGKILL) again and again, half of the times in the
 * middle of writing, half at a random moment, and gone on with. {@code -Dheed.kills=20} kills it more often than usual.
 */
class KilledRunTest {
    private static final int KILLS = Integer.getInteger("heed.kills", 4);
    /** More than all killed processes together get done: see {@link #LEAST} and {@link #MOST_MILLIS}. */
    private static final int STEPS = 400;
    /** Steps that a process is left to do at least. */
    private static final int LEAST = 2;

    private static final int MOST_MILLIS = 40;
    /** Kills until one is in the middle of a file; alone on two processors three of four are, see {@link #halfWritten}. */
    private static final int ATTEMPTS = 40;

    private static final long SEED = 20261121;
    private static final Path NONE = Path.of("");

    @TempDir
    private Path folder = NONE; // set by JUnit

    /** The process: {@code KilledRunTest FOLDER}. */
    public static void main(String[] args) {
        run(Path.of(args[0]), new Progress() {
            @Override
            public void stepped(Trainer.Step step, double millis) {
                System.out.println(step.number());
                System.out.flush();
            }

            @Override
            public void evaluated(Evaluation evaluation) {}
        });
    }

    private static void run(Path folder, Progress progress) {
        Trainer trainer = Trainer.fresh(TrainerTest.small(STEPS, 1), TrainerTest.corpus());
        TrainingRun.resume(trainer, folder, "text", "test").finish(progress, () -> false);
    }

    @Test
    void aRunThatIsKilledAnyNumberOfTimesEndsWithTheSameBytes() throws IOException, InterruptedException {
        Path straight = folder.resolve("straight");
        Path killed = folder.resolve("killed");
        run(straight, new TrainerTest.Quiet());
        SplittableRandom dice = new SplittableRandom(SEED);
        for (int kill = 0; kill < KILLS; kill++) {
            if (kill % 2 == 0) {
                halfWritten(killed);
            } else {
                int millis = dice.nextInt(MOST_MILLIS);
                begunAndKilled(killed, () -> Thread.sleep(millis));
            }
        }
        int done = Files.readAllLines(killed.resolve("metrics.jsonl")).size() / 2;
        assertThat(done).as("steps before the last kill").isBetween(LEAST, STEPS - 1);
        run(killed, new TrainerTest.Quiet());
        for (String name : List.of("model.safetensors", "training.safetensors", "config.json", "tokenizer.json")) {
            assertThat(killed.resolve(name))
                    .as("%s after %d kills, half of them in the middle of a file, seed %d", name, KILLS, SEED)
                    .hasSameBinaryContentAs(straight.resolve(name));
        }
        assertThat(Files.readAllLines(killed.resolve("metrics.jsonl")))
                .hasSameSizeAs(Files.readAllLines(straight.resolve("metrics.jsonl")));
        assertThat(parts(killed)).as("what killed processes left behind").isEmpty();
    }

    /** Between the look and the kill a file may have become whole: such a kill is one more at a random moment. */
    private void halfWritten(Path into) throws IOException, InterruptedException {
        for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
            begunAndKilled(into, () -> awaitPart(into));
            if (!parts(into).isEmpty()) {
                return;
            }
        }
        fail("of %d kills while a file was being written none left it half written", ATTEMPTS);
    }

    private void begunAndKilled(Path into, Wait wait) throws IOException, InterruptedException {
        Path errors = folder.resolve("errors.txt");
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:+UseSerialGC",
                        "-XX:TieredStopAtLevel=1",
                        "--add-modules",
                        "jdk.incubator.vector",
                        "--enable-native-access=ALL-UNNAMED",
                        "-cp",
                        System.getProperty("java.class.path"),
                        KilledRunTest.class.getName(),
                        into.toString())
                .redirectError(errors.toFile())
                .start();
        try (var lines = process.inputReader()) {
            for (int step = 0; step < LEAST; step++) {
                assertThat(lines.readLine()).as(Files.readString(errors)).isNotNull();
            }
            wait.forTheMoment();
            assertThat(process.isAlive()).as("alive when it is killed").isTrue();
            process.destroyForcibly();
            assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
        } finally {
            process.destroyForcibly();
        }
    }

    /** Looks without a pause: a file of this size is whole within a few milliseconds. */
    private static void awaitPart(Path folder) throws IOException {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        while (parts(folder).stream().noneMatch(name -> name.contains(".safetensors."))) {
            assertThat(System.nanoTime()).as("nothing is written").isLessThan(end);
        }
    }

    /** What passes between a process's first steps and its end. */
    private interface Wait {
        void forTheMoment() throws IOException, InterruptedException;
    }

    private static List<String> parts(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(file -> file.getFileName().toString())
                    .filter(name -> name.endsWith(".part"))
                    .toList();
        }
    }
}
