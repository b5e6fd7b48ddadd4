package dev.heed.train;

import static dev.heed.Shared.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.data.Offset.offset;

import dev.heed.model.ClassScore;
import dev.heed.model.Model;
import dev.heed.model.Picture;
import dev.heed.model.arch.Architectures;
import dev.heed.model.arch.Head;
import dev.heed.model.arch.Parameters;
import dev.heed.model.checkpoint.Config;
import dev.heed.model.checkpoint.SafetensorsWriter;
import dev.heed.text.Tokenizer;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Models that go on learning classes of texts and of pictures. */
class ClassesTest {
    private static final Path NONE = Path.of("");
    private static final List<String> OTHERS = List.of("on", "the", "mat", "sat", "and", "hat");

    @TempDir
    private Path folder = NONE; // set by JUnit

    private static FineTuning tuning(Path from, int steps) {
        return new FineTuning(from, steps, 8, 24, 3e-3, 0, 0, 5);
    }

    /** Texts with one of two words somewhere among others, which is their class; in the order of the classes. */
    private Path words() throws IOException {
        Random random = new Random(3);
        return lines(IntStream.range(0, 400)
                .mapToObj(i -> {
                    String word = i < 200 ? "cat" : "dog";
                    List<String> others = random.ints(4, 0, OTHERS.size())
                            .mapToObj(OTHERS::get)
                            .collect(Collectors.toList());
                    others.add(random.nextInt(5), word);
                    return line(String.join(" ", others), word);
                })
                .toList());
    }

    private static String line(String text, String label) {
        return "{\"text\": \"" + text + "\", \"label\": \"" + label + "\"}";
    }

    private Path lines(List<String> lines) throws IOException {
        return Files.writeString(folder.resolve("data.jsonl"), String.join("\n", lines));
    }

    private Progress.Evaluation train(Trainer trainer, Path data, Path out) {
        return TrainingRun.start(trainer, out, data.toString(), "test")
                .finish(new Silent(), () -> false)
                .orElseThrow();
    }

    /** None of these has a head that classifies; each gets one. */
    @ParameterizedTest
    @ValueSource(
            strings = {"llama", "mistral", "qwen2", "qwen3", "gpt2", "bert", "roberta", "distilbert", "bart", "t5"})
    void aTextModelLearnsClassesItHasNotSeen(String name) throws IOException {
        Path data = words();
        Path out = folder.resolve("out");
        Trainer trainer = tuning(given(name), 120).trainer(data);
        double before = trainer.judge(Task.Split.VALIDATION).loss();
        Progress.Evaluation end = train(trainer, data, out);
        assertThat(end.validationLoss()).isLessThan(0.8 * before);
        assertThat(end.accuracy().orElseThrow()).isGreaterThan(0.8); // half of them by chance
        List<String> all = Files.readAllLines(data);
        List<String> judging = IntStream.concat(IntStream.range(180, 200), IntStream.range(380, 400))
                .mapToObj(all::get)
                .toList();
        try (Model model = Model.load(out)) {
            assertThat(model.warnings()).isEmpty();
            assertThat(model.config().strings("architectures").getFirst()).endsWith("ForSequenceClassification");
            long right = judging.stream()
                    .map(line -> JsonMapper.shared().readTree(line))
                    .filter(each -> best(model, each).equals(each.path("label").asString()))
                    .count();
            assertThat(right / 40.0).isCloseTo(end.accuracy().orElseThrow(), offset(1e-12));
        }
    }

    private static String best(Model model, JsonNode line) {
        return model.classify(line.path("text").asString()).getFirst().label();
    }

    @Test
    void whatItLearnedStandsInTheFolder() throws IOException {
        Path data = words();
        Path out = folder.resolve("out");
        Progress.Evaluation end = train(tuning(given("bert"), 4).trainer(data), data, out);
        JsonNode config = JsonMapper.shared().readTree(Files.readString(out.resolve("config.json")));
        assertThat(config.path("id2label").toString()).isEqualTo("{\"0\":\"cat\",\"1\":\"dog\"}");
        assertThat(config.path("label2id").toString()).isEqualTo("{\"cat\":0,\"dog\":1}");
        assertThat(config.path("architectures").toString()).isEqualTo("[\"BertForSequenceClassification\"]");
        JsonNode run = JsonMapper.shared().readTree(Files.readString(out.resolve("run.json")));
        assertThat(run.path("data").path("sha256_of").asString("")).contains("each with its labels");
        assertThat(run.path("result").path("accuracy").asDouble(-1))
                .isEqualTo(end.accuracy().orElseThrow());
        assertThat(Files.readString(out.resolve("metrics.jsonl")))
                .contains("\"accuracy\":")
                .doesNotContain("perplexity");
    }

