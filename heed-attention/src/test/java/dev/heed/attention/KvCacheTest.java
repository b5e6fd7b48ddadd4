package dev.heed.attention;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.heed.kernel.Pages.Storage;
import dev.heed.kernel.Workers;
import dev.heed.tensor.Tensor;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

class KvCacheTest {
    private record Call(String name, Attention attention, int b, int hq, int hkv, int n, int m, int d, int dv) {
        @Override
        public String toString() {
            return "%s B=%d Hq=%d Hkv=%d N=%d M=%d D=%d Dv=%d".formatted(name, b, hq, hkv, n, m, d, dv);
        }
    }

    static Stream<Call> cases() {
        Attention plain = Attention.scaledDotProduct();
        Attention causal = plain.mask(Mask.causalBottomRight());
        Mask holes = Mask.elements((b, h, i, j) -> (i + j * 3 + h) % 4 != 0);
        return Stream.of(
                new Call("plain", plain, 1, 1, 1, 1, 1, 1, 1),
                new Call("plain", plain, 2, 3, 3, 1, 37, 19, 23),
                new Call("four rows", plain, 1, 8, 2, 1, 300, 64, 128),
                new Call("eight rows, several panels", plain, 1, 16, 2, 1, 200, 70, 150),
                new Call("five rows", plain, 2, 5, 1, 1, 129, 33, 65),
                new Call("several queries", causal, 1, 4, 2, 3, 140, 16, 80),
                new Call("several chunks", causal, 1, 4, 2, 2, 4500, 16, 32),
                new Call("full tiles", causal, 1, 4, 2, 40, 200, 16, 32),
                new Call("window", plain.mask(Mask.windowBottomRight(40, 0)), 1, 2, 1, 4, 2200, 8, 8),
                new Call("lengths", causal.mask(Mask.lengths(3, 130)), 2, 2, 1, 2, 140, 8, 16),
                new Call("nothing visible", plain.mask(Mask.lengths(0)), 1, 2, 1, 2, 20, 8, 16),
                new Call("no keys", plain, 1, 2, 1, 2, 0, 8, 16),
                new Call("holes", causal.mask(holes), 1, 4, 2, 2, 260, 8, 16),
                new Call("softcap", causal.softcap(3), 1, 2, 1, 1, 150, 16, 16),
                new Call("alibi", causal.alibi(0.5f, 0.1f), 1, 2, 1, 2, 150, 16, 16),
                new Call("sink", causal.sink(0.5f, -1f), 1, 2, 1, 2, 150, 16, 16));
    }

    private static KvCache cache(Call c, Tensor key, Tensor value, Storage storage) {
        KvCache cache = new KvCache(c.b, c.hkv, c.d, c.dv, storage);
        for (int at = 0, step = 1; at < c.m; at += step, step = 1 + step * 3 % 97) {
            int end = Math.min(c.m, at + step);
            cache.append(key.slice(2, at, end), value.slice(2, at, end));
        }
        return cache;
    }

    @ParameterizedTest
    @MethodSource("cases")
    void aCacheGivesTheBitsOfTheFullPass(Call c) {
        Tensor query = Tensors.random(1, c.b, c.hq, c.n, c.d);
        Tensor key = Tensors.random(2, c.b, c.hkv, c.m, c.d);
        Tensor value = Tensors.random(3, c.b, c.hkv, c.m, c.dv);
        AttentionOutput full = c.attention.apply(query, key, value);
        KvCache cache = cache(c, key, value, Storage.FLOAT32);
        for (int threads = 1; threads <= 2; threads++) {
            AttentionOutput cached = Workers.with(threads, () -> c.attention.apply(query, cache));
            assertThat(cached.output().array())
                    .as("%s", c)
                    .isEqualTo(full.output().array());
            assertThat(cached.lse().array()).as("%s", c).isEqualTo(full.lse().array());
        }
        assertThat(cache.keys().array()).isEqualTo(key.array());
        assertThat(cache.values().array()).isEqualTo(value.array());
    }

