package dev.heed.lens;

import static dev.heed.Shared.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.heed.attention.AttentionMap;
import dev.heed.attention.AttentionMap.Kind;
import dev.heed.model.Model;
import dev.heed.model.Run;
import dev.heed.model.Steps;
import dev.heed.text.Tokens;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntUnaryOperator;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
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

    /** Queries are what the model writes, keys what it reads: what needs both in one text is not measured. */
    @Test
    void crossAttentionIsMeasuredByTheFirstTokenAndEntropyAlone() {
        try (Model model = Model.bundled("translator")) {
            List<Tokens> texts = texts(model);
            List<Long> heard = new ArrayList<>();
            HeadReport report = HeadReport.of(model, Kind.CROSS, texts, 3, (done, all) -> heard.add(done * 100 + all));
            assertThat(heard).containsExactly(106L, 206L, 306L, 406L, 506L, 606L);
            assertThat(report.heads())
                    .hasSize(model.sizes().decoderLayers() * model.sizes().decoderHeads());
            assertThat(report.copyingByChance()).isNaN();
            for (HeadReport.Head head : report.heads()) {
                assertThat(head.scores())
                        .extracting(HeadReport.Score::metric)
                        .containsExactly(HeadMetric.FIRST_TOKEN, HeadMetric.ENTROPY);
                double[] first = ofMaps(model, texts, Kind.CROSS, head, map -> meanOfRows(map, 0, i -> 0));
                double[] equal = ofMaps(model, texts, Kind.CROSS, head, map -> 1.0 / map.columns());
                double[] entropy = ofMaps(model, texts, Kind.CROSS, head, Entropy::relativeToUniform);
                isMeanOf(head.score(HeadMetric.FIRST_TOKEN).value(), first);
                isMeanOf(head.score(HeadMetric.FIRST_TOKEN).uniform(), equal);
                isMeanOf(head.score(HeadMetric.ENTROPY).value(), entropy);
                assertThatThrownBy(() -> head.score(HeadMetric.SELF)).hasMessageContaining("SELF is not measured");
            }
        }
    }

    @Test
    void theSelfAttentionOfADecoderBesideAnEncoderIsMeasuredOnWhatItWrites() {
        try (Model model = Model.bundled("translator")) {
            List<Tokens> texts = texts(model);
            HeadReport report = HeadReport.of(model, Kind.SELF, texts, 3, Steps.unheard());
            assertThat(report.tokens())
                    .isEqualTo(texts.stream()
                            .mapToInt(text -> model.run(text, Run.Options.attentionOnly())
                                    .recording()
                                    .queries(Kind.SELF, 0))
                            .sum());
            for (HeadReport.Head head : report.heads()) {
                assertThat(head.scores()).noneMatch(score -> score.metric().onRepeats());
                double[] previous = ofMaps(model, texts, Kind.SELF, head, map -> meanOfRows(map, 1, i -> i - 1));
                isMeanOf(head.score(HeadMetric.PREVIOUS_TOKEN).value(), previous);
            }
        }
    }

    @Test
    void aModelOfOneStackHasNoCrossAttention() {
        try (Model model = Model.bundled("story")) {
            List<Tokens> texts = List.of(model.tokenizer().encode("Mia saw a dog."));
            assertThatThrownBy(() -> HeadReport.of(model, Kind.CROSS, texts, 3, Steps.unheard()))
                    .hasMessageContaining("gpt_neox has self-attention only, no CROSS attention");
        }
    }

    private static List<Tokens> texts(Model model) {
        return Stream.of("The dog is black.", "The animal didn't cross the street because it was too tired.")
                .map(model.tokenizer()::encode)
                .toList();
    }

    private static double[] ofMaps(
            Model model, List<Tokens> texts, Kind kind, HeadReport.Head head, ToDoubleFunction<AttentionMap> number) {
        return texts.stream()
                .map(text -> model.run(text, Run.Options.attentionOnly()).recording())
                .mapToDouble(recording -> number.applyAsDouble(recording.map(kind, head.layer(), head.head())))
                .toArray();
    }

    private static double meanOfRows(AttentionMap map, int from, IntUnaryOperator key) {
        return IntStream.range(from, map.rows())
                .mapToDouble(row -> map.weight(row, key.applyAsInt(row)))
                .average()
                .orElseThrow();
    }

    private static void isMeanOf(Mean mean, double... texts) {
        assertThat(mean.count()).isEqualTo(texts.length);
        assertThat(mean.value()).isCloseTo(Arrays.stream(texts).average().orElseThrow(), within(1e-5));
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
