package dev.heed.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Short; the long run is the command {@code heed fuzz}. */
class FuzzTest {
    @TempDir
    Path folder;

    @Test
    void mutatedFilesNeverCrashHangOrTakeMemoryBeyondABound() throws Exception {
        List<String> bad = new ArrayList<>();
        long inputs = Long.getLong("heed.fuzz.inputs", 10_000);
        Fuzz fuzz = new Fuzz(List.of(), folder, Long.getLong("heed.fuzz.seed", 1));
        Fuzz.Findings findings = fuzz.run(0, inputs, bad::add);
        System.out.println("fuzz: " + findings);
        assertThat(bad).isEmpty();
        assertThat(findings.read()).isPositive();
    }

    @Test
    void everyArchitectureIsFuzzed() throws Exception {
        Path cases = Path.of(System.getProperty("heed.conformance", "../shared/conformance"), "hf");
        org.junit.jupiter.api.Assumptions.assumeTrue(Files.isDirectory(cases), "no conformance folder");
        try (Stream<Path> folders = Files.list(cases)) {
            List<String> bad = new ArrayList<>();
            new Fuzz(folders.sorted().toList(), folder, 2).run(0, 3_000, bad::add);
            assertThat(bad).isEmpty();
        }
    }
}
