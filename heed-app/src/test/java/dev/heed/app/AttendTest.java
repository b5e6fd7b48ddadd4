package dev.heed.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.heed.model.checkpoint.Checkpoint;
import dev.heed.model.checkpoint.SafetensorsWriter;
import dev.heed.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AttendTest {
    @TempDir
    private Path folder;

    @ParameterizedTest
    @CsvSource(delimiter = ';', textBlock = """
                    causal;                   --causal top-left
                    causal_rect_bottom_right; --causal bottom-right
                    causal_rect_bottom_right; --causal 61
                    causal_padding;           --causal top-left --lengths 33,12
                    causal_window;            --causal top-left --window 31,0
                    window;                   --window 8,8
                    scale_override;           --scale 0.7
                    softcap;                  --softcap 5
                    alibi_causal;             --causal top-left
                    bool_mask;                --scale 0.25
                    bias_full;                --scale 0.25
                    sink;                     --causal top-left
                    """)
    void flagsAndTensorsDescribeTheCase(String name, String flags) {
        Path input = Shared.conformance("sdpa").resolve(name + ".safetensors");
        Path output = folder.resolve("out.safetensors");
        Run run = Run.of(("attend " + input + " -o " + output + " " + flags).split(" "));
        assertThat(run.code()).as(run.err()).isZero();
        try (Checkpoint expected = Checkpoint.open(input);
                Checkpoint actual = Checkpoint.open(output)) {
            assertClose(actual.tensor("output").toArray(), expected.doubles("out"));
            assertClose(actual.tensor("lse").toArray(), expected.doubles("lse"));
        }
    }

    private static void assertClose(float[] actual, double[] expected) {
        assertThat(actual).hasSameSizeAs(expected);
        for (int i = 0; i < actual.length; i++) {
            if (actual[i] != expected[i]) {
                assertThat((double) actual[i]).isCloseTo(expected[i], Offset.offset(2e-5));
            }
        }
    }

    @Test
    void weightsOfATileAreWrittenOnDemand() {
        Path input = Shared.conformance("sdpa").resolve("gqa.safetensors");
        Path output = folder.resolve("out.safetensors");
        Run run = Run.of("attend", input.toString(), "-o", output.toString(), "--weights", "1,5,3,7,10,31");
        assertThat(run.code()).as(run.err()).isZero();
        try (Checkpoint expected = Checkpoint.open(input);
                Checkpoint actual = Checkpoint.open(output)) {
            Tensor tile = actual.tensor("weights", 4, 21);
            double[] all = expected.doubles("weights"); // [2, 8, 31, 31]
            assertThat((double) tile.get(2, 20)).isCloseTo(all[((8 + 5) * 31 + 5) * 31 + 30], Offset.offset(1e-6));
        }
    }

    @Test
    void withoutOutputTheResultLiesBesideTheFile() throws IOException {
        Path input = folder.resolve("in.safetensors");
        new SafetensorsWriter()
                .put("q", Tensor.full(1, 1, 1, 2, 4))
                .put("k", Tensor.full(1, 1, 1, 3, 4))
                .put("v", Tensor.full(5, 1, 1, 3, 2))
                .write(input);
        assertThat(Run.of("attend", input.toString()).out()).contains("in.out.safetensors", "[1, 1, 2, 2]");
        try (Checkpoint result = Checkpoint.open(folder.resolve("in.out.safetensors"))) {
            assertThat(result.tensor("output").toArray()).containsOnly(5f);
        }
        try (var files = Files.list(folder)) {
            assertThat(files).hasSize(2);
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = ';', textBlock = """
                    --causal sideways;        --causal must be
                    --window 3;               --window needs two sizes
                    --lengths -4;             must not be negative
                    --lengths 1,2,3;          one value for all sequences
                    --lengths 9,1;            --lengths must be at most M = 3
                    --starts 5;               --starts must be at most M = 3
                    --prefix 4;               --prefix must be at most M = 3
                    --documents 99;           Mask.documents
                    --weights 7,0;            --weights needs
                    --scale NaN;              must be finite
                    --lengths three;          'three'
                    """)
    void badFlagsAreOneLineAndExitTwo(String flags, String said) {
        Path input = folder.resolve("in.safetensors");
        new SafetensorsWriter()
                .put("q", Tensor.full(1, 2, 1, 2, 4))
                .put("k", Tensor.full(1, 2, 1, 3, 4))
                .put("v", Tensor.full(5, 2, 1, 3, 2))
                .write(input);
        Run run = Run.of(("attend " + input + " " + flags).split(" "));
        assertThat(run.code()).isEqualTo(2);
        assertThat(run.err()).startsWith("heed: ").contains(said).hasLineCount(1);
        assertThat(folder.resolve("in.out.safetensors")).doesNotExist();
    }

    /** By whatever name: the file would be gone, and its inputs with it. */
    @Test
    void theFileThatIsReadIsNotWrittenOver() throws IOException {
        Path input = folder.resolve("in.safetensors");
        new SafetensorsWriter()
                .put("q", Tensor.full(1, 1, 1, 2, 4))
                .put("k", Tensor.full(1, 1, 1, 3, 4))
                .put("v", Tensor.full(5, 1, 1, 3, 2))
                .write(input);
        byte[] before = Files.readAllBytes(input);
        Path link = Files.createSymbolicLink(folder.resolve("link.safetensors"), input);
        for (Path output : new Path[] {input, folder.resolve("../" + folder.getFileName() + "/in.safetensors"), link}) {
            Run run = Run.of("attend", input.toString(), "-o", output.toString());
            assertThat(run.code()).isEqualTo(2);
            assertThat(run.err())
                    .startsWith("heed: attend: --output must be another file")
                    .hasLineCount(1);
        }
        assertThat(Files.readAllBytes(input)).isEqualTo(before);
    }

    @Test
    void unreadableAndUnfittingFilesAreOneLine() throws IOException {
        Path text = Files.writeString(folder.resolve("text.safetensors"), "no");
        Path unfit = folder.resolve("unfit.safetensors");
        new SafetensorsWriter()
                .put("q", Tensor.zeros(1, 1, 2, 4))
                .put("k", Tensor.zeros(1, 1, 3, 5))
                .put("v", Tensor.zeros(1, 1, 3, 2))
                .write(unfit);
        for (Path path : new Path[] {text, unfit, folder.resolve("absent.safetensors"), folder}) {
            Run run = Run.of("attend", path.toString());
            assertThat(run.code()).isEqualTo(2);
            assertThat(run.err()).startsWith("heed: ").hasLineCount(1);
        }
        assertThat(Run.of("attend").err()).startsWith("heed: ").hasLineCount(1);
    }
}
