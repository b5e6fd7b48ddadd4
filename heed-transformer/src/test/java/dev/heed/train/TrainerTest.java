package dev.heed.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.data.Offset.offset;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.heed.grad.Tape;
import dev.heed.grad.Value;
import dev.heed.kernel.Workers;
import dev.heed.model.Model;
import dev.heed.model.arch.Architectures;
import dev.heed.model.arch.Network;
import dev.heed.model.arch.Parameters;
import dev.heed.model.checkpoint.Config;
import dev.heed.nn.Pass;
import dev.heed.tensor.Tensor;
import dev.heed.text.Json;
import dev.heed.text.Tokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;

class TrainerTest {
    private static final String GPT2 = """
            {"model_type": "gpt2", "architectures": ["GPT2LMHeadModel"], "activation_function": "gelu", "n_layer": 2, "n_head": 2, "n_embd": 16,
             "n_positions": 12, "vocab_size": 11, "tie_word_embeddings": true, "eos_token_id": null}
            """;
    private static final String LLAMA = """
            {"model_type": "llama", "num_hidden_layers": 2, "num_attention_heads": 2, "num_key_value_heads": 1,
             "hidden_size": 16, "intermediate_size": 24, "max_position_embeddings": 12, "vocab_size": 11,
             "rms_norm_eps": 1e-5, "tie_word_embeddings": false}
            """;
    private static final String NEOX = """
            {"model_type": "gpt_neox", "num_hidden_layers": 2, "num_attention_heads": 2, "hidden_size": 16,
             "intermediate_size": 24, "max_position_embeddings": 12, "vocab_size": 11, "rotary_pct": 0.5,
             "layer_norm_eps": 1e-5, "use_parallel_residual": true, "tie_word_embeddings": false}
            """;
    private static final String GEMMA = """
            {"model_type": "gemma2", "num_hidden_layers": 2, "num_attention_heads": 2, "num_key_value_heads": 1,
             "hidden_size": 16, "head_dim": 8, "intermediate_size": 24, "max_position_embeddings": 12, "vocab_size": 11,
             "rms_norm_eps": 1e-5, "query_pre_attn_scalar": 8, "sliding_window": 4, "final_logit_softcapping": 2.0,
             "attn_logit_softcapping": 5.0}
            """;
    private static final Path NONE = Path.of("");

    @TempDir
    private Path folder = NONE; // set by JUnit

    // ---- gradients of whole models
    // -----------------------------------------------------------------------------------

    @ParameterizedTest
    @ValueSource(strings = {GPT2, LLAMA, NEOX, GEMMA})
    void gradientsOfWholeModelsMeetDifferences(String json) {
        SplittableRandom dice = new SplittableRandom(7);
        Parameters made = Parameters.fresh((name, shape) -> drawn(dice, shape));
        Network.Decoder model = (Network.Decoder) Architectures.fresh(Config.parse("config.json", json), made);
        int[] ids = {3, 1, 4, 1, 5, 9, 2, 6};
        int[] labels = {1, 4, 1, 5, 9, 2, -1, 10};
        Tape tape = Tape.recording();
        Pass pass = Pass.of(5, 3).recording(tape);
        tape.backward(model.loss(pass, model.hidden(pass, ids), labels));
        for (Map.Entry<String, Value> each : made.learned().entrySet()) {
            float[] x = each.getValue().tensor().array();
            for (int probe = 0; probe < 3; probe++) {
                int at = dice.nextInt(x.length);
                double expected = difference(model, ids, labels, x, at);
                assertThat((double) each.getValue().gradient().array()[at])
                        .as("%s, element %d", each.getKey(), at)
                        .isCloseTo(expected, offset(2e-4 + 2e-3 * Math.abs(expected)));
            }
        }
    }

    private static double difference(Network.Decoder model, int[] ids, int[] labels, float[] x, int at) {
        float step = 1f / 64;
        float value = x[at];
        double[] f = new double[5];
        for (int i = -2; i <= 2; i++) {
            x[at] = value + i * step;
            Pass pass = Pass.of(5, 3);
            f[i + 2] =
                    model.loss(pass, model.hidden(pass, ids), labels).tensor().get(0);
        }
        x[at] = value;
        return (f[0] - 8 * f[1] + 8 * f[3] - f[4]) / (12 * step);
    }

