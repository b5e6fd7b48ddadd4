package dev.heed.model;

import static dev.heed.Shared.givenNames;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.management.UnixOperatingSystemMXBean;
import dev.heed.Shared;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
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
        try (Fuzz fuzz = new Fuzz(List.of(), folder, Long.getLong("heed.fuzz.seed", 1))) {
            Fuzz.Findings findings = fuzz.run(0, inputs, bad::add);
            System.out.println("fuzz: " + findings);
            assertThat(bad).isEmpty();
            assertThat(findings.read()).isPositive();
        }
    }

    @Test
    void whatWasOpenedIsClosedAlsoAfterAnError() {
        assumeTrue(ManagementFactory.getOperatingSystemMXBean() instanceof UnixOperatingSystemMXBean, "no Unix");
        UnixOperatingSystemMXBean system = (UnixOperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
        new Fuzz(List.of(), folder, 1).close(); // loads what is loaded once
        Path small = folder.resolve("llama");
        long before = system.getOpenFileDescriptorCount();
        new Fuzz(List.of(small), folder, 1).close();
        assertThatThrownBy(() -> new Fuzz(List.of(small, folder.resolve("none")), folder, 1).close())
                .hasMessageContaining("must hold a model.safetensors");
        assertThat(system.getOpenFileDescriptorCount()).isEqualTo(before);
    }

    @Test
    void everyArchitectureIsFuzzed() throws Exception {
        List<String> bad = new ArrayList<>();
        try (Fuzz fuzz = new Fuzz(givenNames().map(Shared::given).toList(), folder, 2)) {
            fuzz.run(0, 3_000, bad::add);
        }
        assertThat(bad).isEmpty();
    }
}
