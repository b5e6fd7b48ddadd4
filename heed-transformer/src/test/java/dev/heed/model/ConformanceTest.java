package dev.heed.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
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
