package dev.heed.attention;

import dev.heed.kernel.Kernels;
import dev.heed.kernel.ScoreRule;
import dev.heed.tensor.Tensor;

/** Fixed calls whose bits are one number; also a program, so that a fresh JVM can be asked for it. */
final class GoldenBits {
    private GoldenBits() {}

    /** Prints the kernel's name, the bits of the very first calls, and how often 10,000 calls gave those of the first. */
    public static void main(String[] args) {
        long first = hash();
        int same = 0;
        if (args.length > 0) {
            long small = small();
            for (int call = 0; call < 10_000; call++) {
                same += small() == small ? 1 : 0;
            }
            first = hash() == first ? first : -1;
        }
        System.out.println(Kernels.name() + " " + Long.toHexString(first) + " " + same);
    }

    static long hash() {
        Attention plain = Attention.scaledDotProduct();
        long hash = 0xCBF29CE484222325L;
        hash = add(hash, plain, 2, 4, 2, 40, 150, 20, 12);
        hash = add(hash, plain.mask(Mask.causalBottomRight()), 1, 1, 1, 3, 2100, 4, 5);
        hash = add(hash, plain.mask(Mask.causalTopLeft()), 1, 2, 1, 37, 131, 65, 48);
        Mask holes = Mask.elements((b, h, i, j) -> (i * 7 + j * 3 + h) % 5 != 0);
        hash = add(hash, plain.mask(holes).mask(Mask.windowTopLeft(30, 9)).softcap(2), 1, 2, 1, 37, 65, 17, 9);
        Tensor bias = numbers(99, 1, 33, 70);
        hash = add(hash, plain.bias(bias).alibi(0.3f, 0.1f).sink(0.2f, -1).scale(2), 1, 2, 2, 33, 70, 8, 1);
        hash = add(hash, plain.score(Score.cosine(0.2)), 1, 2, 1, 35, 70, 9, 4);
        hash = add(hash, plain.score(Score.bilinear(numbers(98, 17, 17))).scale(0.1), 1, 2, 1, 35, 70, 17, 4);
        hash = add(hash, plain.score(Score.additive(numbers(97, 2, 5))).softcap(3), 1, 2, 1, 33, 30, 5, 4);
        ScoreRule rule =
                ScoreRule.of((s, b, h, i, j) -> s - 0.125 * s * s * (j % 3), (s, b, h, i, j) -> 1 - 0.25 * s * (j % 3));
        return add(hash, plain.score(Score.custom(rule)), 1, 2, 1, 35, 70, 9, 4);
    }

    private static long small() {
        return add(1, Attention.scaledDotProduct().mask(Mask.causalTopLeft()), 1, 1, 1, 7, 40, 9, 8);
    }

    private static long add(long hash, Attention attention, int b, int hq, int hkv, int n, int m, int d, int dv) {
        Tensor query = numbers(1, b, hq, n, d);
        Tensor key = numbers(2, b, hkv, m, d);
        AttentionOutput result = attention.apply(query, key, numbers(3, b, hkv, m, dv));
        Tensor weights = attention.weights(query, key, result.lse(), 0, hq - 1, 0, n, 0, m);
        hash = Bits.hash(Bits.hash(Bits.hash(hash, result.output()), result.lse()), weights);
        return plain(attention) ? hash : addGradients(hash, attention, query, key, numbers(3, b, hkv, m, dv), result);
    }

    private static boolean plain(Attention attention) {
        return attention.rule() instanceof Score.ScaledDotProduct;
    }

    private static long addGradients(
            long hash, Attention attention, Tensor query, Tensor key, Tensor value, AttentionOutput result) {
        AttentionGradients gradients = attention.gradients(query, key, value, result, result.output());
        hash = Bits.hash(Bits.hash(Bits.hash(hash, gradients.dQuery()), gradients.dKey()), gradients.dValue());
        Tensor dScore = gradients.dScore();
        return dScore == null ? hash : Bits.hash(hash, dScore);
    }

    /** Numbers in [−2, 2) from integer arithmetic alone. */
    private static Tensor numbers(int seed, int... shape) {
        Tensor tensor = Tensor.zeros(shape);
        int state = seed * 0x9E3779B9;
        for (int i = 0; i < tensor.elements(); i++) {
            state = state * 1664525 + 1013904223;
            tensor.array()[i] = (state >> 8) * 0x1p-22f;
        }
        return tensor;
    }
}
