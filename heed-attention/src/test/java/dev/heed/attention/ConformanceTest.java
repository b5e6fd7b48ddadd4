package dev.heed.attention;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.heed.tensor.Tensor;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** The cases of {@code conformance/sdpa}, answered by PyTorch in float64. */
class ConformanceTest {
    private static final Path FOLDER = Path.of(System.getProperty("heed.conformance", "absent"), "sdpa");

    @Test
    void allCasesAreThere() {
        assumeTrue(Files.isDirectory(FOLDER), FOLDER + " is absent");
        assertThat(files()).hasSize(32);
    }

    @TestFactory
    Stream<DynamicTest> theAnswersAreThoseOfPyTorchInDouble() {
        assumeTrue(Files.isDirectory(FOLDER), FOLDER + " is absent");
        return files().stream()
                .map(file -> DynamicTest.dynamicTest(file.getFileName().toString(), () -> check(file)));
    }

    private static List<Path> files() {
        try (Stream<Path> files = Files.list(FOLDER)) {
            return files.filter(file -> file.toString().endsWith(".safetensors"))
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void check(Path file) throws IOException {
        ConformanceCase given = ConformanceCase.read(file);
        Tensor query = given.floats("q");
        Tensor key = given.floats("k");
        Attention attention = given.attention();
        Tensor value = given.floats("v");
        AttentionOutput result = attention.apply(query, key, value);
        near(given, "out", result.output());
        near(given, "lse", result.lse());
        if (given.has("weights")) { // left out of the largest cases
            near(given, "weights", weights(attention, query, key, result.lse()));
        }
        AttentionGradients gradients = attention.gradients(query, key, value, result, given.floats("grad_out"));
        near(given, "dq", gradients.dQuery());
        near(given, "dk", gradients.dKey());
        near(given, "dv", gradients.dValue());
    }

    /** All weights [B, Hq, N, M], tile by tile of sizes that fit nothing. */
    private static Tensor weights(Attention attention, Tensor query, Tensor key, Tensor lse) {
        int queries = query.size(2);
        int keys = key.size(2);
        Tensor all = Tensor.zeros(query.size(0), query.size(1), queries, keys);
        for (int head = 0; head < query.size(0) * query.size(1); head++) {
            int b = head / query.size(1);
            int h = head % query.size(1);
            for (int i = 0; i < queries; i += 37) {
                for (int j = 0; j < keys; j += 53) {
                    int iTo = Math.min(queries, i + 37);
                    int jTo = Math.min(keys, j + 53);
                    Tensor tile = attention.weights(query, key, lse, b, h, i, iTo, j, jTo);
                    for (int at = 0; at < tile.elements(); at++) {
                        int row = at / (jTo - j);
                        int column = at % (jTo - j);
                        all.set(tile.get(row, column), b, h, i + row, j + column);
                    }
                }
            }
        }
        return all;
    }

    private static void near(ConformanceCase given, String name, Tensor actual) {
        double[] expected = given.doubles(name);
        float[] got = actual.toArray();
        assertThat(got).hasSameSizeAs(expected);
        double worst = 0;
        for (int i = 0; i < got.length; i++) {
            // Infinite answers must be met exactly; a NaN is never near.
            double error = got[i] == expected[i] ? 0 : Math.abs(got[i] - expected[i]);
            worst = Double.isNaN(error) ? Double.POSITIVE_INFINITY : Math.max(worst, error);
        }
        assertThat(worst).as("largest error of " + name).isLessThanOrEqualTo(given.tolerance(name));
    }
}
