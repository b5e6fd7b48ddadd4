package dev.heed.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.heed.app.print.Colours;
import dev.heed.app.print.Text;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The worked examples, to the digits they are stated with. */
class ExplainTest {
    @ParameterizedTest
    @CsvSource(delimiter = ';', textBlock = """
                    average; 4.6; 1e-6
                    bank;    0.65; 1e-6
                    it-cat;  0.58, 0.32, 0.13; 1e-6
                    mixture; 0.755272, 0.334759; 5e-7
                    cat-sat; 0.5320, 0.5437, 0.4613; 5e-5
                    books;   0.6, 0.05, 0.35; 1e-6
                    """)
    void outputsAreTheStatedOnes(String name, String expected, double within) {
        assertNumbers(Explanation.of(Example.named(name)).output(), expected, within);
    }

    @ParameterizedTest
    @CsvSource(delimiter = ';', textBlock = """
                    mixture; 0.665241, 0.244728, 0.090031; 5e-7
                    cat-sat; 0.2860, 0.3784, 0.3356; 5e-5
                    average; 0.5, 0.3, 0.2; 1e-6
                    bank;    0.04, 0.04, 0.04, 0.04, 0.15, 0.04, 0.35, 0.30; 1e-6
                    it-cat;  0.7, 0.2, 0.1; 1e-6
                    books;   0.6, 0.05, 0.35; 1e-6
                    """)
    void weightsAreTheStatedOnes(String name, String expected, double within) {
        assertNumbers(Explanation.of(Example.named(name)).weights(), expected, within);
    }

    @Test
    void scoresAreTheStatedOnes() {
        assertNumbers(Explanation.of(Example.named("mixture")).scores(), "1, 0, -1", 1e-12);
        assertNumbers(Explanation.of(Example.named("cat-sat")).scores(), "0.61, 0.89, 0.77", 1e-7);
    }

    /** Each book's own weight, at a temperature of 1 the stated one. */
    @Test
    void theLookUpsOfBooksStandBesideTheirBooks() {
        assertThat(Run.of("explain", "books").out())
                .containsPattern("temperature +0 +0\\.5 +1 +2 +100\n")
                .containsPattern("ML algorithms Python +1\\.0000  0\\.7423  0\\.6000  0\\.4872  0\\.3367\n")
                .containsPattern("Web development JavaScript +0\\.0000  0\\.0052  0\\.0500  0\\.1406  0\\.3284\n")
                .containsPattern("Deep learning PyTorch +0\\.0000  0\\.2526  0\\.3500  0\\.3721  0\\.3349\n");
    }

    /** In the row of the word that was written last, the largest weight lies on the word that is translated next. */
    @Test
    void hundAlignsEachWordWithItsTranslation() {
        JsonNode head = JsonMapper.shared()
                .readTree(Run.of("explain", "hund", "--format", "json").out());
        assertThat(head.get("kind").asString()).isEqualTo("cross");
        for (int word = 0; word < 4; word++) { // the, dog, is, black; der, Hund, ist, schwarz
            assertThat(head.get("weights").get(word).get(word).asDouble()).isGreaterThan(0.9);
        }
    }

    @Test
    void everythingFitsEightyColumns() {
        for (String name : Example.names()) {
            assertThat(Run.in(Colours.NONE, 80, "explain", name).out().lines())
                    .as(name)
                    .allMatch(line -> Text.width(line) <= 80);
        }
        assertThat(Run.in(Colours.NONE, 80, "explain").out().lines()).allMatch(line -> Text.width(line) <= 80);
        assertThat(Run.in(Colours.NONE, 80).out().lines()).allMatch(line -> Text.width(line) <= 80);
    }

    @Test
    void catSatShowsTheExactRowThePublishedSlipAndTheScaledRow() {
        String out = Run.of("explain", "cat-sat").out();
        assertThat(out)
                .containsPattern("exact, without √d +0\\.2860  0\\.3784  0\\.3356  \\[0\\.5320, 0\\.5437, 0\\.4613]")
                .containsPattern("as published +0\\.2600  0\\.3900  0\\.3500  \\[0\\.55, 0\\.50, 0\\.48]")
                .containsPattern("exact, scaled by 1/√3 +0\\.3056  0\\.3592  0\\.3352")
                .contains("they are not the softmax");
    }

    @Test
    void textNamesTheFourStepsInTheirOrder() {
        assertThat(Run.of("explain", "mixture").out())
                .containsSubsequence(
                        "1 scores", "2 mask", "3 softmax", "0.665241", "4 mixture", "[0.755272, 0.334759]");
    }

    @ParameterizedTest
    @ValueSource(strings = {"average", "bank", "it-cat", "mixture", "cat-sat", "books"})
    void theKernelAgreesWithTheReference(String name) {
        Explanation explanation = Explanation.of(Example.named(name));
        assertThat(explanation.kernelDifference()).isLessThan(2e-7);
        assertThat(explanation.map().largestRowSumError()).isLessThan(2e-7);
    }

    @Test
    void jsonParsesBack() {
        Run run = Run.of("explain", "mixture", "--format", "json");
        JsonNode root = JsonMapper.shared().readTree(run.out());
        assertThat(root.get("output").get(0).asDouble())
                .isEqualTo(Explanation.of(Example.named("mixture")).output()[0]);
        assertThat(root.get("keys").get(2).get("key").asString()).isEqualTo("k2");
        assertThat(run.code()).isZero();
    }

    @Test
    void csvHasEveryStepAndOneHeader() {
        List<String> lines =
                Run.of("explain", "average", "--format", "csv").out().lines().toList();
        assertThat(lines.getFirst()).isEqualTo("step,key,coordinate,value");
        assertThat(lines).hasSize(1 + 3 + 3 + 3 + 1).allMatch(line -> line.split(",", -1).length == 4);
    }

    @Test
    void theListNamesAllTenExamples() {
        assertThat(Run.of("explain").out())
                .contains(
                        "average",
                        "bank",
                        "it-cat",
                        "mixture",
                        "cat-sat",
                        "books",
                        "trophy",
                        "animal",
                        "warm-mat",
                        "hund");
    }

    @Test
    void anExampleThatNeedsAModelIsAskedAndSaysHow() {
        String resolve = "heed resolve \"The trophy wouldn't fit in the suitcase because it was too big.\"\n";
        Run run = Run.of("explain", "trophy");
        assertThat(run.code()).isZero();
        assertThat(run.out()).startsWith(resolve).contains("\"it\" stands for ");
        String look = "heed look --model translator --head L0H2 \"The dog is black.\"\n";
        assertThat(Run.of("explain", "hund").out()).startsWith(look).contains("Hund");
    }

    @ParameterizedTest
    @ValueSource(strings = {"average", "books", "trophy", "animal", "warm-mat", "hund"})
    void everyExampleIsJsonWhereThatIsAsked(String name) {
        Run run = Run.of("explain", name, "--format", "json");
        assertThat(run.code()).as(run.err()).isZero();
        assertThat(JsonMapper.shared().readTree(run.out()).isContainer()).isTrue();
    }

    private static void assertNumbers(double[] actual, String expected, double within) {
        String[] numbers = expected.split(",");
        assertThat(actual).hasSize(numbers.length);
        for (int i = 0; i < numbers.length; i++) {
            assertThat(actual[i])
                    .as("number %d", i)
                    .isCloseTo(Double.parseDouble(numbers[i].strip()), org.assertj.core.data.Offset.offset(within));
        }
    }
}
