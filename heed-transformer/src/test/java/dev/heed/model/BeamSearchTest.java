package dev.heed.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.heed.model.Generation.Beams;
import dev.heed.model.Generation.Stopping;
import dev.heed.model.arch.Architectures;
import dev.heed.model.arch.Parameters;
import dev.heed.model.checkpoint.Config;
import dev.heed.model.checkpoint.SafetensorsWriter;
import dev.heed.tensor.Tensor;
import dev.heed.text.Tokens;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Beam search against two references that run the whole text again for every step: all texts there are, and transformers'
 * search written with its arrays of a fixed size, in double.
 */
class BeamSearchTest {
    private static final double NOTHING = -1e9;

    @TempDir
    Path folder;

    // ---- models

    private static final String LLAMA = """
            {"model_type": "llama", "hidden_size": 12, "intermediate_size": 20, "num_hidden_layers": 2,
             "num_attention_heads": 3, "num_key_value_heads": 1, "head_dim": 4, "vocab_size": %d,
             "max_position_embeddings": 160, "tie_word_embeddings": false, "architectures": ["LlamaForCausalLM"]}
            """;
    private static final String MARIAN = """
            {"model_type": "marian", "d_model": 12, "vocab_size": %d, "encoder_layers": 1, "decoder_layers": 2,
             "encoder_attention_heads": 3, "decoder_attention_heads": 3, "encoder_ffn_dim": 16, "decoder_ffn_dim": 16,
             "max_position_embeddings": 40, "decoder_start_token_id": 1, "scale_embedding": true}
            """;

    /** Weights with which texts differ and what follows is neither certain nor even. */
    private Model model(String config, int vocabulary, String generation, long seed) throws IOException {
        Files.writeString(folder.resolve("config.json"), config.formatted(vocabulary));
        Files.writeString(folder.resolve("generation_config.json"), generation);
        Files.writeString(folder.resolve("tokenizer.json"), """
                {"added_tokens": [], "model": {"type": "WordLevel", "unk_token": "t0", "vocab": {%s}},
                 "pre_tokenizer": {"type": "WhitespaceSplit"}}
                """.formatted(String.join(
                ", ",
                IntStream.range(0, vocabulary)
                        .mapToObj(i -> "\"t" + i + "\": " + i)
                        .toList())));
        Random random = new Random(seed);
        Parameters fresh = Parameters.fresh((name, shape) -> {
            Tensor tensor = Tensor.zeros(shape);
            boolean norm = name.contains("norm") && name.endsWith("weight");
            for (int i = 0; i < tensor.elements(); i++) {
                tensor.array()[i] = (float)
                        (norm
                                ? 1
                                : (name.endsWith("bias") || name.contains("shared") ? 0.3 : 0.7)
                                        * random.nextGaussian());
            }
            return tensor;
        });
        Architectures.fresh(Config.read(folder), fresh);
        SafetensorsWriter writer = new SafetensorsWriter();
        fresh.known().forEach((name, value) -> writer.put(name, value.tensor()));
        writer.write(folder.resolve("model.safetensors"));
        return Model.load(folder);
    }

    private static Tokens prompt(Model model, int length, int vocabulary, long seed) {
        Random random = new Random(seed);
        return model.tokens(
                IntStream.range(0, length).map(i -> random.nextInt(vocabulary)).toArray());
    }

    /** What follows a text, without a cache, in double. */
    private static double[] next(Model model, Tokens prompt, int[] text) {
        boolean pair = model.network() instanceof dev.heed.model.arch.Network.EncoderDecoder;
        Run run = pair
                ? model.run(prompt, model.tokens(text), Run.Options.logitsOnly())
                : model.run(model.tokens(text), Run.Options.logitsOnly());
        Tensor rows = run.logits().orElseThrow();
        return logSoftmax(doubles(rows.select(0, rows.size(0) - 1)));
    }

    private static double[] doubles(Tensor row) {
        float[] floats = row.toArray();
        return IntStream.range(0, floats.length).mapToDouble(i -> floats[i]).toArray();
    }

