package dev.heed.train;

import static dev.heed.Shared.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.data.Offset.offset;

import dev.heed.model.Model;
import dev.heed.model.Run;
import dev.heed.model.checkpoint.Checkpoint;
import dev.heed.tensor.Tensor;
import dev.heed.text.Token;
import dev.heed.text.Tokenizer;
import dev.heed.text.Tokens;
import dev.heed.train.worlds.Span;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Models that go on learning classes of words and places of answers. */
class LabellingTest {
    private static final Path NONE = Path.of("");
    private static final List<String> WORDS = List.of("the", "citizens", "resolved", "hat", "speak", "good", "people");
    private static final List<String> TAGS = List.of("O", "B-MEN", "O", "B-THING", "O", "O", "B-MEN");

    @TempDir
    private Path folder = NONE; // set by JUnit

    private static FineTuning tuning(Path from, int steps) {
        return new FineTuning(from, steps, 8, 64, 3e-3, 0, 0, 5);
    }

    private Path lines(List<String> lines) throws IOException {
        return Files.writeString(folder.resolve("data.jsonl"), String.join("\n", lines));
    }

    private Progress.Evaluation train(Trainer trainer, Path data, Path out) {
        return TrainingRun.start(trainer, out, data.toString(), "test")
                .finish(new Silent(), () -> false)
                .orElseThrow();
    }

    private static JsonNode json(String line) {
        return JsonMapper.shared().readTree(line);
    }

    // ---- classes of words
    // ----------------------------------------------------------------------------------------------------

    /** Sentences of words that each have a class of their own. */
    private static List<String> tagged() {
        Random random = new Random(3);
        return IntStream.range(0, 200)
                .mapToObj(i -> random.ints(6, 0, WORDS.size()).boxed().toList())
                .map(which -> tagged(
                        which.stream().map(WORDS::get).toList(),
                        which.stream().map(TAGS::get).toList()))
                .toList();
    }

    private static String tagged(List<String> words, List<String> tags) {
        return JsonMapper.shared()
                .createObjectNode()
                .putPOJO("tokens", words)
                .putPOJO("tags", tags)
                .toString();
    }

    /** None of these has a head that classifies tokens; each gets one. */
    @ParameterizedTest
    @CsvSource({
        "llama, score",
        "mistral, score",
        "qwen2, score",
        "qwen3, score",
        "gpt2, classifier",
        "bert, classifier",
        "roberta, classifier",
        "distilbert, classifier",
        "t5, classifier"
    })
    void aModelLearnsTheClassesOfWords(String name, String layer) throws IOException {
        List<String> all = tagged();
        Path data = lines(all);
        Path out = folder.resolve("out");
        Progress.Evaluation end = train(tuning(given(name), 160).trainer(data), data, out);
        assertThat(end.accuracy().orElseThrow()).isGreaterThan(0.95); // 3 of 7 by chance
        JsonNode config = json(Files.readString(out.resolve("config.json")));
        assertThat(config.path("architectures").path(0).asString()).endsWith("ForTokenClassification");
        assertThat(config.path("id2label").toString()).isEqualTo("{\"0\":\"B-MEN\",\"1\":\"B-THING\",\"2\":\"O\"}");
        assertThat(config.has("problem_type")).isFalse();
        try (Checkpoint checkpoint = Checkpoint.open(out)) {
            assertThat(checkpoint.info(layer + ".weight").shape()).startsWith(3);
            assertThat(checkpoint.info(layer + ".bias").shape()).containsExactly(3);
        }
        try (Model model = Model.load(out)) {
            assertThat(model.warnings()).isEmpty();
            assertThat(model.classifiesTokens()).isTrue();
            assertThat(share(model, all.subList(180, 200)))
                    .isCloseTo(end.accuracy().orElseThrow(), offset(1e-12));
        }
    }