    private static Tensor drawn(SplittableRandom dice, int... shape) {
        Tensor tensor = Tensor.zeros(shape);
        for (int i = 0; i < tensor.elements(); i++) {
            tensor.array()[i] = (float) (dice.nextDouble() - 0.4);
        }
        return tensor;
    }

    // ---- data
    // --------------------------------------------------------------------------------------------------------

    @Test
    void theSavedTokenizerGivesTheIdsThatWereTrainedOn() {
        String text = "Zwölf Boxkämpfer 🥊 jagen\tViktor.\n\n\"Ja\" \\ nein  {}\r\n".repeat(3);
        Corpus corpus = Corpus.characters("text", text);
        try (Tokenizer tokenizer = Tokenizer.parse("tokenizer.json", corpus.tokenizerJson())) {
            int[] ids = tokenizer.encode(text).ids();
            int[] train = corpus.ids(Task.Split.TRAIN);
            assertThat(ids).startsWith(train).endsWith(corpus.ids(Task.Split.VALIDATION));
            assertThat(ids.length).isEqualTo(text.codePointCount(0, text.length()));
            assertThat(train.length).isEqualTo((int) (0.9 * ids.length));
            assertThat(tokenizer.decode(ids)).isEqualTo(text);
        }
    }

    // ---- steps
    // -------------------------------------------------------------------------------------------------------

    /** A small model; the text repeats, so that it can be learned in a few steps. */
    static Recipe small(int steps) {
        return small(steps, 5);
    }

    static Recipe small(int steps, int evaluateEvery) {
        return recipe("small", """
                biases: false
                context: 12
                batch: 3
                accumulation: 2
                steps: %d
                rate: {peak: 1e-2, floor: 1e-3, warm_up: 3}
                clip: 1
                dropout: 0.1
                evaluate_every: %d
                seed: 42
                """.formatted(steps, evaluateEvery));
    }

    private static Recipe recipe(String name, String keys) {
        return Recipe.parse(name, "name: " + name + "\nlearns: text\nmodel: " + GPT2.replace("\n", " ") + "\n" + keys);
    }

    static Corpus corpus() {
        return Corpus.characters("text", "the cat sat on the mat. ".repeat(30));
    }

    private static void silence(Path into, Recipe recipe, int stopAfter) {
        Trainer trainer = Trainer.fresh(recipe, corpus());
        TrainingRun run = TrainingRun.resume(trainer, into, "text", "test");
        run.finish(new Quiet(), () -> trainer.steps() >= stopAfter);
    }

    static class Quiet implements Progress {
        final List<Evaluation> evaluations = new ArrayList<>();

        @Override
        public void stepped(Trainer.Step step, double millis) {}

        @Override
        public void evaluated(Evaluation evaluation) {
            evaluations.add(evaluation);
        }
    }

    @Test
    void theFirstLossIsThatOfGuessingAndTheLastIsFarBelow() {
        Trainer trainer = Trainer.fresh(small(60), corpus());
        double guess = Math.log(corpus().vocabulary());
        assertThat(trainer.loss(Task.Split.VALIDATION)).isCloseTo(guess, offset(0.05));
        while (trainer.steps() < 60) {
            trainer.step();
        }
        assertThat(trainer.loss(Task.Split.VALIDATION)).isLessThan(0.5 * guess);
        assertThat(trainer.loss(Task.Split.TRAIN)).isLessThan(0.5 * guess);
    }

    @Test
    void threadsChangeNoBit() {
        assertThat(Workers.with(2, () -> afterSteps(6))).containsExactly(Workers.with(1, () -> afterSteps(6)));
    }

