package dev.heed.attention;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.data.Offset.offset;

import dev.heed.kernel.ScoreRule;
import dev.heed.kernel.Workers;
import dev.heed.tensor.Tensor;
import java.util.Arrays;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** The gradients over drawn cases: any mask, bias, softcap, sink and size (KERNEL.md, laws 8, 11, 12, 13, 16, 18, 22). */
class GradientLawsTest {
    private static Tensor dOutput(Case c) {
        return Tensors.random(c.seed() + 1, c.batches(), c.heads(), c.queries(), c.valueWidth());
    }

    private static AttentionGradients gradients(Case c) {
        return c.attention().gradients(c.query(), c.key(), c.value(), c.run(), dOutput(c));
    }

    private static void assertSame(AttentionGradients actual, AttentionGradients expected) {
        Bits.assertSame("dQuery", actual.dQuery(), expected.dQuery());
        Bits.assertSame("dKey", actual.dKey(), expected.dKey());
        Bits.assertSame("dValue", actual.dValue(), expected.dValue());
    }

    @Test
    void gradientsEqualTheirDefinition() {
        Case.each(50_000, 150, c -> {
            AttentionGradients fast = gradients(c);
            ReferenceGradients slow = ReferenceGradients.of(c.attention(), c.query(), c.key(), c.value(), dOutput(c));
            double error = relativeError(c);
            assertClose("dQuery", fast.dQuery(), slow.dQuery(), error);
            assertClose("dKey", fast.dKey(), slow.dKey(), error);
            assertClose("dValue", fast.dValue(), slow.dValue(), error);
            Tensor dSink = fast.dSink();
            if (dSink != null) {
                assertClose("dSink", dSink, slow.dSink(), error);
            }
        });
    }

    /** Scores and lse are floats: their absolute rounding is the relative error of a weight, whoever computes it. */
    private static double relativeError(Case c) {
        double largest = 1;
        for (float lse : c.run().lse().toArray()) {
            largest = Float.isInfinite(lse) ? largest : Math.max(largest, Math.abs(lse));
        }
        return 6e-6 + largest * 0x1p-22;
    }

    private static void assertClose(String what, Tensor actual, double[] expected, double relativeError) {
        double largest = Arrays.stream(expected).map(Math::abs).max().orElse(0);
        float[] got = actual.toArray();
        assertThat(got).as(what).hasSameSizeAs(expected);
        for (int i = 0; i < got.length; i++) {
            double error = Math.abs(got[i] - expected[i]);
            if (!(error <= relativeError * Math.max(1, largest))) {
                throw new AssertionError(
                        what + " " + i + " is " + got[i] + ", expected " + expected[i] + ", largest " + largest);
            }
        }
    }

    /** Laws 11 and 12: half of the keys are hidden from all, and NaN. */
    @Test
    void whatHiddenKeysHoldChangesNoGradientAndTheirOwnAreZero() {
        Case.each(51_000, 150, drawn -> {
            int odd = 2 + (int) (drawn.seed() % 3);
            Case c = drawn.withMask(
                    drawn.mask().and(Mask.elements((b, h, i, j) -> j % odd != 0)), "and not every " + odd + "th");
            AttentionGradients clean = gradients(c);
            AttentionGradients sick = gradients(c.with(c.query(), poison(c.key(), odd), poison(c.value(), odd)));
            assertSame(sick, clean);
            assertHiddenAreZero(sick.dKey(), odd);
            assertHiddenAreZero(sick.dValue(), odd);
        });
    }

    private static Tensor poison(Tensor tensor, int every) {
        float[] values = tensor.toArray();
        for (int at = 0; at < values.length; at++) {
            if (at / tensor.size(3) % tensor.size(2) % every == 0) {
                values[at] = at % 2 == 0 ? Float.NaN : Float.NEGATIVE_INFINITY;
            }
        }
        return Tensor.of(values, tensor.shape());
    }

    private static void assertHiddenAreZero(Tensor gradient, int every) {
        for (int at = 0; at < gradient.elements(); at++) {
            if (at / gradient.size(3) % gradient.size(2) % every == 0 && gradient.array()[at] != 0) {
                throw new AssertionError("the gradient of a hidden row is " + gradient.array()[at] + " at " + at);
            }
        }
    }

