package dev.heed.attention;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.data.Offset.offset;

import dev.heed.kernel.Workers;
import dev.heed.tensor.Tensor;
import java.util.Arrays;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The statistics of the tiles against the full map of weights. */
class StatisticsTest {
    private record Call(String name, Attention attention, int b, int hq, int hkv, int n, int m, int top) {
        @Override
        public String toString() {
            return "%s B=%d Hq=%d Hkv=%d N=%d M=%d top=%d".formatted(name, b, hq, hkv, n, m, top);
        }
    }

    static Stream<Call> cases() {
        Attention plain = Attention.scaledDotProduct();
        return Stream.of(
                new Call("plain", plain, 1, 1, 1, 1, 1, 1),
                new Call("ragged", plain, 2, 2, 1, 45, 131, 3),
                new Call("causal", plain.mask(Mask.causalTopLeft()), 1, 3, 1, 200, 200, 1),
                new Call("causal top 5", plain.mask(Mask.causalTopLeft()), 1, 2, 2, 100, 100, 5),
                new Call("window", plain.mask(Mask.windowBottomRight(20, 3)), 1, 2, 2, 70, 300, 2),
                new Call("chunks", plain.mask(Mask.causalBottomRight()), 1, 1, 1, 40, 2100, 2),
                new Call("nothing visible", plain.mask(Mask.lengths(0, 7)), 2, 1, 1, 9, 12, 2),
                new Call("no keys", plain, 1, 2, 1, 3, 0, 2),
                new Call("sink", plain.mask(Mask.causalTopLeft()).sink(1, 0), 1, 2, 1, 66, 66, 1));
    }

    private static Tensor random(long seed, int... shape) {
        return Tensors.random(new Random(seed), 1.5f, shape);
    }

    @ParameterizedTest
    @MethodSource("cases")
    void statisticsEqualThoseOfTheFullMap(Call c) {
        Tensor query = random(1, c.b, c.hq, c.n, 16);
        Tensor key = random(2, c.b, c.hkv, c.m, 16);
        Tensor value = random(3, c.b, c.hkv, c.m, 8);
        int[] offsets = {0, -1, 2};
        AttentionStatistics.Request request = new AttentionStatistics.Request(c.top, offsets);
        AttentionOutput plain = c.attention.apply(query, key, value);
        AttentionStatistics.Result one =
                Workers.with(1, () -> c.attention.applyWithStatistics(query, key, value, request));
        AttentionStatistics.Result two =
                Workers.with(2, () -> c.attention.applyWithStatistics(query, key, value, request));
        assertThat(one.attention().output().array())
                .as("%s", c)
                .isEqualTo(plain.output().array());
        assertThat(two.statistics().columnMass().array())
                .as("%s", c)
                .isEqualTo(one.statistics().columnMass().array());
        assertThat(two.statistics().entropy().array())
                .as("%s", c)
                .isEqualTo(one.statistics().entropy().array());
        for (int b = 0; b < c.b; b++) {
            for (int h = 0; h < c.hq; h++) {
                Tensor weights = c.attention.weights(query, key, plain.lse(), b, h, 0, c.n, 0, c.m);
                compare(c, one.statistics(), weights, b, h, offsets);
            }
        }
    }

