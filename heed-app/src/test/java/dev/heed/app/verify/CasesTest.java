package dev.heed.app.verify;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.heed.model.checkpoint.SafetensorsWriter;
import dev.heed.tensor.Tensor;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a case may ask for, and that no case passes because nothing was compared. */
class CasesTest {
    private static final float INFINITE = Float.POSITIVE_INFINITY;
    private static final Tensor NOTHING = Tensor.zeros(1, 1, 1, 1);
    private static final Tensor UNSEEN = Tensor.full(-INFINITE, 1, 1, 1);
    private static final String NONE = "{\"out\": 0, \"lse\": 0}";

    @TempDir
    private Path folder;

    private static Tensor row(float... values) {
        return Tensor.of(values, 1, values.length);
    }

    /** A case of the inputs and outputs given, at the first places of the operator. */
    private ConformanceCase onnx(String operator, String attributes, List<Tensor> inputs, Tensor... outputs) {
        return onnx(
                operator, "\"attributes\": " + attributes, keys(inputs.size()), keys(outputs.length), inputs, outputs);
    }

    private static String keys(int count) {
        return String.join(
                ", ",
                IntStream.range(0, count)
                        .mapToObj(i -> "{\"key\": \"" + i + "\"}")
                        .toList());
    }

    private ConformanceCase onnx(
            String operator, String more, String inKeys, String outKeys, List<Tensor> inputs, Tensor... outputs) {
        write("inputs", inputs);
        write("outputs", List.of(outputs));
        text(
                "case.json",
                "{\"op\": \"%s\", \"inputs\": [%s], \"outputs\": [%s], %s}".formatted(operator, inKeys, outKeys, more));
        return Cases.in(folder).getFirst();
    }

    private void write(String file, List<Tensor> tensors) {
        SafetensorsWriter writer = new SafetensorsWriter();
        for (int i = 0; i < tensors.size(); i++) {
            writer.put("" + i, tensors.get(i));
        }
        writer.write(folder.resolve(file + ".safetensors"));
    }