    @Test
    void tokenByTokenGivesTheBitsOfTheFullCausalPass() {
        int n = 290;
        Tensor query = Tensors.random(1, 2, 4, n, 24);
        Tensor key = Tensors.random(2, 2, 2, n, 24);
        Tensor value = Tensors.random(3, 2, 2, n, 40);
        Tensor full = Attention.scaledDotProduct()
                .mask(Mask.causalTopLeft())
                .apply(query, key, value)
                .output();
        Attention step = Attention.scaledDotProduct().mask(Mask.causalBottomRight());
        KvCache cache = new KvCache(2, 2, 24, 40);
        for (int i = 0; i < n; i++) {
            cache.append(key.slice(2, i, i + 1), value.slice(2, i, i + 1));
            Tensor output = step.apply(query.slice(2, i, i + 1), cache).output();
            assertThat(output.array())
                    .as("token %d", i)
                    .isEqualTo(full.slice(2, i, i + 1).toArray());
        }
    }

    @ParameterizedTest
    @EnumSource(Storage.class)
    void storedNumbersAreOffByNoMoreThanStated(Storage storage) {
        Call c = new Call("storage", Attention.scaledDotProduct(), 1, 2, 2, 1, 200, 70, 150);
        Tensor query = Tensors.random(1, c.b, c.hq, c.n, c.d);
        Tensor key = Tensors.random(2, c.b, c.hkv, c.m, c.d);
        Tensor value = Tensors.random(3, c.b, c.hkv, c.m, c.dv);
        KvCache cache = cache(c, key, value, storage);
        checkError(storage, key, cache.keys());
        checkError(storage, value, cache.values());
        AttentionOutput exact = c.attention.apply(query, cache.keys(), cache.values());
        assertThat(c.attention.apply(query, cache).output().array())
                .isEqualTo(exact.output().array());
    }

    @ParameterizedTest
    @EnumSource(Storage.class)
    void soAreSmallOnes(Storage storage) {
        for (float size : new float[] {1e-4f, 1e-7f, 1e-37f, 1e-39f, 1e-43f}) {
            Tensor rows = Tensors.random(new Random(7), size, 1, 2, 140, 9);
            KvCache cache = new KvCache(1, 2, 9, 9, storage);
            cache.append(rows, rows);
            checkError(storage, rows, cache.keys());
            checkError(storage, rows, cache.values());
        }
    }

    private static void checkError(Storage storage, Tensor exact, Tensor stored) {
        for (int h = 0; h < exact.size(1); h++) {
            for (int j = 0; j < exact.size(2); j++) {
                float largest = 0;
                for (int d = 0; d < exact.size(3); d++) {
                    largest = Math.max(largest, Math.abs(exact.get(0, h, j, d)));
                }
                for (int d = 0; d < exact.size(3); d++) {
                    float x = exact.get(0, h, j, d);
                    double allowed = switch (storage) {
                        case FLOAT32 -> 0;
                        case BFLOAT16 -> Math.max(Math.abs(x) * 0x1p-8, 0x1p-134);
                        case FLOAT16 -> Math.max(Math.abs(x) * 0x1p-11, 0x1p-25);
                        case INT8 -> largest / 254 * 1.0001 + (largest < 127 * Float.MIN_NORMAL ? 0x1p-149 : 0);
                    };
                    assertThat(Math.abs((double) stored.get(0, h, j, d) - x)).isLessThanOrEqualTo(allowed);
                }
            }
        }
    }

    @Test
    void aSharedPrefixGrowsApart() {
        Tensor key = Tensors.random(2, 1, 1, 300, 8);
        Tensor value = Tensors.random(3, 1, 1, 300, 8);
        KvCache first = new KvCache(1, 1, 8, 8);
        first.append(key, value);
        KvCache second = first.prefix(200);
        Tensor other = Tensors.random(4, 1, 1, 100, 8);
        second.append(other, other);
        assertThat(first.keys().array()).isEqualTo(key.array());
        assertThat(second.keys().slice(2, 0, 200).toArray())
                .isEqualTo(key.slice(2, 0, 200).toArray());
        assertThat(second.keys().slice(2, 200, 300).toArray()).isEqualTo(other.array());
        first.truncate(130);
        first.append(other.slice(2, 0, 1), other.slice(2, 0, 1));
        assertThat(first.length()).isEqualTo(131);
        assertThat(second.values().slice(2, 128, 200).toArray())
                .isEqualTo(value.slice(2, 128, 200).toArray());
    }

