package dev.heed.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.heed.app.print.Colours;
import dev.heed.model.Model;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** look, generate, info, models and verify on a real checkpoint. */
class ModelCommandsTest {
    private static final String LILY = "Once upon a time, there was a little girl named Lily.";

    private static String stories() {
        return Shared.model("stories260K").toString();
    }

    @Test
    void generateWritesExactlyTheExpectedTextAndNothingElse() throws IOException {
        JsonNode expected = JsonMapper.shared().readTree(Files.readString(Path.of(stories(), "expected.json")));
        assertThat(expected.size()).isPositive();
        for (JsonNode one : expected) {
            int written = one.get("greedy_ids").size() - one.get("prompt_ids").size();
            Run run = Run.of(
                    "generate",
                    "--model",
                    stories(),
                    "--max-tokens",
                    "" + written,
                    one.get("prompt").asString());
            assertThat(run.out()).isEqualTo(one.get("greedy_text").asString() + "\n");
            assertThat(run.err()).isEmpty();
            assertThat(run.code()).isZero();
        }
    }

    @Test
    void theSameSeedWritesTheSameTextAndAnotherSeedAnother() {
        List<String> texts = List.of("7", "7", "8").stream()
                .map(seed -> Run.of("generate", "-m", stories(), "--temperature", "1", "--seed", seed, "Once")
                        .out())
                .toList();
        assertThat(texts.get(0)).isEqualTo(texts.get(1)).isNotEqualTo(texts.get(2));
    }

    @Test
    void aTextThatOutgrowsTheTrainedLengthIsTold() {
        Run run = Run.of("generate", "-m", stories(), "--max-tokens", "520", "Once upon a time");
        assertThat(run.code()).isZero();
        assertThat(run.err()).contains("more than the 512 that the model was made for");
    }

    /** Nothing is drawn unless asked for; where the files ask for it, that is said. */
    @Test
    void filesThatWantTokensDrawnAreTold(@TempDir Path copy) throws IOException {
        for (String file : List.of("config.json", "model.safetensors", "tokenizer.json")) {
            Files.copy(Shared.conformance("hf/gpt2").resolve(file), copy.resolve(file));
        }
        Files.writeString(
                copy.resolve("generation_config.json"), "{\"do_sample\": true, \"temperature\": 0.6, \"top_p\": 0.9}");
        assertThat(Run.of("generate", "-m", copy.toString(), "--max-tokens", "3", "the")
                        .err())
                .contains("--temperature 0.6 --top-k 50 --top-p 0.9; the likeliest are taken now")
                .hasLineCount(1);
        assertThat(Run.of("generate", "-m", copy.toString(), "--max-tokens", "3", "--temperature", "1", "the")
                        .err())
                .isEmpty();
    }

    @Test
    void beamsAreForTemperatureZero() {
        Run run = Run.of("generate", "-m", stories(), "--beams", "3", "--temperature", "1", "Once");
        assertThat(run.code()).isEqualTo(2);
        assertThat(run.out()).isEmpty();
        assertThat(run.err()).contains("beams need temperature 0");
        assertThat(Run.of("generate", "-m", stories(), "--beams", "3", "--max-tokens", "9", "Once")
                        .out())
                .startsWith("Once");
    }

    @Test
    void anEmptyPromptBeginsWithTheModelsFirstToken() {
        Run run = Run.of("generate", "-m", stories(), "--max-tokens", "5", "");
        assertThat(run.code()).isZero();
        assertThat(run.out()).isNotBlank();
    }

    @Test
    void aTextThatIsTooLongIsRefusedBeforeAnythingIsWritten() {
        Run run = Run.of("generate", "-m", Shared.conformance("hf/gpt2").toString(), "the cat ".repeat(60));
        assertThat(run.code()).isEqualTo(2);
        assertThat(run.out()).isEmpty();
        assertThat(run.err()).contains("at most 64 tokens fit this model");
    }