    /** Law 11, the other way: a NaN in one row of anything reaches what sees it or is seen by it, as the definition says, and no more. */
    @Test
    void aNanReachesWhatTheDefinitionSays() {
        Case.each(53_000, 300, drawn -> {
            Random random = new Random(drawn.seed());
            int where = random.nextInt(4);
            Tensor dOutput = dOutput(drawn);
            Tensor[] all = {drawn.query(), drawn.key(), drawn.value(), dOutput};
            all[where] = withOneSickRow(all[where], random);
            Case c = drawn.with(all[0], all[1], all[2]);
            AttentionGradients fast = c.attention().gradients(all[0], all[1], all[2], c.run(), all[3]);
            ReferenceGradients slow = ReferenceGradients.of(c.attention(), all[0], all[1], all[2], all[3]);
            assertSameNans("dQuery", fast.dQuery(), slow.dQuery());
            assertSameNans("dKey", fast.dKey(), slow.dKey());
            assertSameNans("dValue", fast.dValue(), slow.dValue());
            Tensor dSink = fast.dSink();
            if (dSink != null && drawn.valueWidth() > 0) {
                assertSameNans("dSink", dSink, slow.dSink());
            }
        });
    }

    private static Tensor withOneSickRow(Tensor tensor, Random random) {
        float[] values = tensor.toArray();
        int rows = values.length / Math.max(1, tensor.size(3));
        if (rows > 0) {
            values[random.nextInt(rows) * tensor.size(3) + random.nextInt(tensor.size(3))] = Float.NaN;
        }
        return Tensor.of(values, tensor.shape());
    }

    private static void assertSameNans(String what, Tensor actual, double[] expected) {
        float[] got = actual.toArray();
        for (int i = 0; i < got.length; i++) {
            if (Float.isNaN(got[i]) != Double.isNaN(expected[i])) {
                throw new AssertionError(what + " " + i + " is " + got[i] + ", expected " + expected[i]);
            }
        }
    }

    private static Tensor wholeNumbers(Random random, int... shape) {
        Tensor tensor = Tensor.zeros(shape);
        for (int i = 0; i < tensor.elements(); i++) {
            tensor.array()[i] = random.nextInt(5) - 2;
        }
        return tensor;
    }

    /** A bias of −10⁹ on all keys is what padded rows often get: an lse in float32 alone would make every weight 1. */
    @Test
    void weightsOfLargeScoresAreAsExactAsOthers() {
        Random random = new Random(54_000);
        for (float shift : new float[] {-1e4f, 3e4f, -1e9f, -Float.MAX_VALUE}) {
            Tensor query = wholeNumbers(random, 1, 2, 40, 8);
            Tensor key = wholeNumbers(random, 1, 1, 300, 8);
            Tensor dOutput = Tensors.random(random, 1, 1, 2, 40, 8);
            Tensor bias = Tensor.zeros(40, 300);
            for (int i = 0; i < 40; i++) {
                for (int j = 0; j < 300; j++) {
                    bias.set(i % 3 == 0 ? shift : 0, i, j);
                }
            }
            Attention attention = Attention.scaledDotProduct().scale(0.25).bias(bias);
            AttentionGradients fast = attention.gradients(query, key, key, attention.apply(query, key, key), dOutput);
            // Float32 holds fewer scores near 10⁹: the definition is asked for those, which is exact for such dot
            // products.
            Attention rounded = attention.score(Score.custom(ScoreRule.of(
                    (s, b, h, i, j) -> (float) ((float) s + bias.get(i, j)) - bias.get(i, j), (s, b, h, i, j) -> 1)));
            ReferenceGradients slow = ReferenceGradients.of(rounded, query, key, key, dOutput);
            assertClose("dValue at " + shift, fast.dValue(), slow.dValue(), 2e-5);
            AttentionStatistics seen = attention
                    .applyWithStatistics(query, key, key, AttentionStatistics.Request.USUAL)
                    .statistics();
            double mass = 0;
            for (float column : seen.columnMass().toArray()) {
                mass += column;
            }
            assertThat(mass).as("mass at " + shift).isCloseTo(80, offset(1e-3));
            AttentionMap map = AttentionMap.of(
                    attention,
                    query,
                    key,
                    attention.apply(query, key, key).lse(),
                    AttentionMap.Tile.whole(0, 1, query, key));
            assertThat(map.largestRowSumError()).as("rows at " + shift).isLessThan(2e-5f);
        }
    }

    /** Three keys and a sink of equal scores share alike, wherever those scores lie: dSink = −Σ ¼ · (dO · ¾). */
    @Test
    void theShareOfASinkBesideLargeScoresIsAsExactAsOthers() {
        for (float shift : new float[] {0, -1500, 3e4f, -1e9f, Float.MAX_VALUE}) {
            Tensor query = Tensor.zeros(1, 2, 40, 4);
            Tensor key = Tensor.zeros(1, 1, 3, 4);
            Tensor value = Tensor.full(1, 1, 1, 3, 1);
            Tensor dOutput = Tensor.full(1, 1, 2, 40, 1);
            Attention attention =
                    Attention.scaledDotProduct().bias(Tensor.full(shift, 1)).sink(shift, Float.NEGATIVE_INFINITY);
            AttentionOutput result = attention.apply(query, key, value);
            Tensor dSink = Objects.requireNonNull(
                    attention.gradients(query, key, value, result, dOutput).dSink());
            double[] slow =
                    ReferenceGradients.of(attention, query, key, value, dOutput).dSink();
            assertThat(dSink.toArray()).as("at " + shift).containsExactly(-7.5f, 0);
            assertThat(slow).as("definition at " + shift).containsExactly(-7.5, 0);
        }
    }

