package dev.heed.attention;

import static org.assertj.core.api.Assertions.assertThat;

import dev.heed.kernel.Workers;
import dev.heed.tensor.Tensor;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** What must not change a single bit (KERNEL.md, laws 5, 6, 8, 9, 10, 15, 16, 21, 22). */
class SameBitsTest {
    /** Law 5. */
    @Test
    void aCausalPrefixGivesTheFirstRowsOfTheWhole() {
        Case.each(10_000, 300, drawn -> {
            Case c = selfAttention(drawn);
            int prefix = new Random(c.seed()).nextInt(c.queries() + 1);
            AttentionOutput whole = c.run();
            AttentionOutput part = c.attention()
                    .apply(
                            c.query().slice(2, 0, prefix),
                            c.key().slice(2, 0, prefix),
                            c.value().slice(2, 0, prefix));
            Bits.assertSame(part, rows(whole, 0, prefix));
        });
    }

    /** N = M with masks, bias and slopes that mean the same for a prefix. */
    private static Case selfAttention(Case drawn) {
        int length = Math.min(drawn.queries(), drawn.keys());
        Mask mask = Mask.causalTopLeft()
                .and(drawn.seed() % 3 == 0 ? Mask.windowTopLeft((int) (drawn.seed() % 40), 3) : Mask.none())
                .and(drawn.seed() % 5 == 0 ? Mask.elements((b, h, i, j) -> (i * 7 + j * 3 + h) % 5 > 0) : Mask.none())
                .and(drawn.seed() % 7 == 0 ? Mask.startsAt(2) : Mask.none());
        return drawn.withoutBias()
                .with(
                        drawn.query().slice(2, 0, length),
                        drawn.key().slice(2, 0, length),
                        drawn.value().slice(2, 0, length))
                .withMask(mask, "causal and others, N=M=" + length);
    }

    private static AttentionOutput rows(AttentionOutput whole, int from, int to) {
        return new AttentionOutput(
                whole.output().slice(2, from, to), whole.lse().slice(2, from, to));
    }

    /** Law 6: generating token by token, keys growing by one at each step. */
    @Test
    void decodingStepTIsRowTOfThePrefill() {
        Case.each(11_000, 200, drawn -> {
            Case c = selfAttention(drawn);
            AttentionOutput prefill = c.run();
            for (int t : steps(c)) {
                Tensor query = c.query().slice(2, t, t + 1);
                Tensor key = c.key().slice(2, 0, t + 1);
                Tensor value = c.value().slice(2, 0, t + 1);
                Attention attention = c.terms().mask(shifted(c, t));
                Bits.assertSame(attention.apply(query, key, value), rows(prefill, t, t + 1));
            }
        });
    }

    private static int[] steps(Case c) {
        return new Random(c.seed())
                .ints(c.queries() == 0 ? 0 : 12, 0, Math.max(1, c.queries()))
                .toArray();
    }

    /** {@link #selfAttention}'s mask for the one query at position t. */
    private static Mask shifted(Case c, int t) {
        return Mask.causalAt(t)
                .and(c.seed() % 3 == 0 ? Mask.windowAt((int) (c.seed() % 40), 3, t) : Mask.none())
                .and(c.seed() % 5 == 0 ? Mask.elements((b, h, i, j) -> (t * 7 + j * 3 + h) % 5 > 0) : Mask.none())
                .and(c.seed() % 7 == 0 ? Mask.startsAt(2) : Mask.none());
    }

    /** Law 6 for any mask and bias: some neighbouring rows alone. */
    @Test
    void rowsAloneAreTheRowsOfTheWhole() {
        Case.each(12_000, 300, drawn -> {
            Case c = drawn.withoutAlibi();
            Random random = new Random(c.seed());
            int from = random.nextInt(c.queries() + 1);
            int to = from + random.nextInt(c.queries() + 1 - from);
            boolean[] visible = c.visible();
            boolean[] some = new boolean[c.batches() * c.heads() * (to - from) * c.keys()];
            int block = (to - from) * c.keys();
            for (int head = 0; head < c.batches() * c.heads(); head++) {
                System.arraycopy(visible, (head * c.queries() + from) * c.keys(), some, head * block, block);
            }
            Attention attention = c.terms().mask(Mask.dense(some, c.batches(), c.heads(), to - from, c.keys()));
            Tensor bias = c.bias();
            if (bias != null && bias.size(2) > 1) {
                attention = attention.bias(bias.slice(2, from, to));
            }
            Bits.assertSame(attention.apply(c.query().slice(2, from, to), c.key(), c.value()), rows(c.run(), from, to));
        });
    }