    /** The share of words whose first token has the right class, counted anew. */
    private static double share(Model model, List<String> lines) {
        int right = 0;
        int count = 0;
        for (String line : lines) {
            List<String> words = json(line)
                    .path("tokens")
                    .valueStream()
                    .map(JsonNode::asString)
                    .toList();
            String text = String.join(" ", words);
            long next = 0;
            for (var each : model.classifyTokens(text)) {
                Token token = each.token();
                long word = text.chars()
                        .limit(token.start() + 1)
                        .filter(c -> c == ' ')
                        .count();
                if (token.sequence() == 0 && word == next) {
                    String expected = json(line).path("tags").path((int) word).asString();
                    count++;
                    right += expected.equals(each.label()) ? 1 : 0;
                    next++;
                }
            }
        }
        assertThat(count).isEqualTo(6 * lines.size());
        return (double) right / count;
    }

    @ParameterizedTest
    @ValueSource(strings = {"bert", "gpt2", "llama", "roberta", "qwen2"})
    void theFirstTokenOfAWordHasItsClass(String name) {
        List<String> words = List.of("Citizens'", "accounted", "New York", "🙂", "\u200b", "poor");
        List<String> names = List.of("a", "b", "c", "d", "e", "f");
        try (Tokenizer tokenizer = Tokenizer.load(given(name))) {
            Labelling labelling = new Labelling(tokenizer, Pieces.WHOLE, names);
            Labelling.Example example =
                    labelling.of(new Given.TaggedWords(words, names, "here")).getFirst();
            Tokens tokens = tokenizer.encode(String.join(" ", words));
            assertThat(example.text().ids()).isEqualTo(tokens.ids());
            int[] starts = {0, 10, 20, 29, 32, 34};
            int next = 0;
            for (int i = 0; i < tokens.size(); i++) {
                int label = example.labels()[i];
                if (label >= 0) {
                    assertThat(label).isGreaterThanOrEqualTo(next);
                    assertThat(tokens.get(i).special() && tokens.get(i).sequence() < 0)
                            .isFalse();
                    int begin = starts[label];
                    assertThat(tokens.get(i).start()).isBetween(begin - 1, begin); // a blank goes with what follows
                    assertThat(i == 0
                                    || tokens.get(i - 1).sequence() < 0
                                    || tokens.get(i - 1).end() < begin)
                            .isTrue();
                    next = label + 1;
                }
            }
            List<Integer> labelled = Arrays.stream(example.labels())
                    .filter(label -> label >= 0)
                    .boxed()
                    .toList();
            assertThat(labelled).contains(0, 1, 2, 5).doesNotHaveDuplicates();
        }
    }

    @Test
    void longTextsAreCutWithTheirClasses() throws IOException {
        List<String> many = IntStream.range(0, 100).mapToObj(i -> "the").toList();
        List<String> tags =
                IntStream.range(0, 100).mapToObj(i -> i % 2 == 0 ? "a" : "b").toList();
        Path data = lines(List.of(tagged(many, tags), tagged(many, tags)));
        Trainer trainer = tuning(given("bert"), 1).trainer(data);
        Task.Batch batch =
                trainer.task().evaluation(64, Task.Split.VALIDATION).findFirst().orElseThrow();
        assertThat(batch.tokens()).isEqualTo(64);
        assertThat(batch.labels()).isEqualTo(62); // but for [CLS] and [SEP]
    }

    // ---- places of answers
    // ----------------------------------------------------------------------------------------------------

    /** Words among which one is always the answer, whose place is counted in code points. */
    private static List<String> asked() {
        Random random = new Random(4);
        return IntStream.range(0, 200)
                .mapToObj(i -> {
                    List<String> words = random.ints(5, 0, WORDS.size())
                            .mapToObj(WORDS::get)
                            .filter(word -> !word.equals("hat"))
                            .collect(Collectors.toCollection(ArrayList::new));
                    words.add(0, "🙂");
                    int at = 1 + random.nextInt(words.size());
                    String before = String.join(" ", words.subList(0, at)) + " ";
                    words.add(at, "hat");
                    return asked(
                            "What was good?",
                            String.join(" ", words),
                            "hat",
                            before.codePointCount(0, before.length()));
                })
                .toList();
    }

