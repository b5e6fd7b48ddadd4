package dev.heed.attention;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.heed.kernel.Problem;
import dev.heed.kernel.Workers;
import dev.heed.tensor.Tensor;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A call whose operands no cache holds reads them ahead of their use: its bits are those of its heads one by one, which do not. */
class LargeCallsTest {
    private static final int HEADS = 4;
    private static final int KEY_HEADS = 2;
    private static final int GROUP = HEADS / KEY_HEADS;
    private static final int LENGTH = 700;
    private static final int WIDTH = 80;

    private final Random random = new Random(5);

    private enum Seen {
        ALL(Mask.none()),
        BEFORE(Mask.causalTopLeft()),
        NEAR(Mask.windowTopLeft(100, 30));

        private final Mask mask;

        Seen(Mask mask) {
            this.mask = mask;
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2})
    void headsOfALargeCallAreTheHeadsAlone(int threads) {
        for (Seen seen : Seen.values()) {
            Attention attention = Attention.scaledDotProduct().mask(seen.mask);
            Tensor query = sideBySide(HEADS);
            Tensor key = sideBySide(KEY_HEADS);
            Tensor value = Tensors.random(random, 1, 1, KEY_HEADS, LENGTH, WIDTH);
            Tensor dOutput = sideBySide(HEADS);
            Workers.with(threads, () -> {
                AttentionOutput all = attention.apply(query, key, value);
                AttentionStatistics.Result facts =
                        attention.applyWithStatistics(query, key, value, AttentionStatistics.Request.USUAL);
                AttentionGradients gradients = attention.gradients(query, key, value, all, dOutput);
                Bits.assertSame(facts.attention(), all);
                for (int head = 0; head < KEY_HEADS; head++) {
                    Tensor q = queries(query, head);
                    Tensor k = key.slice(1, head, head + 1);
                    Tensor v = value.slice(1, head, head + 1);
                    AttentionOutput alone = attention.apply(q, k, v);
                    String what = seen + ", key head " + head + ", ";
                    Bits.assertSame(what + "output", queries(all.output(), head), alone.output());
                    Bits.assertSame(what + "lse", queries(all.lse(), head), alone.lse());
                    AttentionStatistics.Result some =
                            attention.applyWithStatistics(q, k, v, AttentionStatistics.Request.USUAL);
                    Bits.assertSame(
                            what + "entropy",
                            queries(facts.statistics().entropy(), head),
                            some.statistics().entropy());
                    Bits.assertSame(
                            what + "columns",
                            queries(facts.statistics().columnMass(), head),
                            some.statistics().columnMass());
                    AttentionGradients back = attention.gradients(q, k, v, alone, queries(dOutput, head));
                    Bits.assertSame(what + "dQuery", queries(gradients.dQuery(), head), back.dQuery());
                    Bits.assertSame(what + "dKey", gradients.dKey().slice(1, head, head + 1), back.dKey());
                    Bits.assertSame(what + "dValue", gradients.dValue().slice(1, head, head + 1), back.dValue());
                }
                return all;
            });
        }
    }

    @Test
    void headsOfALongCacheAreTheHeadsAlone() {
        int keys = 9000;
        int width = 128;
        Tensor query = Tensors.random(random, 1, 1, 8, 1, width);
        Tensor key = Tensors.random(random, 1, 1, 2, keys, width);
        Tensor value = Tensors.random(random, 1, 1, 2, keys, width);
        AttentionOutput all = decode(query, key, value);
        for (int head = 0; head < 2; head++) {
            AttentionOutput alone = decode(
                    query.slice(1, 4 * head, 4 * head + 4),
                    key.slice(1, head, head + 1),
                    value.slice(1, head, head + 1));
            Bits.assertSame("output", all.output().slice(1, 4 * head, 4 * head + 4), alone.output());
            Bits.assertSame("lse", all.lse().slice(1, 4 * head, 4 * head + 4), alone.lse());
        }
    }

    /** A view has as many keys as can be counted; the last hundred are seen. */
    @Test
    void keysAreCountedToTheLast() {
        int keys = Problem.MOST_ROWS;
        Tensor one = Tensor.full(1, 1, 1, 1, 1);
        Tensor many = one.broadcastTo(1, 1, keys, 1);
        Attention last = Attention.scaledDotProduct().mask(Mask.visibleKeys(new int[] {keys - 100}, new int[] {keys}));
        AttentionOutput result = last.apply(one, many, many);
        assertThat(result.lse().toArray()).containsExactly((float) (1 + Math.log(100)));
        assertThat(last.weights(one, many, result.lse(), 0, 0, 0, 1, keys - 2, keys)
                        .toArray())
                .containsExactly(new float[] {0.01f, 0.01f}, within(1e-7f));
    }

    private static AttentionOutput decode(Tensor query, Tensor key, Tensor value) {
        KvCache cache = new KvCache(1, key.size(1), key.size(3), value.size(3));
        cache.append(key, value);
        return Attention.scaledDotProduct().apply(query, cache);
    }

    private static Tensor queries(Tensor heads, int keyHead) {
        return heads.slice(1, keyHead * GROUP, (keyHead + 1) * GROUP);
    }

    /** [1, heads, LENGTH, WIDTH] as a projection leaves it: a row holds a piece of every head. */
    private Tensor sideBySide(int heads) {
        return Tensors.random(random, 1, 1, LENGTH, heads, WIDTH).transpose(1, 2);
    }
}
