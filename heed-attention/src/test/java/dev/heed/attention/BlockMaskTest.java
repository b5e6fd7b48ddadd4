package dev.heed.attention;

import static org.assertj.core.api.Assertions.assertThat;

import dev.heed.kernel.BlockKind;
import dev.heed.kernel.BlockRule;
import dev.heed.kernel.ElementMask;
import dev.heed.tensor.Tensor;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** Blocks that are skipped leave the bits of blocks that are computed and hidden, in every pass. */
class BlockMaskTest {
    /** A coarse pattern of empty, full and holey blocks of 48 queries × 96 keys: it fits no tile of the kernels. */
    private record Pattern(long seed) implements ElementMask, BlockRule {
        private static final int ROWS = 48;
        private static final int COLUMNS = 96;

        private int coarse(int batch, int head, int query, int key) {
            long mixed = seed + 31L * batch + 17L * head + 1009L * (query / ROWS) + 9973L * (key / COLUMNS);
            return new Random(mixed * 0x9E3779B97F4A7C15L).nextInt(3);
        }

        @Override
        public boolean visible(int batch, int head, int query, int key) {
            int coarse = coarse(batch, head, query, key);
            return coarse == 1 || coarse == 2 && (query * 7 + key * 3) % 5 > 1;
        }

        @Override
        public BlockKind kind(int batch, int head, int queryFrom, int queryTo, int keyFrom, int keyTo) {
            int first = coarse(batch, head, queryFrom, keyFrom);
            for (int i = queryFrom / ROWS; i <= (queryTo - 1) / ROWS; i++) {
                for (int j = keyFrom / COLUMNS; j <= (keyTo - 1) / COLUMNS; j++) {
                    if (coarse(batch, head, i * ROWS, j * COLUMNS) != first) {
                        return BlockKind.PARTIAL;
                    }
                }
            }
            return first == 0 ? BlockKind.EMPTY : first == 1 ? BlockKind.FULL : BlockKind.PARTIAL;
        }
    }

    private static boolean[] values(Case c, ElementMask mask) {
        boolean[] values = new boolean[c.batches() * c.heads() * c.queries() * c.keys()];
        for (int at = 0; at < values.length; at++) {
            int row = at / c.keys();
            int head = row / c.queries();
            values[at] = mask.visible(head / c.heads(), head % c.heads(), row % c.queries(), at % c.keys());
        }
        return values;
    }

    /** A bias of −∞ hides after everything was computed: the law's other side. */
    private static Tensor bias(Case c, boolean[] values) {
        Tensor bias = Tensor.zeros(c.batches(), c.heads(), c.queries(), c.keys());
        for (int at = 0; at < values.length; at++) {
            bias.array()[at] = values[at] ? 0 : Float.NEGATIVE_INFINITY;
        }
        return bias;
    }

    private static Attention[] ways(Case c) {
        Pattern pattern = new Pattern(c.seed());
        boolean[] values = values(c, pattern);
        Mask dense = Mask.dense(values, c.batches(), c.heads(), c.queries(), c.keys());
        Mask lastHidden = Mask.elements((b, h, i, j) -> (i + j) % 13 != 0);
        boolean[] both = values(c, (b, h, i, j) -> pattern.visible(b, h, i, j) && (i + j) % 13 != 0);
        boolean more = c.seed() % 2 == 0;
        Attention terms = c.attention();
        return new Attention[] {
            terms.bias(bias(c, more ? both : values)),
            more ? terms.mask(dense.and(lastHidden)) : terms.mask(dense),
            more ? terms.mask(Mask.elements(pattern)).mask(lastHidden) : terms.mask(Mask.elements(pattern)),
            more
                    ? terms.mask(lastHidden.and(Mask.blocks(pattern, pattern)))
                    : terms.mask(Mask.blocks(pattern, pattern)),
            more
                    ? terms.mask(dense.and(Mask.blocks(pattern, pattern)).and(lastHidden))
                    : terms.mask(dense.and(Mask.blocks(pattern, pattern)))
        };
    }