    private static String asked(String question, String context, String answer, int start) {
        var object =
                JsonMapper.shared().createObjectNode().put("question", question).put("context", context);
        object.putObject("answers").putPOJO("text", List.of(answer)).putPOJO("answer_start", List.of(start));
        return object.toString();
    }

    private static String unanswered(String question, String context) {
        var object =
                JsonMapper.shared().createObjectNode().put("question", question).put("context", context);
        object.putObject("answers").putPOJO("text", List.of()).putPOJO("answer_start", List.of());
        return object.toString();
    }

    /** None of these has a head that finds answers; each gets one. T5 learns it slowly: a row of its decoder does not know its own place. */
    @ParameterizedTest
    @CsvSource({
        "llama, transformer.layers.0., 0.8",
        "mistral, model.layers.0., 0.8",
        "qwen2, transformer.layers.0., 0.8",
        "qwen3, transformer.layers.0., 0.8",
        "gpt2, transformer.h.0., 0.8",
        "bert, bert.encoder.layer.0., 0.8",
        "roberta, roberta.encoder.layer.0., 0.8",
        "distilbert, distilbert.transformer.layer.0., 0.8",
        "bart, model.decoder.layers.0., 0.8",
        "t5, decoder.block.0., 0.6"
    })
    void aModelLearnsWhereAnswersStand(String name, String inFile, double least) throws IOException {
        List<String> all = asked();
        Path data = lines(all);
        Path out = folder.resolve("out");
        Progress.Evaluation end = train(tuning(given(name), 160).trainer(data), data, out);
        assertThat(end.accuracy().orElseThrow()).isGreaterThan(least);
        JsonNode config = json(Files.readString(out.resolve("config.json")));
        assertThat(config.path("architectures").path(0).asString()).endsWith("ForQuestionAnswering");
        try (Checkpoint checkpoint = Checkpoint.open(out)) {
            assertThat(checkpoint.info("qa_outputs.weight").shape()).startsWith(2);
            assertThat(checkpoint.info("qa_outputs.bias").shape()).containsExactly(2);
            assertThat(checkpoint.names()).anyMatch(each -> each.startsWith(inFile));
        }
        try (Model model = Model.load(out)) {
            assertThat(model.warnings()).isEmpty();
            JsonNode last = json(all.getLast());
            String context = last.path("context").asString();
            var best =
                    model.answer(last.path("question").asString(), context, 1).getFirst();
            assertThat(best.text()).isEqualTo("hat");
            assertThat(context.substring(best.start(), best.end()).strip()).isEqualTo("hat");
        }
    }

    /** By the definition: the mean of −ln softmax over the tokens of each sequence, of beginnings and of ends. */
    @ParameterizedTest
    @ValueSource(strings = {"bert", "gpt2", "bart", "t5"})
    void theLossIsThatOfBothPlacesAmongTheTokens(String name) throws IOException {
        List<String> all = asked();
        Path data = lines(all);
        Path out = folder.resolve("out");
        Progress.Evaluation end = train(tuning(given(name), 4).trainer(data), data, out);
        double sum = 0;
        int right = 0;
        try (Model model = Model.load(out)) {
            for (String line : all.subList(180, 200)) {
                JsonNode object = json(line);
                Tokens tokens = model.tokenizer()
                        .encode(
                                object.path("question").asString(),
                                object.path("context").asString());
                Tensor scores = scores(model, tokens);
                int from = object.path("answers").path("answer_start").path(0).asInt();
                int[] places = IntStream.range(0, tokens.size())
                        .filter(i -> tokens.get(i).sequence() == 1
                                && tokens.get(i).codePointStart() < from + 3
                                && tokens.get(i).codePointEnd() > from)
                        .toArray();
                int first = places[0];
                int last = places[places.length - 1];
                sum += loss(scores, 0, first) / 2 + loss(scores, 1, last) / 2;
                right +=
                        loss(scores, 0, first) == least(scores, 0) && loss(scores, 1, last) == least(scores, 1) ? 1 : 0;
            }
        }
        assertThat(end.validationLoss()).isCloseTo(sum / 20, offset(1e-6));
        assertThat(end.accuracy().orElseThrow()).isEqualTo(right / 20.0);
    }