    @Test
    void aHeadThatIsThereGoesOnLearning() throws IOException {
        Path data = words();
        Path first = folder.resolve("first");
        train(tuning(given("bert"), 80).trainer(data), data, first);
        Trainer second = tuning(first, 1).trainer(data);
        assertThat(second.judge(Task.Split.VALIDATION).accuracy().orElseThrow()).isGreaterThan(0.9);
        Path numbers = lines(List.of(
                "{\"text\": \"a cat\", \"label\": 0}", "{\"text\": \"a dog\", \"label\": 1}", line("a cat", "cat")));
        assertThat(tuning(first, 1).trainer(numbers).task().size(Task.Split.VALIDATION))
                .isPositive();
        Path unknown = lines(List.of(line("a cat", "cat"), line("a hen", "hen")));
        assertThatThrownBy(() -> tuning(first, 1).trainer(unknown))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("line 2: its class must be one that the model has (cat, dog), got 'hen'");
    }

    @Test
    void aResumedRunEndsWithTheSameBytes() throws IOException {
        Path data = words();
        Path straight = folder.resolve("straight");
        Path paused = folder.resolve("paused");
        Path from = given("gpt2");
        FineTuning tuning = new FineTuning(from, 8, 4, 16, 1e-3, 0.1, 0.1, 7);
        train(tuning.trainer(data), data, straight);
        Trainer first = tuning.trainer(data);
        TrainingRun.start(first, paused, data.toString(), "test").finish(new Silent(), () -> first.steps() >= 3);
        TrainingRun.Begun begun = TrainingRun.begun(paused).orElseThrow();
        Trainer second = begun.fineTuning().orElseThrow().trainer(begun.file().orElseThrow());
        TrainingRun.resume(second, paused, data.toString(), "test").finish(new Silent(), () -> false);
        assertThat(paused.resolve("model.safetensors")).hasSameBinaryContentAs(straight.resolve("model.safetensors"));
    }

    @Test
    void longTextsAreCutAtTheContext() throws IOException {
        String text = "the cat sat on the mat ".repeat(40).strip();
        Path data = lines(List.of(line(text, "a"), line(text, "b"), line("the cat", "b")));
        Trainer trainer = tuning(given("bert"), 1).trainer(data);
        int few;
        try (Tokenizer tokenizer = Tokenizer.load(given("bert"))) {
            few = tokenizer.encode("the cat").size();
        }
        assertThat(trainer.task().size(Task.Split.TRAIN) + trainer.task().size(Task.Split.VALIDATION))
                .isEqualTo(24 + 24 + few);
    }

    @Test
    void ofEachClassTheLastTenthJudges() {
        int[][] labels =
                IntStream.range(0, 50).mapToObj(i -> new int[] {i < 30 ? 0 : 1}).toArray(int[][]::new);
        int[] one = {1};
        Seen.Texts seen = new Seen.Texts(
                IntStream.range(0, 50).mapToObj(i -> new Seen.Text(one, one)).toList(), Head.WHOLE);
        Classes classes = new Classes(
                seen,
                new Classes.Labels(labels, 2, Classes.judges(labels, 2)),
                new Classes.Facts("", 2, "", "", Optional.empty()));
        assertThat(classes.size(Task.Split.VALIDATION)).isEqualTo(5); // 27 to 29 of a, 48 and 49 of b
        assertThat(classes.size(Task.Split.TRAIN)).isEqualTo(45);
    }

