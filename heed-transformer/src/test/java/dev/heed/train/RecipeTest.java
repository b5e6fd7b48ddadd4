package dev.heed.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.heed.text.Json;
import dev.heed.text.Tokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class RecipeTest {
    private static final Path NONE = Path.of("");

    /** As little as a recipe can say. */
    private static final String SMALL = """
            name: small
            learns: text
            tokenizer: bpe
            vocabulary: 270
            model: {model_type: gpt2, n_layer: 1, n_head: 2, n_embd: 16, n_positions: 12, layer_norm_epsilon: 1e-5, eos_token_id: 0}
            context: 12
            batch: 2
            steps: 3
            rate: {peak: 1e-2, floor: 1e-3, warm_up: 1}
            """;

    @TempDir
    private Path folder = NONE; // set by JUnit

    private Path file(String name, String text) throws IOException {
        return Files.writeString(folder.resolve(name), text);
    }

    @ParameterizedTest
    @MethodSource("dev.heed.train.Recipe#names")
    void whatIsPrintedIsReadAsTheSameRecipe(String name) throws IOException {
        Recipe recipe = Recipe.named(name).withSteps(77).withSeed(1L << 40);
        assertThat(Recipe.read(file("recipe.yaml", recipe.yaml()))).isEqualTo(recipe);
        String json = Json.write(RecipeFile.tree(recipe));
        assertThat(Recipe.read(file("recipe.json", json))).isEqualTo(recipe);
        assertThat(Recipe.read(file("marked.json", "\ufeff" + json))).isEqualTo(recipe);
    }

    @Test
    void whatIsLeftOutIsAsTheJavadocSays() {
        Recipe recipe = Recipe.parse("small", SMALL);
        assertThat(recipe.tokens()).isEqualTo(new Tokenization.BytePairs(270));
        assertThat(recipe.optimizer()).isEqualTo(new Optimizer.AdamWSettings(0.9, 0.99, 1e-8, 0.1));
        assertThat(recipe.schedule()).isEqualTo(new Schedule.WarmUpCosine(1e-2, 1e-3, 1, 3));
        assertThat(recipe.clip()).isInfinite();
        assertThat(recipe.patience()).isEqualTo(Integer.MAX_VALUE);
        assertThat(recipe.biases()).isTrue();
        assertThat(recipe.dropout() + recipe.smoothing()).isZero();
        assertThat(Recipe.parse("again", recipe.yaml())).isEqualTo(recipe);
    }

    @Test
    void theInitialDeviationIsTheRecipesOrTheModels() {
        assertThat(Recipe.parse("small", SMALL).deviation()).isEqualTo(0.02);
        String said = SMALL.replace("n_layer: 1", "n_layer: 1, initializer_range: 0.07");
        assertThat(Recipe.parse("small", said).deviation()).isEqualTo(0.07);
        assertThatThrownBy(() -> Recipe.parse("small", said + "deviation: 0.05\n"))
                .hasMessageContaining(
                        "'model.initializer_range' must be the recipe's own 'deviation', 0.05, or left out");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "batch: 2 | batchs: 2 | small: 'batchs' is no key here; did you mean batch?",
                "warm_up: 1 | warmup: 1 | small: 'rate.warmup' is no key here; did you mean warm_up?",
                "steps: 3 | steps: many | small: 'steps' must be an integer from 0 to 2147483647, got '\"many\"'",
                "context: 12 | seed: 2 | small: 'context' must be an integer from 1 to 2147483647, but is missing",
                "learns: text | learns: letters | one of [text, masked-text, pairs, sentences, translation,",
                "tokenizer: bpe | tokenizer: words | small: 'vocabulary' is for 'tokenizer: bpe'",
                "vocabulary: 270 | vocabulary: 270.5 | small: 'vocabulary' must be an integer",
                "model_type: gpt2, | ' ' | small: 'model' must be the model's config.json",
                "n_layer: 1 | architectures: [BertForMaskedLM] | small: 'model.architectures' must be of model_type gpt2, one of GPT2Model,",
                "n_layer: 1 | resid_pdrop: 0.5 | small: 'model.resid_pdrop' has no effect, so it must be 0 or left out; the",
                "name: small | name: ../../evil | small: 'name' must be a folder's name",
                "name: small | name: '' | small: 'name' must be a folder's name",
                "learns: text | learns: sentences | train: what learns sentences needs the tokenizer words, got bpe",
                "batch: 2 | steps: 3 | line 8: found duplicate key steps",
                "batch: 2 | batch: *a | bad YAML",
                "batch: 2 | batch: !!java.net.URL 2 | bad YAML",
            })
    void whatIsWrongIsSaidWithItsKey(String right, String wrong, String message) {
        assertThatThrownBy(() -> Recipe.parse("small", SMALL.replace(right, wrong)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(message.strip());
    }

    @Test
    void boundsAreThoseThatMayBeMeant() {
        assertThatThrownBy(() -> Recipe.parse("small", SMALL + "clip: -1\n"))
                .hasMessage("small: 'clip' must be a finite number from 1.0E-6 to 1000000.0, got '-1'");
        for (String key :
                List.of("beta1: 1", "beta2: 1.0", "epsilon: 0", "epsilon: 1e-60")) { // AdamW would divide by 0
            String optimizer = "optimizer: {kind: adamw, " + key + "}\n";
            assertThatThrownBy(() -> Recipe.parse("small", SMALL + optimizer))
                    .hasMessageContaining(
                            "small: 'optimizer." + key.replaceAll(":.*", "") + "' must be a finite number");
        }
    }

    @Test
    void keysOfTheModelThatHaveNoEffectAreRefusedBeforeTheFirstStep() throws IOException {
        Path data = file("a.txt", "the cat sat on the mat\n".repeat(30));
        Recipe misspelt = Recipe.parse("small", SMALL.replace("n_layer", "n_layr: 3, n_layer"));
        Task task = misspelt.task(data);
        assertThatThrownBy(() -> Trainer.fresh(misspelt, task))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("recipe small: 'model.n_layr' is no key of gpt2 that has an effect; did you mean n_layer?");
        Recipe other = Recipe.parse("small", SMALL.replace("n_layer", "vocab_size: 5, n_layer"));
        assertThatThrownBy(() -> Trainer.fresh(other, task))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("'model.vocab_size' is what the data tell, " + task.vocabulary() + " here");
    }

    @Test
    void aNameThatIsNearlyOneIsProposed() {
        assertThatThrownBy(() -> Recipe.named("transltor")).hasMessageContaining("did you mean translator?");
    }

    @ParameterizedTest
    @ValueSource(strings = {"letters.txt", "letters.jsonl"})
    void bytePairsAreLearnedFromTheTrainingPartAndGiveBackTheText(String name) throws IOException {
        String line = "the cat sat on the mat, and the cat sat on the hat";
        boolean texts = name.endsWith(".jsonl");
        String data = texts ? "{\"text\": \"%s\"}\n".formatted(line).repeat(20) : (line + "\n").repeat(30);
        Path file = file(name, data);
        Recipe recipe = Recipe.parse("small", SMALL.replace("n_positions: 12", "n_positions: 64"));
        Trainer trainer = Trainer.fresh(recipe, recipe.task(file));
        assertThat(trainer.task().vocabulary()).isBetween(260, 270);
        try (Tokenizer tokenizer =
                Tokenizer.parse("tokenizer.json", trainer.task().tokenizerJson())) {
            int[] ids = tokenizer.encode(line).ids();
            assertThat(ids.length).isLessThan(line.length());
            assertThat(tokenizer.decode(ids)).isEqualTo(line);
        }
        assertThat(trainer.step().loss()).isBetween(4.0, 7.0);
    }

    @Test
    void aStoryIsCutIntoBytePairsToo() {
        Recipe recipe = Recipe.named("story").withTokens(new Tokenization.BytePairs(400));
        assertThat(recipe.task(null).vocabulary()).isEqualTo(400);
    }

    @Test
    void masksAndPairsHaveTokenizersOfTheirOwn() throws IOException {
        Path lines = file("lines.txt", "the cat sat on the mat\n".repeat(20));
        Path pairs = file("pairs.tsv", "the dog\tder Hund\nthe cat\tdie Katze\n".repeat(10));
        for (Tokenization tokens : new Tokenization[] {new Tokenization.Words(), new Tokenization.BytePairs(280)}) {
            assertThat(Lesson.MASKED_TEXT.task(tokens, 64, lines)).isInstanceOf(MaskedWords.class);
            assertThat(Lesson.PAIRS.task(tokens, 64, pairs)).isInstanceOf(Translation.class);
        }
        assertThatThrownBy(() -> Lesson.PAIRS.task(new Tokenization.Characters(), 64, pairs))
                .hasMessageContaining("need a tokenizer of words or byte pairs");
    }
}