    @Test
    void whatTheVocabularyLacksIsTold() {
        String bert = Shared.conformance("hf/bert").toString();
        Run run = Run.of("look", "-m", bert, "The 日本 cat 🐱");
        assertThat(run.code()).isZero();
        assertThat(run.err()).contains("the model's vocabulary lacks '日', '本', '🐱'");
        Run nothing = Run.of("look", "-m", bert, "日");
        assertThat(nothing.code()).isEqualTo(2);
        assertThat(nothing.err())
                .contains("the model's vocabulary has nothing of '日'; give words that it knows, or another --model");
        assertThat(Run.of("look", "zzz").err()).contains("such as \"The animal didn't cross the street");
    }

    @Test
    void aBundledModelIsKnownByItsNameEverywhere() {
        assertThat(Run.of("info", "cloze").out())
                .isEqualTo(Run.of("info", "--model", "cloze").out());
        Run both = Run.of("info", "cloze", "--model", "story");
        assertThat(both.code()).isEqualTo(2);
        assertThat(both.err()).contains("give one model");
    }

    @Test
    void drawingWithoutATemperatureIsRefused() {
        for (String option : List.of("--top-k=3", "--top-p=0.5", "--seed=7")) {
            Run run = Run.of("generate", "-m", stories(), option, "Once");
            assertThat(run.code()).isEqualTo(2);
            assertThat(run.err()).contains("give --temperature").hasLineCount(1);
        }
    }

    @Test
    void enumsAreShownAsTheyAreTyped() {
        assertThat(Run.of("look", "--format", "xml", "a").err()).contains("must be text or json or csv, got 'xml'");
        assertThat(Run.of("look", "--kind", "both", "a").err())
                .contains("must be self or encoder or cross, got 'both'");
        assertThat(Run.of("embed", "--pooling", "max", "a").err()).contains("must be mean or cls, got 'max'");
        assertThat(Run.of("compare", "other").err()).contains("must be recall, got 'other'");
        assertThat(Run.of("completion").out())
                .contains("\"text\" \"json\" \"csv\"")
                .doesNotContain("TEXT", "SELF", "MEAN", "RECALL");
    }

    @Test
    void aFolderThatIsNotThereIsSaidToBe() {
        assertThat(Run.of("info", "no/such/model").err())
                .contains("no/such/model: no such folder", "Heed downloads none", "a bundled model: ", "cloze");
    }

    @Test
    void aStopTextEndsTheText() {
        String out = Run.of("generate", "-m", stories(), "--stop", " girl", "Once upon a time")
                .out();
        assertThat(out).isEqualTo("Once upon a time, there was a little\n");
    }

    @Test
    void lookPrintsAHeadItsReasonAndItsCheck() {
        Run run = Run.of("look", "--model", stories(), LILY);
        assertThat(run.code()).as(run.err()).isZero();
        assertThat(run.out())
                .containsPattern("L\\dH\\d.* the lowest of 40 heads by mean entropy relative to uniform")
                .contains("␣Lily (14)", "check: largest |row sum − 1|", "stories260K (llama), 16 tokens")
                .doesNotContain("\u001b");
    }

    @Test
    void lookAtANamedHeadQueryAndGrid() {
        assertThat(Run.of("look", "-m", stories(), "--head", "L2H3", LILY).out())
                .startsWith("L2H3 (KV 1)");
        assertThat(Run.of("look", "-m", stories(), "--head", "L2H3", "--query", "4", LILY)
                        .out())
                .contains("query ␣time (4)", "11 keys are masked");
        assertThat(Run.in(Colours.TRUE, 120, "look", "-m", stories(), "--grid", LILY)
                        .out())
                .contains("L0H0", "L4H7");
        assertThat(Run.of("look", "-m", stories(), "--grid", "--layer", "3", LILY)
                        .out())
                .contains("L3H7")
                .doesNotContain("L2H7");
    }