    @Test
    void hiddenCacheEntriesNeverMatter() {
        Tensor key = Tensors.random(2, 1, 1, 150, 8);
        Tensor value = Tensors.random(3, 1, 1, 150, 8);
        Tensor query = Tensors.random(1, 1, 2, 1, 8);
        Attention attention =
                Attention.scaledDotProduct().mask(Mask.lengths(140)).mask(Mask.elements((b, h, i, j) -> j != 7));
        KvCache clean = new KvCache(1, 1, 8, 8);
        clean.append(key, value);
        for (int hidden : new int[] {7, 140, 149}) {
            for (int d = 0; d < 8; d++) {
                key.set(Float.NaN, 0, 0, hidden, d);
                value.set(Float.NEGATIVE_INFINITY, 0, 0, hidden, d);
            }
        }
        KvCache dirty = new KvCache(1, 1, 8, 8);
        dirty.append(key, value);
        assertThat(attention.apply(query, dirty).output().array())
                .isEqualTo(attention.apply(query, clean).output().array());
    }

    @Test
    void valuesMayHaveNoWidthAndRowsMayBeSubnormal() {
        KvCache none = new KvCache(1, 1, 1, 0);
        none.append(Tensor.zeros(1, 1, 2, 1), Tensor.zeros(1, 1, 2, 0));
        assertThat(Attention.scaledDotProduct()
                        .apply(Tensor.zeros(1, 1, 1, 1), none)
                        .lse()
                        .get(0, 0, 0))
                .isEqualTo((float) Math.log(2));
        float least = Float.MIN_VALUE;
        KvCache bytes = new KvCache(1, 1, 2, 2, Storage.INT8);
        Tensor rows = Tensor.of(new float[] {190 * least, -189 * least, 60 * least, 30 * least}, 1, 1, 2, 2);
        bytes.append(rows, rows);
        assertThat(bytes.keys().toArray()).containsExactly(190 * least, -188 * least, 60 * least, 30 * least);
    }

    @Test
    void theLargestFloatStaysFiniteInBytes() {
        KvCache bytes = new KvCache(1, 1, 2, 2, Storage.INT8);
        Tensor row = Tensor.of(new float[] {Float.MAX_VALUE, -Float.MAX_VALUE}, 1, 1, 1, 2);
        bytes.append(row, row);
        checkError(Storage.INT8, row, bytes.keys());
        checkError(Storage.INT8, row, bytes.values());
    }

    @Test
    void aPageThatFitsNoArrayIsRefusedAtOnce() {
        assertThatThrownBy(() -> new KvCache(128, 1, 1 << 18, 1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("KvCache: B · Hkv · D numbers of one key must be at most 16777215");
        assertThatThrownBy(() -> new KvCache(1 << 20, 1 << 20, 0, 0))
                .hasMessageStartingWith("KvCache: B · Hkv · D numbers of one key must be at most 16777215");
        Tensor many = Tensor.zeros(1).broadcastTo(1, 1, Integer.MAX_VALUE, 1);
        assertThatThrownBy(() -> new KvCache(1, 1, 1, 1).append(many, many))
                .hasMessage("KvCache.append: a cache holds at most 2147418111 keys, got 2147483647 beside 0");
    }

    @Test
    void wrongShapesSayWhatIsExpected() {
        KvCache cache = new KvCache(1, 2, 8, 8);
        assertThatThrownBy(() -> cache.append(Tensor.zeros(1, 3, 1, 8), Tensor.zeros(1, 2, 1, 8)))
                .hasMessage("KvCache.append: key must be [B=1, Hkv=2, n, 8], got [1, 3, 1, 8]");
        assertThatThrownBy(() -> cache.truncate(1)).hasMessageContaining("within 0..0, got 1");
    }
}
