package dev.heed.model;

import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.heed.model.checkpoint.Checkpoint;
import dev.heed.model.checkpoint.SafetensorsWriter;
import dev.heed.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Folders whose parts do not fit: one sentence that names file and key or tensor. */
class BadFolderTest {
    private static final Path GOOD =
            Path.of(System.getProperty("heed.conformance", "../shared/conformance"), "hf", "llama");

    @TempDir
    private Path folder;

    @BeforeEach
    void copy() throws IOException {
        assumeTrue(Files.isDirectory(GOOD), "no conformance case at " + GOOD);
        for (String file : new String[] {"config.json", "model.safetensors", "tokenizer.json"}) {
            Files.copy(GOOD.resolve(file), folder.resolve(file));
        }
    }

    @Test
    void missingMisshapenAndExtraTensorsAreNamed() throws IOException {
        SafetensorsWriter writer = new SafetensorsWriter();
        try (Checkpoint good = Checkpoint.open(GOOD)) {
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
                .hasMessageContaining("1 tensors not part of the model (model.layers.0.self_attn.q_proj.bias)");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            "hidden_size": 64          | "hidden_size": 0            | hidden_size
            "hidden_size": 64          | "hidden_size": 1e30         | hidden_size
            "hidden_act": "silu"       | "hidden_act": "gelu_10"     | hidden_act
            "num_key_value_heads": 4   | "num_key_value_heads": 3    | num_key_value_heads
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
        org.assertj.core.api.Assertions.assertThat(text).contains(good.strip());
        assertThatThrownBy(() -> Model.load(folder))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(named.strip());
    }

    @Test
    void textsThatDoNotFitAreRefused() {
        try (Model model = Model.load(folder)) {
            assertThatThrownBy(() -> model.run("word ".repeat(200)))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("128 tokens");
            assertThatThrownBy(() -> model.run(model.tokens(5, 384), Run.Options.everything()))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("384");
        }
    }
}
