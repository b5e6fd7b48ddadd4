package dev.heed.attention;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.data.Offset.offset;

import dev.heed.kernel.ScoreRule;
import dev.heed.kernel.Workers;
import dev.heed.tensor.Tensor;
import java.util.Arrays;
import java.util.Random;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The fast gradients against their definition, and the definition against central differences. */
class GradientTest {
    private record Call(String name, Attention attention, int b, int hq, int hkv, int n, int m, int d, int dk, int dv) {
        Call(String name, Attention attention, int b, int hq, int hkv, int n, int m, int d, int dv) {
            this(name, attention, b, hq, hkv, n, m, d, d, dv);
        }

        @Override
        public String toString() {
            return "%s B=%d Hq=%d Hkv=%d N=%d M=%d D=%d Dk=%d Dv=%d".formatted(name, b, hq, hkv, n, m, d, dk, dv);
        }
    }

    static Stream<Call> cases() {
        Attention plain = Attention.scaledDotProduct();
        Attention causal = plain.mask(Mask.causalTopLeft());
        Mask holes = Mask.elements((b, h, i, j) -> (i * 7 + j * 3 + h) % 5 != 0);
        return Stream.of(
                new Call("plain", plain, 1, 1, 1, 3, 4, 2, 3),
                new Call("one key", plain, 1, 2, 1, 5, 1, 7, 1),
                new Call("no keys", plain, 1, 2, 1, 5, 0, 7, 3),
                new Call("no queries", plain, 1, 2, 1, 0, 5, 7, 3),
                new Call("ragged", plain, 2, 4, 2, 33, 130, 17, 31),
                new Call("wide", plain, 1, 2, 2, 31, 65, 64, 129),
                new Call("causal", causal, 1, 2, 1, 70, 70, 16, 16),
                new Call("several parts", causal, 1, 2, 1, 1030, 1030, 8, 8),
                new Call("bottom right, empty rows", plain.mask(Mask.causalBottomRight()), 1, 1, 1, 40, 9, 16, 16),
                new Call("window", plain.mask(Mask.windowTopLeft(3, 1)), 2, 2, 2, 64, 64, 15, 8),
                new Call("lengths", plain.mask(Mask.lengths(20, 0)), 2, 2, 1, 6, 20, 32, 32),
                new Call("dense", plain.mask(holes), 1, 2, 1, 37, 140, 8, 8),
                new Call("softcap", plain.scale(0.9).softcap(2), 1, 2, 1, 34, 40, 16, 16),
                new Call("bias per head", plain.bias(Tensors.random(5, 2, 33, 50)), 2, 2, 2, 33, 50, 8, 8),
                new Call("bias per key", plain.bias(Tensors.random(6, 1, 50)), 2, 2, 2, 33, 50, 8, 8),
                new Call("alibi", causal.alibi(0.5f, 0.25f), 1, 2, 2, 40, 40, 8, 8),
                new Call("sink", causal.sink(0.3f, -2f), 2, 2, 1, 40, 40, 8, 8),
                new Call("dot", causal.score(Score.dot()), 1, 2, 1, 40, 40, 8, 8),
                new Call("cosine", causal.score(Score.cosine(0.25)).scale(0.7), 2, 4, 2, 33, 33, 9, 5),
                new Call("cosine everything", everything(Score.cosine(-0.5)), 2, 2, 1, 37, 140, 8, 8),
                new Call(
                        "bilinear", causal.score(Score.bilinear(Tensors.random(11, 7, 12))), 2, 4, 2, 33, 35, 7, 12, 5),
                new Call(
                        "bilinear heads",
                        everything(Score.bilinear(Tensors.random(12, 2, 8, 3))),
                        2,
                        2,
                        1,
                        37,
                        40,
                        8,
                        3,
                        8),
                new Call("additive", causal.score(Score.additive(Tensors.random(13, 9))), 2, 4, 2, 33, 33, 9, 5),
                new Call(
                        "additive heads", everything(Score.additive(Tensors.random(14, 2, 8))), 2, 2, 1, 37, 140, 8, 8),
                new Call(
                        "additive parts",
                        causal.score(Score.additive(Tensors.random(15, 3))),
                        1,
                        2,
                        1,
                        1030,
                        1030,
                        3,
                        4),
                new Call("custom", causal.score(Score.custom(RULE)), 2, 4, 2, 33, 33, 9, 5),
                new Call("custom everything", everything(Score.custom(RULE)), 2, 2, 1, 37, 140, 8, 8));
    }