    /** Law 8. */
    @Test
    void groupedHeadsAreRepeatedHeads() {
        Case.each(13_000, 200, c -> {
            int group = c.heads() / c.keyHeads();
            Case repeated =
                    c.with(c.query(), Tensors.repeatHeads(c.key(), group), Tensors.repeatHeads(c.value(), group));
            Bits.assertSame(c.run(), repeated.run());
        });
    }

    /** Law 9. */
    @Test
    void aWindowWithoutLeftEndIsCausal() {
        Case.each(14_000, 100, c -> {
            int all = Integer.MAX_VALUE;
            Case topLeft = c.withMask(Mask.causalTopLeft(), "causal");
            Bits.assertSame(c.withMask(Mask.windowTopLeft(all, 0), "window").run(), topLeft.run());
            Case bottomRight = c.withMask(Mask.causalBottomRight(), "causal");
            Bits.assertSame(c.withMask(Mask.windowBottomRight(all, 0), "window").run(), bottomRight.run());
            AttentionOutput unmasked = c.withMask(Mask.none(), "none").run();
            for (int offset : new int[] {5, all, Integer.MIN_VALUE}) {
                Case seen = c.withMask(Mask.windowAt(all, all, offset), "all from " + offset);
                Bits.assertSame(seen.run(), unmasked);
            }
            Bits.assertSame(
                    c.withMask(Mask.causalAt(all), "causal from far away").run(), unmasked);
        });
    }

    /** Law 9: intervals, written out per element or asked for. */
    @Test
    void anyMaskEqualsItsDenseForm() {
        Case.each(15_000, 300, c -> {
            boolean[] visible = c.visible();
            AttentionOutput expected = c.run();
            Bits.assertSame(c.withMask(c.dense(), "dense").run(), expected);
            Mask asked = Mask.elements((b, h, i, j) -> visible[((b * c.heads() + h) * c.queries() + i) * c.keys() + j]);
            Bits.assertSame(c.withMask(asked, "elements").run(), expected);
        });
    }

    /** Law 10. */
    @Test
    void aBiasOfZeroIsNoBias() {
        Case.each(16_000, 200, drawn -> {
            Case c = drawn.withoutBias();
            Tensor zero = Tensor.zeros(1, 1, c.queries(), c.keys());
            Bits.assertSame(c.attention().bias(zero).apply(c.query(), c.key(), c.value()), c.run());
        });
    }

    /** Law 10: the keys before it keep their places, so deleting the last one moves nothing. */
    @Test
    void aLastKeyUnderABiasOfMinusInfinityIsNoKey() {
        Case.each(17_000, 200, drawn -> {
            if (drawn.keys() == 0) {
                return;
            }
            Case c = drawn.withoutAlibi().withoutBias();
            int fewer = c.keys() - 1;
            float[] bias = new float[c.keys()];
            bias[fewer] = Float.NEGATIVE_INFINITY;
            AttentionOutput hidden =
                    c.attention().bias(Tensor.of(bias, c.keys())).apply(c.query(), c.key(), c.value());
            boolean[] visible = c.visible();
            Mask without =
                    Mask.elements((b, h, i, j) -> visible[((b * c.heads() + h) * c.queries() + i) * c.keys() + j]);
            AttentionOutput deleted = c.terms()
                    .mask(without)
                    .apply(c.query(), c.key().slice(2, 0, fewer), c.value().slice(2, 0, fewer));
            Bits.assertSame(hidden, deleted);
        });
    }

    /** Law 15: powers of two pass through every operation. */
    @Test
    void powersOfTwoScaleExactly() {
        Case.each(18_000, 200, c -> {
            AttentionOutput expected = c.run();
            for (int power : new int[] {-20, -1, 3, 20}) {
                float factor = Math.scalb(1f, power);
                AttentionOutput scaled =
                        c.with(c.query(), c.key(), times(c.value(), factor)).run();
                Bits.assertSame("output · 2^" + power, scaled.output(), times(expected.output(), factor));
                float scale = c.attention()
                        .problem(c.query(), c.key(), c.value())
                        .terms()
                        .scale();
                AttentionOutput moved = c.attention()
                        .scale(Math.scalb(scale, -power))
                        .apply(times(c.query(), factor), c.key(), c.value());
                Bits.assertSame(moved, expected);
            }
        });
    }

    private static Tensor times(Tensor tensor, float factor) {
        float[] values = tensor.toArray();
        for (int i = 0; i < values.length; i++) {
            values[i] *= factor;
        }
        return Tensor.of(values, tensor.shape());
    }

