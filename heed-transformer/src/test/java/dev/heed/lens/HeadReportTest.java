package dev.heed.lens;

import static dev.heed.Shared.given;
import static org.assertj.core.api.Assertions.assertThat;

import dev.heed.model.Model;
import dev.heed.text.Tokens;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class HeadReportTest {
    @ParameterizedTest
    @ValueSource(strings = {"gpt2", "bert"})
    void headsThatLearnedNothingGetNoLabel(String name) {
        try (Model model = Model.load(given(name))) {
            List<Tokens> texts = Stream.of(
                            "Once upon a time there was a house.", "Tom and Ann saw a big dog.", "Hello you.")
                    .map(model.tokenizer()::encode)
                    .toList();
            HeadReport report = HeadReport.of(model, texts, 3);
            assertThat(report.heads())
                    .hasSize(model.sizes().layers() * model.sizes().heads());
            assertThat(report.heads()).allSatisfy(head -> {
                assertThat(head.labels()).isEmpty();
                assertThat(head.copying()).isEmpty();
                assertThat(head.scores()).hasSize(HeadMetric.values().length);
                assertThat(head.score(HeadMetric.INDUCTION).value().count()).isEqualTo(RepeatedTexts.TEXTS);
                assertThat(head.score(HeadMetric.SELF).value().count()).isEqualTo(3);
            });
            assertThat(HeadReport.of(model, texts, 3)).isEqualTo(report);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"gpt2", "llama", "bert"})
    void repeatedTextsAreRepeatedAndShuffledOnesHoldTheSameTokens(String name) {
        try (Model model = Model.load(given(name))) {
            RepeatedTexts repeated = RepeatedTexts.of(model, model.tokenizer().encode("Hello"), 5);
            Probe probe = repeated.probe();
            assertThat(repeated.texts()).hasSize(RepeatedTexts.TEXTS).doesNotHaveDuplicates();
            for (int t = 0; t < RepeatedTexts.TEXTS; t++) {
                int[] ids = repeated.texts().get(t).ids();
                assertThat(Arrays.copyOfRange(ids, probe.first(), probe.first() + probe.period()))
                        .as("each token has no copies but those that are planted")
                        .doesNotHaveDuplicates();
                for (int i = probe.first() + probe.period(); i < ids.length; i++) {
                    assertThat(ids[i]).isEqualTo(ids[i - probe.period()]);
                }
                int[] mixed = repeated.shuffled(9).texts().get(t).ids();
                assertThat(mixed).isNotEqualTo(ids);
                assertThat(Arrays.copyOf(mixed, probe.first())).isEqualTo(Arrays.copyOf(ids, probe.first()));
                Arrays.sort(ids);
                Arrays.sort(mixed);
                assertThat(mixed).isEqualTo(ids);
            }
        }
    }

    /** In texts of a few tokens every causal head has much weight on its own token and on the first. */
    @ParameterizedTest
    @CsvSource({"0.45, 0.26, 0.31, false", "0.55, 0.26, 0.31, true", "0.33, 0.03, 0.04, true", "0.31, 0.03, 0.04, false"
    })
    void aNameTakesAPartOfWhatChanceLeaves(double value, double uniform, double random, boolean named) {
        Mean nothing = about(0);
        HeadReport.Score score =
                new HeadReport.Score(HeadMetric.SELF, about(value), about(uniform), nothing, about(random));
        assertThat(score.isNamed()).isEqualTo(named);
    }

    private static Mean about(double value) {
        return Mean.of(value - 1e-3, value, value + 1e-3);
    }
}
