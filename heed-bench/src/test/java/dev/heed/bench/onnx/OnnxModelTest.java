package dev.heed.bench.onnx;

import static org.assertj.core.api.Assertions.assertThat;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtSession;
import java.util.HexFormat;
import java.util.Map;
import org.junit.jupiter.api.Test;

class OnnxModelTest {
    /** Examples of "Encoding" in the documentation of Protocol Buffers. */
    @Test
    void messagesHaveTheBytesOfTheSpecification() {
        assertThat(hex(new Message().integer(1, 150))).isEqualTo("089601");
        assertThat(hex(new Message().text(2, "testing"))).isEqualTo("120774657374696e67");
        assertThat(hex(new Message().message(3, new Message().integer(1, 150)))).isEqualTo("1a03089601");
        assertThat(hex(new Message().integer(1, -2))).isEqualTo("08feffffffffffffffff01");
        assertThat(hex(new Message().float32(5, 1.5f))).isEqualTo("2d0000c03f");
    }

    @Test
    void fieldNumbersAboveFifteenTakeTwoBytes() {
        assertThat(hex(new Message().integer(20, 2))).isEqualTo("a00102");
    }

    @Test
    void lengthsAbove127TakeTwoBytes() {
        byte[] bytes = new Message().bytes(1, new byte[300]).toBytes();
        assertThat(bytes).hasSize(303).startsWith(0x0a, 0xac, 0x02);
    }

    /** The reader of record agrees: attributes of each kind, constants, an omitted optional input, both domains. */
    @Test
    void onnxRuntimeReadsAndRunsWhatWasWritten() throws Exception {
        byte[] model = new OnnxModel(23)
                .input("x", 2, 3)
                .constant("w", new float[] {1, 2, 3, 4, 5, 6}, 2, 3)
                .node(OnnxModel.Node.of("Gemm")
                        .in("x", "w")
                        .out("product")
                        .attribute("alpha", 0.5f)
                        .attribute("transB", 1))
                .node(OnnxModel.Node.of("Transpose").in("product").out("turned").integers("perm", 1, 0))
                .node(OnnxModel.Node.of("Clip").in("turned", "", "top").out("clipped"))
                .constant("top", new float[] {14})
                .node(OnnxModel.Node.contrib("QuickGelu").in("clipped").out("y").attribute("alpha", 0f))
                .output("y", 2, 2)
                .toBytes();
        OrtEnvironment environment = OrtEnvironment.getEnvironment();
        environment.setTelemetry(false);
        float[][] x = {{2, 0, 0}, {2, 2, 2}};
        try (OrtSession session = environment.createSession(model);
                OnnxTensor input = OnnxTensor.createTensor(environment, x);
                OrtSession.Result result = session.run(Map.of("x", input))) {
            // ½·x·wᵀ = [[1, 4], [6, 15]], turned [[1, 6], [4, 15]], clipped at 14, times sigmoid(0) = ½.
            assertThat((float[][]) result.get(0).getValue()).isDeepEqualTo(new float[][] {{0.5f, 3}, {2, 7}});
        }
    }

    private static String hex(Message message) {
        return HexFormat.of().formatHex(message.toBytes());
    }
}