    /** Law 16: every head of every sequence as a call of its own. */
    @Test
    void aHeadAloneIsTheHeadInTheBatch() {
        Case.each(19_000, 200, c -> {
            AttentionOutput all = c.run();
            boolean[] visible = c.visible();
            for (int b = 0; b < c.batches(); b++) {
                for (int h = 0; h < c.heads(); h++) {
                    int row = (b * c.heads() + h) * c.queries();
                    Mask own = Mask.elements((b0, h0, i, j) -> visible[(row + i) * c.keys() + j]);
                    AttentionOutput alone = alone(c, b, h)
                            .mask(own)
                            .apply(
                                    head(c.query(), b, h),
                                    head(c.key(), b, c.keyHead(h)),
                                    head(c.value(), b, c.keyHead(h)));
                    Bits.assertSame("output", alone.output(), head(all.output(), b, h));
                    Bits.assertSame(
                            "lse", alone.lse(), all.lse().slice(0, b, b + 1).slice(1, h, h + 1));
                }
            }
        });
    }

    private static Attention alone(Case c, int b, int h) {
        Attention attention = c.terms();
        Tensor bias = c.bias();
        if (bias != null) {
            int[] full = {c.batches(), c.heads(), c.queries(), c.keys()};
            attention = attention.bias(head(bias.broadcastTo(full), b, h));
        }
        float[] alibi = c.alibi();
        attention = alibi == null ? attention : attention.alibi(alibi[h]);
        float[] sink = c.sink();
        return sink == null ? attention : attention.sink(sink[h]);
    }

    private static Tensor head(Tensor tensor, int b, int h) {
        return tensor.slice(0, b, b + 1).slice(1, h, h + 1);
    }

    /** Law 16: these calls are large enough to be shared out. */
    @Test
    void theNumberOfThreadsChangesNothing() {
        Random random = new Random(77);
        for (Mask mask : new Mask[] {Mask.none(), Mask.causalTopLeft(), Mask.windowTopLeft(50, 3)}) {
            Tensor query = Tensors.random(random, 1, 2, 4, 257, 33);
            Tensor key = Tensors.random(random, 1, 2, 2, 2177, 33);
            Tensor value = Tensors.random(random, 1, 2, 2, 2177, 17);
            Attention attention = Attention.scaledDotProduct().mask(mask);
            AttentionOutput one = Workers.with(1, () -> attention.apply(query, key, value));
            for (int threads = 2; threads <= 5; threads++) {
                Bits.assertSame(Workers.with(threads, () -> attention.apply(query, key, value)), one);
            }
        }
        Case.each(20_000, 60, c -> Bits.assertSame(Workers.with(1, c::run), Workers.with(2, c::run)));
    }

    /** Law 22. */
    @Test
    void anyStridesGiveTheSameBits() {
        Case.each(21_000, 250, c -> {
            AttentionOutput expected = c.run();
            Bits.assertSame(
                    c.with(Tensors.headsInside(c.query()), Tensors.headsInside(c.key()), Tensors.headsInside(c.value()))
                            .run(),
                    expected);
            Bits.assertSame(
                    c.with(transposed(c.query()), transposed(c.key()), transposed(c.value()))
                            .run(),
                    expected);
            Bits.assertSame(
                    c.with(wide(c.query()), wide(c.key()), wide(c.value())).run(), expected);
            Bits.assertSame(
                    c.with(backwards(c.query()), backwards(c.key()), backwards(c.value()))
                            .run(),
                    expected);
        });
    }

    /** Stored [B, H, D, N]. */
    private static Tensor transposed(Tensor tensor) {
        return tensor.transpose(2, 3).contiguous().transpose(2, 3);
    }

    /** Rows with room between them that holds NaN. */
    private static Tensor wide(Tensor tensor) {
        Tensor room = Tensor.full(Float.NaN, tensor.size(0), tensor.size(1), tensor.size(2), tensor.size(3) + 3);
        Tensor inner = room.slice(3, 2, 2 + tensor.size(3));
        copy(tensor, inner);
        return inner;
    }

    private static void copy(Tensor from, Tensor to) {
        float[] values = from.toArray();
        for (int at = 0; at < values.length; at++) {
            int d = at % from.size(3);
            int row = at / from.size(3);
            int n = row % from.size(2);
            int head = row / from.size(2);
            to.set(values[at], head / from.size(1), head % from.size(1), n, d);
        }
    }

    /** Rows in falling order of memory. */
    private static Tensor backwards(Tensor tensor) {
        if (tensor.elements() == 0) {
            return tensor;
        }
        int rows = tensor.size(2);
        int width = tensor.size(3);
        Tensor view = Tensor.view(new float[tensor.elements()], (rows - 1) * width, tensor.shape(), new int[] {
            tensor.size(1) * rows * width, rows * width, -width, 1
        });
        copy(tensor, view);
        return view;
    }

