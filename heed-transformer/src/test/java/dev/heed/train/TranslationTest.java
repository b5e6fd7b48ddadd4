package dev.heed.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.data.Offset.offset;

import dev.heed.kernel.Workers;
import dev.heed.model.Generation;
import dev.heed.model.Model;
import dev.heed.model.arch.Network;
import dev.heed.nn.Memory;
import dev.heed.nn.Pass;
import dev.heed.text.SentencePieceFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TranslationTest {
    private static final String MARIAN = """
            {"model_type": "marian", "architectures": ["MarianMTModel"], "activation_function": "gelu", "d_model": 16,
             "encoder_layers": 1, "decoder_layers": 1, "encoder_attention_heads": 2, "decoder_attention_heads": 2,
             "encoder_ffn_dim": 24, "decoder_ffn_dim": 24, "max_position_embeddings": 16, "scale_embedding": true,
             "is_encoder_decoder": true, "pad_token_id": 0, "eos_token_id": 1, "decoder_start_token_id": 0}
            """;
    private static final String BART = """
            {"model_type": "bart", "architectures": ["BartForConditionalGeneration"], "activation_function": "gelu",
             "d_model": 16, "encoder_layers": 1, "decoder_layers": 1, "encoder_attention_heads": 2,
             "decoder_attention_heads": 2, "encoder_ffn_dim": 24, "decoder_ffn_dim": 24, "max_position_embeddings": 16,
             "is_encoder_decoder": true, "pad_token_id": 0, "bos_token_id": 0, "eos_token_id": 1,
             "forced_eos_token_id": 1, "decoder_start_token_id": 0}
            """;
    private static final String T5 = """
            {"model_type": "t5", "architectures": ["T5ForConditionalGeneration"], "d_model": 16, "d_kv": 8, "d_ff": 24,
             "num_layers": 1, "num_decoder_layers": 1, "num_heads": 2, "feed_forward_proj": "relu",
             "relative_attention_num_buckets": 8, "relative_attention_max_distance": 16, "layer_norm_epsilon": 1e-6,
             "is_encoder_decoder": true, "pad_token_id": 0, "eos_token_id": 1, "decoder_start_token_id": 0}
            """;
    private static final List<Pairs.Texts> TEXTS = List.of(
            new Pairs.Texts("The dog is black.", "Der Hund ist schwarz.", ""),
            new Pairs.Texts("The cat is white.", "Die Katze ist weiß.", ""),
            new Pairs.Texts("The animal is old and black.", "Das Tier ist alt und schwarz.", ""));
    private static final Path NONE = Path.of("");

    @TempDir
    private Path folder = NONE; // set by JUnit

    private static Pairs pairs() {
        List<String> all = TEXTS.stream()
                .flatMap(each -> java.util.stream.Stream.of(each.read(), each.written()))
                .toList();
        return new Pairs(Pairs.Sides.alike(WordTokenizer.paired(all)), TEXTS, TEXTS);
    }

    private static Recipe recipe(String config, int batch, int steps) {
        return Recipe.parse("small", """
                name: small
                learns: translation
                model: %s
                deviation: 0.1
                context: 16
                batch: %d
                steps: %d
                optimizer: {kind: adamw, beta2: 0.98, decay: 0.01}
                rate: {peak: 1e-2, floor: 1e-3, warm_up: 5}
                clip: 1
                evaluate_every: 10
                seed: 3
                """.formatted(config.replace("\n", " "), batch, steps));
    }

    private static Trainer trainer(String config, int steps) {
        return Trainer.fresh(recipe(config, 4, steps), new Translation(pairs(), "The dog is black."));
    }

    /** The definition: pair by pair, each token from those before. */
    @Test
    void aRaggedBatchHasTheMeanLossOfItsTokensEachPredictedFromThoseBefore() {
        Trainer trainer = trainer(MARIAN, 1);
        Network.EncoderDecoder model = (Network.EncoderDecoder) trainer.network();
        double sum = 0;
        int tokens = 0;
        for (Pairs.Pair pair : pairs().of(Task.Split.TRAIN)) {
            for (int t = 0; t < pair.written().length; t++) {
                int[] given = new int[t + 1];
                System.arraycopy(pair.written(), 0, given, 1, t); // behind what begins every text, 0
                int[] labels = new int[t + 1];
                java.util.Arrays.fill(labels, -1);
                labels[t] = pair.written()[t];
                Memory memory = model.encode(Pass.of(pair.read().length), pair.read());
                Pass pass = Pass.of(given.length);
                sum += model.loss(pass, model.decode(pass, given, memory), labels)
                        .tensor()
                        .get(0);
                tokens++;
            }
        }
        assertThat(trainer.loss(Task.Split.VALIDATION)).isCloseTo(sum / tokens, offset(1e-5));
    }

    /** A published Marian may read with one vocabulary and write with another; a fine-tuned one keeps both. */
    @Test
    void aModelWithTwoVocabulariesLearnsFurtherWithBoth() throws IOException {
        List<String> read = List.of("</s>", "<unk>", "▁the", "▁dog", "▁cat", "▁sees", "<pad>");
        List<String> written = List.of("</s>", "▁der", "▁die", "<unk>", "▁Hund", "▁Katze", "▁sieht", "<pad>");
        Path from = Files.createDirectories(folder.resolve("from"));
        String config = MARIAN.replace("\"eos_token_id\": 1", "\"eos_token_id\": 0")
                .replace(
                        "\"d_model\"",
                        "\"share_encoder_decoder_embeddings\": false, \"decoder_vocab_size\": 40, \"d_model\"");
        TrainingRun.start(trainer(config, 0), from, "pairs", "test").finish(new Silent(), () -> false);
        Files.delete(from.resolve("tokenizer.json"));
        Files.delete(from.resolve("generation_config.json")); // older folders say in config.json how to write
        Path older = from.resolve("config.json");
        Files.writeString(older, Files.readString(older).replaceFirst("\\{", "{\"num_beams\": 2,"));
        vocabulary(from, read, "source.spm", "vocab.json");
        vocabulary(from, written, "target.spm", "target_vocab.json");
        Files.writeString(from.resolve("tokenizer_config.json"), "{\"separate_vocabs\": true}");
        Path data = Files.writeString(
                folder.resolve("pairs.tsv"),
                "the dog sees\tder Hund sieht\nthe cat sees\tdie Katze sieht\n".repeat(10));
        Path out = folder.resolve("out");
        Trainer trainer = new FineTuning(from, 120, 4, 16, 1e-2, 0, 0, 5).trainer(data);
        TrainingRun.start(trainer, out, data.toString(), "test").finish(new Silent(), () -> false);
        Path paused = folder.resolve("paused");
        for (int stop : new int[] {70, 120}) {
            Trainer part = new FineTuning(from, 120, 4, 16, 1e-2, 0, 0, 5).trainer(data);
            TrainingRun.resume(part, paused, data.toString(), "test").finish(new Silent(), () -> part.steps() >= stop);
        }
        for (String name : List.of("model.safetensors", "training.safetensors", "target.spm", "target_vocab.json")) {
            assertThat(paused.resolve(name)).as(name).hasSameBinaryContentAs(out.resolve(name));
        }
        try (Model model = Model.load(out)) {
            assertThat(model.warnings()).isEmpty();
            assertThat(model.beams().count()).isEqualTo(2);
            assertThat(model.tokenizer().encode("the cat").ids()).containsExactly(2, 4, 0);
            assertThat(model.writer().encode("die Katze").ids()).containsExactly(2, 5, 0);
            List<Generation> translated = model.generateAll(
                    List.of(
                            model.tokenizer().encode("the dog sees"),
                            model.tokenizer().encode("the cat sees")),
                    Generation.Options.greedy(20));
            assertThat(translated)
                    .extracting(each -> each.text().strip())
                    .containsExactly("der Hund sieht", "die Katze sieht");
        }
    }

    private static void vocabulary(Path folder, List<String> pieces, String model, String ids) throws IOException {
        Map<String, Double> scores = new LinkedHashMap<>();
        pieces.forEach(piece -> scores.put(piece, -1.0 - scores.size()));
        Files.write(folder.resolve(model), SentencePieceFile.unigram(scores));
        Files.writeString(folder.resolve(ids), SentencePieceFile.ids(pieces));
    }

    @ParameterizedTest
    @ValueSource(strings = {MARIAN, BART, T5})
    void pairsAreLearnedAndTheFolderTranslatesThem(String config) {
        Trainer trainer = trainer(config, 150);
        TrainingRun.start(trainer, folder, "pairs", "test").finish(new Silent(), () -> false);
        try (Model model = Model.load(folder)) {
            assertThat(model.warnings()).isEmpty();
            for (Pairs.Texts each : TEXTS) {
                Generation written = model.generateAll(
                                List.of(model.tokenizer().encode(each.read())), Generation.Options.greedy(20))
                        .getFirst();
                assertThat(written.text().strip()).as(config).isEqualTo(each.written());
                assertThat(written.end()).isEqualTo(Generation.End.END_TOKEN);
            }
        }
    }

    @Test
    void aResumedRunEndsWithTheSameBytesOnAnyNumberOfThreads() {
        Path straight = folder.resolve("straight");
        Path paused = folder.resolve("paused");
        run(straight, 12, 1);
        run(paused, 5, 2);
        run(paused, 12, 2);
        for (String name : List.of("model.safetensors", "training.safetensors", "config.json", "tokenizer.json")) {
            assertThat(paused.resolve(name)).as(name).hasSameBinaryContentAs(straight.resolve(name));
        }
    }

    private static void run(Path into, int until, int threads) {
        Workers.with(threads, () -> {
            Trainer trainer = trainer(MARIAN, 12);
            TrainingRun.resume(trainer, into, "pairs", "test").finish(new Silent(), () -> trainer.steps() >= until);
            return true;
        });
    }

    @Test
    void onlyEncoderDecodersTranslate() {
        String gpt2 = """
                {"model_type": "gpt2", "n_layer": 1, "n_head": 2, "n_embd": 16, "n_positions": 16}
                """;
        assertThatThrownBy(() -> trainer(gpt2, 1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(
                        "train: to write one text from another an encoder–decoder is needed, such as marian, bart or t5,"
                                + " got gpt2");
    }
}