    /** To a word the sum, from a word the mean, of what the same command shows without the flag. */
    @Test
    void lookGroupsTokensIntoWords() {
        String bert = Shared.conformance("hf/bert").toString();
        String tokens = Run.of("look", "-m", bert, "--head", "L0H0", "--format", "csv", "The cat")
                .out();
        String words = Run.of("look", "-m", bert, "--head", "L0H0", "--words", "--format", "csv", "The cat")
                .out();
        assertThat(labels(tokens)).containsExactly("[CLS]", "the", "ca", "##t", "[SEP]");
        assertThat(labels(words)).containsExactly("[CLS]", "The", "cat", "[SEP]");
        double mean = (weight(tokens, 2, 2) + weight(tokens, 2, 3) + weight(tokens, 3, 2) + weight(tokens, 3, 3)) / 2;
        assertThat(weight(words, 2, 2)).isCloseTo(mean, within(1e-6));
        assertThat(weight(words, 0, 2)).isCloseTo(weight(tokens, 0, 2) + weight(tokens, 0, 3), within(1e-6));
        assertThat(Run.of("look", "-m", bert, "--words", "--query", "2", "The cat")
                        .out())
                .contains("query cat (2)", "check: largest");
        assertThat(Run.of("look", "-m", stories(), "--words", "--grid", LILY).code())
                .isZero();
    }

    /** L0H0 is the name of three heads of an encoder–decoder. */
    @Test
    void linesOfLookSayWhichAttentionTheyAreOf() {
        String bart = Shared.conformance("hf/bart").toString();
        for (String kind : List.of("self", "encoder", "cross")) {
            String out = Run.of(
                            "look",
                            "-m",
                            bart,
                            "--kind",
                            kind,
                            "--head",
                            "L0H0",
                            "--format",
                            "csv",
                            "--pair",
                            "The cat",
                            "The cat")
                    .out();
            assertThat(out.lines().findFirst()).contains("kind,layer,head,query,query_token,key,key_token,weight");
            assertThat(out.lines().skip(1)).isNotEmpty().allMatch(line -> line.startsWith(kind + ",0,0,"));
        }
    }

    private static List<String> labels(String csv) {
        return csv.lines().skip(1).map(line -> line.split(",")[4]).distinct().toList();
    }

    private static double weight(String csv, int query, int key) {
        return csv.lines()
                .filter(line -> line.startsWith("self,0,0," + query + ",") && line.split(",")[5].equals("" + key))
                .mapToDouble(line -> Double.parseDouble(line.split(",")[7]))
                .findFirst()
                .orElseThrow();
    }

    @Test
    void lookAsJsonHoldsRowsThatSumToOne() {
        JsonNode json = JsonMapper.shared()
                .readTree(Run.of("look", "-m", stories(), "--head", "L0H0", "--format", "json", LILY)
                        .out());
        for (JsonNode row : json.get("weights")) {
            double sum = 0;
            for (JsonNode weight : row) {
                sum += weight.isNull() ? 0 : weight.asDouble();
            }
            assertThat(sum).isCloseTo(1, org.assertj.core.data.Offset.offset(1e-5));
        }
        assertThat(Run.of("look", "-m", stories(), "--head", "L0H0", "--format", "csv", LILY)
                        .out()
                        .lines())
                .hasSize(1 + 16 * 16);
    }

    @ParameterizedTest
    @CsvSource(delimiter = ';', textBlock = """
                    --head L9H0;              must be at most L4H7
                    --head 3;                 must be like L2H3
                    --layer 5;                --layer must be 0..4
                    --query 99;               --query must be 0..
                    --width 3;                --width must be
                    --kind cross;             --kind must be self for this model, got cross
                    --grid --format json;     --grid is a picture
                    --grid --head L0H0;       --grid shows all heads
                    --grid --query 1;         --grid shows all heads
                    --head L0H0 --layer 1;    --head names its layer
                    """)
    void badChoicesAreOneLineAndExitTwo(String flags, String said) {
        String[] head = ("look;-m;" + stories() + ";" + flags.replace(' ', ';') + ";some words").split(";");
        Run run = Run.of(head);
        assertThat(run.code()).isEqualTo(2);
        assertThat(run.err()).startsWith("heed: look: ").contains(said).hasLineCount(1);
    }

