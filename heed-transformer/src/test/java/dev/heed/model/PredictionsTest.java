package dev.heed.model;

import static dev.heed.Shared.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.heed.attention.AttentionMap;
import dev.heed.attention.AttentionMap.Kind;
import dev.heed.model.checkpoint.Checkpoint;
import dev.heed.model.checkpoint.SafetensorsWriter;
import dev.heed.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Masked words, vectors, classes, and what files say about writing. */
class PredictionsTest {
    @TempDir
    Path folder;

    @Test
    void filledWordsAreTheSoftmaxOfTheMasksRow() {
        try (Model model = Model.load(copy("bert", "", ""))) {
            FilledMask mask =
                    model.fill("What is the [MASK] but the people?", 384).getFirst();
            Run run = model.run("What is the [MASK] but the people?");
            assertThat(run.tokens().get(mask.position()).piece()).isEqualTo("[MASK]");
            Tensor row = run.logits().orElseThrow().select(0, mask.position());
            double sum = 0;
            for (FilledMask.Word word : mask.words()) {
                sum += word.probability();
            }
            assertThat(sum).isCloseTo(1, org.assertj.core.data.Offset.offset(1e-12));
            FilledMask.Word first = mask.words().get(0);
            FilledMask.Word second = mask.words().get(1);
            assertThat(Math.log(first.probability() / second.probability()))
                    .isCloseTo(row.get(first.id()) - row.get(second.id()), org.assertj.core.data.Offset.offset(1e-5));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"single_label_classification", "multi_label_classification", "regression"})
    void classesAreScoredAsTheirProblemAsks(String problem) {
        PlainDouble r = new PlainDouble(21);
        classifier(r, problem);
        try (Model model = Model.load(folder)) {
            List<ClassScore> classes = model.classify("What is the city?");
            double[] logits = doubles(model.run("What is the city?").classes().orElseThrow());
            double sum = Arrays.stream(logits).map(Math::exp).sum();
            for (int i = 0; i < 3; i++) {
                String label = i == 1 ? "bad" : "LABEL_" + i;
                double want = switch (problem) {
                    case "regression" -> logits[i];
                    case "multi_label_classification" -> 1 / (1 + Math.exp(-logits[i]));
                    default -> Math.exp(logits[i]) / sum;
                };
                assertThat(classes)
                        .filteredOn(each -> each.label().equals(label))
                        .singleElement()
                        .satisfies(each ->
                                assertThat(each.score()).isCloseTo(want, org.assertj.core.data.Offset.offset(1e-9)));
            }
            assertThat(classes).extracting(ClassScore::score).isSortedAccordingTo((a, b) -> Double.compare(b, a));
            assertThatThrownBy(() -> model.fill("a [MASK]", 1)).hasMessageContaining("no head that predicts words");
        }
    }

    /** A BERT with a head of three classes beside the conformance folder's tokenizer. */
    private void classifier(PlainDouble r, String problem) {
        int e = 8;
        for (String name : List.of("word", "position", "token_type")) {
            r.weight(
                    "bert.embeddings." + name + "_embeddings.weight",
                    name.equals("word") ? 384 : name.equals("position") ? 64 : 2,
                    e);
        }
        double[][] x = r.layerNorm(new double[1][e], "bert.embeddings.LayerNorm", 1e-12);
        String at = "bert.encoder.layer.0.";
        for (String part : List.of(
                "attention.self.query", "attention.self.key", "attention.self.value", "attention.output.dense")) {
            r.linear(x, at + part, e, true);
        }
        r.layerNorm(x, at + "attention.output.LayerNorm", 1e-12);
        r.linear(r.linear(x, at + "intermediate.dense", 5, true), at + "output.dense", e, true);
        r.layerNorm(x, at + "output.LayerNorm", 1e-12);
        r.linear(r.linear(x, "bert.pooler.dense", e, true), "classifier", 3, true);
        Path from = given("bert").resolve("tokenizer.json");
        assumeThat(from).exists();
        r.write(folder, """
                {"model_type": "bert", "architectures": ["BertForSequenceClassification"], "hidden_size": 8,
                 "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 5, "vocab_size": 384,
                 "max_position_embeddings": 64, "id2label": {"1": "bad"}, "problem_type": "%s"}
                """.formatted(problem));
        copy(from, folder.resolve("tokenizer.json"));
    }

