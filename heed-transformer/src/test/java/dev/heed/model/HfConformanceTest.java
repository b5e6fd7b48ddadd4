package dev.heed.model;

import static org.assertj.core.api.Assertions.assertThat;

import dev.heed.model.checkpoint.SafetensorsWriter;
import dev.heed.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the other side calls logits is what its class of model gives: words, classes of tokens, or of whole texts. */
class HfConformanceTest {
    private static final long[] IDS = {3, 5, 1, 4};

    @TempDir
    Path folder;

    @Test
    void classesOfTokensInABatch() throws IOException {
        PlainDouble r = new PlainDouble(1);
        List.of("q", "k", "v", "o")
                .forEach(name -> r.weight("model.layers.0.self_attn." + name + "_proj.weight", 8, 8));
        List.of("gate", "up").forEach(name -> r.weight("model.layers.0.mlp." + name + "_proj.weight", 12, 8));
        r.weight("model.layers.0.mlp.down_proj.weight", 8, 12);
        List.of("layers.0.input_layernorm", "layers.0.post_attention_layernorm", "norm")
                .forEach(name -> r.weight("model." + name + ".weight", 8));
        r.weight("model.embed_tokens.weight", 7, 8);
        r.weight("score.weight", 3, 8);
        r.weight("score.bias", 3);
        tokenizer();
        r.write(folder, """
                {"model_type": "llama", "architectures": ["LlamaForTokenClassification"], "hidden_size": 8,
                 "intermediate_size": 12, "num_hidden_layers": 1, "num_attention_heads": 2, "vocab_size": 7}
                """);
        passesWithItsOwn(new Run.Options(false, false, false));
    }

    @Test
    void classesOfAnEncoderDecoder() throws IOException {
        PlainDouble r = new PlainDouble(2);
        for (String stack : List.of("encoder", "decoder")) {
            String at = "model." + stack + ".";
            r.weight(at + "embed_positions.weight", 18, 8);
            norm(r, at + "layernorm_embedding");
            List<String> attentions =
                    stack.equals("encoder") ? List.of("self_attn") : List.of("self_attn", "encoder_attn");
            for (String attention : attentions) {
                for (String name : List.of("q", "k", "v", "out")) {
                    linear(r, at + "layers.0." + attention + "." + name + "_proj", 8, 8);
                }
                norm(r, at + "layers.0." + attention + "_layer_norm");
            }
            linear(r, at + "layers.0.fc1", 12, 8);
            linear(r, at + "layers.0.fc2", 8, 12);
            norm(r, at + "layers.0.final_layer_norm");
        }
        r.weight("model.shared.weight", 7, 8);
        linear(r, "classification_head.dense", 8, 8);
        linear(r, "classification_head.out_proj", 3, 8);
        tokenizer();
        r.write(folder, """
                {"model_type": "bart", "architectures": ["BartForSequenceClassification"], "d_model": 8, "encoder_layers": 1,
                 "decoder_layers": 1, "encoder_attention_heads": 2, "decoder_attention_heads": 2, "encoder_ffn_dim": 12,
                 "decoder_ffn_dim": 12, "vocab_size": 7, "max_position_embeddings": 16}
                """);
        passesWithItsOwn(new Run.Options(false, false, false));
    }

    private static void norm(PlainDouble r, String name) {
        r.weight(name + ".weight", 8);
        r.weight(name + ".bias", 8);
    }

    private static void linear(PlainDouble r, String name, int out, int in) {
        r.weight(name + ".weight", out, in);
        r.weight(name + ".bias", out);
    }

    private void tokenizer() throws IOException {
        Files.writeString(folder.resolve("tokenizer.json"), """
                {"version": "1.0", "added_tokens": [], "pre_tokenizer": {"type": "WhitespaceSplit"},
                 "model": {"type": "WordLevel", "unk_token": "a",
                           "vocab": {"a": 0, "b": 1, "c": 2, "d": 3, "e": 4, "f": 5, "g": 6}}}
                """);
    }

    /** Classes of one text and of a batch of two, the second of which is padded, pass; others do not. */
    private void passesWithItsOwn(Run.Options keep) {
        for (float off : new float[] {0, 0.1f}) {
            try (Model model = Model.load(folder)) {
                Run one = model.runToClassify(model.tokens(3, 5, 1, 4), keep);
                Run two = model.runToClassify(model.tokens(3, 5), keep);
                boolean perToken = one.tokenClasses().isPresent();
                Tensor first = one.classes().or(one::tokenClasses).orElseThrow().contiguous();
                Tensor second = two.classes().or(two::tokenClasses).orElseThrow();
                Tensor both = perToken ? Tensor.zeros(2, 4, 3) : Tensor.zeros(2, 3);
                System.arraycopy(first.toArray(), 0, both.array(), 0, first.elements());
                System.arraycopy(second.toArray(), 0, both.array(), first.elements(), second.elements());
                both.array()[0] += off;
                new SafetensorsWriter()
                        .putLongs("0.input_ids", IDS, 4)
                        .put("0.logits", first)
                        .putLongs("batch.input_ids", new long[] {3, 5, 1, 4, 3, 5, 0, 0}, 2, 4)
                        .putLongs("batch.attention_mask", new long[] {1, 1, 1, 1, 1, 1, 0, 0}, 2, 4)
                        .put("batch.logits", both)
                        .write(folder.resolve("expected.safetensors"));
            }
            HfConformance.Report report = HfConformance.run(folder);
            assertThat(report.checks()).extracting(HfConformance.Check::name).contains("0.logits", "batch.logits");
            assertThat(report.passed()).isEqualTo(off == 0);
        }
    }
}