    private static float[] afterSteps(int steps) {
        Trainer trainer = Trainer.fresh(small(steps), corpus());
        while (trainer.steps() < steps) {
            trainer.step();
        }
        int size =
                trainer.weights().values().stream().mapToInt(Tensor::elements).sum();
        float[] all = new float[size];
        int at = 0;
        for (Tensor each : trainer.weights().values()) {
            each.copyTo(all, at);
            at += each.elements();
        }
        return all;
    }

    @Test
    void evaluatingInBetweenChangesNoBit() {
        Trainer trainer = Trainer.fresh(small(4), corpus());
        trainer.step();
        trainer.loss(Task.Split.VALIDATION);
        double second = trainer.step().loss();
        Trainer other = Trainer.fresh(small(4), corpus());
        other.step();
        assertThat(other.step().loss()).isEqualTo(second);
    }

    @Test
    void accumulatedPassesAreAsOneBatch() {
        assertThat(Trainer.fresh(plain(2, 3), corpus()).step().norm())
                .isCloseTo(Trainer.fresh(plain(6, 1), corpus()).step().norm(), offset(1e-5));
    }

    /** The first {@code batch · accumulation} sequences of the stream, whichever way they are cut. */
    private static Recipe plain(int batch, int accumulation) {
        return recipe("plain", """
                context: 12
                batch: %d
                accumulation: %d
                steps: 10
                rate: {peak: 1e-2, floor: 1e-3, warm_up: 3}
                clip: 1
                evaluate_every: 5
                seed: 42
                """.formatted(batch, accumulation));
    }

    // ---- checkpoints
    // -------------------------------------------------------------------------------------------------

    @Test
    void aResumedRunEndsWithTheSameBytes() throws IOException {
        Path straight = folder.resolve("straight");
        Path paused = folder.resolve("paused");
        silence(straight, small(20), 20);
        silence(paused, small(20), 7);
        silence(paused, small(20), 10);
        silence(paused, small(20), 20);
        for (String name : List.of("model.safetensors", "training.safetensors", "config.json", "tokenizer.json")) {
            assertThat(paused.resolve(name)).as(name).hasSameBinaryContentAs(straight.resolve(name));
        }
        assertThat(Files.readAllLines(paused.resolve("metrics.jsonl"))).hasSize(20 + 4);
    }

    @Test
    void aRunKilledBetweenTwoFilesOfACheckpointGoesOn() throws IOException {
        Path straight = folder.resolve("straight");
        Path killed = folder.resolve("killed");
        silence(straight, small(20), 20);
        silence(killed, small(20), 5);
        byte[] model = Files.readAllBytes(killed.resolve("model.safetensors"));
        silence(killed, small(20), 9);
        Files.write(killed.resolve("model.safetensors"), model); // the state of step 9 was in place, the model not yet
        Files.write(killed.resolve(".training.safetensors.7.part"), new byte[1000]);
        try (Model still = Model.load(killed)) {
            assertThat(still.parameters()).isPositive();
        }
        silence(killed, small(20), 20);
        assertThat(killed.resolve("model.safetensors")).hasSameBinaryContentAs(straight.resolve("model.safetensors"));
    }

    @Test
    void theFolderRunsAsAModelWithTheLossThatWasTold() {
        Trainer trainer = Trainer.fresh(small(10), corpus());
        Quiet heard = new Quiet();
        TrainingRun.start(trainer, folder, "text", "test").finish(heard, () -> false);
        try (Model model = Model.load(folder)) {
            assertThat(model.warnings()).isEmpty();
            Network.Decoder decoder = (Network.Decoder) model.network();
            int[] ids = corpus().ids(Task.Split.VALIDATION);
            double sum = 0;
            for (int from = 0; from < ids.length - 1; from += 12) {
                int length = Math.min(12, ids.length - 1 - from);
                Pass pass = Pass.of(length);
                Value hidden = decoder.hidden(pass, java.util.Arrays.copyOfRange(ids, from, from + length));
                int[] labels = java.util.Arrays.copyOfRange(ids, from + 1, from + 1 + length);
                sum += (double) decoder.loss(pass, hidden, labels).tensor().get(0) * length;
            }
            assertThat(sum / (ids.length - 1))
                    .isCloseTo(heard.evaluations.getLast().validationLoss(), offset(1e-5));
        }
    }

