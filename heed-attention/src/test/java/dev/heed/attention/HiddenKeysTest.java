package dev.heed.attention;

import static org.assertj.core.api.Assertions.assertThat;

import dev.heed.tensor.Tensor;
import java.util.Arrays;
import java.util.Objects;
import java.util.Random;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

/** What is hidden does not matter, and what is extreme does not break (KERNEL.md, laws 11, 12, 13, 20). */
class HiddenKeysTest {
    private static final float[] POISON = {
        Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY, 1e38f, -3e38f, Float.intBitsToFloat(0x7FC00001)
    };

    /** Law 11: poisoned keys and values change no row that does not see them, under whatever mask hides them. */
    @Test
    void rowsThatDoNotSeeAPoisonedKeyKeepTheirBits() {
        Case.each(30_000, 400, c -> {
            boolean[] poisoned = someKeys(c);
            Case sick = c.with(c.query(), poison(c.key(), poisoned, c.seed()), poison(c.value(), poisoned, c.seed()));
            AttentionOutput expected = c.run();
            AttentionOutput actual = sick.run();
            for (int b = 0; b < c.batches(); b++) {
                for (int h = 0; h < c.heads(); h++) {
                    compareHealthyRows(c, poisoned, b, h, actual, expected);
                }
            }
        });
    }

    private static void compareHealthyRows(
            Case c, boolean[] poisoned, int b, int h, AttentionOutput actual, AttentionOutput expected) {
        AttentionMap map = AttentionMap.of(
                c.attention(), c.query(), c.key(), expected.lse(), AttentionMap.Tile.whole(b, h, c.query(), c.key()));
        for (int i = 0; i < c.queries(); i++) {
            boolean healthy = true;
            for (int j = 0; j < c.keys(); j++) {
                healthy &= !(poisoned[j] && map.visible(i, j));
            }
            if (healthy) {
                Bits.assertSame("row " + i, row(actual.output(), b, h, i), row(expected.output(), b, h, i));
                Bits.assertSame("lse " + i, row(actual.lse(), b, h, i), row(expected.lse(), b, h, i));
            }
        }
    }

    private static Tensor row(Tensor tensor, int b, int h, int i) {
        return tensor.slice(0, b, b + 1).slice(1, h, h + 1).slice(2, i, i + 1);
    }

    /** Law 11 for every way to hide the same keys. */
    @Test
    void noWayOfHidingLetsAnythingThrough() {
        Case.each(31_000, 200, drawn -> {
            Case c = drawn.withoutBias();
            int half = c.keys() / 2;
            boolean[] tail = new boolean[c.keys()];
            Arrays.fill(tail, half, c.keys(), true);
            boolean[] seen = new boolean[c.keys()];
            Arrays.fill(seen, 0, half, true);
            float[] bias = new float[c.keys()];
            Arrays.fill(bias, half, c.keys(), Float.NEGATIVE_INFINITY);
            Attention[] ways = {
                c.attention().mask(Mask.lengths(half)),
                c.attention().mask(Mask.visibleKeys(new int[] {0}, new int[] {half})),
                c.attention().mask(Mask.dense(seen, c.keys())),
                c.attention().mask(Mask.elements((b, h, i, j) -> j < half)),
                c.attention().bias(Tensor.of(bias, c.keys()))
            };
            AttentionOutput expected = ways[0].apply(c.query(), c.key(), c.value());
            Tensor key = poison(c.key(), tail, c.seed());
            Tensor value = poison(c.value(), tail, c.seed());
            for (Attention way : ways) {
                Bits.assertSame(way.apply(c.query(), key, value), expected);
                AttentionOutput result = way.apply(c.query(), key, value);
                Tensor weights = way.weights(c.query(), key, result.lse(), 0, 0, 0, c.queries(), 0, c.keys());
                for (float weight : weights.toArray()) {
                    assertThat(weight).isNotNaN();
                }
            }
        });
    }

    private static boolean[] someKeys(Case c) {
        Random random = new Random(c.seed());
        int one = 1 + random.nextInt(8);
        boolean[] some = new boolean[c.keys()];
        for (int j = 0; j < some.length; j++) {
            some[j] = random.nextInt(one) == 0;
        }
        return some;
    }

    private static Tensor poison(Tensor tensor, boolean[] rows, long seed) {
        Random random = new Random(seed);
        float[] values = tensor.toArray();
        int width = tensor.size(3);
        for (int at = 0; at < values.length; at++) {
            if (rows[at / width % rows.length] && random.nextBoolean()) {
                values[at] = POISON[random.nextInt(POISON.length)];
            }
        }
        return Tensor.of(values, tensor.shape());
    }

    /** NaN in a query is that query's own trouble. */
    @Test
    void aSickQueryDoesNotInfectItsNeighbours() {
        Case.each(32_000, 150, c -> {
            if (c.queries() == 0) {
                return;
            }
            int sick = new Random(c.seed()).nextInt(c.queries());
            boolean[] rows = new boolean[c.queries()];
            rows[sick] = true;
            AttentionOutput expected = c.run();
            AttentionOutput actual = c.with(poison(c.query(), rows, c.seed()), c.key(), c.value())
                    .run();
            for (int i = 0; i < c.queries(); i++) {
                if (i != sick) {
                    Bits.assertSame(
                            "rows " + i,
                            actual.output().slice(2, i, i + 1),
                            expected.output().slice(2, i, i + 1));
                }
            }
        });
    }