    @Test
    void everyWayToSayAMaskGivesTheSameBitsInEveryPass() {
        Case.each(70_000, 60, drawn -> {
            Case c = drawn.withoutBias();
            Attention[] ways = ways(c);
            AttentionStatistics.Request asked = AttentionStatistics.Request.USUAL;
            AttentionStatistics.Result expected = ways[0].applyWithStatistics(c.query(), c.key(), c.value(), asked);
            Tensor dOutput =
                    Tensors.random(c.seed(), expected.attention().output().shape());
            AttentionGradients gradients =
                    ways[0].gradients(c.query(), c.key(), c.value(), expected.attention(), dOutput);
            for (int way = 1; way < ways.length; way++) {
                String name = "way " + way;
                AttentionStatistics.Result actual = ways[way].applyWithStatistics(c.query(), c.key(), c.value(), asked);
                Bits.assertSame(actual.attention(), expected.attention());
                Bits.assertSame(
                        name + " entropy",
                        actual.statistics().entropy(),
                        expected.statistics().entropy());
                Bits.assertSame(
                        name + " columns",
                        actual.statistics().columnMass(),
                        expected.statistics().columnMass());
                AttentionGradients got =
                        ways[way].gradients(c.query(), c.key(), c.value(), actual.attention(), dOutput);
                Bits.assertSame(name + " dQuery", got.dQuery(), gradients.dQuery());
                Bits.assertSame(name + " dKey", got.dKey(), gradients.dKey());
                Bits.assertSame(name + " dValue", got.dValue(), gradients.dValue());
                Bits.assertSame(name + " weights", weights(c, ways[way], expected), weights(c, ways[0], expected));
            }
        });
    }

    private static Tensor weights(Case c, Attention attention, AttentionStatistics.Result result) {
        int from = c.queries() / 3;
        int keyFrom = c.keys() / 5;
        Tensor lse = result.attention().lse();
        return attention.weights(
                c.query(), c.key(), lse, c.batches() - 1, c.heads() - 1, from, c.queries(), keyFrom, c.keys());
    }

    @Test
    void aCacheSkipsEmptyBlocksWithTheSameBits() {
        Tensor key = Tensors.random(3, 2, 2, 700, 8);
        for (int seed = 0; seed < 20; seed++) {
            Tensor query = Tensors.random(seed, 2, 4, 3, 8);
            Pattern pattern = new Pattern(seed);
            KvCache cache = new KvCache(2, 2, 8, 8);
            cache.append(key, key);
            Attention asked = Attention.scaledDotProduct().mask(Mask.elements(pattern));
            Attention known = Attention.scaledDotProduct().mask(Mask.blocks(pattern, pattern));
            Bits.assertSame(known.apply(query, cache), asked.apply(query, cache));
            Bits.assertSame(known.apply(query, cache), asked.apply(query, key, key));
        }
    }

    @Test
    void onlyPartialBlocksAreAskedPerElement() {
        Tensor x = Tensors.random(1, 1, 1, 256, 8);
        AtomicInteger asked = new AtomicInteger();
        ElementMask diagonal = (b, h, i, j) -> {
            asked.incrementAndGet();
            return j <= i;
        };
        BlockRule kinds = (b, h, i0, i1, j0, j1) ->
                j0 >= i1 ? BlockKind.EMPTY : j1 - 1 <= i0 ? BlockKind.FULL : BlockKind.PARTIAL;
        Attention plain = Attention.scaledDotProduct();
        AttentionOutput known = plain.mask(Mask.blocks(kinds, diagonal)).apply(x, x, x);
        assertThat(asked.getAndSet(0)).as("eight partial blocks").isEqualTo(8 * 32 * 128);
        AttentionOutput unknown = plain.mask(Mask.elements(diagonal)).apply(x, x, x);
        assertThat(asked.get()).as("every element once").isEqualTo(256 * 256);
        Bits.assertSame(known, unknown);
        Bits.assertSame(known, plain.mask(Mask.causalTopLeft()).apply(x, x, x));
    }

    @Test
    void nothingOfAnEmptyBlockIsRead() {
        Tensor x = Tensors.random(2, 1, 1, 300, 8);
        Tensor sick = Tensor.of(x.toArray(), x.shape());
        Arrays.fill(sick.array(), 128 * 8, 256 * 8, Float.NaN);
        boolean[] visible = new boolean[300];
        Arrays.fill(visible, 0, 128, true);
        Arrays.fill(visible, 256, 300, true);
        Attention attention = Attention.scaledDotProduct().mask(Mask.dense(visible, 300));
        AttentionOutput healthy = attention.apply(x, x, x);
        Bits.assertSame(attention.apply(x, sick, sick), healthy);
        AttentionGradients gradients = attention.gradients(x, sick, sick, healthy, x);
        assertThat(gradients.dKey().slice(2, 128, 256).toArray()).containsOnly(0f);
        assertThat(gradients.dQuery().toArray()).doesNotContain(Float.NaN);
    }
}