    private static double[] logSoftmax(double... x) {
        double most = Arrays.stream(x).max().orElseThrow();
        double sum = Arrays.stream(x).map(v -> Math.exp(v - most)).sum();
        return Arrays.stream(x).map(v -> v - most - Math.log(sum)).toArray();
    }

    private static int[] begin(Model model, Tokens prompt) {
        return model.network() instanceof dev.heed.model.arch.Network.EncoderDecoder ? new int[] {1} : prompt.ids();
    }

    private static int[] plus(int[] ids, int id) {
        int[] more = Arrays.copyOf(ids, ids.length + 1);
        more[ids.length] = id;
        return more;
    }

    // ---- all texts

    private record Scored(int[] ids, double score) {}

    /** Every text of at most so many tokens that ends, or has so many. */
    private static List<Scored> everyText(
            Model model, Tokens prompt, int[] ids, double sum, int written, int most, double penalty) {
        List<Scored> all = new ArrayList<>();
        double[] scores = next(model, prompt, ids);
        for (int id = 0; id < scores.length; id++) {
            int[] more = plus(ids, id);
            double reached = sum + scores[id];
            if (model.endIds().contains(id) || written + 1 == most) {
                all.add(new Scored(more, reached / Math.pow(written + 1, penalty)));
            } else {
                all.addAll(everyText(model, prompt, more, reached, written + 1, most, penalty));
            }
        }
        return all;
    }

    @ParameterizedTest
    @CsvSource({"llama, 1, 1", "llama, 0, 2", "llama, -0.5, 3", "marian, 1, 4", "marian, 2, 5", "marian, 0, 6"})
    void asManyBeamsAsTextsFindTheBestOfAllTexts(String kind, double penalty, long seed) throws IOException {
        int most = 4;
        String generation = "{\"eos_token_id\": [0, 3]}";
        try (Model model = model(kind.equals("llama") ? LLAMA : MARIAN, 5, generation, seed)) {
            Tokens prompt = prompt(model, 3, 5, seed);
            Scored best = everyText(model, prompt, begin(model, prompt), 0, 0, most, penalty).stream()
                    .max(Comparator.comparingDouble(Scored::score))
                    .orElseThrow();
            for (Stopping stopping : new Stopping[] {Stopping.AS_IT_STANDS, Stopping.WHEN_HOPELESS}) {
                Generation got = only(model, prompt, most, new Beams(700, penalty, stopping));
                assertThat(text(got)).as("seed " + seed).containsExactly(best.ids);
            }
        }
    }

    private static Generation only(Model model, Tokens prompt, int most, Beams beams) {
        return model.generateAll(
                        List.of(prompt), Generation.Options.greedy(most).beams(beams))
                .getFirst();
    }

    private static int[] text(Generation got) {
        int[] all = Arrays.copyOf(got.promptIds(), got.promptIds().length + got.ids().length);
        System.arraycopy(got.ids(), 0, all, got.promptIds().length, got.ids().length);
        return all;
    }

    // ---- transformers' search

    /** One slot of its arrays. */
    private record Slot(int[] ids, double score, boolean finished) {}

    private interface Processor {
        void change(double[] scores, int[] text, int written);
    }