    @Test
    void vectorsAreTheMeanOrTheFirstOfTheLastHiddenStates() {
        try (Model model = Model.load(copy("roberta", "", ""))) {
            Run run = model.run("What is the city?");
            assertThat(model.embed("What is the city?", Pooling.MEAN).toArray())
                    .containsExactly(run.meanVector().toArray());
            assertThat(model.embed("What is the city?", Pooling.CLS).toArray())
                    .containsExactly(run.firstVector().toArray());
        }
    }

    @Test
    void aHeadThatIsNotRunIsTold() {
        try (Model model = Model.load(copy("bert", "BertForMaskedLM", "BertForMultipleChoice"))) {
            assertThat(model.warnings()).anyMatch(each -> each.contains("BertForMultipleChoice"));
        }
        try (Model model = Model.load(given("bert"))) {
            assertThat(model.warnings()).isEmpty();
        }
    }

    /** Ids that a model's files bar are never written; a forced first one always is. */
    @Test
    void barredAndForcedIdsAreHonoured() throws IOException {
        Path copied = copy("marian", "", "");
        Files.writeString(
                copied.resolve("generation_config.json"), "{\"eos_token_id\": 1, \"decoder_start_token_id\": 0}");
        int[] free = written(copied);
        int barred = free[1];
        Files.writeString(
                copied.resolve("generation_config.json"),
                "{\"eos_token_id\": 1, \"decoder_start_token_id\": 5, \"forced_bos_token_id\": 77, \"bad_words_ids\": [["
                        + barred + "]]}");
        int[] bound = written(copied);
        assertThat(bound[0]).isEqualTo(77);
        assertThat(Arrays.stream(bound).skip(1)).doesNotContain(barred);
        try (Model model = Model.load(copied)) {
            assertThat(model.generate("Good.", Generation.Options.greedy(1)).promptIds())
                    .containsExactly(5);
        }
        Files.writeString(
                copied.resolve("generation_config.json"),
                "{\"eos_token_id\": 1, \"decoder_start_token_id\": 5, \"forced_bos_token_id\": 77, \"forced_eos_token_id\": [9, 8],"
                        + " \"begin_suppress_tokens\": [" + bound[1] + "]}");
        assertThat(written(copied)[1]).isNotEqualTo(bound[1]); // the first that is not forced
        try (Model model = Model.load(copied)) {
            assertThat(model.generate("Good.", Generation.Options.greedy(1)).ids())
                    .containsExactly(8);
        }
    }

    /** Older folders have no generation_config.json and may leave to transformers' classes what ends a text. */
    @Test
    void whatNoFileSaysIsAsInTheConfigurationClasses() throws IOException {
        Path copied = copy("bart", "", "");
        Files.deleteIfExists(copied.resolve("generation_config.json"));
        Path file = copied.resolve("config.json");
        String config = Files.readString(file).replaceAll("\"forced_[be]os_token_id\": [^,]+,", "");
        String silent = config.replaceAll("\"eos_token_id\": [^,]+,", "");
        Files.writeString(file, silent);
        try (Model model = Model.load(copied)) {
            assertThat(model.endIds()).containsExactly(2);
        }
        Files.writeString(file, config.replaceAll("\"eos_token_id\": [^,]+,", "\"eos_token_id\": null,"));
        try (Model model = Model.load(copied)) {
            assertThat(model.endIds()).isEmpty();
        }
        Files.writeString(
                file,
                silent.replaceAll("\"bos_token_id\": [^,]+,", "")
                        .replaceFirst("\\{", "{\"bos_token_id\": 77, \"force_bos_token_to_be_generated\": true,"));
        assertThat(written(copied)[0]).isEqualTo(77);
    }

    /** A generation_config.json counts alone: what it leaves out, config.json does not say for it. */
    @Test
    void whatTheGenerationFileLeavesOutIsNotTakenFromTheOther() throws IOException {
        Path copied = copy("bart", "", "");
        Path rules = copied.resolve("generation_config.json");
        Files.writeString(rules, "{}");
        try (Model model = Model.load(copied)) {
            assertThat(model.endIds()).isEmpty();
        }
        Files.writeString(rules, "{\"bos_token_id\": 77}");
        try (Model model = Model.load(copied)) {
            assertThat(model.generate("Good.", Generation.Options.greedy(1)).promptIds())
                    .containsExactly(77); // where a text begins is left out
        }
    }

