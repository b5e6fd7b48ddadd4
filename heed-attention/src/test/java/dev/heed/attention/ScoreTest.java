package dev.heed.attention;

import static dev.heed.attention.Tensors.random;
import static dev.heed.attention.Tensors.row;
import static dev.heed.attention.Tensors.rows;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.data.Offset.offset;

import dev.heed.kernel.ScoreRule;
import dev.heed.kernel.Workers;
import dev.heed.tensor.Tensor;
import java.util.Arrays;
import java.util.Map;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Each score rule: worked by hand, against its definition, and the laws that hold for every rule. */
class ScoreTest {
    private static final Attention PLAIN = Attention.scaledDotProduct();
    private static final int D = 9;
    private static final int DK = 6;

    /** A rule with the widths that it needs; Hq is 4, Hkv 2. */
    private record Rule(String name, Score score, int width, int keyWidth) {
        Attention attention() {
            return PLAIN.score(score);
        }

        @Override
        public String toString() {
            return name;
        }
    }

    static Stream<Rule> rules() {
        ScoreRule curved = ScoreRule.of(
                (s, b, h, i, j) -> s - 0.1 * s * s * ((2 * j + h) % 3),
                (s, b, h, i, j) -> 1 - 0.2 * s * ((2 * j + h) % 3));
        return Stream.of(
                new Rule("scaledDotProduct", Score.scaledDotProduct(), D, D),
                new Rule("dot", Score.dot(), D, D),
                new Rule("cosine", Score.cosine(0.3), D, D),
                new Rule("bilinear", Score.bilinear(random(1, D, DK)), D, DK),
                new Rule("bilinear per head", Score.bilinear(random(2, 4, D, DK)), D, DK),
                new Rule("additive", Score.additive(random(3, D)), D, D),
                new Rule("additive per head", Score.additive(random(4, 4, D)), D, D),
                new Rule("custom", Score.custom(curved), D, D));
    }

    private record Inputs(Tensor query, Tensor key, Tensor value) {
        static Inputs of(Rule rule, int n, int m) {
            return new Inputs(random(5, 2, 4, n, rule.width), random(6, 2, 2, m, rule.keyWidth), random(7, 2, 2, m, 5));
        }
    }

    private static AttentionOutput apply(Attention attention, Inputs in) {
        return attention.apply(in.query, in.key, in.value);
    }

    /** Worked by hand: q = (1, 2), keys (3, −1) and (0, 2). */
    @Test
    void knownVectorsHaveKnownScores() {
        Tensor query = rows(row(1, 2));
        Tensor key = rows(row(3, -1), row(0, 2));
        Tensor w = Tensor.of(row(1, 0, 2, -1), 2, 2); // q·W = (5, −2)
        Map<Score, double[]> known = Map.of(
                Score.scaledDotProduct(), new double[] {0.707107, 2.828427},
                Score.dot(), new double[] {1, 4},
                Score.cosine(1), new double[] {0.141421, 0.894427},
                Score.cosine(0.5), new double[] {0.282843, 1.788854},
                Score.bilinear(w), new double[] {17, -4},
                Score.additive(Tensor.of(row(2, -1), 2)), new double[] {1.237064, 0.523859},
                Score.custom(ScoreRule.of((s, b, h, i, j) -> s * s - j, (s, b, h, i, j) -> 2 * s)),
                        new double[] {0.5, 7});
        known.forEach((score, expected) -> {
            Attention attention = PLAIN.score(score);
            double[] reference =
                    Reference.steps(attention, query, key, key, 0, 0).scores()[0];
            for (int j = 0; j < 2; j++) {
                assertThat(reference[j]).as("%s, key %d", score, j).isCloseTo(expected[j], offset(6e-7));
                // a key that is alone has lse = score
                Tensor lse = attention
                        .mask(Mask.visibleKeys(new int[] {j}, new int[] {j + 1}))
                        .apply(query, key, key)
                        .lse();
                assertThat((double) lse.array()[0]).as("%s, key %d", score, j).isCloseTo(expected[j], offset(3e-6));
            }
        });
    }