    /** Curved, and different at every place. */
    private static final ScoreRule RULE = ScoreRule.of(
            (s, b, h, i, j) -> s + 0.25 * s * s * ((i + 2 * j + h + b) % 3 - 1),
            (s, b, h, i, j) -> 1 + 0.5 * s * ((i + 2 * j + h + b) % 3 - 1));

    private static Attention everything(Score score) {
        return Attention.scaledDotProduct()
                .score(score)
                .scale(0.8)
                .softcap(3)
                .alibi(0.1f, 0.02f)
                .sink(0.3f, -1)
                .mask(Mask.windowTopLeft(30, 80))
                .mask(Mask.elements((b, h, i, j) -> (i * 7 + j * 3 + h) % 5 != 0));
    }

    private record Inputs(Tensor query, Tensor key, Tensor value, Tensor dOutput) {}

    private static Inputs inputs(Call c) {
        Random random = new Random(c.toString().hashCode());
        return new Inputs(
                Tensors.random(random, 1, c.b, c.hq, c.n, c.d),
                Tensors.random(random, 1, c.b, c.hkv, c.m, c.dk),
                Tensors.random(random, 1, c.b, c.hkv, c.m, c.dv),
                Tensors.random(random, 1, c.b, c.hq, c.n, c.dv));
    }

    @ParameterizedTest
    @MethodSource("cases")
    void fastGradientsEqualTheirDefinition(Call c) {
        Inputs in = inputs(c);
        AttentionGradients fast = gradients(c.attention, in);
        ReferenceGradients slow = ReferenceGradients.of(c.attention, in.query, in.key, in.value, in.dOutput);
        assertClose(c + " dQuery", fast.dQuery().array(), slow.dQuery());
        assertClose(c + " dKey", fast.dKey().array(), slow.dKey());
        assertClose(c + " dValue", fast.dValue().array(), slow.dValue());
        if (fast.dSink() != null) {
            assertClose(c + " dSink", fast.dSink().array(), slow.dSink());
        }
        if (fast.dScore() != null) {
            assertClose(c + " dScore", fast.dScore().array(), slow.dScore());
        }
        double dScale = c.attention.scaleGradient(in.query, in.key, in.value, fast);
        assertThat(dScale).as(c + " dScale").isCloseTo(slow.dScale(), offset(1e-5 * (1 + c.n)));
    }

    static Stream<Call> casesWithABias() {
        return cases().filter(c -> c.name.startsWith("bias"));
    }

    @ParameterizedTest
    @MethodSource("casesWithABias")
    void biasGradientSumsOverRepeatedAxes(Call c) {
        Inputs in = inputs(c);
        AttentionOutput out = c.attention.apply(in.query, in.key, in.value);
        Tensor fast = c.attention.biasGradient(in.query, in.key, in.value, out, in.dOutput);
        double[] slow = ReferenceGradients.of(c.attention, in.query, in.key, in.value, in.dOutput)
                .dBias();
        boolean perHead = c.name.endsWith("head");
        double[] summed = new double[fast.elements()];
        for (int i = 0; i < slow.length; i++) {
            int key = i % c.m;
            int query = i / c.m % c.n;
            int head = i / c.m / c.n % c.hq;
            summed[perHead ? (head * c.n + query) * c.m + key : key] += slow[i];
        }
        assertClose(c + " dBias", fast.array(), summed);
    }

    /** The same formulas on fewer numbers are as good a proof. */
    static Stream<Call> smallCases() {
        return cases().filter(c -> c.b * c.hq * c.n * c.m <= 12_000);
    }

    @ParameterizedTest
    @MethodSource("smallCases")
    void definitionEqualsCentralDifferences(Call c) {
        Inputs in = inputs(c);
        Random random = new Random(9);
        for (int probe = 0; probe < 6; probe++) {
            checkOne(c, in, 0, in.query, random);
            checkOne(c, in, 1, in.key, random);
            checkOne(c, in, 2, in.value, random);
            Tensor parameter = parameter(c.attention);
            if (parameter != null) {
                checkOne(c, in, 3, parameter, random);
            }
        }
    }

    /** Not copied by the score, so that it may be moved. */
    private static @Nullable Tensor parameter(Attention attention) {
        return switch (attention.rule()) {
            case Score.Bilinear bilinear -> bilinear.w();
            case Score.Additive additive -> additive.v();
            default -> null;
        };
    }