    /** Law 12. */
    @Test
    void aQueryThatSeesNothingHasAGradientOfZero() {
        Case.each(52_000, 150, c -> {
            Tensor dQuery = gradients(c).dQuery();
            boolean[] visible = c.visible();
            for (int row = 0; row < c.batches() * c.heads() * c.queries(); row++) {
                boolean sees = false;
                for (int j = 0; j < c.keys(); j++) {
                    sees |= visible[row * c.keys() + j];
                }
                for (int d = 0; d < c.width(); d++) {
                    float gradient = dQuery.array()[row * c.width() + d];
                    if (Float.isNaN(gradient) || !sees && gradient != 0) {
                        throw new AssertionError("row " + row + " has gradient " + gradient);
                    }
                }
            }
        });
    }

    /** Law 13: there is nothing to choose, so no score matters. */
    @Test
    void withOneKeyQueriesAndKeysHaveNoGradient() {
        Case.each(53_000, 150, drawn -> {
            Case c = drawn.withoutSink()
                    .withoutBias()
                    .withMask(Mask.visibleKeys(new int[] {0}, new int[] {1}), "first key only");
            AttentionGradients gradients = gradients(c);
            assertThat(gradients.dQuery().toArray())
                    .containsOnly(new float[c.query().elements() > 0 ? 1 : 0]);
            assertThat(gradients.dKey().toArray())
                    .containsOnly(new float[c.key().elements() > 0 ? 1 : 0]);
        });
    }

    /** Law 8: dQ bit for bit; dK and dV are sums over the heads of a group, to rounding. */
    @Test
    void groupedHeadsAddTheGradientsOfRepeatedHeads() {
        Case.each(54_000, 100, c -> {
            int group = c.heads() / c.keyHeads();
            AttentionGradients grouped = gradients(c);
            AttentionGradients repeated = gradients(
                    c.with(c.query(), Tensors.repeatHeads(c.key(), group), Tensors.repeatHeads(c.value(), group)));
            Bits.assertSame("dQuery", grouped.dQuery(), repeated.dQuery());
            assertClose("dKey", grouped.dKey(), groupSums(repeated.dKey(), group), 6e-6);
            assertClose("dValue", grouped.dValue(), groupSums(repeated.dValue(), group), 6e-6);
        });
    }

    private static double[] groupSums(Tensor tensor, int group) {
        int head = tensor.size(2) * tensor.size(3);
        double[] sums = new double[tensor.elements() / group];
        for (int at = 0; at < tensor.elements(); at++) {
            sums[at / head / group * head + at % head] += tensor.array()[at];
        }
        return sums;
    }

    /** Laws 16 and 22. */
    @Test
    void threadsAndStridesChangeNoBit() {
        Case.each(55_000, 100, c -> {
            AttentionGradients one = Workers.with(1, () -> gradients(c));
            assertSame(Workers.with(3, () -> gradients(c)), one);
            Case inside = c.with(
                    Tensors.headsInside(c.query()), Tensors.headsInside(c.key()), Tensors.headsInside(c.value()));
            assertSame(gradients(inside), one);
            AttentionOutput result = new AttentionOutput(
                    Tensors.headsInside(c.run().output()), c.run().lse());
            assertSame(
                    inside.attention()
                            .gradients(
                                    inside.query(),
                                    inside.key(),
                                    inside.value(),
                                    result,
                                    Tensors.headsInside(dOutput(c))),
                    one);
        });
    }

    /** Law 18: a common shift of a row's scores changes nothing, so the gradients of its scores sum to zero. */
    @Test
    void theGradientsOfARowsScoresSumToZero() {
        Case.each(56_000, 100, drawn -> {
            Case c = drawn.withoutSink().withoutBias();
            Tensor perRow = Tensor.zeros(c.batches(), c.heads(), c.queries(), 1);
            Attention attention = c.attention().bias(perRow);
            AttentionOutput result = attention.apply(c.query(), c.key(), c.value());
            Tensor dBias = attention.biasGradient(c.query(), c.key(), c.value(), result, dOutput(c));
            for (float sum : dBias.toArray()) {
                assertThat(Math.abs(sum)).isLessThanOrEqualTo(2e-5f);
            }
        });
    }
}