    private static Tensor scores(Model model, Tokens tokens) {
        boolean pair = model.sizes().decoderLayers() > 0;
        int[] shifted = new int[tokens.size()];
        System.arraycopy(tokens.ids(), 0, shifted, 1, shifted.length - 1);
        shifted[0] = model.config().intOr("decoder_start_token_id", 0, 0, 2);
        Run run = pair
                ? model.run(tokens, model.writtenTokens(shifted), Run.Options.everything())
                : model.run(tokens, Run.Options.everything());
        return run.tokenClasses().orElseThrow();
    }

    private static double loss(Tensor scores, int column, int place) {
        double sum = IntStream.range(0, scores.size(0))
                .mapToDouble(i -> Math.exp(scores.get(i, column)))
                .sum();
        return Math.log(sum) - scores.get(place, column);
    }

    private static double least(Tensor scores, int column) {
        return IntStream.range(0, scores.size(0))
                .mapToDouble(i -> loss(scores, column, i))
                .min()
                .orElseThrow();
    }

    @ParameterizedTest
    @ValueSource(strings = {"bert", "roberta", "llama"})
    void aLongTextIsAskedInPiecesThatOverlap(String name) {
        String context = IntStream.range(0, 40).mapToObj(i -> "poor" + i).collect(Collectors.joining(" "));
        int start = context.indexOf("poor20");
        try (Tokenizer tokenizer = Tokenizer.load(given(name))) {
            Tokens whole = tokenizer.encode("Who?", context);
            Labelling labelling = new Labelling(tokenizer, new Pieces(36, Pieces.Kind.CLOSED), List.of("0", "1"));
            List<Labelling.Example> pieces =
                    labelling.of(new Given.Question("Who?", context, new Span(start, start + 6), "here"));
            int beside = (int)
                    whole.all().stream().filter(token -> token.sequence() != 1).count();
            int step = 36 - beside - 12;
            assertThat(pieces).hasSize(1 + Math.ceilDiv(whole.size() - 36, step));
            int[] all = whole.ids();
            int from = beside
                    - (int) whole.all().reversed().stream()
                            .takeWhile(token -> token.sequence() < 0)
                            .count();
            int held = 0;
            for (int p = 0; p < pieces.size(); p++) {
                Labelling.Example piece = pieces.get(p);
                int[] ids = piece.text().ids();
                assertThat(ids.length).isLessThanOrEqualTo(36);
                assertThat(Arrays.copyOfRange(ids, from, from + ids.length - beside))
                        .isEqualTo(Arrays.copyOfRange(all, from + p * step, from + p * step + ids.length - beside));
                if (piece.labels()[0] > 0) {
                    held++;
                    assertThat(whole.get(piece.labels()[0] + p * step).start()).isBetween(start - 1, start);
                    assertThat(whole.get(piece.labels()[1] + p * step).end()).isEqualTo(start + 6);
                } else {
                    assertThat(piece.labels()).containsExactly(0, 0);
                }
            }
            assertThat(held).isBetween(1, 2);
        }
    }

    @Test
    void aQuestionWithoutAnAnswerPointsToTheFirstToken() {
        try (Tokenizer tokenizer = Tokenizer.load(given("bert"))) {
            Labelling labelling = new Labelling(tokenizer, Pieces.WHOLE, List.of("0", "1"));
            assertThat(labelling
                            .of(new Given.Question("Who?", "The people.", new Span(0, 0), "here"))
                            .getFirst()
                            .labels())
                    .containsExactly(0, 0);
        }
    }

