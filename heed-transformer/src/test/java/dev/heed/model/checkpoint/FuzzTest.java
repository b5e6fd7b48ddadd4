package dev.heed.model.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Short by default; the long run is
 * {@code mvn -pl heed-transformer -am test -Dtest=FuzzTest -Dsurefire.failIfNoSpecifiedTests=false
 * -Dheed.test.jvm="-Dheed.fuzz.inputs=1000000 -Dheed.fuzz.seed=7"}.
 */
class FuzzTest {
    @TempDir
    Path folder;

    @Test
    void mutatedFilesNeverCrashHangOrTakeMemoryBeyondABound() throws IOException {
        long inputs = Long.getLong("heed.fuzz.inputs", 20_000);
        Fuzz fuzz = new Fuzz(folder, Long.getLong("heed.fuzz.seed", 1));
        String findings = fuzz.run(0, inputs);
        System.out.println("fuzz: " + findings);
        assertThat(findings).doesNotContain(" 0 read");
    }
}
