package dev.heed.lens;

import static dev.heed.Shared.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.heed.attention.AttentionMap.Kind;
import dev.heed.lens.Answers.Answer;
import dev.heed.model.Model;
import dev.heed.model.Run;
import dev.heed.nn.Intervention;
import dev.heed.tensor.Tensor;
import dev.heed.text.SpecialToken;
import dev.heed.train.worlds.Split;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** On a model that learned nothing: what is asked, cut and counted is what it is said to be. */
class RoutingTest {
    private static final RoutingReport.Settings FEW = new RoutingReport.Settings(20, 30, 10, 3, 7);

    @Test
    void placesHoldTheWordsThatTheyAreNamedAfter() {
        try (Model model = Model.load(given("bert"))) {
            for (Questions way : Questions.of(model, 7)) {
                for (Question.Pair pair : way.draw(Split.HELDOUT, 25, 7)) {
                    Question question = pair.question();
                    Question twin = pair.twin().orElseThrow();
                    assertThat(text(question, Place.PRONOUN)).isEqualTo("it");
                    assertThat(text(question, Place.REFERENT)).isEqualTo(text(twin, Place.OTHER));
                    assertThat(text(question, Place.OTHER)).isEqualTo(text(twin, Place.REFERENT));
                    assertThat(text(question, Place.PROPERTY)).isNotEqualTo(text(twin, Place.PROPERTY));
                    assertThat(question.right()).isEqualTo(twin.wrong()).isNotEqualTo(question.wrong());
                    assertThat(question.referentFirst()).isNotEqualTo(twin.referentFirst());
                    boolean masked = question.read().get(question.query()).id()
                            == model.tokenizer().id(SpecialToken.MASK).orElseThrow();
                    assertThat(masked).isEqualTo(way.task().contains("masked"));
                }
            }
        }
    }

    private static String text(Question question, Place place) {
        return IntStream.of(question.at(place, false))
                .mapToObj(i -> question.read()
                        .text()
                        .substring(
                                question.read().get(i).start(),
                                question.read().get(i).end()))
                .collect(Collectors.joining());
    }

    @Test
    void theRestIsWhatIsNoOtherPlace() {
        try (Model model = Model.load(given("bert"))) {
            Question question = question(model);
            int all = question.at(Place.ANY, false).length;
            int named = List.of(Place.PRONOUN, Place.REFERENT, Place.OTHER, Place.PROPERTY).stream()
                    .mapToInt(place -> question.at(place, false).length)
                    .sum();
            assertThat(question.at(Place.REST, false)).hasSize(all - named);
        }
    }

    /** What a route cuts has no weight in any head, and only that: a token never loses itself. */
    @Test
    void aRouteThatIsCutCarriesNothing() {
        try (Model model = Model.load(given("bert"))) {
            Question question = question(model);
            Route route = new Route(Kind.SELF, Place.ANY, List.of(Place.REFERENT));
            Run run = Answers.runs(model, List.of(question), Run.Options.attentionOnly(), List.of(route.cut(question)))
                    .getFirst();
            for (int layer = 0; layer < run.recording().layers(Kind.SELF); layer++) {
                var map = run.recording().map(Kind.SELF, layer, 1);
                for (int i = 0; i < map.rows(); i++) {
                    for (int j = 0; j < map.columns(); j++) {
                        boolean cut = i != j && Question.contains(question.at(Place.REFERENT, false), j);
                        assertThat(map.visible(i, j)).isNotEqualTo(cut);
                        assertThat(map.weight(i, j) == 0).isEqualTo(cut);
                    }
                }
            }
        }
    }

    @Test
    void anAnswerIsReadOffTheLogitsOfItsSteps() {
        Question question = new Question(
                new dev.heed.text.Tokens("", null, List.of()),
                null,
                java.util.Map.of(),
                new int[] {0, 1},
                new int[] {2, 0},
                new int[] {2, 1},
                true,
                false);
        assertThat(question.decidingStep()).isEqualTo(1);
        Tensor right = Tensor.of(new float[] {0, 0, (float) Math.log(2), (float) Math.log(3), 0, 0}, 2, 3);
        Answer answer = Answer.of(question, right);
        assertThat(answer.right()).isTrue();
        assertThat(answer.chooses()).isTrue();
        assertThat(answer.probability()).isCloseTo(0.5 * 0.6, org.assertj.core.data.Offset.offset(1e-6));
        Tensor other = Tensor.of(new float[] {0, 1, 0.5f, 0, 0.1f, -1}, 2, 3);
        assertThat(Answer.of(question, other).right()).isFalse();
        assertThat(Answer.of(question, other).chooses()).isFalse();
    }

