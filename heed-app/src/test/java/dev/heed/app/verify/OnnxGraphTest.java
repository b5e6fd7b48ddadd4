package dev.heed.app.verify;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.heed.app.verify.OnnxArray.Kind;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.json.JsonMapper;

class OnnxGraphTest {
    /** 1 2 3 / 4 5 6. */
    private static final OnnxArray X = new OnnxArray(Kind.FLOAT, new int[] {2, 3}, new double[] {1, 2, 3, 4, 5, 6});

    private static OnnxArray run(String nodes) {
        String graph = """
                {"inputs": ["x"], "outputs": ["y"], "initializers": {
                  "two": {"dtype": "F32", "shape": [], "values": [2]},
                  "low": {"dtype": "F32", "shape": [1], "values": ["-inf"]},
                  "i7": {"dtype": "I64", "shape": [], "values": [7]},
                  "i-2": {"dtype": "I64", "shape": [], "values": [-2]},
                  "last": {"dtype": "I64", "shape": [1], "values": [-1]},
                  "rows": {"dtype": "I64", "shape": [2], "values": [1, 0]},
                  "one": {"dtype": "I64", "shape": [1], "values": [1]},
                  "far": {"dtype": "I64", "shape": [1], "values": [99]},
                  "front": {"dtype": "I64", "shape": [1], "values": [-99]},
                  "huge": {"dtype": "I64", "shape": [2], "values": [1000000, 1000]},
                  "zero": {"dtype": "I64", "shape": [], "values": [0]},
                  "tall": {"dtype": "I64", "shape": [2], "values": [-1, 2]},
                  "yes": {"dtype": "BOOL", "shape": [3], "values": [true, false, true]}
                }, "nodes": [%s]}""".formatted(nodes);
        return new OnnxGraph("score_mod", JsonMapper.shared().readTree(graph)).apply(X);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            Mul       | x two        | {}            | 2,3 | 2 4 6 8 10 12
            Div       | i7 i-2       | {}            | ''  | -3
            Mod       | i7 i-2       | {}            | ''  | -1
            Mod       | i7 i-2       | {"fmod": 1}   | ''  | 1
            Where     | yes x low    | {}            | 2,3 | 1 -Infinity 3 4 -Infinity 6
            Trilu     | x            | {"upper": 0}  | 2,3 | 1 0 0 4 5 0
            Trilu     | x            | {}            | 2,3 | 1 2 3 0 5 6
            Gather    | x rows       | {"axis": 0}   | 2,3 | 4 5 6 1 2 3
            Gather    | x last       | {"axis": -1}  | 2,1 | 3 6
            Transpose | x            | {}            | 3,2 | 1 4 2 5 3 6
            Reshape   | x tall       | {}            | 3,2 | 1 2 3 4 5 6
            Unsqueeze | x last       | {}            | 2,3,1 | 1 2 3 4 5 6
            Concat    | x x          | {"axis": 1}   | 2,6 | 1 2 3 1 2 3 4 5 6 4 5 6
            Clip      | x two        | {}            | 2,3 | 2 2 3 4 5 6
            Max       | x two        | {}            | 2,3 | 2 2 3 4 5 6
            LessOrEqual | x two      | {}            | 2,3 | 1 1 0 0 0 0
            Shape     | x            | {}            | 2   | 2 3
            Shape     | x            | {"start": -1} | 1   | 3
            Shape     | x            | {"end": 1}    | 1   | 2
            Slice     | x one far    | {}            | 1,3 | 4 5 6
            Slice     | x last far last | {}         | 2,1 | 3 6
            Slice     | x far front one last | {}    | 2,3 | 3 2 1 6 5 4
            Slice     | x last one last last | {}    | 2,1 | 3 6
            ReduceMax | x last       | {}            | 2,1 | 3 6
            ReduceMin | x last       | {"keepdims": 0} | 2 | 1 4
            ReduceSum | x            | {}            | 1,1 | 21
            ReduceMean | x one       | {}            | 2,1 | 2 5
            ConstantOfShape | one    | {}            | 1   | 0
            ConstantOfShape | one    | {"value": {"dtype": "BOOL", "shape": [1], "values": [true]}} | 1 | 1
            CastLike  | two yes      | {}            | ''  | 1
            IsInf     | low          | {"detect_negative": 0} | 1 | 0
            """)
    void operatorsGiveWhatOnnxDefines(String operator, String inputs, String attributes, String shape, String values) {
        String names = '"' + inputs.strip().replace(" ", "\", \"") + '"';
        OnnxArray y = run("{\"op\": \"%s\", \"inputs\": [%s], \"outputs\": [\"y\"], \"attributes\": %s}"
                .formatted(operator.strip(), names, attributes));
        assertThat(y.shape())
                .isEqualTo(
                        shape.isEmpty()
                                ? new int[0]
                                : Arrays.stream(shape.split(","))
                                        .mapToInt(Integer::parseInt)
                                        .toArray());
        assertThat(y.values())
                .isEqualTo(Arrays.stream(values.split(" "))
                        .mapToDouble(Double::parseDouble)
                        .toArray());
    }

    @Test
    void anOperatorThatIsNotKnownIsNamed() {
        assertThatThrownBy(() -> run("{\"op\": \"Conv\", \"inputs\": [\"x\"], \"outputs\": [\"y\"]}"))
                .isInstanceOf(UnsupportedOperationException.class)
                .hasMessage("score_mod: the graph's operator Conv is not supported");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            Gather    | x far           | {"axis": 0}   | the graph's operator Gather cannot be applied to what it reads
            Transpose | x               | {"perm": [1]} | the graph's operator Transpose cannot be applied to what it reads
            Range     | zero i7 zero    | {}            | a value may hold at most 67108864 numbers
            ConstantOfShape | huge      | {}            | a value may hold at most 67108864 numbers
            """)
    void whatAnOperatorCannotDoIsOneSentence(String operator, String inputs, String attributes, String message) {
        assertThatThrownBy(() -> run("{\"op\": \"%s\", \"inputs\": [\"%s\"], \"outputs\": [\"y\"], \"attributes\": %s}"
                        .formatted(operator, inputs.replace(" ", "\", \""), attributes)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(message);
    }

    @Test
    void aNameThatIsReadBeforeItIsComputedIsNamed() {
        assertThatThrownBy(() -> run("{\"op\": \"Neg\", \"inputs\": [\"z\"], \"outputs\": [\"y\"]}"))
                .hasMessage("score_mod: the graph reads 'z' before it is computed");
    }
}
