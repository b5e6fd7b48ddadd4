package dev.heed.attention;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.data.Offset.offset;

import java.util.List;
import org.junit.jupiter.api.Test;

class SoftLookupTest {
    private static final SoftLookup<String> BOOKS = SoftLookup.<String>builder()
            .add("ML algorithms Python", new float[] {1, 0.2f, 1}, "Raschka")
            .add("Web development JavaScript", new float[] {0, 1, 0}, "Flanagan")
            .add("Deep learning PyTorch", new float[] {0.9f, 0, 0.6f}, "Stevens")
            .build();

    @Test
    void weightsSumToOneAndAreRanked() {
        List<SoftLookup.Match<String>> matches = BOOKS.lookup(2, 0, 2).matches();
        assertThat(matches).extracting(SoftLookup.Match::value).containsExactly("Raschka", "Stevens", "Flanagan");
        assertThat(matches.stream().mapToDouble(SoftLookup.Match::weight).sum()).isCloseTo(1, offset(1e-6));
        assertThat(matches.getFirst().score()).isEqualTo((float) (4 / Math.sqrt(3)));
    }

    @Test
    void anAnswerPrintsItsMatches() {
        assertThat(BOOKS.lookup(-20, 60, -20))
                .hasToString(BOOKS.lookup(-20, 60, -20).matches().toString());
        assertThat(BOOKS.lookup(-20, 60, -20).toString()).startsWith("[Match[").contains("value=Flanagan");
    }

    /** The scores that give wanted weights are their logarithms, up to a constant. */
    @Test
    void books() {
        for (double constant : new double[] {0, 5, -300}) {
            SoftLookup.Answer<String> answer =
                    BOOKS.weigh((float) (Math.log(0.6) + constant), (float) (Math.log(0.05) + constant), (float)
                            (Math.log(0.35) + constant));
            double error = constant == -300 ? 2e-5 : 5e-7; // of the constant's own rounding
            assertThat(weight(answer, "Raschka")).isCloseTo(0.6, offset(error));
            assertThat(weight(answer, "Flanagan")).isCloseTo(0.05, offset(error));
            assertThat(weight(answer, "Stevens")).isCloseTo(0.35, offset(error));
        }
    }

    private static double weight(SoftLookup.Answer<String> answer, String value) {
        return answer.matches().stream()
                .filter(match -> match.value().equals(value))
                .findFirst()
                .orElseThrow()
                .weight();
    }

    @Test
    void oneCloseKeyGivesItsValue() {
        SoftLookup.Answer<String> answer = BOOKS.lookup(-20, 60, -20);
        assertThat(answer.best().value()).isEqualTo("Flanagan");
        assertThat(answer.best().weight()).isEqualTo(1);
        assertThat(answer.blend(name -> new float[] {name.length()})).containsExactly(8);
    }

    @Test
    void theLimitOfColdIsAnExactLookUp() {
        float before = 0;
        for (double temperature : new double[] {1, 0.3, 0.1, 0.03, 1e-3, 1e-30, 1e-300, 0}) {
            SoftLookup.Match<String> best =
                    BOOKS.temperature(temperature).lookup(1, 0, 1).best();
            assertThat(best.value()).isEqualTo("Raschka");
            assertThat(best.weight()).isGreaterThanOrEqualTo(before);
            before = best.weight();
        }
        assertThat(before).isEqualTo(1);
    }

    @Test
    void theLimitOfHotIsTheMean() {
        for (SoftLookup.Match<String> match :
                BOOKS.temperature(1e9).lookup(1, 0, 1).matches()) {
            assertThat(match.weight()).isCloseTo(1 / 3f, offset(1e-6f));
        }
    }

    @Test
    void equalScoresShareAnExactLookUp() {
        SoftLookup.Answer<String> answer = BOOKS.temperature(0).weigh(2, -1, 2);
        assertThat(answer.matches()).extracting(SoftLookup.Match::weight).containsExactly(0.5f, 0.5f, 0f);
        assertThat(answer.blend(name -> new float[] {name.length(), 1})).containsExactly(7, 1);
    }

    @Test
    void aBlendIsTheWeightedAverage() {
        SoftLookup.Answer<String> answer = BOOKS.lookup(0.5f, 1, 0.2f);
        double expected = answer.matches().stream()
                .mapToDouble(match -> match.weight() * match.value().length())
                .sum();
        assertThat((double) answer.blend(name -> new float[] {name.length()})[0])
                .isCloseTo(expected, offset(1e-5));
    }

    @Test
    void wrongUseIsOneSentence() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> SoftLookup.builder().build())
                .withMessage("SoftLookup.build: at least one entry is needed, got none");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> BOOKS.lookup(1, 2))
                .withMessage("SoftLookup.lookup: the query must be as long as the keys, D=3, got 2");
        assertThatIllegalArgumentException()
                .isThrownBy(() ->
                        SoftLookup.<Integer>builder().add("a", new float[2], 1).add("b", new float[3], 2))
                .withMessage("SoftLookup.add: all keys must have the same length D=2, got 3 for 'b'");
        assertThatIllegalArgumentException().isThrownBy(() -> BOOKS.temperature(-1));
        assertThatIllegalArgumentException().isThrownBy(() -> BOOKS.weigh(1, 2));
        assertThatIllegalArgumentException().isThrownBy(() -> BOOKS.lookup(Float.NaN, 0, 0));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> BOOKS.lookup(1, 0, 0).blend(name -> new float[name.length()]));
    }

    @Test
    void extremeTemperaturesAndZerosOfEitherSignAreInOrder() {
        SoftLookup<String> two = SoftLookup.<String>builder()
                .add("a", new float[0], "a")
                .add("b", new float[0], "b")
                .build();
        assertThat(two.temperature(1e300).weigh(3e38f, -3e38f).matches())
                .extracting(SoftLookup.Match::weight)
                .containsExactly(0.5f, 0.5f);
        assertThat(two.weigh(-0f, 0f).matches())
                .extracting(SoftLookup.Match::name)
                .containsExactly("a", "b");
    }
}
