package dev.heed.app;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ReportTest {
    @Test
    void plantedHeadsHoldAndAreShown() {
        Run run = Run.of("report", "heads", "--planted");
        assertThat(run.code()).isZero();
        assertThat(run.out().lines().skip(1)).hasSize(13).allMatch(line -> line.endsWith("yes"));
        assertThat(run.out()).containsPattern("induction +after earlier copies +1\\.000000");
    }

    @Test
    void routingFitsEightyColumnsAndSaysThatAWeightIsNoExplanation() {
        Run run = Run.of("report", "routing", "--model", model("bert"), "--sentences", "12");
        assertThat(run.err()).isEmpty();
        assertThat(run.code()).isZero();
        assertThat(run.out().lines()).allMatch(line -> line.length() <= 80);
        assertThat(run.out())
                .containsPattern(
                        "L\\dH\\d sends more weight to the referent +\\d+\\.\\d % +\\d+\\.\\d to +\\d+\\.\\d %  12")
                .contains("A weight is not an explanation: with its edges to the referent cut");
    }

    @Test
    void routingWithoutAModelIsThatOfTheBundledOnes() {
        Run run = Run.of("report", "routing", "--sentences", "30");
        assertThat(run.code()).isZero();
        assertThat(run.out().lines()).allMatch(line -> line.length() <= 80);
        assertThat(run.out().lines().limit(6)).anyMatch(line -> line.startsWith("cloze "));
        assertThat(run.out()).contains("\npronoun ", "\nstory ", "\ntranslator ", "A weight is not an");
    }

    @Test
    void headsFitEightyColumns() {
        Run run = Run.of("report", "heads", "--model", model("gpt2"), "Hello you there.", "A small house and a dog.");
        assertThat(run.code()).isZero();
        assertThat(run.out().lines()).allMatch(line -> line.length() <= 80);
        assertThat(run.out()).contains("previous token", "after earlier copies *", "uniform: equal weights");
    }

    @Test
    void jsonHoldsEveryNumberWithItsSample() {
        Run run = Run.of("report", "routing", "--model", model("bert"), "--sentences", "12", "--format", "json");
        assertThat(run.code()).isZero();
        assertThat(run.out()).contains("\"prefers_referent\"", "\"low\"", "\"of\" : 12", "\"routes\"");
        Run heads = Run.of("report", "heads", "--model", model("gpt2"), "Hello you there.", "--format", "json");
        assertThat(heads.out()).contains("\"previous_token\"", "\"uniform\"", "\"labels\" : [ ]");
    }

    @Test
    void whatIsMissingIsSaid() {
        assertThat(Run.of("report").err()).contains("say which: routing, heads or perplexity");
        Run unknown = Run.of("report", "routing", "--model", model("t5"));
        assertThat(unknown.code()).isEqualTo(2);
        assertThat(unknown.err()).contains("vocabulary has no word for");
        assertThat(Run.of("report", "heads", "--model", model("gpt2"), "--format", "csv")
                        .code())
                .isEqualTo(2);
    }

    private static String model(String name) {
        return Shared.conformance("hf/" + name).toString();
    }
}
