package dev.heed.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class VerifyTest {
    @TempDir
    private Path folder;

    @ParameterizedTest
    @CsvSource({"sdpa, 32", "onnx-attention, 59", "onnx-ops, 78", "bad-safetensors, 61"})
    void allCasesPass(String name, int cases) {
        Run run = Run.of("verify", Shared.conformance(name).toString());
        assertThat(run.out()).as(run.out()).endsWith(cases + " passed, 0 failed\n");
        assertThat(run.code()).isZero();
    }

    @Test
    void oneCaseFolderAndOneCaseFileAreEnough() {
        Path onnx = Shared.conformance("onnx-attention").resolve("test_attention_3d");
        assertThat(Run.of("verify", onnx.toString()).out()).endsWith("1 passed, 0 failed\n");
        Path sdpa = Shared.conformance("sdpa").resolve("tiny.safetensors");
        assertThat(Run.of("verify", sdpa.toString()).out()).endsWith("1 passed, 0 failed\n");
    }

    @Test
    void aTreeOfFoldersIsSearched() throws IOException {
        Path deep = Files.createDirectories(folder.resolve("some/where"));
        Files.copy(Shared.conformance("sdpa").resolve("tiny.safetensors"), deep.resolve("tiny.safetensors"));
        Run run = Run.of("verify", folder.toString());
        assertThat(run.out()).contains("some/where/tiny ").endsWith("1 passed, 0 failed\n");
    }

    @Test
    void aWrongAnswerFailsWithExitOneAndIsNamed() throws IOException {
        Files.copy(Shared.conformance("sdpa").resolve("gqa.safetensors"), folder.resolve("right.safetensors"));
        Path wrong = folder.resolve("wrong.safetensors");
        Files.write(
                wrong,
                withAnotherFirst(
                        "lse", Files.readAllBytes(Shared.conformance("sdpa").resolve("gqa.safetensors"))));
        Run run = Run.of("verify", folder.toString());
        assertThat(run.code()).isEqualTo(1);
        assertThat(run.out()).containsPattern("wrong +FAILED +lse ").endsWith("1 passed, 1 failed\n");
    }

    /** The first float64 of a tensor, one thousandth larger. */
    private static byte[] withAnotherFirst(String tensor, byte[] bytes) {
        ByteBuffer file = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        int header = Math.toIntExact(file.getLong(0));
        JsonNode names = JsonMapper.shared().readTree(new String(bytes, 8, header, StandardCharsets.UTF_8));
        int at = 8 + header + names.get(tensor).get("data_offsets").get(0).asInt();
        file.putDouble(at, file.getDouble(at) + 1e-3);
        return bytes;
    }

    @Test
    void anOperatorThatTheEngineLacksCountsAsFailed() throws IOException {
        Path from = Shared.conformance("onnx-attention").resolve("test_attention_3d");
        for (String name : List.of("inputs.safetensors", "outputs.safetensors")) {
            Files.copy(from.resolve(name), folder.resolve(name));
        }
        String description =
                Files.readString(from.resolve("case.json")).replace("\"op\": \"Attention\"", "\"op\": \"Conv\"");
        Files.writeString(folder.resolve("case.json"), description);
        Run run = Run.of("verify", folder.toString());
        assertThat(run.code()).isEqualTo(1);
        assertThat(run.out()).contains("operator 'Conv' is not supported").endsWith("0 passed, 1 failed\n");
    }

    @Test
    void aFolderWithoutCasesIsExitTwo() {
        Run run = Run.of("verify", folder.toString());
        assertThat(run.code()).isEqualTo(2);
        assertThat(run.err())
                .startsWith("heed: verify: ")
                .contains("holds no conformance case")
                .hasLineCount(1);
        assertThat(Run.of("verify", folder.resolve("absent").toString()).code()).isEqualTo(2);
    }

    @Test
    void jsonAndCsvHaveOneEntryPerTensor() {
        String path = Shared.conformance("sdpa").resolve("sink.safetensors").toString();
        JsonNode json = JsonMapper.shared()
                .readTree(Run.of("verify", path, "--format", "json").out());
        assertThat(json.size()).isEqualTo(6);
        assertThat(json.get(0).get("passed").asBoolean()).isTrue();
        assertThat(json.get(0).get("error").asDouble())
                .isLessThan(json.get(0).get("allowed").asDouble());
        Run csv = Run.of("verify", path, "--format", "csv");
        assertThat(csv.out().lines()).hasSize(7);
        assertThat(csv.err()).isEqualTo("1 passed, 0 failed\n");
    }
}
