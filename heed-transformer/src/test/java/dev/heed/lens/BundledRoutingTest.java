package dev.heed.lens;

import static org.assertj.core.api.Assertions.assertThat;

import dev.heed.lens.RoutingReport.Settings;
import dev.heed.lens.RoutingReport.Task;
import dev.heed.model.Model;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What the bundled models are bundled for, on sentences that they have not seen. */
class BundledRoutingTest {
    private static final Settings FEW = new Settings(150, 150, 10, 0, 2026);

    private static RoutingReport report(String name) {
        try (Model model = Model.bundled(name)) {
            return RoutingReport.of(model, FEW);
        }
    }

    @Test
    void clozeResolvesAndAHeadLooksAtTheReferent() {
        for (Task task : report("cloze").tasks()) {
            assertThat(task.chooses().value()).as(task.asked()).isGreaterThanOrEqualTo(0.98);
            assertThat(task.twinsChosen().value()).as(task.asked()).isGreaterThanOrEqualTo(0.97);
            assertThat(task.prefers().value()).as(task.asked()).isGreaterThanOrEqualTo(0.92);
        }
    }

    /** Of few sentences several heads may prefer the referent in all: what they send there differs. */
    @Test
    void ofHeadsThatPreferItAsOftenTheOneThatLooksThereIsChosen() {
        try (Model model = Model.bundled("cloze")) {
            assertThat(RoutingReport.of(model, new Settings(20, 5, 5, 0, 2026)).tasks())
                    .allMatch(task -> task.head().name().equals("L2H2"));
        }
    }

    /** All that it goes by is what "it" itself looks at; a route that takes nothing is not shown as one that matters. */
    @Test
    void theRoutesShownAreThoseThatMatter() {
        try (Model model = Model.bundled("cloze")) {
            List<RoutingReport.Cut> routes = RoutingReport.of(model, new Settings(60, 20, 60, 6, 2026))
                    .tasks()
                    .getFirst()
                    .routes();
            assertThat(routes)
                    .extracting(RoutingReport.Cut::what)
                    .containsExactly("it → referent", "it → property", "it → all else");
        }
    }

    @Test
    void theTranslatorIsExactAndPicksTheReferentByCrossAttention() {
        RoutingReport report = report("translator");
        assertThat(report.exact().orElseThrow().value()).isGreaterThanOrEqualTo(0.97);
        assertThat(report.tasks().getFirst().prefers().value()).isGreaterThanOrEqualTo(0.95);
    }

    @Test
    void thePronounIsRightWhateverItsHeadsPrefer() {
        RoutingReport report = report("pronoun");
        assertThat(report.tasks().getFirst().right().value()).isGreaterThanOrEqualTo(0.98);
    }

    @Test
    void theStoryKnowsWhatItIs() {
        assertThat(report("story").tasks().getFirst().right().value()).isGreaterThanOrEqualTo(0.95);
    }
}