    private void text(String file, String text) {
        try {
            Files.writeString(folder.resolve(file), text);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void assertPasses(ConformanceCase one) {
        assertThat(one.run().checks())
                .allSatisfy(
                        check -> assertThat(check.passed()).as(check.toString()).isTrue());
    }

    // ---- nothing passes uncompared ----

    @ParameterizedTest
    @ValueSource(floats = {Float.NaN, INFINITE, -INFINITE, 0.6f})
    void anExpectedNumberThatIsNotComputedFails(float wrong) {
        assertPasses(onnx("Softmax", "{}", List.of(row(1, 1)), row(0.5f, 0.5f)));
        assertThat(onnx("Softmax", "{}", List.of(row(1, 1)), row(0.5f, wrong))
                        .run()
                        .passed())
                .isFalse();
    }

    @Test
    void equalNumbersInAnotherShapeFail() {
        ConformanceCase one = onnx("Softmax", "{}", List.of(row(1, 1)), Tensor.of(new float[] {0.5f, 0.5f}, 2, 1));
        assertThat(one.run().passed()).isFalse();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            null               | "rtol": 1e-3      | says of no output
            ''                 | "rtol": 1e-3      | says of no output
            "y"                | "rtol": 1e-3      | each of outputs must be null or have the key
            {"key": "0"}, null | "rtol": 1e-3      | at most 1 outputs are known (y), got 2
            {"key": "0"}       | "rtol": 1         | rtol must be a number from 0 and below 1, got 1
            {"key": "0"}       | "atol": "wide"    | atol must be a number from 0 and below 1, got "wide"
            {"key": "0"}       | "domain": "other" | operators of the domain 'other' are not supported
            {"key": "0"}       | "attributes": {"axes": 1} | onnx Softmax: there is no attribute 'axes', only axis
            {"key": "0"}       | "attributes": {"axis": "last"} | onnx Softmax: axis must be an integer, got "last"
            {"key": "0"}       | "attributes": {"axis": -3} | onnx Softmax: axis must be one of [1, 2], got -3
            """)
    void whatCannotBeComparedIsRefused(String outputs, String more, String message) {
        ConformanceCase one = onnx("Softmax", more, keys(1), outputs, List.of(row(1, 1)), row(0.5f, 0.5f));
        assertThatThrownBy(one::run)
                .isInstanceOfAny(IllegalArgumentException.class, UnsupportedOperationException.class)
                .hasMessageContaining(message);
    }

    @Test
    void aMalformedFileInATreeFailsByName() {
        text("cut.safetensors", "not");
        ConformanceCase cut = Cases.in(folder).getFirst();
        assertThat(cut.name()).isEqualTo("cut");
        assertThatThrownBy(cut::run).hasMessageContaining("not a safetensors file");
    }

    @Test
    void aVerdictThatIsNoneIsRefused() {
        text("cut.safetensors", "not");
        text("EXPECT.json", "{\"cases\": {\"cut\": {\"want\": \"acept\"}}}");
        ConformanceCase cut = Cases.in(folder).getFirst();
        assertThatThrownBy(cut::run).hasMessageContaining("want must begin with accept, reject, spec or decide");
        text("EXPECT.json", "{}");
        assertThatThrownBy(() -> Cases.in(folder)).hasMessageContaining("must give a verdict");
    }

    // ---- attention in one file ----

    private ConformanceCase sdpa(Tensor out, Tensor lse, String errors, String... alsoExpected) {
        SafetensorsWriter writer = new SafetensorsWriter();
        for (String input : List.of("q", "k", "v")) {
            writer.put(input, Tensor.full(1, 1, 1, 1, 1));
        }
        writer.put("out", out).put("lse", lse);
        for (String name : alsoExpected) {
            writer.put(name, out);
        }
        writer.meta("attributes", "{\"lengths\": [0]}").meta("float32_error", errors);
        writer.write(folder.resolve("one.safetensors"));
        return Cases.in(folder).getFirst();
    }

    @Test
    void whatTheFileExpectsIsComparedWithOrWithoutPyTorchsError() {
        assertPasses(sdpa(NOTHING, UNSEEN, NONE));
        assertThat(sdpa(NOTHING, Tensor.zeros(1, 1, 1), NONE).run().passed()).isFalse();
        assertThat(sdpa(NOTHING, Tensor.full(Float.NaN, 1, 1, 1), NONE).run().passed())
                .isFalse();
        assertThat(sdpa(Tensor.full(1, 1, 1, 1, 1), UNSEEN, "{}").run().passed())
                .isFalse();
        assertThat(sdpa(Tensor.zeros(1, 1, 1), UNSEEN, NONE).run().passed()).isFalse();
    }

    @Test
    void whatIsNotComputedCannotBeExpected() {
        assertThatThrownBy(sdpa(NOTHING, UNSEEN, NONE, "dq")::run)
                .hasMessage("sdpa case: the file expects dq, but out, lse is all that is computed from its inputs");
        assertThatThrownBy(sdpa(NOTHING, UNSEEN, "{\"out\": \"wide\"}")::run)
                .hasMessage("sdpa case: out must be a finite number, got \"wide\"");
    }

    // ---- what ONNX allows ----

    @Test
    void outputsAndInputsGoByTheirPlaceAndNullLeavesOneOut() {
        Tensor x = row(1, 3);
        Tensor one = row(1);
        onnx("LayerNormalization", "{}", List.of(x, one), row(-1, 1));
        text(
                "case.json",
                "{\"op\": \"LayerNormalization\", \"inputs\": [{\"key\": \"0\"}, {\"key\": \"1\"}],"
                        + " \"outputs\": [null, null, {\"key\": \"0\"}], \"attributes\": {\"epsilon\": 0.21}}");
        write("outputs", List.of(Tensor.of(new float[] {(float) (1 / Math.sqrt(1.21))}, 1, 1)));
        Result result = Cases.in(folder).getFirst().run();
        assertThat(result.worst().what()).isEqualTo("InvStdDev");
        assertThat(result.passed()).isTrue();
    }

    @Test
    void scaleAndBiasOfANormAreRepeatedToTheInput() {
        Tensor x = Tensor.of(new float[] {1, 3, 1, 3}, 2, 2);
        Tensor perRow = Tensor.of(new float[] {1, 10}, 2, 1);
        Tensor perColumn = Tensor.of(new float[] {5, 6}, 2);
        assertPasses(onnx(
                "LayerNormalization",
                "{\"epsilon\": 0}",
                List.of(x, perRow, perColumn),
                Tensor.of(new float[] {4, 7, -5, 16}, 2, 2)));
        assertPasses(onnx(
                "RMSNormalization",
                "{\"epsilon\": 0.0, \"axis\": 0}",
                List.of(Tensor.of(new float[] {2, 2, 2, 2}, 2, 2), Tensor.full(3, 1)),
                Tensor.full(3, 2, 2)));
    }

    @Test
    void aRowOfEqualNumbersHasAMeanAndADeviation() {
        assertPasses(onnx(
                "LayerNormalization",
                "{\"epsilon\": 0.25}",
                List.of(row(7, 7, 7), row(1, 1, 1)),
                row(0, 0, 0),
                Tensor.full(7, 1, 1),
                Tensor.full(2, 1, 1)));
    }

    @Test
    void beforeOpset13SoftmaxIsOverAllAxesFromOneOn() {
        Tensor x = Tensor.zeros(2, 2, 2);
        String keys = keys(1);
        assertPasses(onnx("Softmax", "\"opset\": 11", keys, keys, List.of(x), Tensor.full(0.25f, 2, 2, 2)));
        assertPasses(onnx("Softmax", "\"opset\": 13", keys, keys, List.of(x), Tensor.full(0.5f, 2, 2, 2)));
    }

    @Test
    void emptyAxesGiveEmptyAnswers() {
        assertPasses(onnx("Softmax", "{}", List.of(Tensor.zeros(3, 0)), Tensor.zeros(3, 0)));
        assertPasses(onnx("Softmax", "{\"axis\": 0}", List.of(Tensor.zeros(0, 3)), Tensor.zeros(0, 3)));
    }

    @Test
    void swishTakesAlpha() {
        float at2 = (float) (2 / (1 + Math.exp(-1)));
        assertPasses(onnx("Swish", "{\"alpha\": 0.5}", List.of(row(2, 0)), row(at2, 0)));
    }

    @Test
    void aMaskMayBeOfIntegersOrTellOfNoKey() {
        Tensor one = Tensor.full(1, 1, 1, 1, 1);
        Tensor two = Tensor.of(new float[] {1, 2}, 1, 1, 2, 1);
        onnx("Attention", "{}", List.of(one, one, one), Tensor.of(new float[] {2}, 1, 1, 1, 1));
        new SafetensorsWriter()
                .put("0", one)
                .put("1", Tensor.zeros(1, 1, 2, 1))
                .put("2", two)
                .putLongs("3", new long[] {-50, 50}, 2)
                .write(folder.resolve("inputs.safetensors"));
        text("case.json", "{\"op\": \"Attention\", \"inputs\": [%s], \"outputs\": [%s]}".formatted(keys(4), keys(1)));
        assertPasses(Cases.in(folder).getFirst());
        assertPasses(onnx("Attention", "{}", List.of(one, one, one, Tensor.zeros(1, 0)), Tensor.zeros(1, 1, 1, 1)));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            Attention       | 1,1,2,4 1,1,2,4 1,1,2 | {} | Q, K and V must all have four axes, or all three, got 3
            Attention       | 1,1,2,4 1,1,2,4 1,1,2,4 2,3 | {} | attn_mask must tell of at most 2 keys, got 3
            Attention       | 1,2,4 1,2,4 1,2,4 | {} | q_num_heads must divide the last axis of [1, 2, 4], got 0
            Attention       | 1,1,2,4 1,1,2,4 1,1,2,4 | {"q_num_heads": 2} | q_num_heads must be axis 1 of [1, 1, 2, 4], got 2
            RotaryEmbedding | 1,2,4 3,2 3,2 | {} | num_heads must divide the last axis of [1, 2, 4], got 0
            RotaryEmbedding | 2,4 3,2 3,2 | {} | input must have three or four axes, got [2, 4]
            RotaryEmbedding | 1,1,2,4 1,3,2 1,3,2 | {} | cos_cache must have half as many columns as are rotated, 4, and the axes [B, N, half], got [1, 3, 2]
            RotaryEmbedding | 1,1,2,4 1,2,3 1,2,3 | {"rotary_embedding_dim": 6} | at most 4 columns can be rotated, got 6
            FlexAttention   | 1,2,4 1,2,4 1,2,4 | {} | Q, K and V must all have four axes, got 3
            TensorScatter   | 1,3,2 1,4,2 | {} | update must have the shape of the cache [1, 3, 2], with no more on axis 1, got [1, 4, 2]
            TensorScatter   | 1,3,2 3,2 | {} | update must have the shape of the cache [1, 3, 2], with no more on axis 1, got [3, 2]
            TensorScatter   | 3,2 1,2 | {} | axis must not be that of the sequences, got 0
            TensorScatter   | 1,3,2 1,3,2 | {"mode": "round"} | mode must be linear or circular, got round
            SwiGLU          | 2,3 3 | {} | b must have the shape of a, [2, 3], got [3]
            Gelu            | 2,3 | {"approximate": "erf"} | approximate must be none or tanh, got erf
            """)
    void wrongUseIsOneSentence(String operator, String shapes, String attributes, String message) {
        List<Tensor> inputs = Arrays.stream(shapes.split(" "))
                .map(shape -> Tensor.zeros(Arrays.stream(shape.split(","))
                        .mapToInt(Integer::parseInt)
                        .toArray()))
                .toList();
        ConformanceCase one = onnx(operator, attributes, inputs, Tensor.zeros(1));
        assertThatThrownBy(one::run)
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("onnx " + operator + ": " + message);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            linear   | 1 | 0 8 9 3 4 5 6 7
            circular | 3 | 9 1 2 8 4 5 6 7
            """)
    void aCacheIsWrittenFromEachSequencesPlaceOn(String mode, long at, String expected) {
        float[] numbers = new float[8];
        String[] words = expected.split(" ");
        for (int i = 0; i < numbers.length; i++) {
            numbers[i] = Float.parseFloat(words[i]);
        }
        Tensor past = Tensor.of(new float[] {0, 1, 2, 3, 4, 5, 6, 7}, 2, 4, 1);
        Tensor update = Tensor.of(new float[] {8, 9, 4, 5}, 2, 2, 1);
        onnx("TensorScatter", "{}", List.of(past), Tensor.of(numbers, 2, 4, 1));
        new SafetensorsWriter()
                .put("0", past)
                .put("1", update)
                .putLongs("2", new long[] {at, 0}, 2)
                .write(folder.resolve("inputs.safetensors"));
        text(
                "case.json",
                "{\"op\": \"TensorScatter\", \"inputs\": [%s], \"outputs\": [%s], \"attributes\": {\"mode\": \"%s\"}}"
                        .formatted(keys(3), keys(1), mode));
        assertPasses(Cases.in(folder).getFirst());
    }

    @Test
    void aGraphMustGiveScoresInTheirShape() {
        Tensor x = Tensor.zeros(1, 1, 2, 4);
        String shape = "{\"score_mod\": {\"graph\": {\"inputs\": [\"s\"], \"outputs\": [\"y\"],"
                + " \"nodes\": [{\"op\": \"Shape\", \"inputs\": [\"s\"], \"outputs\": [\"y\"]}]}}}";
        assertThatThrownBy(onnx("FlexAttention", shape, List.of(x, x, x), x)::run)
                .hasMessageContaining("cannot be repeated to one");
    }

    @Test
    void positionsAndCachesAreChecked() {
        Tensor x = Tensor.zeros(1, 1, 2, 4);
        onnx("RotaryEmbedding", "{}", List.of(x), x);
        new SafetensorsWriter()
                .put("0", x)
                .put("1", Tensor.zeros(3, 2))
                .put("2", Tensor.zeros(3, 2))
                .putLongs("3", new long[] {0, 1L << 40}, 1, 2)
                .write(folder.resolve("inputs.safetensors"));
        text(
                "case.json",
                "{\"op\": \"RotaryEmbedding\", \"inputs\": [%s], \"outputs\": [%s]}".formatted(keys(4), keys(1)));
        assertThatThrownBy(Cases.in(folder).getFirst()::run)
                .hasMessage("onnx RotaryEmbedding: position_ids must hold numbers from 0 to 2, got 1099511627776");
        String past = "{\"key\": \"0\"}, {\"key\": \"0\"}, {\"key\": \"0\"}, null, {\"key\": \"1\"}";
        Tensor narrow = Tensor.zeros(1, 1, 2, 3);
        assertThatThrownBy(onnx("Attention", "\"rtol\": 0", past, keys(1), List.of(x, narrow), x)::run)
                .hasMessage("onnx Attention: past_key and past_value belong together, got one");
        String both = past + ", {\"key\": \"0\"}";
        assertThatThrownBy(onnx("Attention", "\"rtol\": 0", both, keys(1), List.of(x, narrow), x)::run)
                .hasMessage(
                        "onnx Attention: past_key must have the axes [B, Hkv, P, D] of [1, 1, 2, 4], got [1, 1, 2, 3]");
    }
}