    private static int[] search(
            Model model, Tokens prompt, int most, int count, double penalty, Stopping stopping, Processor processor) {
        int[] begin = begin(model, prompt);
        int keep = Math.max(2, 1 + model.endIds().size()) * count;
        List<Slot> running = new ArrayList<>();
        List<Slot> sequences = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            running.add(new Slot(begin, i == 0 ? 0 : NOTHING, false));
            sequences.add(new Slot(begin, NOTHING, false));
        }
        for (int length = 1; ; length++) {
            List<Slot> top = new ArrayList<>();
            for (Slot beam : running) {
                double[] scores = next(model, prompt, beam.ids);
                processor.change(scores, beam.ids, length - 1);
                for (int id = 0; id < scores.length; id++) {
                    boolean stops = model.endIds().contains(id) || length == most;
                    top.add(new Slot(plus(beam.ids, id), beam.score + scores[id], stops));
                }
            }
            top.sort(Comparator.comparingDouble((Slot each) -> -each.score));
            top = top.subList(0, Math.min(keep, top.size()));
            running = best(
                    top.stream()
                            .map(each -> new Slot(each.ids, each.score + (each.finished ? NOTHING : 0), false))
                            .toList(),
                    count);
            boolean full = sequences.stream().allMatch(Slot::finished) && stopping == Stopping.WHEN_FULL;
            for (int i = 0; i < top.size(); i++) {
                Slot each = top.get(i);
                boolean ended = each.finished && i < count;
                double score = each.score / Math.pow(length, penalty) + (full ? NOTHING : 0) + (ended ? 0 : NOTHING);
                sequences.add(new Slot(each.ids, score, ended));
            }
            sequences = best(sequences, count);
            int hypothetical = stopping == Stopping.WHEN_HOPELESS && penalty > 0 ? most : length;
            double possible = running.getFirst().score / Math.pow(hypothetical, penalty);
            double least = sequences.stream().mapToDouble(Slot::score).min().orElseThrow();
            boolean improves = sequences.stream().anyMatch(each -> possible > (each.finished ? least : NOTHING));
            boolean open = !(sequences.stream().allMatch(Slot::finished) && stopping == Stopping.WHEN_FULL);
            if (!improves || !open || top.stream().allMatch(Slot::finished)) {
                return sequences.getFirst().ids;
            }
        }
    }

    private static List<Slot> best(List<Slot> slots, int count) {
        List<Slot> sorted = new ArrayList<>(slots);
        sorted.sort(Comparator.comparingDouble((Slot each) -> -each.score));
        return new ArrayList<>(sorted.subList(0, Math.min(count, sorted.size())));
    }

    private static final Processor NONE = (scores, text, written) -> {};

    /** Prompts longer than a page of the cache, so that some pages are shared and others copied. */
    @ParameterizedTest
    @CsvSource({
        "llama, 2, 1, AS_IT_STANDS, 3",
        "llama, 4, 0.6, WHEN_FULL, 3",
        "llama, 3, 2, WHEN_HOPELESS, 3",
        "llama, 5, -1, AS_IT_STANDS, 3",
        "llama, 4, 1, AS_IT_STANDS, 126",
        "llama, 3, 0, WHEN_HOPELESS, 131",
        "marian, 2, 1, WHEN_FULL, 7",
        "marian, 4, 1, AS_IT_STANDS, 5",
        "marian, 6, 2, WHEN_HOPELESS, 9",
        "marian, 3, -0.5, WHEN_HOPELESS, 2",
        "marian, 6, 0, AS_IT_STANDS, 1"
    })
    void theSameTextsAsTransformersFinds(String kind, int count, double penalty, Stopping stopping, int length)
            throws IOException {
        for (long seed = 0; seed < 10; seed++) {
            try (Model model = model(kind.equals("llama") ? LLAMA : MARIAN, 11, "{\"eos_token_id\": [4, 7]}", seed)) {
                Tokens prompt = prompt(model, length, 11, seed);
                int[] want = search(model, prompt, 9, count, penalty, stopping, NONE);
                int[] got = text(only(model, prompt, 9, new Beams(count, penalty, stopping)));
                assertThat(got).as("seed " + seed).containsExactly(want);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"llama", "marian"})
    void textsDifferFromGreedyOnes(String kind) throws IOException {
        int different = 0;
        for (long seed = 0; seed < 40; seed++) {
            try (Model model = model(kind.equals("llama") ? LLAMA : MARIAN, 11, "{\"eos_token_id\": [4, 7]}", seed)) {
                Tokens prompt = prompt(model, 5, 11, seed);
                int[] searched = text(only(model, prompt, 9, Beams.NONE.of(4)));
                different += Arrays.equals(searched, text(only(model, prompt, 9, Beams.NONE))) ? 0 : 1;
            }
        }
        assertThat(different).isPositive();
    }

    /** The rules see log-probabilities, not logits: a penalty lowers every id that was written. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            repeat  | "repetition_penalty": 1.4
            barred  | "bad_words_ids": [[2], [5, 9]]
            barred1 | "bad_words_ids": [[2], [5, 9]], "renormalize_logits": true
            forced  | "forced_bos_token_id": 8, "forced_eos_token_id": 4
            least   | "min_length": 5
            """)
    void rulesChangeLogProbabilities(String rule, String generation) throws IOException {
        Processor processor = (scores, text, written) -> {
            switch (rule.strip()) {
                case "repeat" -> Arrays.stream(text).distinct().forEach(id -> scores[id] *= 1.4);
                case "barred", "barred1" -> {
                    scores[2] = Double.NEGATIVE_INFINITY;
                    scores[9] = text[text.length - 1] == 5 ? Double.NEGATIVE_INFINITY : scores[9];
                    if (rule.strip().equals("barred1")) {
                        System.arraycopy(logSoftmax(scores), 0, scores, 0, scores.length);
                    }
                }
                case "forced" -> {
                    if (written == 0 || written == 6) {
                        Arrays.fill(scores, Double.NEGATIVE_INFINITY);
                        scores[written == 0 ? 8 : 4] = 0;
                    }
                }
                default -> {
                    scores[4] = text.length < 5 ? Double.NEGATIVE_INFINITY : scores[4];
                    scores[7] = text.length < 5 ? Double.NEGATIVE_INFINITY : scores[7];
                }
            }
        };
        for (long seed = 0; seed < 6; seed++) {
            try (Model model = model(MARIAN, 11, "{\"eos_token_id\": [4, 7], " + generation + "}", seed)) {
                Tokens prompt = prompt(model, 6, 11, seed);
                int[] want = search(model, prompt, 7, 4, 1, Stopping.AS_IT_STANDS, processor);
                assertThat(text(only(model, prompt, 7, new Beams(4, 1, Stopping.AS_IT_STANDS))))
                        .as("seed " + seed)
                        .containsExactly(want);
            }
        }
    }

    // ---- what must hold whatever the numbers are

    @Test
    void oneBeamIsGreedy() throws IOException {
        for (long seed = 0; seed < 6; seed++) {
            try (Model model = model(MARIAN, 11, "{\"eos_token_id\": 4}", seed)) {
                List<Tokens> prompts = List.of(prompt(model, 6, 11, seed));
                Generation.Options greedy = Generation.Options.greedy(12);
                Beams one = new Beams(1, 1, Stopping.WHEN_FULL);
                int[] searched = new BeamSearch(model, greedy.beams(one), prompts, text -> {})
                        .run()
                        .getFirst()
                        .ids();
                assertThat(searched)
                        .containsExactly(
                                model.generateAll(prompts, greedy).getFirst().ids());
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"llama, 1", "llama, 3", "marian, 1", "marian, 4"})
    void aBatchWritesWhatEachWritesAlone(String kind, int count) throws IOException {
        try (Model model = model(kind.equals("llama") ? LLAMA : MARIAN, 11, "{\"eos_token_id\": 4}", 5)) {
            List<Tokens> prompts = IntStream.of(7, 1, 12, 7)
                    .mapToObj(length -> prompt(model, length, 11, length))
                    .toList();
            Generation.Options options =
                    Generation.Options.greedy(14).beams(Beams.NONE.of(count)).recording();
            List<Generation> together = model.generateAll(prompts, options);
            for (int i = 0; i < prompts.size(); i++) {
                Generation alone =
                        model.generateAll(List.of(prompts.get(i)), options).getFirst();
                assertThat(together.get(i).ids()).as("prompt " + i).containsExactly(alone.ids());
                assertThat(rows(together.get(i))).as("prompt " + i).isEqualTo(rows(alone));
                assertThat(rows(together.get(i))).as("prompt " + i).isEqualTo(rows(run(model, prompts.get(i), alone)));
            }
        }
    }

    /** All weights of a text, all but the last id of which the model has seen. */
    private static List<float[]> rows(Recording recording) {
        List<float[]> rows = new ArrayList<>();
        for (dev.heed.attention.AttentionMap.Kind kind : dev.heed.attention.AttentionMap.Kind.values()) {
            for (int layer = 0; layer < recording.layers(kind); layer++) {
                for (int head = 0; head < recording.heads(kind, layer); head++) {
                    rows.add(recording.map(kind, layer, head).weights().toArray());
                }
            }
        }
        assertThat(rows).isNotEmpty();
        return rows;
    }

    private static List<List<Float>> rows(Generation generation) {
        return listed(rows(generation.recording()));
    }

    private static List<List<Float>> rows(Run run) {
        return listed(rows(run.recording()));
    }

    private static List<List<Float>> listed(List<float[]> rows) {
        Function<float[], List<Float>> list =
                row -> IntStream.range(0, row.length).mapToObj(i -> row[i]).toList();
        return rows.stream().map(list).toList();
    }

    private static Run run(Model model, Tokens prompt, Generation written) {
        int[] all = text(written);
        Tokens seen = model.tokens(Arrays.copyOf(all, all.length - 1));
        return model.network() instanceof dev.heed.model.arch.Network.EncoderDecoder
                ? model.run(prompt, seen, Run.Options.everything())
                : model.run(seen, Run.Options.everything());
    }

    @Test
    void aStopStringEndsATextOfTheSearch() throws IOException {
        try (Model model = model(LLAMA, 11, "{}", 2)) {
            Tokens prompt = prompt(model, 4, 11, 1);
            Generation.Options options = Generation.Options.greedy(8).beams(Beams.NONE.of(3));
            Generation whole = model.generateAll(List.of(prompt), options).getFirst();
            String stop = "t" + whole.ids()[3];
            Generation cut = model.generateAll(List.of(prompt), options.stop(List.of(stop)))
                    .getFirst();
            assertThat(whole.end()).isEqualTo(Generation.End.MAX_TOKENS);
            assertThat(cut.end()).isIn(Generation.End.STOP_STRING, Generation.End.MAX_TOKENS);
            assertThat(cut.text()).doesNotContain(stop);
            Generation first = model.generateAll(
                            List.of(prompt),
                            options.stop(IntStream.range(0, 11)
                                    .mapToObj(i -> "t" + i)
                                    .toList()))
                    .getFirst();
            assertThat(first.end()).isEqualTo(Generation.End.STOP_STRING);
            assertThat(first.ids()).hasSize(1);
            assertThat(first.text().strip()).isEmpty();
        }
    }

    @Test
    void filesSayHowToSearch() throws IOException {
        try (Model model = model(MARIAN, 11, """
                {"num_beams": 6, "length_penalty": 0.8, "early_stopping": "never", "max_length": 512}""", 1)) {
            assertThat(model.beams()).isEqualTo(new Beams(6, 0.8, Stopping.WHEN_HOPELESS));
            assertThat(model.mostTokens()).hasValue(511);
        }
        try (Model model = model(LLAMA, 11, "{\"early_stopping\": true, \"max_length\": 20}", 1)) {
            assertThat(model.beams()).isEqualTo(new Beams(1, 1, Stopping.WHEN_FULL));
            assertThat(model.mostTokens()).isEmpty();
        }
        assertThatThrownBy(() -> model(MARIAN, 11, "{\"early_stopping\": \"often\"}", 1))
                .hasMessageContaining("early_stopping");
        assertThatThrownBy(() -> Generation.Options.sampling(5, 0.7, 1).beams(Beams.NONE.of(2)))
                .hasMessageContaining("temperature 0");
        assertThatThrownBy(() -> Beams.NONE.of(0)).hasMessageContaining("beams");
    }
}