    /** Fourth-order central difference; inputs are floats, so steps are the differences of the floats actually used. */
    private static void checkOne(Call c, Inputs in, int which, Tensor input, Random random) {
        if (input.elements() == 0) {
            return;
        }
        int at = random.nextInt(input.elements());
        float before = input.array()[at];
        float centre = Math.round(before * 256) / 256f; // so that ± one and two steps are exact
        input.array()[at] = centre;
        ReferenceGradients exact = ReferenceGradients.of(c.attention, in.query, in.key, in.value, in.dOutput);
        double[][] gradients = {exact.dQuery(), exact.dKey(), exact.dValue(), exact.dScore()};
        double derivative = gradients[which][at];
        float step = 0x1p-8f;
        double near = loss(c, in, input, at, centre + step) - loss(c, in, input, at, centre - step);
        double far = loss(c, in, input, at, centre + 2 * step) - loss(c, in, input, at, centre - 2 * step);
        input.array()[at] = before;
        assertThat((8 * near - far) / (12 * step))
                .as("%s element %d", c, at)
                .isCloseTo(derivative, offset(1e-6 * Math.max(1, Math.abs(derivative))));
    }

    private static double loss(Call c, Inputs in, Tensor input, int at, float value) {
        input.array()[at] = value;
        double loss = 0;
        for (int b = 0; b < c.b; b++) {
            for (int h = 0; h < c.hq; h++) {
                double[][] out = Reference.steps(c.attention, in.query, in.key, in.value, b, h)
                        .output();
                for (int i = 0; i < c.n; i++) {
                    for (int d = 0; d < c.dv; d++) {
                        loss += out[i][d] * in.dOutput.get(b, h, i, d);
                    }
                }
            }
        }
        return loss;
    }

    @ParameterizedTest
    @MethodSource("cases")
    void oneAndTwoThreadsGiveTheSameBits(Call c) {
        Inputs in = inputs(c);
        AttentionGradients one = Workers.with(1, () -> gradients(c.attention, in));
        AttentionGradients two = Workers.with(2, () -> gradients(c.attention, in));
        assertThat(two.dQuery().array()).as("%s", c).isEqualTo(one.dQuery().array());
        assertThat(two.dKey().array()).as("%s", c).isEqualTo(one.dKey().array());
        assertThat(two.dValue().array()).as("%s", c).isEqualTo(one.dValue().array());
        if (one.dScore() != null && two.dScore() != null) {
            assertThat(two.dScore().array()).as("%s", c).isEqualTo(one.dScore().array());
        }
    }

    @Test
    void whatAHiddenKeyHoldsChangesNoGradient() {
        Attention attention = Attention.scaledDotProduct()
                .mask(Mask.causalTopLeft())
                .mask(Mask.lengths(50))
                .mask(Mask.elements((b, h, i, j) -> j != 3));
        Call c = new Call("hidden", attention, 1, 2, 1, 60, 60, 24, 40);
        Inputs in = inputs(c);
        AttentionGradients clean = gradients(attention, in);
        for (int row : new int[] {3, 50, 59}) {
            Arrays.fill(in.key.array(), row * c.d, (row + 1) * c.d, Float.NaN);
            Arrays.fill(in.value.array(), row * c.dv, (row + 1) * c.dv, Float.POSITIVE_INFINITY);
        }
        AttentionGradients dirty = gradients(attention, in);
        assertThat(dirty.dQuery().array()).isEqualTo(clean.dQuery().array());
        assertThat(dirty.dKey().array()).isEqualTo(clean.dKey().array());
        assertThat(dirty.dValue().array()).isEqualTo(clean.dValue().array());
    }

    private static AttentionGradients gradients(Attention attention, Inputs in) {
        AttentionOutput out = attention.apply(in.query, in.key, in.value);
        return attention.gradients(in.query, in.key, in.value, out, in.dOutput);
    }

    /** Within what float32 sums of this length leave, relative to the largest magnitude. */
    private static void assertClose(String what, float[] actual, double[] expected) {
        double largest = Arrays.stream(expected).map(Math::abs).max().orElse(0);
        double worst = 0;
        for (int i = 0; i < expected.length; i++) {
            double error = Math.abs(actual[i] - expected[i]);
            worst = error > worst || Double.isNaN(error) ? error : worst;
        }
        assertThat(worst).as(what + ", largest magnitude " + largest).isLessThanOrEqualTo(4e-6 * Math.max(1, largest));
    }
}
