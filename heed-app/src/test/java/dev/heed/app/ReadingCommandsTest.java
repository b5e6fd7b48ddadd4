package dev.heed.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.heed.model.Generation;
import dev.heed.model.Model;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** fill, embed, classify and translate on the conformance checkpoints, whose weights are random. */
class ReadingCommandsTest {
    private static String folder(String name) {
        return Shared.conformance("hf/" + name).toString();
    }

    @ParameterizedTest
    @CsvSource({"bert, [MASK]", "distilbert, [MASK]", "roberta, <mask>"})
    void fillGivesSoManyWordsForEachMask(String name, String mask) {
        Run run = Run.of(
                "fill", "-m", folder(name), "--top", "3", "--format", "csv", "The " + mask + " is " + mask + ".");
        assertThat(run.err()).isEmpty();
        List<String> lines = run.out().lines().toList();
        assertThat(lines).hasSize(7).first().isEqualTo("token,word,id,probability");
        List<Double> probabilities = lines.stream()
                .skip(1)
                .map(line -> Double.valueOf(line.substring(line.lastIndexOf(',') + 1)))
                .toList();
        assertThat(probabilities).allMatch(p -> p > 0 && p < 1);
        assertThat(probabilities.get(0)).isGreaterThanOrEqualTo(probabilities.get(1));
        assertThat(lines.get(1).split(",")[0]).isNotEqualTo(lines.get(4).split(",")[0]);
    }

    /** A vector does not depend on its neighbours, and mean and first token differ. */
    @ParameterizedTest
    @ValueSource(strings = {"bert", "gpt2", "t5"})
    void embedGivesEachTextItsVector(String name) {
        String alone = Run.of("embed", "-m", folder(name), "What is it?").out();
        Run both = Run.of("embed", "-m", folder(name), "First Citizen: we are poor.", "What is it?");
        assertThat(both.err()).isEmpty();
        assertThat(both.out().lines()).hasSize(2).last().isEqualTo(alone.strip());
        assertThat(alone.strip().split(" ")).hasSizeGreaterThan(8);
        assertThat(Run.of("embed", "-m", folder(name), "--format", "json", "What is it?")
                        .out())
                .startsWith("[ {\n  \"text\" : \"What is it?\",\n  \"vector\" : [ "
                        + alone.substring(0, alone.indexOf(' ')));
        assertThat(Run.of("embed", "-m", folder(name), "--pooling", "cls", "What is it?")
                        .out())
                .isNotEqualTo(alone);
    }

    /** A header and a row for each text, as every other table. */
    @Test
    void embedAsCsvNamesItsColumns() {
        String bert = folder("bert");
        List<String> numbers =
                Run.of("embed", "-m", bert, "What, it?", "Good.").out().lines().toList();
        List<String> csv = Run.of("embed", "-m", bert, "--format", "csv", "What, it?", "Good.")
                .out()
                .lines()
                .toList();
        assertThat(csv).hasSize(3);
        int width = numbers.get(0).split(" ").length;
        assertThat(csv.get(0)).startsWith("text,v0,v1,").endsWith(",v" + (width - 1));
        assertThat(csv.get(1)).isEqualTo("\"What, it?\"," + numbers.get(0).replace(' ', ','));
        assertThat(csv.get(2)).isEqualTo("Good.," + numbers.get(1).replace(' ', ','));
    }

    @ParameterizedTest
    @ValueSource(strings = {"marian", "bart", "t5"})
    void translateWritesOneLineForEachText(String name) {
        Run run = Run.of("translate", "-m", folder(name), "--max-tokens", "9", "What is the city?", "Good.");
        assertThat(run.code()).as(run.err()).isZero();
        String alone = Run.of("translate", "-m", folder(name), "--max-tokens", "9", "Good.")
                .out();
        assertThat(run.out()).endsWith(alone).hasLineCount(2);
    }