    /** Why √D: unit-variance inputs of any width have scores of variance 1; plain dot products have variance D. */
    @Test
    void dividingByTheRootOfTheWidthKeepsTheVarianceAtOne() {
        for (int width : new int[] {4, 64, 256}) {
            Tensor query = random(width, 1, 1, 60, width);
            Tensor key = random(width + 1, 1, 1, 60, width);
            assertThat(variance(PLAIN, query, key)).as("D=%d", width).isBetween(0.85, 1.15);
            assertThat(variance(PLAIN.score(Score.dot()), query, key) / width)
                    .as("D=%d", width)
                    .isBetween(0.85, 1.15);
        }
    }

    private static double variance(Attention attention, Tensor query, Tensor key) {
        double squares = 0;
        for (double[] row : Reference.steps(attention, query, key, key, 0, 0).scores()) {
            for (double score : row) {
                squares += score * score;
            }
        }
        return squares / query.size(2) / key.size(2);
    }

    @ParameterizedTest
    @MethodSource("rules")
    void outputsEqualTheDefinition(Rule rule) {
        Attention attention = rule.attention()
                .mask(Mask.windowTopLeft(60, 90))
                .mask(Mask.elements((b, h, i, j) -> (i + j + h) % 7 != 0))
                .bias(random(8, 45, 1))
                .softcap(4)
                .sink(0.1f, 0.2f, 0.3f, 0.4f);
        Inputs in = Inputs.of(rule, 45, 140);
        AttentionOutput result = apply(attention, in);
        for (int head = 0; head < 8; head++) {
            Reference.Steps steps = Reference.steps(attention, in.query, in.key, in.value, head / 4, head % 4);
            for (int i = 0; i < 45; i++) {
                assertThat((double) result.lse().get(head / 4, head % 4, i))
                        .as("%s head %d row %d", rule, head, i)
                        .isCloseTo(steps.lse()[i], offset(3e-6 * (1 + Math.abs(steps.lse()[i]))));
                for (int d = 0; d < 5; d++) {
                    assertThat((double) result.output().get(head / 4, head % 4, i, d))
                            .as("%s head %d row %d", rule, head, i)
                            .isCloseTo(steps.output()[i][d], offset(6e-6));
                }
            }
        }
    }

    @ParameterizedTest
    @MethodSource("rules")
    void aRowAloneAnyThreadsAndTheCacheHaveTheSameBits(Rule rule) {
        Attention attention =
                rule.attention().softcap(5).alibi(0.1f, 0.2f, 0, 0.3f).mask(Mask.causalBottomRight());
        Inputs in = Inputs.of(rule, 150, 150);
        AttentionOutput whole = Workers.with(1, () -> apply(attention, in));
        Bits.assertSame(Workers.with(2, () -> apply(attention, in)), whole);
        KvCache cache = new KvCache(2, 2, rule.keyWidth, 5);
        cache.append(in.key, in.value);
        for (int rows : new int[] {1, 3, 40}) {
            Tensor last = in.query.slice(2, 150 - rows, 150);
            AttentionOutput expected = new AttentionOutput(
                    whole.output().slice(2, 150 - rows, 150), whole.lse().slice(2, 150 - rows, 150));
            Bits.assertSame(attention.apply(last, in.key, in.value), expected);
            Bits.assertSame(attention.apply(last, cache), expected);
        }
        Bits.assertSame(
                attention.apply(in.query.slice(2, 0, 2), cache),
                attention.apply(in.query.slice(2, 0, 2), in.key, in.value));
        Bits.assertSame(
                attention.apply(in.query.slice(0, 1, 2), in.key.slice(0, 1, 2), in.value.slice(0, 1, 2)),
                sequence(whole, 1));
    }

    private static AttentionOutput sequence(AttentionOutput whole, int batch) {
        return new AttentionOutput(
                whole.output().slice(0, batch, batch + 1), whole.lse().slice(0, batch, batch + 1));
    }

    @ParameterizedTest
    @MethodSource("rules")
    void stridedInputsHaveTheSameBits(Rule rule) {
        Inputs in = Inputs.of(rule, 20, 33);
        Inputs strided = new Inputs(strided(in.query), strided(in.key), strided(in.value));
        Bits.assertSame(apply(rule.attention(), strided), apply(rule.attention(), in));
        AttentionOutput result = apply(rule.attention(), in);
        AttentionGradients expected = rule.attention().gradients(in.query, in.key, in.value, result, result.output());
        AttentionGradients got =
                rule.attention().gradients(strided.query, strided.key, strided.value, result, result.output());
        Bits.assertSame("dQuery", got.dQuery(), expected.dQuery());
        Bits.assertSame("dKey", got.dKey(), expected.dKey());
    }