    // ---- both
    // ----------------------------------------------------------------------------------------------------

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void oneStepChangesTheHeadAndWhatIsBelow(boolean words) throws IOException {
        Path data = lines(words ? tagged() : asked());
        for (String name : List.of("bert", "gpt2", "llama")) {
            Trainer trainer = tuning(given(name), 10).trainer(data);
            trainer.step(); // at rate 0, or nearly
            Map<String, float[]> before = new HashMap<>();
            trainer.weights().forEach((weight, tensor) -> before.put(weight, tensor.toArray()));
            trainer.step();
            trainer.weights().forEach((weight, tensor) -> {
                if (!weight.contains("pooler")) {
                    assertThat(tensor.toArray()).as("%s of %s", weight, name).isNotEqualTo(before.get(weight));
                }
            });
        }
    }

    @Test
    void aHeadThatIsThereGoesOnLearningAndAnotherIsReplaced() throws IOException {
        Path words = lines(tagged());
        Path first = folder.resolve("first");
        train(tuning(given("bert"), 120).trainer(words), words, first);
        Trainer second = tuning(first, 1).trainer(words);
        assertThat(second.judge(Task.Split.VALIDATION).accuracy().orElseThrow()).isGreaterThan(0.95);
        Path numbers = lines(List.of(
                "{\"tokens\": [\"the\", \"hat\"], \"ner_tags\": [2, 1]}",
                "{\"tokens\": [\"people\"], \"ner_tags\": [\"B-MEN\"]}"));
        assertThat(tuning(first, 1).trainer(numbers).task().size(Task.Split.VALIDATION))
                .isPositive();
        Path unknown = lines(
                List.of(tagged(List.of("the"), List.of("O")), tagged(List.of("the", "hat"), List.of("O", "B-HAT"))));
        assertThatThrownBy(() -> tuning(first, 1).trainer(unknown))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(
                        "line 2: its class must be one that the model has (B-MEN, B-THING, O), got 'B-HAT'");
        Path questions = lines(asked());
        Path other = folder.resolve("other");
        train(tuning(first, 2).trainer(questions), questions, other);
        try (Checkpoint checkpoint = Checkpoint.open(other)) {
            assertThat(checkpoint.names()).contains("qa_outputs.weight").doesNotContain("classifier.weight");
        }
        assertThat(json(Files.readString(other.resolve("config.json")))
                        .path("id2label")
                        .toString())
                .isEqualTo("{\"0\":\"LABEL_0\",\"1\":\"LABEL_1\"}");
        Path back = folder.resolve("back");
        Path tags = lines(tagged());
        train(tuning(other, 2).trainer(tags), tags, back);
        try (Checkpoint checkpoint = Checkpoint.open(back)) {
            assertThat(checkpoint.names()).contains("classifier.weight").doesNotContain("qa_outputs.weight");
        }
    }