    /** Law 21. */
    @Test
    void inputsStayAsTheyAreAndNothingIsWrittenBesideTheOutput() {
        Case.each(22_000, 200, c -> {
            float[][] before = {
                c.query().toArray(), c.key().toArray(), c.value().toArray()
            };
            AttentionOutput expected = c.run();
            Tensor room = Tensor.full(-77, c.batches(), c.heads(), c.queries() + 2, c.valueWidth() + 2);
            Tensor lseRoom = Tensor.full(-77, c.batches(), c.heads(), c.queries() + 2);
            Tensor output = room.slice(2, 1, 1 + c.queries()).slice(3, 1, 1 + c.valueWidth());
            Tensor lse = lseRoom.slice(2, 1, 1 + c.queries());
            c.attention().applyInto(c.query(), c.key(), c.value(), output, lse);
            Bits.assertSame(new AttentionOutput(output, lse), expected);
            assertCanaries(room, output, c.batches() * c.heads() * c.queries() * c.valueWidth());
            assertCanaries(lseRoom, lse, c.batches() * c.heads() * c.queries());
            Bits.assertSame("query", c.query().array(), before[0]);
            Bits.assertSame("key", c.key().array(), before[1]);
            Bits.assertSame("value", c.value().array(), before[2]);
        });
    }

    private static void assertCanaries(Tensor room, Tensor inner, int written) {
        fill(inner);
        long touched = 0;
        for (float value : room.array()) {
            touched += value == -77 ? 0 : 1;
        }
        if (touched != written) {
            throw new AssertionError(touched + " elements were written, expected " + written);
        }
    }

    /** Marks the view itself, so that what else differs from the canary was written beside it. */
    private static void fill(Tensor inner) {
        int[] at = new int[inner.rank()];
        for (int i = 0; i < inner.elements(); i++) {
            int rest = i;
            for (int axis = inner.rank() - 1; axis >= 0; axis--) {
                at[axis] = rest % inner.size(axis);
                rest /= inner.size(axis);
            }
            inner.set(1, at);
        }
    }

    @Test
    void aTransposedOutputHoldsTheSameBits() {
        Case.each(23_000, 60, c -> {
            AttentionOutput expected = c.run();
            Tensor output = Tensor.zeros(c.batches(), c.valueWidth(), c.queries(), c.heads())
                    .transpose(1, 3);
            Tensor lse = Tensor.zeros(c.queries(), c.heads(), c.batches()).transpose(0, 2);
            c.attention().applyInto(c.query(), c.key(), c.value(), output, lse);
            Bits.assertSame(new AttentionOutput(output, lse), expected);
        });
    }

    /** Tiles of any place and size are parts of the whole map. */
    @Test
    void weightsOfATileAreThoseOfTheWholeMap() {
        Case.each(24_000, 150, c -> {
            Random random = new Random(c.seed());
            Tensor lse = c.run().lse();
            int[] q = random.ints(2, 0, c.queries() + 1).sorted().toArray();
            int[] k = random.ints(2, 0, c.keys() + 1).sorted().toArray();
            int h = c.heads() - 1;
            Tensor whole = c.attention().weights(c.query(), c.key(), lse, 0, h, 0, c.queries(), 0, c.keys());
            Tensor tile = c.attention().weights(c.query(), c.key(), lse, 0, h, q[0], q[1], k[0], k[1]);
            Bits.assertSame(
                    "tile " + Arrays.toString(q) + Arrays.toString(k),
                    tile,
                    whole.slice(0, q[0], q[1]).slice(1, k[0], k[1]));
        });
    }

    @Test
    void valuesWithoutColumnsAreAllowedOnAThreadThatHasSeenNoOthers() throws InterruptedException {
        Tensor query = Tensor.zeros(1, 2, 33, 5);
        Tensor none = Tensor.zeros(1, 2, 33, 0);
        AttentionOutput[] result = new AttentionOutput[1];
        Thread fresh = new Thread(() -> result[0] = Workers.with(
                1, () -> Attention.scaledDotProduct().mask(Mask.causalTopLeft()).apply(query, query, none)));
        fresh.start();
        fresh.join();
        assertThat(result[0]).as("result").isNotNull();
        assertThat(result[0].output().shape()).containsExactly(1, 2, 33, 0);
        assertThat(result[0].lse().get(0, 1, 32)).isEqualTo((float) Math.log(33));
    }
}
