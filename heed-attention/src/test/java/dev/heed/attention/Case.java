package dev.heed.attention;

import dev.heed.tensor.Tensor;
import java.util.Arrays;
import java.util.Random;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A random attention call over awkward sizes, drawn from a seed: shapes, grouped heads, up to three masks joined by AND,
 * softcap, bias with holes, ALiBi, sink. Its text names everything that was drawn.
 *
 * <p>Legend: B batch, Hq query heads, Hkv key heads, N queries, M keys, D width, Dv value width.
 */
record Case(
        long seed,
        String name,
        Mask mask,
        float scale,
        float softcap,
        @Nullable Tensor bias,
        float @Nullable [] alibi,
        float @Nullable [] sink,
        Tensor query,
        Tensor key,
        Tensor value) {
    private static final int[] SIZES = {0, 1, 2, 7, 8, 15, 16, 17, 31, 32, 33, 63, 64, 65, 127, 128, 129, 257};
    private static final int[] LONG = {2047, 2048, 2049, 2176, 4097};
    private static final int[] WIDTHS = {0, 1, 2, 7, 8, 15, 16, 17, 31, 32, 33, 63, 64, 65, 127, 128, 129, 257};

    /** Multiply-adds of a case: the reference in double takes about 20 ns for each. */
    private static final long WORK = 600_000;

    /** Checks a law for {@code count} cases; a failure names the case and its seed. */
    static void each(int firstSeed, int count, Consumer<Case> law) {
        for (int seed = firstSeed; seed < firstSeed + count; seed++) {
            Case drawn = draw(seed);
            try {
                law.accept(drawn);
            } catch (AssertionError | RuntimeException e) {
                throw new AssertionError(drawn + ": " + e.getMessage(), e);
            }
        }
    }

    static Case draw(long seed) {
        Random random = new Random(seed * 0x9E3779B97F4A7C15L + 1);
        while (true) {
            int keyHeads = 1 + random.nextInt(3);
            int[] s = {
                1 + random.nextInt(3),
                keyHeads * (1 + random.nextInt(3)),
                keyHeads,
                pick(random, SIZES),
                random.nextInt(6) == 0 ? pick(random, LONG) : pick(random, SIZES),
                pick(random, WIDTHS),
                pick(random, WIDTHS)
            };
            if (random.nextInt(3) == 0) {
                s[4] = s[3]; // as in self-attention
            }
            if ((long) s[0] * s[1] * s[3] * s[4] * (s[5] + s[6]) <= WORK) {
                return draw(seed, random, s);
            }
        }
    }

    private static Case draw(long seed, Random random, int[] s) {
        StringBuilder name = new StringBuilder("B=%d Hq=%d Hkv=%d N=%d M=%d D=%d Dv=%d".formatted(boxed(s)));
        Mask mask = Mask.none();
        for (int i = random.nextInt(4); i > 0; i--) {
            mask = mask.and(RandomMask.draw(random, s[0], s[1], s[3], s[4], name));
        }
        float scale = random.nextInt(4) == 0 ? 0.3f : Float.NaN;
        float softcap = random.nextInt(5) == 0 ? 2.5f : 0;
        Tensor bias = random.nextInt(4) == 0 ? bias(random, s) : null;
        float[] alibi =
                random.nextInt(5) == 0 ? Tensors.random(random, 0.2f, s[1]).array() : null;
        float[] sink = random.nextInt(5) == 0 ? Tensors.random(random, 1, s[1]).array() : null;
        float spread = random.nextInt(4) == 0 ? 3 : 1;
        name.append(", spread ").append(spread).append(", scale ").append(scale);
        name.append(", softcap ").append(softcap).append(bias == null ? "" : ", bias " + bias.describe());
        name.append(alibi == null ? "" : ", alibi").append(sink == null ? "" : ", sink");
        return new Case(
                seed,
                name.toString(),
                mask,
                scale,
                softcap,
                bias,
                alibi,
                sink,
                Tensors.random(random, spread, s[0], s[1], s[3], s[5]),
                Tensors.random(random, 1, s[0], s[2], s[4], s[5]),
                Tensors.random(random, 1, s[0], s[2], s[4], s[6]));
    }

    private static Object[] boxed(int[] sizes) {
        return Arrays.stream(sizes).boxed().toArray();
    }

    private static int pick(Random random, int[] from) {
        return from[random.nextInt(from.length)];
    }

    private static Tensor bias(Random random, int[] s) {
        int[] shape = {s[0], s[1], s[3], s[4]};
        for (int axis = 0; axis < 3; axis++) {
            shape[axis] = random.nextBoolean() ? 1 : shape[axis];
        }
        Tensor bias = Tensors.random(random, 1, shape);
        for (int i = 0; i < bias.elements(); i++) {
            bias.array()[i] = random.nextInt(10) == 0 ? Float.NEGATIVE_INFINITY : bias.array()[i];
        }
        return bias;
    }

    /** Everything but the mask. */
    Attention terms() {
        Attention attention = Attention.scaledDotProduct().softcap(softcap);
        attention = Float.isNaN(scale) ? attention : attention.scale(scale);
        attention = bias == null ? attention : attention.bias(bias);
        attention = alibi == null ? attention : attention.alibi(alibi);
        return sink == null ? attention : attention.sink(sink);
    }

    Attention attention() {
        return terms().mask(mask);
    }

    AttentionOutput run() {
        return attention().apply(query, key, value);
    }

    /** What the mask alone shows, resolved: [B, Hq, N, M]. */
    boolean[] visible() {
        var seen = mask.resolve(batches(), heads(), queries(), keys());
        boolean[] visible = new boolean[batches() * heads() * queries() * keys()];
        int at = 0;
        for (int b = 0; b < batches(); b++) {
            for (int h = 0; h < heads(); h++) {
                for (int i = 0; i < queries(); i++) {
                    for (int j = 0; j < keys(); j++) {
                        visible[at++] = seen.visible(b, h, i, j);
                    }
                }
            }
        }
        return visible;
    }

    Mask dense() {
        return Mask.dense(visible(), batches(), heads(), queries(), keys());
    }

    int batches() {
        return query.size(0);
    }

    int heads() {
        return query.size(1);
    }

    int keyHeads() {
        return key.size(1);
    }

    int keyHead(int head) {
        return head * keyHeads() / heads();
    }

    int queries() {
        return query.size(2);
    }

    int keys() {
        return key.size(2);
    }

    int width() {
        return query.size(3);
    }

    int valueWidth() {
        return value.size(3);
    }

    Case withMask(Mask other, String otherName) {
        return new Case(
                seed, name + "; mask now " + otherName, other, scale, softcap, bias, alibi, sink, query, key, value);
    }

    Case withoutBias() {
        return new Case(seed, name + "; no bias", mask, scale, softcap, null, alibi, sink, query, key, value);
    }

    Case withoutAlibi() {
        return new Case(seed, name + "; no alibi", mask, scale, softcap, bias, null, sink, query, key, value);
    }

    Case withoutSink() {
        return new Case(seed, name + "; no sink", mask, scale, softcap, bias, alibi, null, query, key, value);
    }

    Case with(Tensor otherQuery, Tensor otherKey, Tensor otherValue) {
        return new Case(seed, name, mask, scale, softcap, bias, alibi, sink, otherQuery, otherKey, otherValue);
    }

    @Override
    public String toString() {
        return "seed " + seed + ": " + name;
    }
}
