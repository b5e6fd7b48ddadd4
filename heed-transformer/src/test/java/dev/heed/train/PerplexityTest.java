package dev.heed.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.heed.model.Model;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PerplexityTest {
    private static final Path NONE = Path.of("");

    @TempDir
    private Path folder = NONE; // set by JUnit

    @Test
    void aRunIsJudgedOnItsOwnHeldOutPartWithTheLossThatWasTold() throws IOException {
        Path data = Files.writeString(folder.resolve("text.txt"), "the cat sat on the mat. ".repeat(30));
        Trainer trainer =
                Trainer.fresh(TrainerTest.small(10), TrainerTest.small(10).task(data));
        TrainerTest.Quiet heard = new TrainerTest.Quiet();
        TrainingRun.start(trainer, folder.resolve("run"), data.toString(), "test")
                .finish(heard, () -> false);
        try (Model model = Model.load(folder.resolve("run"))) {
            Perplexity own = Perplexity.ofRun(model);
            assertThat(own.loss()).isEqualTo(heard.evaluations.getLast().validationLoss());
            assertThat(own.tokens()).isEqualTo(trainer.task().size(Task.Split.VALIDATION) - 1);
            assertThat(own.ngrams()).hasSize(Perplexity.LONGEST);
            assertThat(own.ngrams().getLast()).isLessThan(own.ngrams().getFirst()); // the text repeats
            Perplexity given = Perplexity.of(model, data, 12);
            assertThat(given.loss()).isCloseTo(own.loss(), within(1e-9));
            assertThat(given.ngrams()).isEqualTo(own.ngrams());
            Files.writeString(data, "a dog ran. ".repeat(60));
            assertThatThrownBy(() -> Perplexity.ofRun(model))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining(data + " is not what " + folder.resolve("run") + " was trained on: SHA-256");
        }
    }

    @Test
    void aModelThatWasTrainedFurtherIsJudgedOnWhatItsRecordNames() throws IOException {
        Path data = Files.writeString(folder.resolve("text.txt"), "the cat sat on the mat. ".repeat(30));
        Path first = folder.resolve("first");
        TrainingRun.start(Trainer.fresh(TrainerTest.small(10), TrainerTest.corpus()), first, "text", "test")
                .finish(new TrainerTest.Quiet(), () -> false);
        Trainer trainer = new FineTuning(first, 5, 2, 9, 1e-3, 0, 0, 3).trainer(data);
        TrainerTest.Quiet heard = new TrainerTest.Quiet();
        TrainingRun.start(trainer, folder.resolve("further"), data.toString(), "test")
                .finish(heard, () -> false);
        try (Model model = Model.load(folder.resolve("further"))) {
            assertThat(Perplexity.ofRun(model).loss())
                    .isEqualTo(heard.evaluations.getLast().validationLoss());
        }
    }

    @Test
    void theEndsOfTextsAreCountedWhereTheyAreLearnedAsWhereTheyAreForetold() throws IOException {
        Path data = Files.writeString(
                folder.resolve("texts.jsonl"), "{\"text\": \"Once upon a time, Mia saw a dog.\"}\n".repeat(10));
        try (Model model = Model.bundled("story")) {
            int tokens =
                    model.tokenizer().encode("Once upon a time, Mia saw a dog.").size();
            List<Long> left = new ArrayList<>();
            Perplexity judged = Perplexity.of(model, data, 256, (done, all) -> left.add(all - done));
            assertThat(left).isSortedAccordingTo(Comparator.reverseOrder()).endsWith(0L);
            assertThat(judged.tokens()).isEqualTo(tokens);
            assertThat(judged.learned()).isEqualTo(9L * (tokens + 1));
        }
    }

    @Test
    void onlyModelsThatPredictTheNextTokenHaveOne() {
        try (Model model = Model.bundled("cloze")) {
            assertThatThrownBy(() -> Perplexity.ofRun(model)).hasMessageContaining("predict the next token");
        }
    }
}
