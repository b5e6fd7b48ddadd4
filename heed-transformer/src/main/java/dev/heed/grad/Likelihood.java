package dev.heed.grad;

import dev.heed.kernel.Activation;
import dev.heed.kernel.Elements;
import dev.heed.kernel.Softmax;
import dev.heed.tensor.Tensor;

/**
 * How logits become a loss.
 *
 * @param cap bounds logits to ±cap by cap·tanh(x/cap); 0 for none
 * @param smoothing the share of each label that all labels share evenly (Szegedy et al. 2016, section 7), in training
 */
public record Likelihood(float cap, double smoothing) {
    /** Logits as they are, labels as they are. */
    public static final Likelihood PLAIN = new Likelihood(0, 0);

    public Likelihood {
        if (!(cap >= 0) || !(smoothing >= 0 && smoothing < 1)) {
            throw new IllegalArgumentException(
                    "Likelihood: the cap must not be negative, label smoothing from 0 to below 1, got " + cap + " and "
                            + smoothing);
        }
    }

    /** y = cap·tanh(x/cap) in place. */
    void bound(Tensor logits) {
        if (cap != 0) {
            float[] x = logits.array();
            int count = logits.elements();
            Elements.scale(1 / cap, x, 0, x, 0, count);
            Activation.TANH.apply(x, 0, x, 0, count);
            Elements.scale(cap, x, 0, x, 0, count);
        }
    }

    /** The gradient of each row's loss, times scale, in place of the logits before they are bounded. */
    void backward(Tape tape, Tensor logits, int[] labels, float scale) {
        if (cap == 0) {
            Softmax.crossEntropyBackward(logits, labels, smoothing, scale, logits);
            return;
        }
        bound(logits);
        Tensor slope = tape.room(logits.shape());
        float[] y = slope.array();
        float[] d = logits.array();
        int count = logits.elements();
        Elements.multiply(d, 0, d, 0, y, 0, count);
        Softmax.crossEntropyBackward(logits, labels, smoothing, scale, logits);
        Elements.multiply(y, 0, d, 0, y, 0, count);
        Elements.addScaled(-1 / (cap * cap), y, 0, d, 0, count); // y = cap·tanh(x/cap): dx = dy·(1 − y²/cap²)
        tape.takeBack(slope);
    }
}
