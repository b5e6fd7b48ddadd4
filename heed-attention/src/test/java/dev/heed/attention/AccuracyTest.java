package dev.heed.attention;

import static org.assertj.core.api.Assertions.assertThat;

import dev.heed.tensor.Tensor;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** The kernel against the definition in double, measured by the error of plain float code (KERNEL.md, laws 1, 2, 3, 4, 7, 14). */
class AccuracyTest {
    private static final float ULP = 0x1p-23f;

    /** Errors of kernel and plain code over one case. */
    private static final class Errors {
        double kernel;
        double plain;
        double kernelSquares;
        double plainSquares;
        double largest;

        void add(double expected, double kernelGot, double plainGot) {
            if (Double.isInfinite(expected)) {
                assertThat(kernelGot).isEqualTo(expected);
                return;
            }
            assertThat(kernelGot).isNotNaN();
            double kernelError = Math.abs(kernelGot - expected);
            double plainError = Math.abs(plainGot - expected);
            kernel = Math.max(kernel, kernelError);
            plain = Math.max(plain, plainError);
            kernelSquares += kernelError * kernelError;
            plainSquares += plainError * plainError;
            largest = Math.max(largest, Math.abs(expected));
        }

        /**
         * 2 × plain. Over a few numbers plain code may be exact by luck; no code that keeps scores in float can promise less
         * than half an ulp of the largest score, which is a relative error of that size in a weight.
         */
        void check(String what, double largestScore) {
            double promise = ULP * largest * (1 + largestScore / 2);
            assertThat(kernel).as("largest error of " + what).isLessThanOrEqualTo(2 * Math.max(plain, promise));
        }

        double logOfRatio() {
            return plainSquares == 0 || kernelSquares == 0 ? 0 : Math.log(kernelSquares / plainSquares) / 2;
        }
    }

    @Test
    void errorsAreWithinTwiceThoseOfPlainFloatCodeAndSmallerOnTheWhole() {
        double[] logOfRatios = new double[2];
        int cases = 250;
        Case.each(1, cases, c -> {
            Errors outputs = new Errors();
            Errors lses = new Errors();
            double largestScore = measure(c, outputs, lses);
            outputs.check("output", largestScore);
            lses.check("lse", largestScore);
            logOfRatios[0] += outputs.logOfRatio();
            logOfRatios[1] += lses.logOfRatio();
        });
        assertThat(Math.exp(logOfRatios[0] / cases))
                .as("mean ratio of rms errors, output")
                .isLessThan(1);
        assertThat(Math.exp(logOfRatios[1] / cases))
                .as("mean ratio of rms errors, lse")
                .isLessThan(1);
    }

    private static double measure(Case c, Errors outputs, Errors lses) {
        AttentionOutput result = c.run();
        double largestScore = 0;
        for (int head = 0; head < c.batches() * c.heads(); head++) {
            int b = head / c.heads();
            int h = head % c.heads();
            Reference.Steps steps = Reference.steps(c.attention(), c.query(), c.key(), c.value(), b, h);
            PlainFloat.Result plain = PlainFloat.head(c, b, h);
            for (int i = 0; i < c.queries(); i++) {
                lses.add(steps.lse()[i], result.lse().get(b, h, i), plain.lse()[i]);
                for (int d = 0; d < c.valueWidth(); d++) {
                    outputs.add(steps.output()[i][d], result.output().get(b, h, i, d), plain.output()[i][d]);
                }
                for (double score : steps.masked()[i]) {
                    largestScore = Double.isFinite(score) ? Math.max(largestScore, Math.abs(score)) : largestScore;
                }
            }
        }
        return largestScore;
    }

    /** Each output is a sum over 16,000 keys: 8.5e-7 in sums of 2,048. */
    @Test
    void sumsOverThousandsOfKeysKeepTheirDigits() {
        Tensor query = Tensors.random(1, 1, 1, 40, 64);
        Tensor key = Tensors.random(2, 1, 1, 16_000, 64);
        Tensor value = Tensors.random(3, 1, 1, 16_000, 64);
        Attention plain = Attention.scaledDotProduct();
        Tensor output = plain.apply(query, key, value).output();
        double[][] exact = Reference.steps(plain, query, key, value, 0, 0).output();
        double errors = 0;
        double squares = 0;
        for (int i = 0; i < 40; i++) {
            for (int d = 0; d < 64; d++) {
                double error = output.get(0, 0, i, d) - exact[i][d];
                errors += error * error;
                squares += exact[i][d] * exact[i][d];
            }
        }

        assertThat(Math.sqrt(errors / squares)).isLessThan(4e-7);
    }