    /** Settings of writing that Heed has not are told where they would change a text, in the file that counts. */
    @Test
    void settingsOfWritingThatAreNotUsedAreTold() throws IOException {
        Path copied = copy("gpt2", "", "");
        Path rules = copied.resolve("generation_config.json");
        Files.writeString(
                rules, "{\"typical_p\": 1.0, \"num_beam_groups\": 1, \"token_healing\": false, \"min_p\": null}");
        try (Model model = Model.load(copied)) {
            assertThat(model.warnings()).isEmpty();
        }
        Files.writeString(rules, "{\"stop_strings\": [\"x\"], \"num_beam_groups\": 2}");
        try (Model model = Model.load(copied)) {
            assertThat(model.warnings())
                    .satisfiesExactly(
                            groups -> assertThat(groups).startsWith("generation_config.json: 'num_beam_groups'"),
                            stops -> assertThat(stops).startsWith("generation_config.json: 'stop_strings'"));
        }
        Files.delete(rules);
        Path config = copied.resolve("config.json");
        Files.writeString(config, Files.readString(config).replaceFirst("\\{", "{\"diversity_penalty\": 0.5,"));
        try (Model model = Model.load(copied)) {
            assertThat(model.warnings()).singleElement().asString().startsWith("config.json: 'diversity_penalty'");
        }
    }

    /** What the files say of repetitions, lengths and ends is honoured, as transformers honours it. */
    @Test
    void repetitionsLengthsAndEndsAreThoseOfTheFiles() throws IOException {
        Path copied = copy("gpt2", "", "");
        Path rules = copied.resolve("generation_config.json");
        Files.writeString(rules, "{\"eos_token_id\": 0}");
        int[] free = written(copied);
        Files.writeString(rules, "{\"eos_token_id\": 0, \"no_repeat_ngram_size\": 1}");
        assertThat(written(copied)).doesNotHaveDuplicates().hasSize(12);
        Files.writeString(rules, "{\"eos_token_id\": 0, \"repetition_penalty\": 1000.0}");
        assertThat(written(copied)).doesNotHaveDuplicates();
        Files.writeString(rules, "{\"eos_token_id\": 0, \"forced_eos_token_id\": 7}");
        assertThat(written(copied)).hasSize(12).endsWith(7).startsWith(Arrays.copyOf(free, 11));
        Files.writeString(rules, "{\"eos_token_id\": 0, \"forced_eos_token_id\": [9, 7], \"suppress_tokens\": [7]}");
        assertThat(written(copied)).hasSize(12).endsWith(9);
        Files.writeString(rules, "{\"eos_token_id\": 0, \"begin_suppress_tokens\": [" + free[0] + "]}");
        assertThat(written(copied)[0]).isNotEqualTo(free[0]);
        Files.writeString(rules, "{\"eos_token_id\": " + free[2] + "}");
        assertThat(generated(copied, 0)).endsWith(free[2]).hasSizeLessThanOrEqualTo(3);
        Files.writeString(rules, "{\"eos_token_id\": " + free[2] + ", \"min_new_tokens\": 6}");
        assertThat(generated(copied, 0)).hasSizeGreaterThanOrEqualTo(6);
        Files.writeString(rules, "{\"eos_token_id\": " + free[2] + ", \"min_length\": 30}");
        assertThat(generated(copied, 0)).hasSize(12).doesNotContain(free[2]);
        Files.writeString(
                rules,
                "{\"eos_token_id\": " + free[2] + ", \"min_length\": 30, \"min_new_tokens\": 0}"); // the latter wins
        assertThat(generated(copied, 0)).endsWith(free[2]).hasSizeLessThanOrEqualTo(3);
        Files.writeString(
                rules,
                "{\"eos_token_id\": 0, \"bad_words_ids\": [[" + free[0] + ", " + free[1] + "]], \"num_beams\": 4}");
        int[] barred = written(copied);
        assertThat(barred[0]).isEqualTo(free[0]);
        assertThat(barred[1]).isNotEqualTo(free[1]);
        try (Model model = Model.load(copied)) {
            assertThat(model.beams().count()).isEqualTo(4);
            assertThat(model.warnings()).isEmpty();
        }
        Files.writeString(
                rules,
                "{\"eos_token_id\": [-1, 0], \"suppress_tokens\": [9999], \"begin_suppress_tokens\": [9999, -1]}");
        assertThat(written(copied)).isEqualTo(free); // nobody writes what the vocabulary has not
        Files.writeString(rules, "{\"eos_token_id\": 9999}");
        try (Model model = Model.load(copied)) {
            assertThat(model.endIds()).isEmpty();
            assertThat(model.warnings())
                    .containsExactly("generation_config.json: 'eos_token_id' [9999] is not in the model's vocabulary,"
                            + " so no token ends a text");
        }
        Files.writeString(rules, "{\"eos_token_id\": 0, \"bad_words_ids\": [[9999]]}");
        assertThatThrownBy(() -> Model.load(copied)).hasMessageContaining("bad_words_ids");
    }