    /** Every word of this vocabulary begins a line. */
    @Test
    void aTranslationOfSeveralLinesIsOne(@TempDir Path copy) throws IOException {
        for (String file : List.of("config.json", "model.safetensors", "tokenizer.json")) {
            Files.copy(Path.of(folder("t5"), file), copy.resolve(file));
        }
        Path tokenizer = copy.resolve("tokenizer.json");
        String json = Files.readString(tokenizer);
        String changed = json.replaceAll("(\\[\\s*\"▁)(?=[^\"])", "$1\\\\n");
        assertThat(changed).isNotEqualTo(json);
        Files.writeString(tokenizer, changed);
        String text = "What is the city?";
        try (Model model = Model.load(copy)) {
            assertThat(model.generate(text, Generation.Options.greedy(20))
                            .text()
                            .strip())
                    .contains("\n");
        }
        assertThat(Run.of("translate", "-m", copy.toString(), "--max-tokens", "20", text)
                        .out())
                .hasLineCount(1);
    }

    @Test
    void whatTheVocabularyLacksIsToldByResolveFillAndClassifyToo() {
        assertThat(Run.of("resolve", "The dog chased the cat and then it ran away")
                        .out())
                .startsWith("\"it\" stands for no word of the sentence, says cloze");
        assertThat(Run.of("resolve", "The zork didn't cross the street because it was too tired.")
                        .err())
                .contains("the model's vocabulary lacks 'zork'")
                .hasLineCount(1);
        assertThat(Run.of("fill", "The [MASK] was zzz").err())
                .contains("the model's vocabulary lacks 'zzz'")
                .hasLineCount(1);
    }

    @Test
    void aPronounInsideAnotherWordIsPointedOut() {
        assertThat(Run.of("resolve", "The animal didn't cross the street because it's tired.")
                        .err())
                .contains("must have one \"it\", got 0; this model reads 'it's' as one word");
    }

    @Test
    void theTextThatIsRefusedIsNamed() {
        assertThat(Run.of("translate", "The dog is black.", "").err()).startsWith("heed: translate, text 2: ");
        Run tooLong = Run.of("embed", "-m", folder("bert"), "The cat.", "the cat ".repeat(60));
        assertThat(tooLong.err()).startsWith("heed: embed, text 2: at most 64 tokens fit this model, got ");
    }

    @Test
    void fuzzReportsWhatItRead() {
        Run run = Run.of("fuzz", "--inputs", "200", "--seed", "3", folder("bert"));
        assertThat(run.code()).as(run.out()).isZero();
        assertThat(run.out()).startsWith("200 inputs, seed 3: ").contains(" 0 bad");
    }

    @Test
    void whatAModelCannotDoIsOneLine() {
        for (Run run : List.of(
                Run.of("fill", "-m", folder("bert"), "no mask here"),
                Run.of("fill", "-m", folder("bert"), "--top", "0", "a [MASK]"),
                Run.of("answer", "-m", folder("bert"), "--top", "0", "who?", "a text"),
                Run.of("classify", "-m", folder("bert"), "--top", "-1", "a text"),
                Run.of("fill", "-m", folder("gpt2"), "a [MASK]"),
                Run.of("classify", "-m", folder("bert"), "a text"),
                Run.of("answer", "-m", folder("bert"), "who?", "a text"),
                Run.of("fill", "-m", "story", "zork"),
                Run.of("classify", "-m", folder("bert"), "日 text"),
                Run.of("answer", "-m", folder("bert"), "日?", "日 text"),
                Run.of("resolve", "-m", folder("bert"), "日 text"),
                Run.of("fuzz", "--inputs", "0"),
                Run.of("fuzz", "no-such-folder"),
                Run.of("translate", "-m", folder("gpt2"), "a text"),
                Run.of("translate", "-m", folder("bert"), "a text"),
                Run.of("embed", "-m", folder("bert"), ""))) {
            assertThat(run.code()).isEqualTo(2);
            assertThat(run.out()).isEmpty();
            assertThat(run.err()).startsWith("heed: ").hasLineCount(1);
        }
        assertThat(Run.of("answer", "-m", folder("bert"), "--top", "0", "who?", "a text")
                        .err())
                .isEqualTo("heed: answer: --top must be at least 1, got 0\n");
    }
}