    @Test
    void anotherRecipeDoesNotGoOnWithTheRunAndWhatDiffersIsNamed() {
        silence(folder, small(20), 5);
        assertThatThrownBy(() -> silence(folder, small(30).withSeed(7), 30))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("but 'steps' was 20, is 30, 'seed' was 42, is 7; leave that out")
                .hasMessageNotContaining("n_embd");
        assertThatThrownBy(() -> TrainingRun.start(Trainer.fresh(small(20), corpus()), folder, "text", "test"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("holds a run already");
    }

    @Test
    void otherDataDoNotGoOnWithTheRun() {
        silence(folder, small(20), 5);
        Corpus other = Corpus.characters("text", "the mat sat on the cat. ".repeat(30));
        Trainer trainer = Trainer.fresh(small(20), other);
        assertThatThrownBy(() -> TrainingRun.resume(trainer, folder, "text", "test"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("the data it was begun with")
                .hasMessageContaining("SHA-256 " + corpus().sha256() + " then, " + other.sha256() + " now");
    }

    @ParameterizedTest
    @ValueSource(strings = {"config.json", "tokenizer.json", "model-00001-of-00002.safetensors", "pytorch_model.bin"})
    void aFolderThatHoldsAModelIsLeftAsItIs(String file) throws IOException {
        Files.writeString(folder.resolve(file), "somebody's");
        Trainer trainer = Trainer.fresh(small(2), corpus());
        assertThatThrownBy(() -> TrainingRun.start(trainer, folder, "text", "test"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("holds a model already (" + file + ")");
        assertThat(folder.resolve(file)).hasContent("somebody's");
        assertThat(folder.resolve("run.json")).doesNotExist();
    }

    @Test
    void aRunThatWasKilledBeforeItSavedIsBegunAgainButItsModelAloneIsNot() throws IOException {
        silence(folder, small(20), 5);
        Files.delete(folder.resolve("training.safetensors"));
        assertThatThrownBy(() -> silence(folder, small(20), 5)).hasMessageContaining("model.safetensors");
        Files.delete(folder.resolve("model.safetensors"));
        Files.writeString(folder.resolve("tokenizer_config.json"), "of the run that was killed");
        silence(folder, small(20), 5);
        assertThat(folder.resolve("tokenizer_config.json")).content().contains("PreTrainedTokenizerFast");
        assertThat(folder.resolve("model.safetensors")).isNotEmptyFile();
    }

    @Test
    void aRunWithoutItsRecordSaysWhatIsMissing() throws IOException {
        silence(folder, small(20), 5);
        Files.delete(folder.resolve("run.json"));
        Trainer trainer = Trainer.fresh(small(20), corpus());
        assertThatThrownBy(() -> TrainingRun.begun(folder)).hasMessageContaining("run.json is missing");
        assertThatThrownBy(() -> TrainingRun.start(trainer, folder, "text", "test"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("run.json is missing");
    }

    @Test
    void aRunThatIsStoppedDirectlyBehindACheckpointIsNotFinished() throws IOException {
        Trainer trainer = Trainer.fresh(small(20), corpus());
        TrainingRun run = TrainingRun.start(trainer, folder, "text", "test");
        assertThat(run.finish(new Quiet(), () -> trainer.steps() >= 5)).isEmpty();
        assertThat(folder.resolve("training.safetensors")).isNotEmptyFile();
        assertThat(Files.readString(folder.resolve("run.json"))).doesNotContain("result");
    }

    @Test
    void theRecordHoldsTheFirstLossesAlsoWhereEvaluationsStandBetween() throws IOException {
        silence(folder, small(7, 2), 7);
        List<Double> first = Files.readAllLines(folder.resolve("metrics.jsonl")).stream()
                .map(line -> Json.parse("line", line).path("loss"))
                .filter(JsonNode::isNumber)
                .limit(5)
                .map(JsonNode::asDouble)
                .toList();
        JsonNode losses =
                Json.read(folder.resolve("run.json"), 1 << 20).path("result").path("first_losses");
        assertThat(losses.valueStream().map(JsonNode::asDouble))
                .hasSize(5)
                .isEqualTo(first)
                .doesNotContain(0.0);
    }

    @Test
    void aRunThatDivergesKeepsItsLastCheckpoint() throws IOException {
        Recipe wild = recipe("wild", "context: 12\nbatch: 3\nsteps: 200\nrate: 100\nevaluate_every: 1\n");
        Trainer trainer = Trainer.fresh(wild, corpus());
        TrainingRun run = TrainingRun.start(trainer, folder, "text", "test");
        assertThatThrownBy(() -> run.finish(new Quiet(), () -> false))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("not finite; a lower learning rate");
        assertThat(Files.readString(folder.resolve("metrics.jsonl"))).doesNotContain("NaN");
        Trainer again = Trainer.fresh(wild, corpus());
        TrainingRun.resume(again, folder, "text", "test").finish(new Quiet(), () -> true);
        assertThat(again.steps()).isPositive();
        assertThat(again.loss(Task.Split.VALIDATION)).isFinite();
    }

    @Test
    void aFolderIsTrainedIntoByOneAtATime() {
        TrainingRun first = TrainingRun.start(Trainer.fresh(small(3), corpus()), folder, "text", "test");
        assertThatThrownBy(() -> silence(folder, small(3), 3))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(folder + ": another process is training into it; wait for its end, or give another folder");
        assertThatThrownBy(() -> TrainingRun.start(Trainer.fresh(small(3), corpus()), folder, "text", "test"))
                .hasMessageContaining("another process");
        first.finish(new Quiet(), () -> false);
        assertThat(folder.resolve(".training.lock")).doesNotExist();
        silence(folder, small(3), 3);
    }

    @Test
    void headsThatAKillHasLostAreMeasuredAgain() throws IOException {
        heard(5);
        Path metrics = folder.resolve("metrics.jsonl");
        List<String> lines = Files.readAllLines(metrics);
        assertThat(lines.getLast()).contains("heads");
        Files.write(metrics, lines.subList(0, lines.size() - 1));
        heard(5);
        assertThat(Files.readAllLines(metrics)).isEqualTo(lines);
        heard(10);
        assertThat(Files.readAllLines(metrics))
                .startsWith(lines.toArray(String[]::new))
                .hasSize(10 + 2 + 2);
    }

    private void heard(int until) {
        Trainer trainer = Trainer.fresh(small(20), corpus());
        Progress heads = new Quiet() {
            @Override
            public Optional<JsonNode> heads(Evaluation evaluation) {
                return Optional.of(JsonNodeFactory.instance.stringNode("of " + evaluation.validationLoss()));
            }
        };
        TrainingRun.resume(trainer, folder, "text", "test").finish(heads, () -> trainer.steps() >= until);
    }

    @Test
    void filesOfARunMayBeReadByWhomeverTheUmaskLets() throws IOException {
        Path usual = Files.writeString(folder.resolve("usual"), "");
        assumeTrue(Files.getFileStore(usual).supportsFileAttributeView("posix"), "no file modes here");
        silence(folder.resolve("run"), small(5), 5);
        try (Stream<Path> files = Files.list(folder.resolve("run"))) {
            assertThat(files)
                    .hasSizeGreaterThan(5)
                    .allSatisfy(file -> assertThat(Files.getPosixFilePermissions(file))
                            .as(file.toString())
                            .isEqualTo(Files.getPosixFilePermissions(usual)));
        }
    }

    @Test
    void trainingStopsWhenNothingGetsBetter() {
        Recipe stuck = recipe("stuck", """
                context: 12
                batch: 3
                steps: 1000
                rate: 0
                clip: 1
                evaluate_every: 2
                patience: 3
                """);
        Trainer trainer = Trainer.fresh(stuck, corpus());
        TrainingRun.start(trainer, folder, "text", "test").finish(new Quiet(), () -> false);
        assertThat(trainer.steps()).isEqualTo(2 * (1 + 3));
    }
}