    /** Its classes of words are the encoder's; answers and classes of texts are read off the decoder, which is gone then. */
    @Test
    void ofT5OneThatClassifiesWordsHasNoDecoder() throws IOException {
        Path words = lines(tagged());
        Path first = folder.resolve("first");
        train(tuning(given("t5"), 2).trainer(words), words, first);
        try (Checkpoint checkpoint = Checkpoint.open(first)) {
            assertThat(checkpoint.names())
                    .contains("transformer.shared.weight", "transformer.encoder.final_layer_norm.weight")
                    .contains("classifier.weight", "classifier.bias")
                    .noneMatch(name -> name.contains("decoder") || name.contains("lm_head"));
        }
        assertThat(tuning(first, 1).trainer(words).weights()).hasSize(21);
        Path questions = lines(asked());
        assertThatThrownBy(() -> tuning(first, 1).trainer(questions))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("'architectures' is of a model with a decoder, which the checkpoint lacks");
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aResumedRunEndsWithTheSameBytes(boolean words) throws IOException {
        Path data = lines(words ? tagged() : asked());
        Path straight = folder.resolve("straight");
        Path paused = folder.resolve("paused");
        FineTuning tuning = new FineTuning(given("llama"), 8, 4, 16, 1e-3, 0.1, 0.1, 7);
        train(tuning.trainer(data), data, straight);
        Trainer first = tuning.trainer(data);
        TrainingRun.start(first, paused, data.toString(), "test").finish(new Silent(), () -> first.steps() >= 3);
        TrainingRun.Begun begun = TrainingRun.begun(paused).orElseThrow();
        Trainer second = begun.fineTuning().orElseThrow().trainer(begun.file().orElseThrow());
        TrainingRun.resume(second, paused, data.toString(), "test").finish(new Silent(), () -> false);
        assertThat(paused.resolve("model.safetensors")).hasSameBinaryContentAs(straight.resolve("model.safetensors"));
    }

    @Test
    void whatCannotBeLearnedIsSaidInASentence() throws IOException {
        String good = asked("Who?", "The people.", "people", 4);
        refused("bart", tagged(), "bart has no head that classifies tokens");
        refused("marian", asked(), "marian has no head that finds answers");
        refused(
                "bert",
                List.of(tagged(List.of("a"), List.of("O")), tagged(List.of("b"), List.of("O"))),
                "at least two classes are needed");
        refused(
                "bert",
                List.of(tagged(List.of("a"), List.of("O")), tagged(List.of("b", "c"), List.of("O"))),
                "line 2: must be an object with words in 'tokens' and as many classes");
        refused(
                "bert",
                List.of(tagged(List.of("a"), List.of("-LRB-")), "{\"tokens\": [\"a\"], \"tags\": [-100]}"),
                "line 2: must be an object with words");
        refused(
                "bert",
                List.of(good, asked("Who?", "The people.", "people", 3)),
                "line 2: the answer 'people' must stand in 'context' at 'answer_start', counted in characters of Unicode"
                        + " from 0, got 3, where ' peopl' stands");
        refused(
                "bert",
                List.of(good, asked("Who?", "The people.", "people", 30)),
                "line 2: the answer 'people' must stand",
                "got 30 of 11");
        refused(
                "bert",
                List.of(good, "{\"question\": \"Who?\", \"context\": \"All.\"}"),
                "line 2: must have in 'answers'");
        String longQuestion =
                String.join(" ", IntStream.range(0, 70).mapToObj(i -> "who").toList());
        refused(
                "bert",
                List.of(good, asked(longQuestion, "The people.", "people", 4)),
                "line 2: beside a question there must be room for more than a third");
        Path data = lines(asked());
        assertThatThrownBy(() -> Lesson.TEXT.task(new Tokenization.Words(), 16, data))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("words with classes and questions are for --from");
    }

    private void refused(String model, List<String> data, String... message) throws IOException {
        Path file = lines(data);
        FineTuning tuning = tuning(given(model), 1);
        assertThatThrownBy(() -> tuning.trainer(file))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContainingAll(message);
    }

    @Test
    void questionsOfBothKindsLearnTogether() throws IOException {
        Path data = lines(List.of(
                asked("Who?", "The people.", "people", 4),
                unanswered("Where?", "The people."),
                asked("Who?", "The citizens.", "citizens", 4)));
        Trainer trainer = tuning(given("bert"), 2).trainer(data);
        assertThat(trainer.step().loss()).isPositive().isFinite();
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aStepTellsTheLossThatAnEvaluationFinds(boolean words) throws IOException {
        String same = (words ? tagged() : asked()).getFirst();
        Trainer trainer = tuning(given("bert"), 2).trainer(lines(List.of(same, same, same)));
        double judged = trainer.loss(Task.Split.TRAIN);
        assertThat(trainer.step().loss()).isCloseTo(judged, offset(1e-6));
    }
}