    /** A visible NaN is never silently lost, whatever bits it carries. */
    @Test
    void aVisibleNanShows() {
        for (int bits : new int[] {0x7FC00000, 0x7FC00001, 0xFFC00001, 0x7FC001FF, 0x7F800001}) {
            Tensor key = Tensor.full(1, 1, 1, 40, 3);
            key.set(Float.intBitsToFloat(bits), 0, 0, 17, 1);
            Tensor value = Tensor.full(2, 1, 1, 40, 5);
            AttentionOutput result = Attention.scaledDotProduct().apply(Tensor.full(1, 1, 1, 3, 3), key, value);
            assertThat(result.output().get(0, 0, 1, 1))
                    .as("NaN %x in a key", bits)
                    .isNaN();
            assertThat(result.lse().get(0, 0, 1)).as("NaN %x in a key", bits).isNaN();
        }
    }

    /** Law 12. */
    @Test
    void aQueryThatSeesNothingGetsZerosAndMinusInfinity() {
        Case.each(33_000, 300, c -> {
            AttentionOutput result = c.run();
            float[] sink = c.sink();
            for (int b = 0; b < c.batches(); b++) {
                for (int h = 0; h < c.heads(); h++) {
                    AttentionMap map = AttentionMap.of(
                            c.attention(),
                            c.query(),
                            c.key(),
                            result.lse(),
                            AttentionMap.Tile.whole(b, h, c.query(), c.key()));
                    for (int i = 0; i < c.queries(); i++) {
                        if (!seesAny(map, i)) {
                            float lse = sink == null ? Float.NEGATIVE_INFINITY : sink[h];
                            assertThat(result.lse().get(b, h, i)).isEqualTo(lse);
                            Bits.assertSame(
                                    "zeros", row(result.output(), b, h, i).toArray(), new float[c.valueWidth()]);
                        }
                    }
                }
            }
        });
    }

    private static boolean seesAny(AttentionMap map, int row) {
        for (int j = 0; j < map.columns(); j++) {
            if (map.visible(row, j)) {
                return true;
            }
        }
        return false;
    }

    @Test
    void aSinkOfMinusInfinityIsNoSinkToARowThatSeesNothing() {
        Attention attention =
                Attention.scaledDotProduct().sink(Float.NEGATIVE_INFINITY).mask(Mask.lengths(0));
        Tensor one = Tensor.full(1, 1, 1, 1, 1);
        AttentionGradients d = attention.gradients(one, one, one, attention.apply(one, one, one), one);
        assertThat(Objects.requireNonNull(d.dSink()).get(0)).isZero();
        assertThat(ReferenceGradients.of(attention, one, one, one, one).dSink()).containsExactly(0);
    }

    @Test
    void aSinkOfMinusInfinityIsNoSink() {
        Case.each(34_000, 100, drawn -> {
            Case c = drawn.withoutSink();
            float[] nothing = new float[c.heads()];
            Arrays.fill(nothing, Float.NEGATIVE_INFINITY);
            Bits.assertSame(c.attention().sink(nothing).apply(c.query(), c.key(), c.value()), c.run());
        });
    }

    /** Law 13. */
    @Test
    void oneVisibleKeyGivesItsValue() {
        Case.each(35_000, 200, drawn -> {
            if (drawn.keys() == 0) {
                return;
            }
            Case c = drawn.withoutBias().withoutSink();
            int only = new Random(c.seed()).nextInt(c.keys());
            AttentionOutput result = c.withMask(Mask.visibleKeys(new int[] {only}, new int[] {only + 1}), "one key")
                    .run();
            for (int b = 0; b < c.batches(); b++) {
                for (int h = 0; h < c.heads(); h++) {
                    for (int i = 0; i < c.queries(); i++) {
                        Bits.assertSame("value", row(result.output(), b, h, i), row(c.value(), b, c.keyHead(h), only));
                    }
                }
            }
        });
    }

    /** Law 20: logits up to the largest float, subnormal numbers, zeros of both signs. */
    @Test
    void extremeButFiniteScoresGiveFiniteAnswers() {
        float[] extremes = {
            0f,
            -0f,
            Float.MIN_VALUE,
            -Float.MIN_VALUE,
            1e-40f,
            87.5f,
            88.8f,
            -88.8f,
            104f,
            -104f,
            1e4f,
            -1e4f,
            3e38f,
            -3e38f
        };
        Case.each(36_000, 200, drawn -> {
            Case c = drawn.withoutBias().withoutAlibi();
            Random random = new Random(c.seed());
            Tensor query = Tensor.full(1, c.batches(), c.heads(), c.queries(), 1);
            Tensor key = Tensor.zeros(c.batches(), c.keyHeads(), c.keys(), 1);
            for (int at = 0; at < key.elements(); at++) {
                key.array()[at] = extremes[random.nextInt(extremes.length)];
            }
            Case extreme = c.with(query, key, c.value());
            Attention attention = extreme.attention().scale(1);
            AttentionOutput result = attention.apply(query, key, c.value());
            for (float output : result.output().toArray()) {
                assertThat(output).isBetween(-10f, 10f);
            }
            for (int i = 0; i < c.queries(); i++) {
                Reference.Steps steps = Reference.steps(attention, query, key, c.value(), 0, 0);
                assertThat((double) result.lse().get(0, 0, i))
                        .isEqualTo((double) (float) steps.lse()[i], within(steps.lse()[i]));
            }
        });
    }

    private static Offset<Double> within(double expected) {
        return Offset.offset(Double.isInfinite(expected) ? 0 : 1e-6 * (1 + Math.abs(expected)));
    }
}
