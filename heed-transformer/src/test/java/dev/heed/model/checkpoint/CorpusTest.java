package dev.heed.model.checkpoint;

import static dev.heed.Shared.conformance;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.heed.text.Json;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import tools.jackson.databind.JsonNode;

/** Each of the 61 files of conformance/bad-safetensors gets what it should. */
class CorpusTest {
    /** Where the corpus leaves the verdict open: an unknown field could hide anything, so it is refused by name. */
    private static final Set<String> DECIDED_TO_REJECT = Set.of("extra_field_in_tensor", "million_dims");

    @TestFactory
    List<DynamicTest> everyFileGetsItsVerdict() {
        JsonNode cases = Json.read(conformance("bad-safetensors").resolve("EXPECT.json"), 1 << 20)
                .path("cases");
        assertThat(cases.size()).isEqualTo(61);
        return cases.properties().stream()
                .map(entry -> dynamicTest(
                        entry.getKey(),
                        () -> check(
                                entry.getKey(), entry.getValue().path("want").asString())))
                .toList();
    }

    private static void check(String name, String want) {
        Path file = conformance("bad-safetensors").resolve(name + ".safetensors");
        boolean accept = want.startsWith("accept") && !DECIDED_TO_REJECT.contains(name);
        if (!accept) {
            assertThatThrownBy(() -> Checkpoint.open(file))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageStartingWith(file.toString())
                    .satisfies(
                            e -> assertThat(e.getMessage()).doesNotContain("\n").hasSizeLessThan(900));
            return;
        }
        try (Checkpoint checkpoint = Checkpoint.open(file)) {
            for (String tensor : checkpoint.names()) {
                TensorInfo info = checkpoint.info(tensor);
                if (info.dtype() == DType.F8_E4M3) {
                    assertThatThrownBy(() -> checkpoint.tensor(tensor))
                            .hasMessageContaining("unsupported dtype F8_E4M3");
                } else {
                    assertThat(checkpoint.tensor(tensor).elements()).isEqualTo((int) info.elements());
                }
            }
        }
    }

    @Test
    void messagesNameTensorExpectedAndGot() {
        assertThatThrownBy(() -> Checkpoint.open(conformance("bad-safetensors").resolve("seven_bytes.safetensors")))
                .hasMessageContaining("7 bytes, need at least 8");
        assertThatThrownBy(
                        () -> Checkpoint.open(conformance("bad-safetensors").resolve("header_len_u64_max.safetensors")))
                .hasMessageContaining("header length 18446744073709551615 exceeds the limit");
        assertThatThrownBy(() ->
                        Checkpoint.open(conformance("bad-safetensors").resolve("duplicate_tensor_key.safetensors")))
                .hasMessageContaining("duplicate tensor 'a'");
        assertThatThrownBy(() -> Checkpoint.open(conformance("bad-safetensors").resolve("overlap.safetensors")))
                .hasMessageContaining("'a'")
                .hasMessageContaining("'b'");
        assertThatThrownBy(() -> Checkpoint.open(conformance("bad-safetensors").resolve("hole_between.safetensors")))
                .hasMessageContaining("'a'")
                .hasMessageContaining("'b'");
        assertThatThrownBy(() ->
                        Checkpoint.open(conformance("bad-safetensors").resolve("shape_wraps_to_16_bytes.safetensors")))
                .hasMessageContaining("overflows");
    }

    @Test
    void notFiniteWeightsLoadWithAWarningOrAreRejectedOnRequest() {
        Path file = conformance("bad-safetensors").resolve("ok_nan_inf_weights.safetensors");
        try (Checkpoint checkpoint = Checkpoint.open(file);
                Checkpoint strict = Checkpoint.openFiniteOnly(file)) {
            String name = checkpoint.names().iterator().next();
            checkpoint.tensor(name);
            assertThat(checkpoint.warnings())
                    .singleElement()
                    .asString()
                    .contains("'" + name + "' holds NaN or infinity");
            assertThatThrownBy(() -> strict.tensor(name)).isInstanceOf(IllegalArgumentException.class);
        }
    }
}