    /** Law 1: an average leaves the values' range by rounding only. */
    @Test
    void outputsStayInTheHullOfTheVisibleValues() {
        Case.each(1000, 150, drawn -> {
            Case c = drawn.withoutSink();
            AttentionOutput result = c.run();
            Tensor output = result.output();
            float slack = 4 * ULP * (float) Math.sqrt(1 + c.keys());
            for (int b = 0; b < c.batches(); b++) {
                for (int h = 0; h < c.heads(); h++) {
                    AttentionMap map = map(c, result.lse(), b, h);
                    for (int i = 0; i < c.queries(); i++) {
                        for (int d = 0; d < c.valueWidth(); d++) {
                            assertInHull(c, map, b, h, i, d, output.get(b, h, i, d), slack);
                        }
                    }
                }
            }
        });
    }

    private static void assertInHull(Case c, AttentionMap map, int b, int h, int i, int d, float output, float slack) {
        float least = Float.POSITIVE_INFINITY;
        float most = Float.NEGATIVE_INFINITY;
        for (int j = 0; j < c.keys(); j++) {
            if (map.visible(i, j)) {
                float value = c.value().get(b, c.keyHead(h), j, d);
                least = Math.min(least, value);
                most = Math.max(most, value);
            }
        }
        if (least <= most) {
            float room = slack * Math.max(Math.abs(least), Math.abs(most));
            if (!(output >= least - room && output <= most + room)) {
                throw new AssertionError("output " + output + " is outside " + least + ".." + most);
            }
        } else {
            assertThat(output).isZero();
        }
    }

    private static AttentionMap map(Case c, Tensor lse, int b, int h) {
        return AttentionMap.of(
                c.attention(), c.query(), c.key(), lse, AttentionMap.Tile.whole(b, h, c.query(), c.key()));
    }

    /** Law 2, and the map's own checks: the weights are those that made the output. */
    @Test
    void weightsAreNotNegativeSumToOneAndMakeTheOutput() {
        Case.each(2000, 250, drawn -> {
            Case c = drawn.withoutSink();
            AttentionOutput result = c.run();
            int b = c.batches() - 1;
            int h = c.heads() - 1;
            AttentionMap map = map(c, result.lse(), b, h);
            for (float weight : map.weights().toArray()) {
                assertThat(weight).isBetween(0f, 1 + 40 * ULP);
            }
            double largestLse = 1;
            for (float lse : result.lse().toArray()) {
                largestLse = Float.isInfinite(lse) ? largestLse : Math.max(largestLse, Math.abs(lse));
            }
            // lse and scores are rounded to float; the logarithm's absolute error is the weights' relative one.
            double bound = ULP * (4 + largestLse * 2 + Math.sqrt(c.keys()));
            assertThat(map.largestRowSumError()).as("row sums").isLessThanOrEqualTo(bound);
            assertThat(map.largestOutputError(
                            c.value().select(0, b).select(0, c.keyHead(h)),
                            result.output().select(0, b).select(0, h)))
                    .as("output from weights")
                    .isLessThanOrEqualTo(6 * bound);
        });
    }

    /** Law 3: the order of keys decides the order of sums, so this holds to rounding: 2 × the float error, not bitwise. */
    @Test
    void orderOfKeysMattersToRoundingOnly() {
        Case.each(3000, 150, drawn -> {
            Case c = drawn.withoutBias().withoutAlibi();
            boolean[] visible = c.visible();
            int[] order = new Random(c.seed())
                    .ints(0, Integer.MAX_VALUE)
                    .limit(c.keys())
                    .toArray();
            Integer[] byOrder = new Integer[c.keys()];
            Arrays.setAll(byOrder, j -> j);
            Arrays.sort(byOrder, Comparator.comparingInt(j -> order[j]));
            boolean[] moved = new boolean[visible.length];
            for (int at = 0; at < moved.length; at++) {
                int row = at / c.keys() * c.keys();
                moved[at] = visible[row + byOrder[at - row]];
            }
            Case permuted = c.with(c.query(), rows(c.key(), byOrder), rows(c.value(), byOrder))
                    .withMask(Mask.dense(moved, c.batches(), c.heads(), c.queries(), c.keys()), "permuted");
            assertNear(c, permuted.run(), c.run());
        });
    }

    private static Tensor rows(Tensor tensor, Integer[] order) {
        Tensor result = Tensor.zeros(tensor.shape());
        for (int at = 0; at < result.elements(); at++) {
            int width = tensor.size(3);
            int row = at / width;
            int j = row % order.length;
            result.array()[at] = tensor.array()[(row - j + order[j]) * width + at % width];
        }
        return result;
    }

