package dev.heed.lens;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.heed.attention.Attention;
import dev.heed.attention.AttentionMap;
import dev.heed.attention.Mask;
import dev.heed.tensor.Tensor;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class HeadMetricTest {
    @Test
    void perfectHeadsScoreOneAndTheUniformHeadExactlyItsBaseline() {
        assertThat(PlantedHead.checks()).hasSize(5 + HeadMetric.values().length).allMatch(PlantedHead.Check::holds);
    }

    /** METRICS: the sums of 1/(i + 1). */
    @ParameterizedTest
    @CsvSource({"64, 0.0741, 0.0594, 15.75", "128, 0.0424, 0.0349, 31.75", "512, 0.0133, 0.0114, 127.75"})
    void equalCausalWeightsScoreTheKnownSums(int tokens, double first, double previous, double distance) {
        HeadRows rows = uniform(tokens);
        assertThat(HeadMetric.FIRST_TOKEN.of(rows, 0)).isCloseTo(first, within(6e-5));
        assertThat(HeadMetric.PREVIOUS_TOKEN.of(rows, 0)).isCloseTo(previous, within(6e-5));
        assertThat(HeadMetric.DISTANCE.of(rows, 0)).isCloseTo(distance, within(1e-3));
        assertThat(HeadMetric.ENTROPY.of(rows, 0)).isEqualTo(1);
    }

    /** Five queries on seven keys: one head looks at the first key alone, one at all alike. */
    @Test
    void whatIsMeasuredOfTwoTextsIsExactForHeadsThatAreKnown() {
        Tensor bias = Tensor.zeros(2, 5, 7);
        for (int i = 0; i < 5; i++) {
            bias.set(200, 0, i, 0);
        }
        Tensor query = Tensor.zeros(1, 2, 5, 3);
        Tensor key = Tensor.zeros(1, 2, 7, 3);
        HeadRows rows = HeadRows.of(Attention.scaledDotProduct().bias(bias), query, key, key, Probe.TEXT);
        assertThat(HeadMetric.FIRST_TOKEN.of(rows, 0)).isEqualTo(1);
        assertThat(HeadMetric.ENTROPY.of(rows, 0)).isZero();
        assertThat(HeadMetric.FIRST_TOKEN.of(rows, 1)).isCloseTo(1.0 / 7, within(1e-7));
        assertThat(HeadMetric.FIRST_TOKEN.of(rows, 1)).isEqualTo(HeadMetric.FIRST_TOKEN.of(rows.ofEqualWeights(), 0));
        assertThat(HeadMetric.ENTROPY.of(rows, 1)).isEqualTo(1);
    }

    private static HeadRows uniform(int tokens) {
        Tensor zeros = Tensor.zeros(1, 1, tokens, 4);
        return HeadRows.of(Attention.scaledDotProduct().mask(Mask.causalTopLeft()), zeros, zeros, zeros, Probe.TEXT);
    }

    /** Every metric against the plain sum over a whole map. */
    @ParameterizedTest
    @EnumSource(HeadMetric.class)
    void equalsThePlainSumOverTheWholeMap(HeadMetric metric) {
        Random random = new Random(7);
        Probe probe = new Probe(1, 6, 3);
        int n = 19;
        Tensor q = gaussian(random, n);
        Tensor k = gaussian(random, n);
        Attention causal = Attention.scaledDotProduct().mask(Mask.causalTopLeft());
        HeadRows rows = HeadRows.of(causal, q, k, k, probe);
        for (int head = 0; head < 2; head++) {
            AttentionMap map =
                    AttentionMap.of(causal, q, k, causal.apply(q, k, k).lse(), AttentionMap.Tile.whole(0, head, q, k));
            assertThat(metric.of(rows, head)).isCloseTo(plain(metric, map, probe), within(1e-5));
        }
    }

    private static double plain(HeadMetric metric, AttentionMap map, Probe probe) {
        double sum = 0;
        double rows = 0;
        for (int i = 0; i < map.rows(); i++) {
            double ofRow = 0;
            boolean repeated = i >= probe.first() + probe.period();
            boolean counts = switch (metric) {
                case PREVIOUS_TOKEN, ENTROPY -> i > 0;
                case DUPLICATE_TOKEN, INDUCTION -> repeated;
                default -> true;
            };
            for (int j = 0; j <= i; j++) {
                double weight = map.weight(i, j);
                boolean copy = j >= probe.first() && (i - j) % probe.period() == 0 && j < i;
                boolean follows = j > probe.first() && (i - j + 1) % probe.period() == 0 && j - 1 < i - 1;
                ofRow += switch (metric) {
                    case SELF -> i == j ? weight : 0;
                    case PREVIOUS_TOKEN -> j == i - 1 ? weight : 0;
                    case FIRST_TOKEN -> j == 0 ? weight : 0;
                    case DUPLICATE_TOKEN -> copy ? weight : 0;
                    case INDUCTION -> follows ? weight : 0;
                    case ENTROPY -> i == 0 ? 0 : -weight * Math.log(weight) / Math.log(i + 1);
                    case DISTANCE -> weight * (i - j);
                    case DISTANCE_WITHOUT_FIRST -> j == 0 ? 0 : weight * (i - j);
                };
            }
            sum += counts ? ofRow : 0;
            rows += metric == HeadMetric.DISTANCE_WITHOUT_FIRST ? 1 - map.weight(i, 0) : counts ? 1 : 0;
        }
        return sum / rows;
    }

    private static Tensor gaussian(Random random, int n) {
        Tensor tensor = Tensor.zeros(1, 2, n, 5);
        for (int i = 0; i < tensor.elements(); i++) {
            tensor.array()[i] = (float) random.nextGaussian();
        }
        return tensor;
    }
}
