package dev.heed.attention;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.data.Offset.offset;

import dev.heed.tensor.Tensor;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The gradient of the gradient against central differences of the gradient, and its symmetry. */
class ReferenceSecondTest {
    private record Call(String name, Attention attention, int b, int hq, int hkv, int n, int m, int d, int dv) {}

    static Stream<Call> cases() {
        Attention plain = Attention.scaledDotProduct();
        Tensor bias = random(new Random(3), 2, 5, 7);
        bias.set(Float.NEGATIVE_INFINITY, 1, 2, 3);
        return Stream.of(
                new Call("plain", plain, 1, 1, 1, 3, 4, 2, 3),
                new Call("grouped causal", plain.mask(Mask.causalTopLeft()), 2, 4, 2, 6, 5, 3, 4),
                new Call("rows that see nothing", plain.mask(Mask.causalBottomRight()), 1, 2, 1, 7, 4, 3, 2),
                new Call(
                        "bias, scale, sink, alibi, holes",
                        plain.bias(bias)
                                .scale(0.9)
                                .sink(0.4f, -1)
                                .alibi(0.2f, 0.1f)
                                .mask(Mask.elements((b, h, i, j) -> (i + 2 * j + h) % 4 != 0)),
                        2,
                        2,
                        1,
                        5,
                        7,
                        3,
                        2),
                new Call("dot", plain.score(Score.dot()), 1, 1, 1, 3, 4, 2, 3));
    }

    private static Tensor random(Random random, int... shape) {
        Tensor tensor = Tensor.zeros(shape);
        for (int i = 0; i < tensor.elements(); i++) {
            tensor.array()[i] = Math.round(random.nextGaussian() * 256) / 256f; // so that steps are exact
        }
        return tensor;
    }

    private static ReferenceSecond.Inputs inputs(Call c, int seed) {
        Random random = new Random(31L * c.name.hashCode() + seed);
        return new ReferenceSecond.Inputs(
                random(random, c.b, c.hq, c.n, c.d),
                random(random, c.b, c.hkv, c.m, c.d),
                random(random, c.b, c.hkv, c.m, c.dv),
                random(random, c.b, c.hq, c.n, c.dv),
                random(random, c.b, c.hq, c.n, c.d),
                random(random, c.b, c.hkv, c.m, c.d),
                random(random, c.b, c.hkv, c.m, c.dv));
    }

    private static double dot(double[] x, Tensor y) {
        double dot = 0;
        for (int i = 0; i < x.length; i++) {
            dot += x[i] * y.array()[i];
        }
        return dot;
    }

    /** G = u·∇L. */
    private static double directional(Call c, ReferenceSecond.Inputs in) {
        ReferenceGradients first = ReferenceGradients.of(c.attention, in.query(), in.key(), in.value(), in.dOutput());
        return dot(first.dQuery(), in.uQuery()) + dot(first.dKey(), in.uKey()) + dot(first.dValue(), in.uValue());
    }

    @ParameterizedTest
    @MethodSource("cases")
    void everyElementEqualsCentralDifferencesOfTheGradient(Call c) {
        ReferenceSecond.Inputs in = inputs(c, 1);
        ReferenceSecond second = ReferenceSecond.of(c.attention, in);
        Tensor[] moved = {in.query(), in.key(), in.value(), in.dOutput()};
        double[][] expected = {second.dQuery(), second.dKey(), second.dValue(), second.dOutput()};
        float step = 0x1p-8f;
        for (int input = 0; input < 4; input++) {
            for (int at = 0; at < expected[input].length; at++) {
                float[] values = moved[input].array();
                float centre = values[at];
                double[] g = new double[5];
                for (int k = 0; k < 5; k++) {
                    values[at] = centre + (k - 2) * step;
                    g[k] = directional(c, in);
                }
                values[at] = centre;
                double derivative = (8 * (g[3] - g[1]) - (g[4] - g[0])) / (12 * step);
                assertThat(expected[input][at])
                        .as("%s: input %d element %d", c, input, at)
                        .isCloseTo(derivative, offset(2e-6 * Math.max(1, Math.abs(derivative))));
            }
        }
    }

    @ParameterizedTest
    @MethodSource("cases")
    void theHessianIsSymmetric(Call c) {
        ReferenceSecond.Inputs u = inputs(c, 1);
        ReferenceSecond.Inputs other = inputs(c, 2);
        ReferenceSecond.Inputs w = new ReferenceSecond.Inputs(
                u.query(), u.key(), u.value(), u.dOutput(), other.uQuery(), other.uKey(), other.uValue());
        assertThat(along(ReferenceSecond.of(c.attention, u), w))
                .as("%s", c)
                .isCloseTo(along(ReferenceSecond.of(c.attention, w), u), offset(1e-12));
    }

    private static double along(ReferenceSecond second, ReferenceSecond.Inputs u) {
        return dot(second.dQuery(), u.uQuery()) + dot(second.dKey(), u.uKey()) + dot(second.dValue(), u.uValue());
    }

    @Test
    void whatItDoesNotCoverIsSaid() {
        Call c = new Call("capped", Attention.scaledDotProduct().softcap(2), 1, 1, 1, 2, 2, 2, 2);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ReferenceSecond.of(c.attention, inputs(c, 1)))
                .withMessage(
                        "ReferenceSecond: a dot product without softcap is needed, got ScaledDotProduct[], softcap 2.0");
    }
}