    /** The same numbers, keys along the last axis of the memory. */
    private static Tensor strided(Tensor tensor) {
        return Tensor.of(
                        tensor.transpose(2, 3).toArray(), tensor.transpose(2, 3).shape())
                .transpose(2, 3);
    }

    @ParameterizedTest
    @MethodSource("rules")
    void whatAHiddenKeyHoldsDoesNotMatter(Rule rule) {
        Attention attention =
                rule.attention().softcap(3).mask(Mask.lengths(130, 90)).mask(Mask.elements((b, h, i, j) -> j != 3));
        Inputs in = Inputs.of(rule, 40, 150);
        AttentionOutput clean = apply(attention, in);
        AttentionGradients gradients = attention.gradients(in.query, in.key, in.value, clean, clean.output());
        Inputs sick = new Inputs(in.query, poison(in.key, Float.NaN), poison(in.value, Float.POSITIVE_INFINITY));
        Bits.assertSame(apply(attention, sick), clean);
        AttentionGradients dirty = attention.gradients(in.query, sick.key, sick.value, clean, clean.output());
        Bits.assertSame("dQuery", dirty.dQuery(), gradients.dQuery());
        Bits.assertSame("dKey", dirty.dKey(), gradients.dKey());
        Bits.assertSame("dValue", dirty.dValue(), gradients.dValue());
        if (gradients.dScore() != null && dirty.dScore() != null) {
            Bits.assertSame("dScore", dirty.dScore(), gradients.dScore());
        }
    }

    private static Tensor poison(Tensor tensor, float value) {
        Tensor sick = Tensor.of(tensor.toArray(), tensor.shape());
        int width = tensor.size(3);
        for (int head = 0; head < 4; head++) {
            for (int j : new int[] {3, 131, 149}) {
                int at = (head * 150 + j) * width;
                Arrays.fill(sick.array(), at, at + width, value);
            }
        }
        return sick;
    }

    @ParameterizedTest
    @MethodSource("rules")
    void weightsAndStatisticsAreThoseThatMadeTheOutput(Rule rule) {
        Attention attention = rule.attention().mask(Mask.causalBottomRight());
        Inputs in = Inputs.of(rule, 50, 60);
        AttentionStatistics.Result result =
                attention.applyWithStatistics(in.query, in.key, in.value, AttentionStatistics.Request.USUAL);
        Bits.assertSame(result.attention(), apply(attention, in));
        Tensor lse = result.attention().lse();
        Tensor weights = attention.weights(in.query, in.key, lse, 1, 3, 0, 50, 0, 60);
        for (int i = 0; i < 50; i++) {
            double sum = 0;
            double entropy = 0;
            for (int j = 0; j < 60; j++) {
                double weight = weights.get(i, j);
                sum += weight;
                entropy -= weight == 0 ? 0 : weight * Math.log(weight);
            }
            assertThat(sum).as("%s row %d", rule, i).isCloseTo(1, offset(2e-6));
            assertThat((double) result.statistics().entropy().get(1, 3, i)).isCloseTo(entropy, offset(2e-5));
        }
    }

    /** Rules that come to the same thing. */
    @Test
    void rulesMeetWhereTheyShould() {
        Inputs in = Inputs.of(new Rule("", Score.dot(), D, D), 37, 70);
        AttentionOutput dot = apply(PLAIN.score(Score.dot()), in);
        Bits.assertSame(apply(PLAIN.scale(1), in), dot);
        Tensor identity = Tensor.zeros(D, D);
        for (int d = 0; d < D; d++) {
            identity.set(1, d, d);
        }
        Bits.assertSame(apply(PLAIN.score(Score.bilinear(identity)), in), dot);
        Score nothing = Score.custom(ScoreRule.of((s, b, h, i, j) -> s, (s, b, h, i, j) -> 1));
        Bits.assertSame(apply(PLAIN.score(nothing), in), apply(PLAIN, in));
        Score alibi = Score.custom(
                ScoreRule.of((s, b, h, i, j) -> (float) s - 0.25f * Math.abs(i + 70 - 37 - j), (s, b, h, i, j) -> 1));
        Bits.assertSame(apply(PLAIN.score(alibi), in), apply(PLAIN.alibi(0.25f, 0.25f, 0.25f, 0.25f), in));
        // the length of a row does not matter to a cosine, and powers of two change no bit
        Score cosine = Score.cosine(0.5);
        Inputs longer = new Inputs(times(in.query, 8), times(in.key, 0.25f), in.value);
        Bits.assertSame(apply(PLAIN.score(cosine), longer), apply(PLAIN.score(cosine), in));
    }

