package dev.heed.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

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
    void ofAnEncoderDecoderTheEncodersHeadsAreMeasuredAndItIsSaid() {
        Run run = Run.of("report", "heads", "--model", "translator", "The dog is black.", "The cat is old.");
        assertThat(run.out()).startsWith("translator  8 heads of the encoder alone, 2 texts");
    }

    @Test
    void theHeadsOfADecoderBesideAnEncoderAreShownByKindAndItIsSaidWhatIsMeasured() {
        String[] of = {"report", "heads", "--model", "translator", "The dog is black.", "The cat is old."};
        Run cross = Run.of(with(of, "--kind", "cross"));
        assertThat(cross.err()).isEmpty();
        assertThat(unwrapped(cross))
                .startsWith("translator  4 heads of cross-attention, 2 texts of 6.0 tokens")
                .contains("first token", "entropy", "keys what it reads")
                .doesNotContain("previous token", "repeated tokens");
        Run self = Run.of(with(of, "--kind", "self"));
        assertThat(unwrapped(self))
                .startsWith("translator  4 heads of the decoder alone")
                .contains("previous token", "so not on repeated tokens")
                .doesNotContain("after earlier copies");
        assertThat(Run.of(with(of, "--kind", "cross", "--format", "json")).out())
                .contains("\"attention\" : \"cross\"", "\"copying_by_chance\" : null", "\"first_token\"")
                .doesNotContain("\"self\"");
        assertThat(unwrapped(Run.of(of))).contains("--kind cross and --kind self show the heads of the decoder");
        assertThat(Run.of("report", "heads", "--kind", "cross", "Mia saw a dog.")
                        .err())
                .contains("report heads: --kind must be self for this model, got cross");
    }

    private static String unwrapped(Run run) {
        return run.out().replaceAll("\\n(?! )", " ");
    }

    private static String[] with(String[] all, String... more) {
        return Stream.of(all, more).flatMap(Stream::of).toArray(String[]::new);
    }

    @Test
    void aTextGivenTwiceIsMeasuredOnceAndHasNoInterval() {
        Run run = Run.of("report", "heads", "--model", model("gpt2"), "Hello you.", "Hello you.");
        assertThat(run.err())
                .isEqualTo("heed: warning: of 2 texts 1 are different to this model; each is measured once\n");
        assertThat(run.out()).contains("1 text of").contains("one text");
    }

    /** Capitals and spaces are nothing to some vocabularies. */
    @Test
    void textsOfTheSameTokensAreOneText() {
        Run run = Run.of("report", "heads", "--model", "cloze", "The dog is black.", "the dog  is black.");
        assertThat(run.err()).contains("of 2 texts 1 are different to this model");
        assertThat(run.out()).contains("1 text of");
    }

    @Test
    void theMeanLengthOfTextsIsNotCutOff() {
        Run run = Run.of("report", "heads", "--model", "cloze", "The dog is black.", "The dog was too old.");
        assertThat(run.out()).contains("2 texts of 7.5 tokens on average");
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
    void textsThatAreNoneAreRefusedAndNotReplaced(@TempDir Path folder) throws IOException {
        Path empty = Files.writeString(folder.resolve("texts.txt"), "\n  \n");
        Run run = Run.of("report", "heads", "--texts", empty.toString());
        assertThat(run.code()).isEqualTo(2);
        assertThat(run.err())
                .contains("must hold 1 to 10000 lines that are not blank, got 0")
                .hasLineCount(1);
        Path many = Files.writeString(folder.resolve("many.txt"), "one\n".repeat(10_001));
        assertThat(Run.of("report", "heads", "--texts", many.toString()).err())
                .contains("got 10001")
                .hasLineCount(1);
    }

    @Test
    void filesThatAreNoTextsSayWhy(@TempDir Path folder) throws IOException {
        Path latin =
                Files.write(folder.resolve("latin1.txt"), "one\ncaf\u00e9\n".getBytes(StandardCharsets.ISO_8859_1));
        assertThat(Run.of("report", "heads", "--texts", latin.toString()).err())
                .contains("latin1.txt: must be UTF-8, but byte 7, in line 2, is not");
        assertThat(Run.of("report", "heads", "--texts", folder.toString()).err())
                .isEqualTo("heed: " + folder + ": cannot be read: it is a folder\n");
        assertThat(Run.of("report", "heads", "--texts", "no/such").err())
                .isEqualTo("heed: no/such: cannot be read: there is no such file or folder\n");
    }

    @Test
    void tooLittleTextHasNoPerplexity(@TempDir Path folder) throws IOException {
        Path shortText = Files.writeString(folder.resolve("short.txt"), "a\nb\nc\nd\n");
        Run run = Run.of("report", "perplexity", "--data", shortText.toString());
        assertThat(run.code()).isEqualTo(2);
        assertThat(run.out()).isEmpty();
        assertThat(run.err())
                .startsWith("heed: report perplexity: ")
                .contains("give a longer text")
                .hasLineCount(1);
    }

    @Test
    void helpShowsOnlyFormatsThatAreTaken() {
        assertThat(Run.of("report", "heads", "--help").out())
                .contains("text|json")
                .doesNotContain("csv");
        assertThat(Run.of("report", "routing", "--format", "csv").err()).contains("must be text or json");
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
