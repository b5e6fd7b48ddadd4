package dev.heed.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
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
        assertThat(other.err()).contains("another recipe");
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