    private static Tensor times(Tensor tensor, float factor) {
        float[] values = tensor.toArray();
        for (int i = 0; i < values.length; i++) {
            values[i] *= factor;
        }
        return Tensor.of(values, tensor.shape());
    }

    @Test
    void aRowOfZerosHasCosineZeroAndNoGradient() {
        Tensor query = rows(row(0, 0), row(1, 2));
        Tensor key = rows(row(3, 1), row(0, 0), row(-1, 1));
        Attention attention = PLAIN.score(Score.cosine(0.1));
        AttentionOutput result = attention.apply(query, key, key);
        Tensor weights = attention.weights(query, key, result.lse(), 0, 0, 0, 1, 0, 3);
        assertThat(weights.toArray()).containsExactly(row(1 / 3.0, 1 / 3.0, 1 / 3.0), offset(2e-7f));
        AttentionGradients gradients = attention.gradients(query, key, key, result, random(9, 1, 1, 2, 2));
        assertThat(gradients.dQuery().slice(2, 0, 1).toArray()).containsExactly(0, 0);
        assertThat(gradients.dKey().slice(2, 1, 2).toArray()).containsExactly(0, 0);
    }

    /** The one parameter that is no tensor. */
    @Test
    void theTemperaturesGradientEqualsCentralDifferences() {
        Inputs in = Inputs.of(new Rule("", Score.cosine(1), D, D), 6, 8);
        Tensor dOutput = random(10, 2, 4, 6, 5);
        double slow = ReferenceGradients.of(PLAIN.score(Score.cosine(0.75)), in.query, in.key, in.value, dOutput)
                .dScore()[0];
        double step = 0x1p-8;
        double near = loss(0.75 + step, in, dOutput) - loss(0.75 - step, in, dOutput);
        double far = loss(0.75 + 2 * step, in, dOutput) - loss(0.75 - 2 * step, in, dOutput);
        assertThat(slow).isCloseTo((8 * near - far) / (12 * step), offset(1e-7 * (1 + Math.abs(slow))));
    }

    private static double loss(double temperature, Inputs in, Tensor dOutput) {
        double loss = 0;
        for (int head = 0; head < 8; head++) {
            Attention attention = PLAIN.score(Score.cosine(temperature));
            double[][] out = Reference.steps(attention, in.query, in.key, in.value, head / 4, head % 4)
                    .output();
            for (int i = 0; i < out.length; i++) {
                for (int d = 0; d < out[i].length; d++) {
                    loss += out[i][d] * dOutput.get(head / 4, head % 4, i, d);
                }
            }
        }
        return loss;
    }

    @Test
    void aRuleIsAskedForVisibleKeysOnly() {
        Score.Custom picky = new Score.Custom(ScoreRule.of(
                (s, b, h, i, j) -> {
                    assertThat(j <= i && j % 3 != 0)
                            .as("query %d, key %d", i, j)
                            .isTrue();
                    return s;
                },
                (s, b, h, i, j) -> 1));
        Attention attention =
                PLAIN.score(picky).mask(Mask.causalTopLeft()).mask(Mask.elements((b, h, i, j) -> j % 3 != 0));
        Inputs in = Inputs.of(new Rule("", picky, D, D), 140, 140);
        AttentionOutput result = apply(attention, in);
        assertThat(attention
                        .gradients(in.query, in.key, in.value, result, result.output())
                        .dScore())
                .isNull();
    }

