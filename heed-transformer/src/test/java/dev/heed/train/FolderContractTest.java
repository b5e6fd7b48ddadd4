package dev.heed.train;

import static dev.heed.Shared.given;
import static org.assertj.core.api.Assertions.assertThat;

import dev.heed.grad.Value;
import dev.heed.kernel.Workers;
import dev.heed.model.Model;
import dev.heed.model.arch.Architectures;
import dev.heed.model.arch.Network;
import dev.heed.model.arch.Parameters;
import dev.heed.model.checkpoint.Checkpoint;
import dev.heed.model.checkpoint.Config;
import dev.heed.nn.Pass;
import dev.heed.tensor.Tensor;
import dev.heed.text.Json;
import dev.heed.text.Tokenizer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/** Trained folders are laid out as those that transformers wrote ({@code conformance/hf}), so that it loads them. */
class FolderContractTest {
    private static final long MOST = 1L << 24;
    private static final Path NONE = Path.of("");

    @TempDir
    private Path folder = NONE; // set by JUnit

    /** A new model of the same config saves the same tensors: names, shapes, type. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "gpt2",
                "llama",
                "mistral",
                "qwen2",
                "qwen3",
                "bert",
                "distilbert",
                "roberta",
                "bart",
                "marian",
                "t5"
            })
    void aNewModelHasTheTensorsThatTransformersSaves(String name) {
        Path theirs = given(name);
        Parameters made = Parameters.fresh((parameter, shape) -> Tensor.zeros(shape));
        Architectures.fresh(Config.read(theirs), made);
        Map<String, String> ours = new TreeMap<>();
        made.known()
                .forEach((parameter, value) ->
                        ours.put(parameter, "F32 " + value.tensor().describe()));
        assertThat(ours).isEqualTo(tensors(theirs));
    }

    private static Map<String, String> tensors(Path folder) {
        Map<String, String> tensors = new TreeMap<>();
        try (Checkpoint checkpoint = Checkpoint.open(folder.resolve("model.safetensors"))) {
            for (String name : checkpoint.names()) {
                var info = checkpoint.info(name);
                tensors.put(name, info.dtype() + " " + java.util.Arrays.toString(info.shape()));
            }
        }
        return tensors;
    }

    @Test
    void aTrainedFolderHasTheFilesAndKeysOfTransformersOwn() {
        Trainer trainer = trained();
        Path theirs = given("gpt2");
        JsonNode config = Json.read(folder.resolve("config.json"), MOST);
        assertThat(keys(Json.read(theirs.resolve("config.json"), MOST))).containsAll(keys(config));
        assertThat(config.path("architectures").path(0).asString("")).isEqualTo("GPT2LMHeadModel");
        assertThat(config.path("model_type").asString("")).isEqualTo("gpt2");
        assertThat(config.path("vocab_size").asInt(0)).isEqualTo(trainer.task().vocabulary());
        assertThat(tensors(folder).keySet())
                .isEqualTo(namesOfLayers(tensors(theirs).keySet(), config));
        try (Checkpoint checkpoint = Checkpoint.open(folder.resolve("model.safetensors"))) {
            assertThat(checkpoint.metadata()).containsExactlyEntriesOf(Map.of("format", "pt"));
        }
    }

    private static Set<String> keys(JsonNode node) {
        return new TreeSet<>(node.propertyNames());
    }

    /** Those of layers that our smaller model has. */
    private static Set<String> namesOfLayers(Set<String> names, JsonNode config) {
        int layers = config.path("n_layer").asInt(0);
        Set<String> kept = new TreeSet<>();
        for (String name : names) {
            String[] parts = name.split("\\.");
            if (!parts[1].equals("h") || Integer.parseInt(parts[2]) < layers) {
                kept.add(name);
            }
        }
        return kept;
    }

    /** transformers' GPT-2 has biases whatever its config says, so a model that learns none must say that they are 0. */
    @Test
    void biasesThatAreNotLearnedAreWrittenAsZeros() {
        trained();
        try (Checkpoint checkpoint = Checkpoint.open(folder.resolve("model.safetensors"))) {
            int biases = 0;
            for (String name : checkpoint.names()) {
                if (name.endsWith(".bias")) {
                    assertThat(checkpoint.tensor(name).toArray()).as(name).containsOnly(0);
                    biases++;
                }
            }
            assertThat(biases).isEqualTo(2 * 6 + 1); // two norms and four matrices a layer, one norm behind them
        }
    }

    /** Without it transformers would take GPT-2's own class, which adds a token that the model has no row for. */
    @Test
    void theTokenizersClassAndSpecialTokensAreSaid() {
        Trainer trainer = trained();
        JsonNode options = Json.read(folder.resolve("tokenizer_config.json"), MOST);
        assertThat(options.path("tokenizer_class").asString("")).isEqualTo("PreTrainedTokenizerFast");
        assertThat(options.path("model_max_length").asInt(0)).isEqualTo(12);
        assertThat(keys(options)).noneMatch(key -> key.endsWith("_token"));
        String text = "the cat sat.";
        try (Tokenizer saved = Tokenizer.load(folder);
                Tokenizer trainedOn =
                        Tokenizer.parse("tokenizer", trainer.task().tokenizerJson())) {
            assertThat(saved.encode(text).ids())
                    .containsExactly(trainedOn.encode(text).ids());
        }
    }

    @Test
    void theFolderGivesTheLogitsOfTheTrainersOwnNetwork() {
        Trainer trainer = trained();
        int[] ids = {1, 4, 2, 8, 5, 7, 1, 1};
        float[] ours = logits((Network.Decoder) trainer.network(), ids);
        try (Model model = Model.load(folder)) {
            assertThat(model.warnings()).isEmpty();
            assertThat(logits((Network.Decoder) model.network(), ids)).containsExactly(ours);
        }
    }

    private static float[] logits(Network.Decoder network, int[] ids) {
        Pass pass = Pass.of(ids.length);
        Value hidden = network.hidden(pass, ids);
        return network.logits(pass, hidden).tensor().toArray();
    }

    private Trainer trained() {
        Trainer trainer = Trainer.fresh(TrainerTest.small(6), TrainerTest.corpus());
        TrainingRun.start(trainer, folder, "text", "test").finish(new TrainerTest.Quiet(), () -> false);
        return trainer;
    }

    /** The larger model of the recipe: its products are large enough to be shared, which those of small ones are not. */
    @Test
    void oneThreadAndTwoWriteTheSameBytes() throws IOException {
        Corpus corpus = Corpus.characters("text", "the cat sat on the mat. ".repeat(60));
        Workers.with(1, () -> shakespeare(corpus, folder.resolve("one")));
        Workers.with(2, () -> shakespeare(corpus, folder.resolve("two")));
        for (String name : new String[] {"model.safetensors", "training.safetensors"}) {
            assertThat(folder.resolve("two").resolve(name))
                    .as(name)
                    .hasSameBinaryContentAs(folder.resolve("one").resolve(name));
        }
    }

    private static int shakespeare(Corpus corpus, Path into) {
        Trainer trainer = Trainer.fresh(Recipe.named("shakespeare-char").withSteps(3), corpus);
        TrainingRun.start(trainer, into, "text", "test").finish(new TrainerTest.Quiet(), () -> false);
        return trainer.steps();
    }
}
