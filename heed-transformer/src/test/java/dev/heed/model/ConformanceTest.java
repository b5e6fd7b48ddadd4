package dev.heed.model;

import static dev.heed.Shared.given;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Models against transformers 5.18 in float64. */
class ConformanceTest {
    @ParameterizedTest
    @MethodSource("dev.heed.Shared#givenNames")
    void givesTheNumbersOfTransformers(String name) {
        HfConformance.Report report = HfConformance.run(given(name));
        assertThat(report.checks()).as(name).hasSizeGreaterThan(10).allMatch(HfConformance.Check::passed);
    }

    @Test
    void whatNothingIsComparedWithFails(@TempDir Path folder) throws IOException {
        Path from = given("gpt2");
        try (Stream<Path> files = Files.list(from)) {
            for (Path file : files.toList()) {
                Files.copy(file, folder.resolve(file.getFileName()));
            }
        }
        Path expected = folder.resolve("expected.safetensors");
        String bytes = Files.readString(expected, StandardCharsets.ISO_8859_1);
        Files.writeString(expected, bytes.replace("\"0.logits\"", "\"0.lodges\""), StandardCharsets.ISO_8859_1);
        assertThat(HfConformance.run(folder).checks())
                .filteredOn(check -> !check.passed())
                .extracting(HfConformance.Check::name)
                .containsExactly("0.lodges: compared with nothing");
    }
}
