package dev.heed.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.heed.app.print.Colours;
import dev.heed.app.print.Terminal;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class TrainTest {
    @TempDir
    private Path folder = Path.of(""); // set by JUnit

    private String text = "";
    private String out = "";

    @BeforeEach
    void writeText() throws IOException {
        text = Files.writeString(folder.resolve("text.txt"), "the cat sat on the mat. ".repeat(40))
                .toString();
        out = folder.resolve("run").toString();
    }

    private Run train(String... more) {
        String[] all = new String[more.length + 9];
        String[] first = {"train", "--recipe", "shakespeare-char", "--data", text, "--out", out, "--format", "json"};
        System.arraycopy(first, 0, all, 0, first.length);
        System.arraycopy(more, 0, all, first.length, more.length);
        return Run.of(all);
    }

    @Test
    void theLastLineHoldsWhatWasMeasuredAndTheFolderGenerates() {
        Run run = train("--steps", "3");
        assertThat(run.code()).as(run.err()).isZero();
        JsonNode last = JsonMapper.shared()
                .readTree(run.out().lines().reduce((a, b) -> b).orElseThrow());
        assertThat(last.path("step_ms").asDouble()).isPositive();
        assertThat(last.path("tokens_per_s").asDouble()).isPositive();
        assertThat(last.path("train_loss").asDouble()).isBetween(0.5, 3.0);
        assertThat(last.path("val_loss").asDouble()).isBetween(0.5, 3.0);
        assertThat(run.err()).contains("validation loss");
        Run written = Run.of("generate", "--model", out, "--max-tokens", "5", "the cat");
        assertThat(written.code()).as(written.err()).isZero();
        assertThat(written.out().strip()).hasSizeBetween(8, 12);
    }

    @Test
    void checkpointsKeepWhatTheirHeadsAreLikeAndResumingKeepsThem() throws IOException {
        assertThat(train("--steps", "2").code()).isZero();
        List<String> lines = Files.readAllLines(Path.of(out, "metrics.jsonl"));
        JsonNode heads = JsonMapper.shared().readTree(lines.getLast());
        assertThat(heads.path("step").asInt()).isEqualTo(2);
        JsonNode induction = heads.path("heads").path("induction");
        assertThat(induction.path("uniform").asDouble()).isBetween(0.01, 0.2);
        assertThat(induction.path("heads").size()).isEqualTo(4);
        assertThat(induction.path("heads").get(3).get(3).asDouble()).isBetween(0.0, 1.0);
        assertThat(Run.of("train", "--resume", "--out", out).code()).isZero();
        assertThat(Files.readAllLines(Path.of(out, "metrics.jsonl"))).contains(lines.getLast());
    }

    @Test
    void whereNoRunWasBegunNoneIsGoneOnWith() {
        Run resumed = Run.of("train", "--resume", "--out", out);
        assertThat(resumed.code()).isEqualTo(2);
        assertThat(resumed.err()).contains("holds no run to go on with; begin one without --resume");
    }

    @Test
    void aMisspeltKeyOfTheModelIsRefused() throws IOException {
        String recipe = Run.of("train", "--recipe", "shakespeare-char", "--print-recipe")
                .out();
        Path file = Path.of(out).resolveSibling("misspelt.yaml");
        Files.writeString(file, recipe.replace("n_layer: 4", "n_layer: 1\n  n_layr: 4"));
        Run trained = Run.of("train", "--recipe", file.toString(), "--data", text, "--out", out, "--steps", "1");
        assertThat(trained.code()).isEqualTo(2);
        assertThat(trained.err()).contains("'model.n_layr' is no key of gpt2").hasLineCount(1);
        assertThat(Path.of(out)).doesNotExist();
    }

    @Test
    void aContextWithoutRoomForRepeatedTokensIsTrainedWithoutMeasuringHeads() throws IOException {
        String recipe = Run.of("train", "--recipe", "shakespeare-char", "--print-recipe")
                .out();
        Path file = Path.of(out).resolveSibling("short.yaml");
        Files.writeString(
                file, recipe.replace("context: 64", "context: 2").replace("n_positions: 64", "n_positions: 2"));
        Run trained = Run.of("train", "--recipe", file.toString(), "--data", text, "--out", out, "--steps", "2");
        assertThat(trained.code()).as(trained.err()).isZero();
        assertThat(Files.readString(Path.of(out, "metrics.jsonl")))
                .contains("val_loss")
                .doesNotContain("heads");
    }

    @Test
    void aVocabularyWithoutAnyWordOfTheDataLearnsItsUnknownToken() throws IOException {
        Path recipe = folder.resolve("words.yaml");
        Files.writeString(
                recipe,
                Run.of("train", "--recipe", "shakespeare-char", "--print-recipe")
                        .out()
                        .replace("tokenizer: characters", "tokenizer: words"));
        String first = folder.resolve("first").toString();
        Run words = Run.of("train", "--recipe", recipe.toString(), "--data", text, "--out", first, "--steps", "1");
        assertThat(words.code()).as(words.err()).isZero();
        Path data = Files.writeString(folder.resolve("other.txt"), "漢字 かな ".repeat(200));
        Run further = Run.of("train", "--from", first, "--data", data.toString(), "--out", out, "--steps", "1");
        assertThat(further.code()).as(further.err()).isZero();
    }

    /** Evaluations show what the model makes of the first of the data, and the folder does afterwards what it learned. */
    @Test
    void wordsWithClassesAndQuestionsAreLearnedAndShown() throws IOException {
        String first = folder.resolve("first").toString();
        Run run = Run.of("train", "--recipe", "shakespeare-char", "--data", text, "--out", first, "--steps", "1");
        assertThat(run.code()).as(run.err()).isZero();
        String words = "{\"tokens\": [\"the\", \"cat\"], \"tags\": [\"O\", \"B-CAT\"]}\n";
        assertThat(learned(first, words.repeat(3), "words")).contains("'the cat'  t ", "% right");
        Run classified = Run.of("classify", "--model", folder.resolve("words").toString(), "the cat");
        assertThat(classified.code()).as(classified.err()).isZero();
        assertThat(classified.out()).containsAnyOf("B-CAT", "O");
        String asked = "{\"question\": \"cat\", \"context\": \"the cat sat\","
                + " \"answers\": {\"text\": [\"cat\"], \"answer_start\": [4]}}\n";
        assertThat(learned(first, asked.repeat(3), "asked")).contains("'cat'  ", "% right");
        Run answered = Run.of("answer", "--model", folder.resolve("asked").toString(), "cat", "the cat sat");
        assertThat(answered.code()).as(answered.err()).isZero();
    }

    @Test
    void aContextThatTheModelDoesNotTakeIsRefused() {
        Run train = Run.of(
                "train",
                "--from",
                Shared.conformance("hf/gpt2").toString(),
                "--data",
                text,
                "--out",
                out,
                "--context",
                "999");
        assertThat(train.code()).isEqualTo(2);
        assertThat(train.err())
                .contains("train: --context must be at most 64, as many tokens as the model takes, got 999")
                .hasLineCount(1);
        assertThat(Path.of(out)).doesNotExist();
        Run report = Run.of("report", "perplexity", "--data", text, "--context", "999999");
        assertThat(report.code()).isEqualTo(2);
        assertThat(report.err()).contains("--context must be at most ").hasLineCount(1);
    }

    private String learned(String from, String lines, String name) throws IOException {
        Path data = Files.writeString(folder.resolve(name + ".jsonl"), lines);
        String into = folder.resolve(name).toString();
        Run run = Run.of("train", "--from", from, "--data", data.toString(), "--out", into, "--steps", "1");
        assertThat(run.code()).as(run.err()).isZero();
        return run.err();
    }

    @Test
    void aPersonSeesTheLossAsACurveThatIsDrawnAnew() {
        assertThat(shown("12", 80, true))
                .contains("12 steps", "\u25c6 validation loss", "heads: previous token L", "\u001b[1A\u001b[2K");
    }

    @Test
    void aLogBesideATerminalGetsLinesAlone() {
        assertThat(shown("3", 80, false))
                .contains("validation loss", "heads: previous token L")
                .doesNotContain("\u001b", "\r", "tokens/s");
    }

    /** What a run writes to standard error while standard output is a terminal. */
    private String shown(String steps, int width, boolean watched) {
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        PrintStream shown = new PrintStream(err, true, StandardCharsets.UTF_8);
        PrintStream results = new PrintStream(OutputStream.nullOutputStream(), true, StandardCharsets.UTF_8);
        String[] line = {"train", "--recipe", "shakespeare-char", "--data", text, "--out", out, "--steps", steps};
        assertThat(Main.run(line, new Terminal(results, shown, Colours.PALETTE, width, true, watched)))
                .isZero();
        return err.toString(StandardCharsets.UTF_8);
    }

    @ParameterizedTest
    @ValueSource(strings = {"words", "bpe"})
    void maskedWordsOfTheUsersTextAreLearnedAndShown(String tokens) throws IOException {
        Path recipe = folder.resolve("masked.yaml");
        Files.writeString(
                recipe,
                Run.of("train", "--recipe", "cloze", "--print-recipe")
                        .out()
                        .replace("sentences", "masked-text")
                        .replace(
                                "tokenizer: words",
                                "tokenizer: " + (tokens.equals("bpe") ? "bpe\nvocabulary: 300" : tokens)));
        Path lines = Files.writeString(folder.resolve("lines.txt"), "the cat sat on the mat\n".repeat(40));
        Run run = Run.of(
                "train", "--recipe", recipe.toString(), "--data", lines.toString(), "--out", out, "--steps", "1");
        assertThat(run.code()).as(run.err()).isZero();
        assertThat(run.err()).contains("  the cat sat [MASK]  ");
    }

    @Test
    void aPrintedRecipeIsOneThatCanBeTrained() {
        Run refused = Run.of("train", "--recipe", "cloze", "--tokenizer", "bpe", "--print-recipe");
        assertThat(refused.code()).isEqualTo(2);
        assertThat(refused.err()).contains("what learns sentences needs the tokenizer words, got bpe");
        Run json = Run.of("train", "--recipe", "cloze", "--print-recipe", "--format", "json");
        assertThat(JsonMapper.shared().readTree(json.out()).path("learns").asString(""))
                .isEqualTo("sentences");
    }

    @Test
    void whereDataWereDoesNotDependOnTheCurrentFolder() throws IOException {
        Path relative = Path.of("").toAbsolutePath().relativize(Path.of(text).toAbsolutePath());
        Run run = Run.of(
                "train", "--recipe", "shakespeare-char", "--data", relative.toString(), "--out", out, "--steps", "1");
        assertThat(run.code()).as(run.err()).isZero();
        JsonNode data = JsonMapper.shared()
                .readTree(Files.readString(Path.of(out, "run.json")))
                .path("data");
        assertThat(data.path("sha256_of").asString("")).startsWith("the texts in UTF-8");
        String file = data.path("file").asString("");
        assertThat(Path.of(file)).isAbsolute().hasSameTextualContentAs(Path.of(text));
        assertThat(Run.of("train", "--recipe", "shakespeare-char", "--data", text, "--out", "")
                        .err())
                .contains("--out must name a folder");
    }

    @Test
    void theLineOfANarrowTerminalDoesNotWrap() {
        assertThat(shown("3", 40, true).lines().filter(row -> row.contains("tokens/s")))
                .isNotEmpty()
                .allMatch(row -> row.replaceAll("\u001b\\[[0-9]*[A-Za-z]", "").length() < 40);
    }

    @Test
    void aFolderThatHoldsARunIsNotOverwrittenButGoneOnWith() {
        assertThat(train("--steps", "2").code()).isZero();
        Run again = train("--steps", "2");
        assertThat(again.code()).isEqualTo(2);
        assertThat(again.err()).contains("--resume");
        Run resumed = Run.of("train", "--resume", "--out", out); // recipe, data and steps as it was started
        assertThat(resumed.code()).as(resumed.err()).isZero();
        assertThat(resumed.out()).contains("validation loss");
        Run other = Run.of("train", "--resume", "--out", out, "--seed", "5");
        assertThat(other.code()).isEqualTo(2);
        assertThat(other.err()).contains("'seed' was 1337, is 5").hasLineCount(1);
    }

    @Test
    void aModelIsNotReplacedByARun() throws IOException {
        Files.createDirectory(Path.of(out));
        Files.writeString(Path.of(out, "config.json"), "{}");
        Run run = train("--steps", "1");
        assertThat(run.code()).isEqualTo(2);
        assertThat(run.err()).contains("holds a model already (config.json)");
        assertThat(Path.of(out, "config.json")).hasContent("{}");
    }

    @Test
    void aPrintedRecipeIsTrainedAgainAndResumedWithoutItsFile() throws IOException {
        Run printed = Run.of("train", "--recipe", "shakespeare-char", "--steps", "2", "--print-recipe");
        assertThat(printed.code()).isZero();
        Path file = folder.resolve("mine.yaml");
        Files.writeString(
                file, printed.out().replace("n_layer: 4", "n_layer: 1").replace("shakespeare-char", "mine"));
        String[] again = {"--tokenizer", "bpe", "--vocabulary", "300", "--data", text, "--out", out};
        Run run = Run.of(Stream.concat(Stream.of("train", "--recipe", file.toString()), Stream.of(again))
                .toArray(String[]::new));
        assertThat(run.code()).as(run.err()).isZero();
        JsonNode record = JsonMapper.shared().readTree(Files.readString(Path.of(out, "run.json")));
        assertThat(record.path("recipe_in_full").path("vocabulary").asInt()).isEqualTo(300);
        assertThat(record.path("recipe_in_full").path("model").path("n_layer").asInt())
                .isEqualTo(1);
        Files.delete(file);
        Run resumed = Run.of("train", "--resume", "--out", out);
        assertThat(resumed.code()).as(resumed.err()).isZero();
        Run judged = Run.of("report", "perplexity", "--model", out);
        assertThat(judged.out())
                .contains("5-grams, Kneser-Ney", "held-out tokens")
                .containsPattern("all 2\\d\\d tokens");
    }

    @ParameterizedTest
    @ValueSource(strings = {"--from folder", "--data text.txt", "--out run", "--resume"})
    void whoPrintsARecipeTrainsNothing(String option) {
        String[] more = option.split(" ");
        Run run = Run.of(Stream.concat(Stream.of("train", "--recipe", "cloze", "--print-recipe"), Stream.of(more))
                .toArray(String[]::new));
        assertThat(run.code()).isEqualTo(2);
        assertThat(run.out()).isEmpty();
        assertThat(run.err()).contains("trains nothing: leave out --from, --data, --out and --resume");
    }

    @Test
    void whatIsMissingIsSaidInOneLine() {
        assertThat(Run.of("train").err()).contains("--recipe").contains("shakespeare-char");
        assertThat(Run.of("train", "--recipe", "shakespeare-char").err()).contains("--data");
        Run unknown = Run.of("train", "--recipe", "shakespear");
        assertThat(unknown.code()).isEqualTo(2);
        assertThat(unknown.err().strip().lines()).hasSize(1);
        assertThat(Run.of("train", "--recipe", "shakespeare-char", "--data", folder + "/none")
                        .err())
                .contains("none");
    }
}
