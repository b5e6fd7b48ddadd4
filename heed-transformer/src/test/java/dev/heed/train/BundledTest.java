package dev.heed.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.heed.lens.Reading;
import dev.heed.model.Model;
import dev.heed.text.Json;
import java.nio.file.Files;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;

class BundledTest {
    static Stream<String> names() {
        return Model.bundled().stream().filter(name -> Recipe.names().contains(name));
    }

    @ParameterizedTest
    @MethodSource("names")
    void theWeightsAreThoseOfTheRunRecordAndSmall(String name) throws java.io.IOException {
        try (Model model = Model.bundled(name)) {
            JsonNode run = Json.read(model.folder().resolve("run.json"), 1 << 20);
            var weights = model.folder().resolve("model.safetensors");
            assertThat(Hash.sha256(weights))
                    .isEqualTo(run.path("result").path("model_sha256").asString());
            assertThat(Files.size(weights)).isLessThan(4_000_000);
            assertThat(RecipeFile.recipe("run.json", run.path("recipe_in_full")))
                    .isEqualTo(Recipe.named(name));
            assertThat(model.warnings()).isEmpty();
        }
    }

    @ParameterizedTest
    @MethodSource("names")
    void theRecipesFirstStepsAreThoseOfTheRunRecord(String name) {
        Recipe recipe = Recipe.named(name);
        Trainer trainer = Trainer.fresh(recipe, recipe.task(null));
        try (Model model = Model.bundled(name)) {
            JsonNode run = Json.read(model.folder().resolve("run.json"), 1 << 20);
            assertThat(trainer.task().sha256())
                    .isEqualTo(run.path("data").path("sha256").asString());
            assertThat(model.folder().resolve("config.json")).hasContent(trainer.config());
            JsonNode losses = run.path("result").path("first_losses");
            assertThat(losses.size()).isEqualTo(5);
            for (JsonNode loss : losses) {
                assertThat(trainer.step().loss()).isEqualTo(loss.asDouble());
            }
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "The animal didn't cross the street because it was too tired. | animal",
                "The animal didn't cross the street because it was too wide. | street",
                "The trophy wouldn't fit in the suitcase because it was too big. | trophy",
                "The trophy wouldn't fit in the suitcase because it was too small. | suitcase",
                "the cat sat on the mat because it was warm | mat",
                "the cat sat on the mat because it was tired | cat",
            })
    void clozeReadsTheWorkedExamples(String sentence, String referent) {
        try (Model model = Model.bundled("cloze")) {
            Reading reading = Reading.of(model, sentence, "it");
            assertThat(reading.candidates().getFirst().word()).isEqualTo(referent);
            double shares = reading.candidates().stream()
                    .mapToDouble(Reading.Candidate::share)
                    .sum();
            assertThat(shares).isCloseTo(1, within(1e-9));
        }
    }
}