    /** Rounding of sums of up to M terms in another order. */
    private static void assertNear(Case c, AttentionOutput actual, AttentionOutput expected) {
        double bound = 8 * ULP * (4 + Math.sqrt(c.keys() + c.width()));
        float[] got = actual.output().toArray();
        float[] wanted = expected.output().toArray();
        for (int i = 0; i < got.length; i++) {
            assertThat(Math.abs(got[i] - wanted[i])).as("output %d", i).isLessThanOrEqualTo((float) (5 * bound));
        }
        float[] lse = actual.lse().toArray();
        float[] wantedLse = expected.lse().toArray();
        for (int i = 0; i < lse.length; i++) {
            if (lse[i] != wantedLse[i]) {
                assertThat(Math.abs(lse[i] - wantedLse[i])).as("lse %d", i).isLessThanOrEqualTo((float)
                        (bound * (1 + Math.abs(wantedLse[i]))));
            }
        }
    }

    /** Law 4: scores that are small integers shift without rounding, so the output may not change by a bit. */
    @Test
    void aCommonShiftOfScoresLeavesTheOutput() {
        Case.each(4000, 100, drawn -> {
            Case c = drawn.withoutBias().withoutAlibi().withoutSink();
            Attention exact = Attention.scaledDotProduct().scale(1).mask(c.mask());
            Tensor query = integers(c.query());
            Tensor key = integers(c.key());
            AttentionOutput plain = exact.apply(query, key, c.value());
            AttentionOutput shifted = exact.bias(Tensor.full(-48, 1)).apply(query, key, c.value());
            Bits.assertSame("output", shifted.output(), plain.output());
        });
    }

    private static Tensor integers(Tensor tensor) {
        float[] values = tensor.toArray();
        for (int i = 0; i < values.length; i++) {
            values[i] = Math.round(values[i]);
        }
        return Tensor.of(values, tensor.shape());
    }

    /** Law 7: parts of the keys, each alone, joined by their lse; any partition, to rounding. */
    @Test
    void partsOfTheKeysJoinByTheirLse() {
        Case.each(5000, 120, drawn -> {
            Case c = drawn.withoutBias().withoutAlibi().withoutSink();
            int cut = new Random(c.seed()).nextInt(c.keys() + 1);
            boolean[] visible = c.visible();
            AttentionOutput left = part(c, visible, 0, cut);
            AttentionOutput right = part(c, visible, cut, c.keys());
            Tensor output = Tensor.zeros(left.output().shape());
            Tensor lse = Tensor.zeros(left.lse().shape());
            for (int row = 0; row < lse.elements(); row++) {
                double a = left.lse().array()[row];
                double b = right.lse().array()[row];
                double most = Math.max(a, b);
                double both = most == Double.NEGATIVE_INFINITY
                        ? most
                        : most + Math.log(Math.exp(a - most) + Math.exp(b - most));
                lse.array()[row] = (float) both;
                for (int d = 0; both != Double.NEGATIVE_INFINITY && d < c.valueWidth(); d++) {
                    int at = row * c.valueWidth() + d;
                    output.array()[at] = (float)
                            (Math.exp(a - both) * left.output().array()[at]
                                    + Math.exp(b - both) * right.output().array()[at]);
                }
            }
            assertNear(c, new AttentionOutput(output, lse), c.run());
        });
    }

    private static AttentionOutput part(Case c, boolean[] visible, int from, int to) {
        boolean[] some = new boolean[c.batches() * c.heads() * c.queries() * (to - from)];
        for (int at = 0; at < some.length; at++) {
            some[at] = visible[at / (to - from) * c.keys() + from + at % (to - from)];
        }
        return c.terms()
                .mask(Mask.dense(some, c.batches(), c.heads(), c.queries(), to - from))
                .apply(c.query(), c.key().slice(2, from, to), c.value().slice(2, from, to));
    }

    /** Law 14: nothing to choose between, so the output is the mean. */
    @Test
    void equalKeysGiveTheMeanOfTheValues() {
        Case.each(6000, 150, drawn -> {
            if (drawn.keys() == 0) {
                return;
            }
            Case c = drawn.withoutBias().withoutAlibi().withoutSink();
            Tensor key = c.key().slice(2, 0, 1).broadcastTo(c.key().shape());
            Tensor output = Attention.scaledDotProduct()
                    .apply(c.query(), key, c.value())
                    .output();
            for (int at = 0; at < output.elements(); at++) {
                int d = at % c.valueWidth();
                int head = at / c.valueWidth() / c.queries();
                double sum = 0;
                for (int j = 0; j < c.keys(); j++) {
                    sum += c.value().get(head / c.heads(), c.keyHead(head % c.heads()), j, d);
                }
                double error = Math.abs(output.array()[at] - sum / c.keys());
                assertThat(error).isLessThanOrEqualTo(8 * ULP * (1 + Math.sqrt(c.keys()) / 8));
            }
        });
    }
}