    private static int[] generated(Path folder, int least) {
        try (Model model = Model.load(folder)) {
            return model.generate(
                            "What is the city?", Generation.Options.greedy(12).atLeast(least))
                    .ids();
        }
    }

    private static int[] written(Path folder) {
        try (Model model = Model.load(folder)) {
            return model.generate(
                            "What is the city?", Generation.Options.greedy(12).atLeast(12))
                    .ids();
        }
    }

    /** Decoder rows of a recorded generation are those of one pass over what was written; the encoder's are there, too. */
    @ParameterizedTest
    @ValueSource(strings = {"marian", "bart", "t5"})
    void aRecordedAnswerHasTheMapsOfTheFullPass(String name) {
        try (Model model = Model.load(copy(name, "", ""))) {
            Generation answer = model.generate(
                    "What is the city?", Generation.Options.greedy(7).atLeast(7).recording());
            int[] read = new int[7];
            read[0] = answer.promptIds()[0];
            System.arraycopy(answer.ids(), 0, read, 1, 6);
            Run full = model.run(
                    model.tokenizer().encode("What is the city?"), model.tokens(read), Run.Options.everything());
            for (Kind kind : List.of(Kind.SELF, Kind.CROSS, Kind.ENCODER)) {
                for (int layer = 0; layer < full.recording().layers(kind); layer++) {
                    AttentionMap want = full.recording().map(kind, layer, 1);
                    AttentionMap got = answer.recording().map(kind, layer, 1);
                    assertThat(got.weights().toArray())
                            .as(kind + " " + layer)
                            .containsExactly(want.weights().toArray());
                    assertThat(got.keyTokens()).isEqualTo(want.keyTokens());
                }
            }
        }
    }

    /** T5EncoderModel: what the whole model makes of a text before it writes, to the bit. */
    @Test
    void anEncoderWithoutItsDecoderReadsAsWithIt() {
        String text = "What is the city but the people?";
        Path whole = copy("t5", "", "");
        Path part = copy("t5", "ForConditionalGeneration", "EncoderModel");
        SafetensorsWriter writer = new SafetensorsWriter();
        try (Checkpoint checkpoint = Checkpoint.open(whole)) {
            checkpoint.names().stream()
                    .filter(name -> !name.startsWith("decoder."))
                    .forEach(name -> writer.put(name, checkpoint.tensor(name)));
            writer.write(part.resolve("model.safetensors"));
        }
        try (Model both = Model.load(whole);
                Model one = Model.load(part)) {
            assertThat(one.warnings()).isEmpty();
            assertThat(one.embed(text, Pooling.MEAN).toArray())
                    .containsExactly(both.embed(text, Pooling.MEAN).toArray());
            assertThat(one.run(text).recording().map(Kind.SELF, 1, 3).weights().toArray())
                    .containsExactly(both.run(text)
                            .recording()
                            .map(Kind.ENCODER, 1, 3)
                            .weights()
                            .toArray());
            assertThatThrownBy(() -> one.generate(text, Generation.Options.greedy(1)))
                    .isInstanceOf(IllegalArgumentException.class);
        }
    }

    private static double[] doubles(Tensor row) {
        double[] all = new double[row.elements()];
        for (int i = 0; i < all.length; i++) {
            all[i] = row.get(i);
        }
        return all;
    }

    /** A conformance folder in a place of its own, a text of its config.json replaced. */
    private Path copy(String name, String from, String to) {
        Path source = given(name);
        try (Stream<Path> files = Files.list(source)) {
            Path target = Files.createDirectories(folder.resolve(name + to));
            files.filter(file -> !file.getFileName().toString().startsWith("expected"))
                    .forEach(
                            file -> copy(file, target.resolve(file.getFileName().toString())));
            Path config = target.resolve("config.json");
            Files.writeString(config, Files.readString(config).replace(from, to));
            return target;
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private static void copy(Path from, Path to) {
        try {
            Files.copy(from, to);
            to.toFile().setWritable(true);
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }
}