    private static void compare(Call c, AttentionStatistics seen, Tensor weights, int b, int h, int[] offsets) {
        double[] columns = new double[c.m];
        for (int i = 0; i < c.n; i++) {
            double entropy = 0;
            double distance = 0;
            int position = i + c.m - c.n;
            for (int j = 0; j < c.m; j++) {
                double weight = weights.get(i, j);
                entropy -= weight == 0 ? 0 : weight * Math.log(weight);
                distance += weight * Math.abs(position - j);
                columns[j] += weight;
            }
            String row = c + " b=" + b + " h=" + h + " query " + i;
            assertThat((double) seen.entropy().get(b, h, i)).as(row).isCloseTo(entropy, offset(1e-5));
            assertThat((double) seen.distance().get(b, h, i)).as(row).isCloseTo(distance, offset(1e-5 * (1 + c.m)));
            assertThat(seen.firstMass().get(b, h, i)).as(row).isEqualTo(c.m == 0 ? 0 : weights.get(i, 0));
            for (int o = 0; o < offsets.length; o++) {
                int j = position + offsets[o];
                float expected = j >= 0 && j < c.m ? weights.get(i, j) : 0;
                assertThat(seen.offsetMass().get(b, h, i, o)).as(row).isEqualTo(expected);
            }
            checkTop(c, seen, weights, b, h, i, row);
        }
        for (int j = 0; j < c.m; j++) {
            assertThat((double) seen.columnMass().get(b, h, j))
                    .as(c + " key " + j)
                    .isCloseTo(columns[j], offset(1e-5 * (1 + columns[j])));
        }
    }

    /** A displaced key goes before its equals; a NaN is seen where it is seen; nobody changes the usual request. */
    @Test
    void equalsKeepTheirOrderAndDocumentsTheirNans() {
        Attention plain = Attention.scaledDotProduct();
        Tensor query = Tensor.full(1, 1, 1, 1, 1);
        Tensor key = Tensor.of(new float[] {0, 0, 1, 0, 1}, 1, 1, 5, 1);
        for (int top = 1; top <= 5; top++) {
            int[] first = Arrays.copyOf(new int[] {2, 4, 0, 1, 3}, top);
            AttentionStatistics seen = plain.applyWithStatistics(query, key, key, new AttentionStatistics.Request(top))
                    .statistics();
            assertThat(seen.topKeys()).containsExactly(first);
        }
        Attention documents = plain.mask(Mask.documents(40, 30));
        Tensor sick = random(1, 1, 1, 70, 4);
        sick.set(Float.NaN, 0, 0, 7, 2);
        Tensor columns = documents
                .applyWithStatistics(sick, sick, sick, AttentionStatistics.Request.USUAL)
                .statistics()
                .columnMass();
        for (int j = 0; j < 70; j++) {
            assertThat(Float.isNaN(columns.get(0, 0, j))).as("key " + j).isEqualTo(j < 40);
        }
        AttentionStatistics.Request.USUAL.offsets()[0] = 99;
        assertThat(AttentionStatistics.Request.USUAL.offsets()).containsExactly(0, -1);
    }

    /** A float would take in each of many equal terms with the same error: 2e-3 in all here, and half a nat at four million keys. */
    @Test
    void manyEqualWeightsAreCountedOneByOne() {
        int keys = 100_003;
        Tensor key = Tensor.zeros(1, 1, keys, 1);
        AttentionStatistics seen = Attention.scaledDotProduct()
                .applyWithStatistics(Tensor.zeros(1, 1, 1, 1), key, key, AttentionStatistics.Request.USUAL)
                .statistics();
        assertThat((double) seen.entropy().get(0, 0, 0)).isCloseTo(Math.log(keys), offset(2e-5));
        assertThat((double) seen.distance().get(0, 0, 0)).isCloseTo((keys - 1) / 2.0, offset(0.05));
    }

    private static void checkTop(Call c, AttentionStatistics seen, Tensor weights, int b, int h, int i, String row) {
        boolean[] taken = new boolean[c.m];
        for (int k = 0; k < c.top; k++) {
            int best = -1;
            for (int j = 0; j < c.m; j++) {
                if (!taken[j] && weights.get(i, j) > 0 && (best < 0 || weights.get(i, j) > weights.get(i, best))) {
                    best = j;
                }
            }
            int at = ((b * c.hq + h) * c.n + i) * c.top + k;
            assertThat(seen.topKeys()[at]).as(row + " top " + k).isEqualTo(best);
            assertThat(seen.topWeights().array()[at]).as(row).isEqualTo(best < 0 ? 0 : weights.get(i, best));
            if (best >= 0) {
                taken[best] = true;
            }
        }
    }
}