    @Test
    void whatCannotBeLearnedIsSaidInASentence() throws IOException {
        Path one = lines(List.of(line("a cat", "cat"), line("a cat", "cat")));
        refused("bert", one, "at least two classes are needed");
        refused("marian", words(), "marian has no head that classifies");
        refused("bert", lines(List.of(line("a cat", "cat"), "{\"text\": \"a dog\"}")), "line 2: must be an object");
        refused("bert", lines(List.of(line("a cat", "cat"), line(" ", "dog"))), "line 2: must be an object");
        refused("bert", pictures(), "a model that reads texts cannot learn from pictures");
        Path pictures = folder.resolve("pictures");
        assertThatThrownBy(() -> Lesson.TEXT.task(new Tokenization.Characters(), 16, pictures))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("pictures are for models that look at them");
    }

    @Test
    void whoLearnsNoClassesReadsTheTextsAlone() throws IOException {
        Task next = Lesson.TEXT.task(new Tokenization.Words(), 16, words());
        Task plain = Lesson.TEXT.task(
                new Tokenization.Words(),
                16,
                lines(Files.readAllLines(folder.resolve("data.jsonl")).stream()
                        .map(line -> line.replaceAll(", \"label\": \"\\w+\"", ""))
                        .toList()));
        assertThat(next.sha256()).isEqualTo(plain.sha256());
        assertThat(next.tokenizerJson()).isEqualTo(plain.tokenizerJson());
    }

    private static void refused(String model, Path data, String message) {
        FineTuning tuning = tuning(given(model), 1);
        assertThatThrownBy(() -> tuning.trainer(data))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(message);
    }

    // ---- pictures
    // ----------------------------------------------------------------------------------------------------

    /** Bright above or bright below, in a folder each. */
    private Path pictures() throws IOException {
        Path all = folder.resolve("pictures");
        Random random = new Random(1);
        for (String name : List.of("above", "below")) {
            Files.createDirectories(all.resolve(name));
            for (int i = 0; i < 30; i++) {
                BufferedImage image = new BufferedImage(8, 8, BufferedImage.TYPE_INT_RGB);
                for (int at = 0; at < 64; at++) {
                    boolean bright = at / 8 < 4 == name.equals("above");
                    int grey = random.nextInt(100) + (bright ? 120 : 0);
                    image.setRGB(at % 8, at / 8, grey * 0x010101);
                }
                ImageIO.write(
                        image, "png", all.resolve(name).resolve(i + ".png").toFile());
            }
        }
        return all;
    }

    /** A model that looks at pictures and was never trained; it has no head. */
    private Path looker() throws IOException {
        Path to = Files.createDirectory(folder.resolve("vit"));
        String config = """
                {"model_type": "vit", "architectures": ["ViTModel"], "hidden_size": 16, "num_hidden_layers": 2,
                 "num_attention_heads": 2, "intermediate_size": 32, "image_size": 8, "patch_size": 4}
                """;
        Files.writeString(to.resolve("config.json"), config);
        Parameters fresh = Parameters.fresh(new Initialization(1, 0.1, 2));
        Architectures.fresh(Config.parse("config.json", config), fresh);
        SafetensorsWriter writer = new SafetensorsWriter();
        fresh.known().forEach((name, value) -> writer.put(name, value.tensor()));
        writer.write(to.resolve("model.safetensors"));
        return to;
    }

    @Test
    void aModelOfPicturesLearnsTheirFolders() throws IOException {
        Path data = pictures();
        Path out = folder.resolve("out");
        FineTuning tuning = new FineTuning(looker(), 60, 8, 128, 3e-3, 0, 0, 1);
        Progress.Evaluation end = train(tuning.trainer(data), data, out);
        assertThat(end.accuracy().orElseThrow()).isEqualTo(1);
        assertThat(out.resolve("tokenizer.json")).doesNotExist();
        try (Model model = Model.load(out)) {
            assertThat(model.config().strings("architectures")).containsExactly("ViTForImageClassification");
            for (String name : List.of("above", "below")) {
                Picture picture = Picture.read(data.resolve(name).resolve("29.png"));
                assertThat(model.classify(picture))
                        .extracting(ClassScore::label)
                        .first()
                        .isEqualTo(name);
            }
        }
        Path words = words();
        assertThatThrownBy(() -> FineTuning.of(folder.resolve("vit")).trainer(words))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("give a folder with a folder of pictures");
    }
}
