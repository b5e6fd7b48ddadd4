package dev.heed.model;

import static dev.heed.Shared.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.heed.model.checkpoint.Checkpoint;
import dev.heed.model.checkpoint.SafetensorsWriter;
import dev.heed.tensor.Tensor;
import dev.heed.text.Tokens;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Folders whose parts do not fit: one sentence that names file and key or tensor. */
class BadFolderTest {
    @TempDir
    private Path folder;

    @BeforeEach
    void copy() throws IOException {
        for (String file : new String[] {"config.json", "model.safetensors", "tokenizer.json"}) {
            Files.copy(given("llama").resolve(file), folder.resolve(file));
        }
    }

    @Test
    void missingMisshapenAndExtraTensorsAreNamed() throws IOException {
        SafetensorsWriter writer = new SafetensorsWriter();
        try (Checkpoint good = Checkpoint.open(given("llama"))) {
            for (String name : good.names()) {
                if (name.equals("model.norm.weight")) {
                    writer.put(name, Tensor.zeros(63));
                } else if (!name.equals("model.layers.1.mlp.up_proj.weight")) {
                    writer.put(name, good.tensor(name));
                }
            }
        }
        writer.put("model.layers.0.self_attn.q_proj.bias", Tensor.zeros(64));
        writer.write(folder.resolve("model.safetensors"));
        assertThatThrownBy(() -> Model.load(folder))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("1 tensors missing (model.layers.1.mlp.up_proj.weight [96, 64])")
                .hasMessageContaining("1 tensors of another shape (model.norm.weight must be [64], got [63])")
                .hasMessageContaining("1 tensors not part of the model ('model.layers.0.self_attn.q_proj.bias')");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            "hidden_size": 64          | "hidden_size": 0            | hidden_size
            "hidden_size": 64          | "hidden_size": 1e30         | hidden_size
            "hidden_act": "silu"       | "hidden_act": "gelu_10"     | hidden_act
            "num_key_value_heads": 4   | "num_key_value_heads": 3    | num_key_value_heads
            "num_attention_heads": 8   | "num_attention_heads": 7    | num_key_value_heads
            "head_dim": 8              | "head_dim": 1048576         | head_dim
            "rope_theta": 10000.0      | "rope_theta": -1            | rope_theta
            "rope_type": "default"     | "rope_type": "proportional" | rope_type
            "model_type": "llama"      | "model_type": "mamba"       | model_type
            "rms_norm_eps": 1e-06      | "rms_norm_eps": 0           | rms_norm_eps
            "attention_bias": false    | "attention_bias": true      | self_attn.q_proj.bias
            "num_hidden_layers": 3     | "num_hidden_layers": 1000   | missing
            "mlp_bias": false          | "quantization_config": {}   | quantization_config
            """)
    void optionsThatAreWrongAreRefusedByName(String good, String bad, String named) throws IOException {
        Path config = folder.resolve("config.json");
        String text = Files.readString(config);
        Files.writeString(config, text.replace(good.strip(), bad.strip()));
        assertThat(text).contains(good.strip());
        assertThatThrownBy(() -> Model.load(folder))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(named.strip());
    }

    /** Rotary positions do not end: transformers reads longer texts, too. */
    @Test
    void longerTextsThanTheModelWasMadeForAreTold() {
        try (Model model = Model.load(folder)) {
            Tokens text = model.tokenizer().encode("word ".repeat(200));
            assertThat(model.warnings(text)).singleElement().asString().contains("128", "max_position_embeddings");
            assertThat(model.warnings(model.tokenizer().encode("word"))).isEmpty();
            assertThat(model.run(text, Run.Options.logitsOnly()).logits()).isPresent();
            Generation further = model.generateAll(
                            List.of(text), Generation.Options.greedy(3).atLeast(3))
                    .getFirst();
            assertThat(further.end()).isEqualTo(Generation.End.MAX_TOKENS);
        }
    }

    @Test
    void textsThatDoNotFitAreRefused() {
        try (Model learned = Model.load(given("gpt2"))) {
            assertThatThrownBy(() -> learned.run("word ".repeat(400)))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("tokens fit this model");
        }
        try (Model model = Model.load(folder)) {
            assertThatThrownBy(() -> model.run(model.tokens(5, 384), Run.Options.everything()))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("384");
        }
    }

    @Test
    void aHeadThatIsNoMatrixIsNamed() throws IOException {
        copyAs("bert", "BertForTokenClassification");
        SafetensorsWriter writer = new SafetensorsWriter();
        try (Checkpoint good = Checkpoint.open(given("bert"))) {
            good.names().forEach(name -> writer.put(name, good.tensor(name)));
        }
        writer.put("classifier.weight", Tensor.full(1)).put("classifier.bias", Tensor.full(1, 1));
        writer.write(folder.resolve("model.safetensors"));
        assertThatThrownBy(() -> Model.load(folder))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("classifier.weight must be [1, ")
                .hasMessageContaining("got []");
    }

    /** Its bias has a number for each head and pair of tokens. */
    @Test
    void aTextTooLongForTheBiasOfT5IsRefused() {
        try (Model model = Model.load(given("t5"))) {
            for (int tokens : new int[] {46_341, 65_536}) {
                int[] ids = new int[tokens];
                assertThatThrownBy(() -> model.run(model.tokens(ids), model.writtenTokens(0), Run.Options.logitsOnly()))
                        .isInstanceOf(IllegalArgumentException.class)
                        .hasMessageContaining("for " + tokens + " tokens; shorten the text");
            }
        }
    }

    @Test
    void headsThatDoNotDivideTheWidthAreNamedAsTheFileNamesThem() throws IOException {
        copyAs("distilbert", "DistilBertModel");
        Path config = folder.resolve("config.json");
        String text = Files.readString(config);
        assertThat(text).contains("\"n_heads\": ");
        Files.writeString(config, text.replaceFirst("\"n_heads\": \\d+", "\"n_heads\": 7"));
        assertThatThrownBy(() -> Model.load(folder))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("config.json: 'dim' must be a multiple of n_heads=7, got ");
    }

    /** As where a base model was saved under the name of a classifier. */
    @ParameterizedTest
    @CsvSource({
        "bert, BertForSequenceClassification, classifier.weight",
        "bert, BertForTokenClassification, classifier.weight",
        "bert, BertForQuestionAnswering, qa_outputs.weight",
        "distilbert, DistilBertForSequenceClassification, classifier.weight",
        "roberta, RobertaForSequenceClassification, classifier.out_proj.weight",
        "bart, BartForSequenceClassification, classification_head.out_proj.weight",
        "gpt2, GPT2ForSequenceClassification, score.weight",
        "qwen3, Qwen3ForTokenClassification, classifier.weight"
    })
    void headsThatTheFileNamesAndTheCheckpointLacksAreTold(String type, String name, String tensor) throws IOException {
        copyAs(type, name);
        try (Model model = Model.load(folder)) {
            assertThat(model.warnings()).anyMatch(warning -> warning.contains(name) && warning.contains(tensor));
            assertThat(model.run(model.tokens(5, 6, 7), Run.Options.everything())
                            .hiddenStates())
                    .isNotEmpty();
        }
    }

    @Test
    void aHeadThatPredictsWordsIsTold() throws IOException {
        Path bert = copyAs("bert", "BertForMaskedLM");
        try (Model model = Model.load(folder)) {
            assertThat(model.warnings()).isEmpty();
        }
        SafetensorsWriter writer = new SafetensorsWriter();
        try (Checkpoint good = Checkpoint.open(bert)) {
            good.names().stream()
                    .filter(name -> !name.startsWith("cls."))
                    .forEach(name -> writer.put(name, good.tensor(name)));
        }
        writer.write(folder.resolve("model.safetensors"));
        try (Model model = Model.load(folder)) {
            assertThat(model.warnings()).singleElement().asString().contains("BertForMaskedLM", "cls.predictions.bias");
            assertThatThrownBy(() -> model.fill("a [MASK]", 1)).hasMessageContaining("no head");
        }
    }

    /** The folder as a copy of a conformance case that names this class. */
    private Path copyAs(String type, String name) throws IOException {
        Path good = given(type);
        for (String file : new String[] {"config.json", "model.safetensors", "tokenizer.json"}) {
            Files.copy(good.resolve(file), folder.resolve(file), StandardCopyOption.REPLACE_EXISTING);
        }
        Path config = folder.resolve("config.json");
        Files.writeString(
                config,
                Files.readString(config).replaceFirst("(\"architectures\": \\[\\s*)\"[^\"]*\"", "$1\"" + name + "\""));
        return good;
    }
}