    @Test
    void textsWithoutTokensAndFoldersWithoutModelsAreOneLine(@TempDir Path empty) {
        for (Run run : List.of(
                Run.of("look", "-m", stories(), ""),
                Run.of("generate", "-m", Shared.conformance("hf/gpt2").toString(), ""),
                Run.of("look", "-m", empty.toString(), "text"),
                Run.of("generate", "-m", empty.resolve("absent").toString(), "text"),
                Run.of("info", empty.toString()),
                Run.of("look", "text without a model"),
                Run.of("generate", "-m", stories(), "--temperature", "NaN", "text"),
                Run.of("generate", "-m", stories(), "--temperature", "1", "--top-p", "0", "text"))) {
            assertThat(run.code()).isEqualTo(2);
            assertThat(run.out()).isEmpty();
            assertThat(run.err()).startsWith("heed: ").hasLineCount(1);
        }
    }

    @Test
    void withoutAModelLookTakesTheBundledOne() {
        Run run = Run.of("look", "The animal didn't cross the street because it was too tired.");
        assertThat(run.code()).isZero();
        assertThat(run.out()).contains("animal (2)", "it (8)", "cloze (bert), 14 tokens");
    }

    @Test
    void aHeadThatLooksAtOneOffsetIsNotTheFirstToBeShown() {
        String text = "The animal didn't cross the street because it was too tired.";
        assertThat(Run.of("look", text).out().replace("\n", " ")).contains("leaving out those that look at one offset");
        assertThat(Run.of("look", text, "--layer", "0").code()).isZero();
    }

    @Test
    void aFolderThatIsADotHasAName(@TempDir Path folder) throws IOException {
        Path own = copyOfCloze(folder.resolve("own"));
        Run run = Run.of("resolve", "-m", own.resolve(".").toString(), "The animal was tired because it was old.");
        assertThat(run.out()).contains("says own");
        assertThat(Run.of("look", "-m", own.resolve("..").resolve("own").toString() + "/.", "The animal was tired.")
                        .out())
                .contains("own (bert), ");
    }

    private static Path copyOfCloze(Path to) throws IOException {
        Files.createDirectories(to);
        try (Model model = Model.bundled("cloze");
                Stream<Path> files = Files.list(model.folder())) {
            for (Path file : files.toList()) {
                Files.copy(file, to.resolve(file.getFileName()));
            }
        }
        return to;
    }

    @Test
    void nothingInAModelsFilesSteersATerminal(@TempDir Path folder) throws IOException {
        copyOfCloze(folder);
        Path config = folder.resolve("config.json");
        Files.writeString(config, Files.readString(config).replaceFirst("\\{", "{\"\\\\u001b[2J\\\\u202e\": 1,"));
        Run run = Run.of("info", folder.toString());
        assertThat(run.code()).isZero();
        assertThat(run.err())
                .isEqualTo(
                        "heed: warning: config.json: '\\u{1B}[2J\\u{202E}' is not known to this architecture and not used\n");
        Run none = Run.of("info", folder.resolve("\u001b[31m").toString());
        assertThat(none.err()).contains("\\u{1B}[31m: no such folder").doesNotContain("\u001b");
    }

    @Test
    void infoAndModelsTellSizesAndArchitectures() {
        assertThat(Run.of("info", stories()).out()).contains("llama", "260032");
        assertThat(Run.of("models").out()).contains("llama");
    }

    @Test
    void verifyRunsModelFolders() {
        Run run = Run.of("verify", Shared.conformance("hf").resolve("llama").toString());
        assertThat(run.out()).as(run.out()).endsWith("1 passed, 0 failed\n");
        assertThat(Run.of("verify", stories()).out()).endsWith("1 passed, 0 failed\n");
    }
}
