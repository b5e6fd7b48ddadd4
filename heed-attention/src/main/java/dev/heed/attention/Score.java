package dev.heed.attention;

import dev.heed.kernel.ScoreRule;
import dev.heed.tensor.Tensor;
import java.util.Objects;

/**
 * How well a key answers a query: the rule that compares them, before softmax. Whatever the rule, a score is {@code softcap(rule(
 * scale · c(q, k))) + bias − alibi}, and then the mask decides.
 *
 * <pre>
 *   scaledDotProduct   c = q·k                          scale 1/√D     Vaswani et al. 2017, section 3.2.1
 *   dot                c = q·k                          scale 1        Luong et al. 2015, section 3.1
 *   cosine             c = q·k / (‖q‖ · ‖k‖ · τ)        scale 1        Graves et al. 2014, section 3.3.1
 *   bilinear           c = q·W·k                        scale 1        Luong et al. 2015, "general"
 *   additive           c = v·tanh(q + k)                scale 1        Bahdanau et al. 2014, appendix A.1.2
 *   custom             c = q·k, then the user's rule    scale 1/√D     Dong et al. 2024, FlexAttention
 * </pre>
 *
 * <p>Why √D: the dot product of two vectors of D independent numbers of variance 1 has variance D; divided by √D its variance is
 * 1 for any width, and the softmax neither flat nor a maximum. {@link Attention#scale} replaces the scale given here.
 *
 * <p>Cosine and bilinear cost one pass over queries (and keys) more than the dot product, additive one tanh for every query, key
 * and coordinate; none needs N×M memory. {@link Attention#weights} makes that pass anew on each call. Papers: Luong arXiv
 * 1508.04025, Graves arXiv 1410.5401, Bahdanau arXiv 1409.0473, Dong arXiv 2412.05496.
 */
public sealed interface Score {
    /** q·k/√D. */
    record ScaledDotProduct() implements Score {}

    /** q·k. */
    record Dot() implements Score {}

    /** The cosine of the angle, divided by a temperature. */
    record Cosine(double temperature) implements Score {
        public Cosine {
            if (!(Math.abs(temperature) > 0)
                    || Double.isInfinite(temperature)
                    || Float.isInfinite((float) (1 / temperature))) {
                throw new IllegalArgumentException(
                        "Score.cosine: the temperature must be finite and not 0, nor so small that a float cannot hold 1/temperature, got "
                                + temperature);
            }
        }
    }

    /** q·W·k. */
    record Bilinear(Tensor w) implements Score {
        public Bilinear {
            if (w.rank() != 2 && w.rank() != 3) {
                throw new IllegalArgumentException(
                        "Score.bilinear: W must have axes [D, Dk] or [Hq, D, Dk], got shape " + w.describe());
            }
        }
    }

    /** v·tanh(q + k). */
    record Additive(Tensor v) implements Score {
        public Additive {
            if (v.rank() != 1 && v.rank() != 2) {
                throw new IllegalArgumentException(
                        "Score.additive: v must have axes [A] or [Hq, A], got shape " + v.describe());
            }
        }
    }

    /** The user's rule of q·k/√D and its place. */
    record Custom(ScoreRule rule) implements Score {
        public Custom {
            Objects.requireNonNull(rule, "Score.custom: a rule is needed, got null");
        }
    }

    /** The default. */
    static Score scaledDotProduct() {
        return new ScaledDotProduct();
    }

    /** The plain dot product. */
    static Score dot() {
        return new Dot();
    }

    /**
     * The cosine of the angle between query and key, divided by a temperature; a row of zeros has no direction and scores 0
     * with zero gradients.
     *
     * @param temperature finite, and not so near 0 that 1/temperature is more than a float
     */
    static Score cosine(double temperature) {
        return new Cosine(temperature);
    }

    /**
     * A learned matrix between query and key, whose widths may differ.
     *
     * @param w [D, Dk], or one for each query head [Hq, D, Dk]; not copied
     */
    static Score bilinear(Tensor w) {
        return new Bilinear(w);
    }

    /**
     * A layer of tanh over the sum of query and key, which are projected to width A already.
     *
     * @param v [A], or one for each query head [Hq, A]; not copied
     */
    static Score additive(Tensor v) {
        return new Additive(v);
    }

    /**
     * A user's own function of the scaled dot product and its place: applied before softcap and bias, to visible keys only.
     *
     * <pre>{@code
     * // closer keys score higher, and the gradient passes through unchanged
     * Score.custom(ScoreRule.of((s, b, h, i, j) -> s - 0.1 * Math.abs(i - j), (s, b, h, i, j) -> 1));
     * }</pre>
     */
    static Score custom(ScoreRule rule) {
        return new Custom(rule);
    }
}
