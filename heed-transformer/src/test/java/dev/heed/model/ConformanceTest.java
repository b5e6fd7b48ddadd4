package dev.heed.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Models against transformers 5.18 in float64. */
class ConformanceTest {
    @ParameterizedTest
    @MethodSource("folders")
    void givesTheNumbersOfTransformers(String name) {
        Path folder = cases().resolve(name);
        assumeTrue(HfConformance.isCase(folder), "no conformance case at " + folder);
        HfConformance.Report report = HfConformance.run(folder);
        assertThat(report.checks()).as(name).hasSizeGreaterThan(10).allMatch(HfConformance.Check::passed);
    }

    @Test
    void whatNothingIsComparedWithFails(@TempDir Path folder) throws IOException {
        Path from = cases().resolve("gpt2");
        assumeTrue(HfConformance.isCase(from), "no conformance case at " + from);
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

    static Stream<String> folders() {
        assumeTrue(Files.isDirectory(cases()), "no conformance cases at " + cases());
        List<String> supported =
                Model.supported().stream().map(each -> each.modelType()).toList();
        return supported.stream().filter(type -> Files.isDirectory(cases().resolve(type)));
    }

    private static Path cases() {
        return Path.of(System.getProperty("heed.conformance", "../shared/conformance"), "hf");
    }
}
