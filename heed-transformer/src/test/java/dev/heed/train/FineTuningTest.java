package dev.heed.train;

import static dev.heed.Shared.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.data.Offset.offset;

import dev.heed.model.Model;
import dev.heed.model.checkpoint.Checkpoint;
import dev.heed.model.checkpoint.SafetensorsWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FineTuningTest {
    private static final Path NONE = Path.of("");

    @TempDir
    private Path folder = NONE; // set by JUnit

    private static FineTuning tuning(Path from, int steps) {
        return new FineTuning(from, steps, 4, 16, 3e-3, 0, 0.1, 5);
    }

    /** What suits the architecture. */
    private Path data(String name) throws IOException {
        boolean pairs = name.equals("t5") || name.equals("marian") || name.equals("bart");
        return Files.writeString(
                folder.resolve("data." + (pairs ? "tsv" : "jsonl")),
                (pairs ? "the cat sat\ton the mat\n" : "{\"text\": \"the cat sat on the mat\"}\n").repeat(20));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "llama",
                "mistral",
                "qwen2",
                "qwen3",
                "gpt2",
                "bert",
                "roberta",
                "distilbert",
                "t5",
                "marian",
                "bart"
            })
    void theModelGoesOnLearningAndItsFolderLoads(String name) throws IOException {
        Path from = given(name);
        Path out = folder.resolve("out");
        Trainer trainer = tuning(from, 20).trainer(data(name));
        double before = trainer.loss(Task.Split.VALIDATION);
        TrainingRun.start(trainer, out, "data", "test").finish(new Silent(), () -> false);
        assertThat(trainer.loss(Task.Split.VALIDATION)).as(name).isLessThan(0.8 * before);
        try (Model was = Model.load(from);
                Model is = Model.load(out)) {
            assertThat(is.sizes()).isEqualTo(was.sizes());
            String text = "The cat sat, naïvely, on 12 mats.";
            assertThat(is.tokenizer().encode(text).ids())
                    .isEqualTo(was.tokenizer().encode(text).ids());
        }
    }

    @Test
    void aResumedRunEndsWithTheSameBytesAndKnowsHowItBegan() throws IOException {
        Path from = given("llama");
        Path data = data("llama");
        Path straight = folder.resolve("straight");
        Path paused = folder.resolve("paused");
        TrainingRun.start(tuning(from, 10).trainer(data), straight, data.toString(), "test")
                .finish(new Silent(), () -> false);
        Trainer first = tuning(from, 10).trainer(data);
        TrainingRun.start(first, paused, data.toString(), "test").finish(new Silent(), () -> first.steps() >= 4);
        TrainingRun.Begun begun = TrainingRun.begun(paused).orElseThrow();
        assertThat(begun.fineTuning()).hasValue(tuning(from.toAbsolutePath(), 10));
        Trainer second = begun.fineTuning().orElseThrow().trainer(begun.file().orElseThrow());
        TrainingRun.resume(second, paused, data.toString(), "test").finish(new Silent(), () -> false);
        assertThat(paused.resolve("model.safetensors")).hasSameBinaryContentAs(straight.resolve("model.safetensors"));
    }

    @Test
    void runningTextIsLearnedInSequencesOfTheContext() throws IOException {
        Path text = Files.writeString(folder.resolve("a.txt"), "the cat sat on the mat. ".repeat(60));
        Trainer trainer = tuning(given("gpt2"), 10).trainer(text);
        assertThat(trainer.recipe().context()).isEqualTo(16);
        assertThat(trainer.step().tokens()).isEqualTo(4 * 16);
        double size = trainer.task().size(Task.Split.TRAIN);
        assertThat(size / (size + trainer.task().size(Task.Split.VALIDATION))).isCloseTo(0.9, offset(0.01));
    }

    @ParameterizedTest
    @ValueSource(strings = {"bert", "roberta", "distilbert"})
    void anEncoderIsTriedWithAMaskInTheBeginningOfTheData(String name) throws IOException {
        Trainer trainer = tuning(given(name), 1).trainer(data(name));
        Path out = folder.resolve("out");
        TrainingRun.start(trainer, out, "data", "test").finish(new Silent(), () -> false);
        assertThat(trainer.task().prompt()).startsWith("the cat sat ");
        try (Model model = Model.load(out)) {
            assertThat(model.fill(trainer.task().prompt(), 2)).hasSize(1);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"bert", "gpt2"})
    void longTextsAreCutAtTheContext(String name) throws IOException {
        String line = "the cat sat on the mat and the dog sat on the hat ".repeat(50);
        Path lines = Files.writeString(
                folder.resolve("long.jsonl"),
                "{\"text\": \"a cat\"}\n{\"text\": \"%s\"}\n".formatted(line).repeat(10));
        Trainer trainer = tuning(given(name), 2).trainer(lines);
        assertThat(trainer.step().tokens()).isLessThanOrEqualTo(4 * 16);
        assertThat(trainer.task().size(Task.Split.TRAIN)).isGreaterThan(10 * 16);
    }

    @Test
    void aPairThatIsTooLongIsNamedWithItsLine() throws IOException {
        String line = "the cat sat on the mat and the dog sat on the hat ".repeat(50);
        Path pairs = Files.writeString(folder.resolve("long.tsv"), "a\tb\n\n" + line + "\tc\n" + "d\te\n".repeat(9));
        Path bart = given("bart");
        assertThatThrownBy(() -> tuning(bart, 1).trainer(pairs))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("long.tsv, line 3: a pair must fit the model's");
    }

    @Test
    void anEncoderWithoutAHeadThatPredictsWordsIsRefused() throws IOException {
        Path from = headless(given("bert"));
        Path data = data("bert");
        assertThatThrownBy(() -> tuning(from, 1).trainer(data))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("its checkpoint has no head that predicts words");
    }

    /** The same without the tensors of its head. */
    private Path headless(Path from) throws IOException {
        Path to = Files.createDirectory(folder.resolve("headless"));
        for (String name : List.of("config.json", "tokenizer.json")) {
            Files.copy(from.resolve(name), to.resolve(name));
        }
        SafetensorsWriter writer = new SafetensorsWriter();
        try (Checkpoint checkpoint = Checkpoint.open(from)) {
            checkpoint.names().stream()
                    .filter(name -> !name.startsWith("cls."))
                    .forEach(name -> writer.put(name, checkpoint.tensor(name)));
            writer.write(to.resolve("model.safetensors"));
        }
        return to;
    }

    @Test
    void dataThatDoesNotSuitTheArchitectureIsRefused() throws IOException {
        Path pairs = data("bart");
        Path texts = data("gpt2");
        Path gpt2 = given("gpt2");
        Path bart = given("bart");
        assertThatThrownBy(() -> tuning(gpt2, 1).trainer(pairs))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("pairs are for encoder–decoders");
        assertThatThrownBy(() -> tuning(bart, 1).trainer(texts))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("an encoder–decoder learns from pairs");
    }
}