    /** What an element-wise function may do: the calls within work with objects of their own. */
    @Test
    void aMaskOrRuleMayCallAttentionItself() {
        Tensor q = random(1, 1, 1, 40, 8);
        Tensor k = random(2, 1, 1, 70, 8);
        Tensor d = random(3, 1, 1, 40, 8);
        KvCache cache = new KvCache(1, 1, 8, 8);
        cache.append(k, k);
        Runnable inner = () -> {
            AttentionOutput o = PLAIN.apply(q, k, k);
            PLAIN.gradients(q, k, k, o, d);
            PLAIN.applyWithStatistics(q, k, k, AttentionStatistics.Request.USUAL);
            PLAIN.apply(q.slice(2, 0, 1), cache);
        };
        Attention alone = PLAIN.mask(Mask.elements((b, h, i, j) -> (i + j) % 3 > 0));
        Attention nested = PLAIN.mask(Mask.elements((b, h, i, j) -> {
            if (j % 32 == 0) {
                inner.run();
            }
            return (i + j) % 3 > 0;
        }));
        AttentionOutput o = alone.apply(q, k, k);
        Bits.assertSame("output", nested.apply(q, k, k).output(), o.output());
        Bits.assertSame(
                "dKey",
                nested.gradients(q, k, k, o, d).dKey(),
                alone.gradients(q, k, k, o, d).dKey());
        AttentionStatistics.Request usual = AttentionStatistics.Request.USUAL;
        Bits.assertSame(
                "column mass",
                nested.applyWithStatistics(q, k, k, usual).statistics().columnMass(),
                alone.applyWithStatistics(q, k, k, usual).statistics().columnMass());
        Tensor one = q.slice(2, 0, 1);
        Bits.assertSame(
                "decoded",
                nested.apply(one, cache).output(),
                alone.apply(one, cache).output());
    }

    /** A rule is asked for visible keys only, whatever hides them and whoever asks. */
    @Test
    void aRuleIsNeverAskedAboutAHiddenKey() {
        Tensor q = random(1, 1, 1, 3, 8);
        Tensor k = random(2, 1, 1, 5, 8);
        Tensor holes = Tensor.of(new float[] {0, Float.NEGATIVE_INFINITY, 0, 0, 0}, 5);
        Attention strict = PLAIN.bias(holes)
                .mask(Mask.lengths(4))
                .score(Score.custom(ScoreRule.of(
                        (s, b, h, i, j) -> {
                            assertThat(j).isNotIn(1, 4);
                            return s;
                        },
                        (s, b, h, i, j) -> 1)));
        KvCache cache = new KvCache(1, 1, 8, 8);
        cache.append(k, k);
        AttentionOutput o = strict.apply(q, k, k);
        strict.gradients(q, k, k, o, q);
        strict.apply(q, cache);
        assertThat(Reference.steps(strict, q, k, k, 0, 0).weights()[0][1]).isZero();
    }

    @Test
    void whatDoesNotFitIsSaid() {
        Tensor x = Tensor.zeros(1, 2, 3, 4);
        says(
                () -> PLAIN.score(Score.bilinear(Tensor.zeros(4, 5))).apply(x, x, x),
                "attend: W of the bilinear score must be [D, Dk] or [Hq, D, Dk], is [4, 5],"
                        + " got query [1, 2, 3, 4], key [1, 2, 3, 4], value [1, 2, 3, 4]");
        says(
                () -> PLAIN.score(Score.additive(Tensor.zeros(3, 4))).apply(x, x, x),
                "attend: v of the additive score must be [A] or [Hq, A], is [3, 4],"
                        + " got query [1, 2, 3, 4], key [1, 2, 3, 4], value [1, 2, 3, 4]");
        says(
                () -> Score.bilinear(Tensor.zeros(4)),
                "Score.bilinear: W must have axes [D, Dk] or [Hq, D, Dk], got shape [4]");
        says(() -> Score.additive(Tensor.zeros()), "Score.additive: v must have axes [A] or [Hq, A], got shape []");
        says(
                () -> Score.cosine(0),
                "Score.cosine: the temperature must be finite and not 0, nor so small that a float cannot hold 1/temperature, got 0.0");
        says(
                () -> Score.cosine(Double.NaN),
                "Score.cosine: the temperature must be finite and not 0, nor so small that a float cannot hold 1/temperature, got NaN");
    }

    private static void says(ThrowingCallable call, String message) {
        assertThatIllegalArgumentException().isThrownBy(call).withMessage(message);
    }
}