    @Test
    void everyShareIsOfAllSentencesAndCuttingNothingChangesNothing() {
        try (Model model = Model.load(given("bert"))) {
            RoutingReport report = RoutingReport.of(model, FEW);
            assertThat(report.exact()).isEmpty();
            assertThat(report.tasks()).hasSize(2);
            for (RoutingReport.Task task : report.tasks()) {
                assertThat(task.head().of())
                        .isEqualTo(model.sizes().layers() * model.sizes().heads());
                assertThat(task.head().onTraining().of()).isEqualTo(20);
                assertThat(task.prefers().of()).isEqualTo(30);
                assertThat(task.twinsChosen().of()).isEqualTo(30);
                String head = task.head().name();
                RoutingReport.Cuts cuts = task.cuts();
                assertThat(cuts.all()).hasSize(7).allMatch(cut -> cut.right().of() == 30);
                assertThat(cuts.referent().what()).isEqualTo("referent, in " + head + " alone");
                assertThat(cuts.referentEverywhere().what()).isEqualTo("referent, in every head");
                assertThat(cuts.others().what()).isEqualTo("random others, in " + head + " alone");
                assertThat(cuts.othersEverywhere().what()).isEqualTo("random others, in every head");
                assertThat(cuts.otherNounEverywhere().what()).isEqualTo("other noun, in every head");
                assertThat(cuts.silenced().what()).isEqualTo(head + " silenced");
                assertThat(cuts.held().what()).isEqualTo(head + " held at its mean");
                assertThat(task.routes()).hasSizeLessThanOrEqualTo(3);
                assertThat(task.baselines())
                        .allMatch(baseline -> baseline.prefers().of() == 30);
            }
            List<Question> some = List.of(question(model));
            List<List<Intervention>> nothing = List.of(List.of());
            assertThat(Answers.of(model, some, nothing)).isEqualTo(Answers.of(model, some, List.of()));
            assertThat(RoutingReport.of(model, FEW)).isEqualTo(report);
        }
    }

    @Test
    void aPersonWhoWaitsHearsOfEveryQuestion() {
        try (Model model = Model.load(given("bert"))) {
            List<Long> left = new ArrayList<>();
            RoutingReport.of(model, new RoutingReport.Settings(4, 5, 3, 0, 7), (done, all) -> left.add(all - done));
            assertThat(left).isSortedAccordingTo(Comparator.reverseOrder()).endsWith(0L, 0L); // none was left to skip
        }
    }

    /** Also behind a sentence of which it does not hold, and one that has no twin. */
    @Test
    void aTwinIsComparedWithItsOwnSentence() {
        Question any = new Question(
                new dev.heed.text.Tokens("", null, List.of()),
                null,
                java.util.Map.of(),
                new int[0],
                new int[0],
                new int[0],
                true,
                false);
        Question.Pair twins = new Question.Pair(any, Optional.of(any));
        Question.Pair alone = new Question.Pair(any, Optional.empty());
        List<Question.Pair> pairs = List.of(twins, alone, twins, twins);
        Share both = Routing.both(
                pairs, List.of(false, true, true, true), List.of(true, false, false), Boolean::booleanValue);
        assertThat(both).isEqualTo(new Share(0, 3));
    }

    @Test
    void wordsThatTheModelDoesNotKnowAreNamed() {
        try (Model model = Model.load(given("t5"))) {
            assertThatThrownBy(() -> RoutingReport.of(model, FEW))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("vocabulary has no word for");
        }
    }

    private static Question question(Model model) {
        return Questions.of(model, 7)
                .getFirst()
                .draw(Split.HELDOUT, 1, 7)
                .getFirst()
                .question();
    }
}
