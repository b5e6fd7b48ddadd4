package dev.heed.grad;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.offset;

import dev.heed.tensor.Tensor;
import java.util.List;
import java.util.SplittableRandom;

/** Gradients beside differences of the forward pass, on a tape whose memory holds the numbers of the pass before. */
final class Differences {
    static final long SEED = 20261121;

    /** With five points the error of the method is below 1e-6 at this step, that of rounding about 1e-6. */
    private static final float STEP = 1f / 32;

    private Differences() {}

    /** A forward pass. */
    interface Body {
        Value of(Tape tape, List<Value> inputs);
    }

    static void check(String name, Body body, Tensor... tensors) {
        List<Value> inputs = List.of(tensors).stream().map(Value::parameter).toList();
        Tape tape = Tape.recording();
        Value before = body.of(tape, inputs);
        tape.backward(before, Tensor.full(7, before.tensor().shape())); // leaves its numbers in the tape's memory
        tape.reuse();
        inputs.forEach(Value::clearGradient);
        Value y = body.of(tape, inputs);
        Tensor dy = random(SEED + 1, y.tensor().shape());
        tape.backward(y, dy);
        for (int i = 0; i < inputs.size(); i++) {
            float[] x = inputs.get(i).tensor().array();
            float[] gradient = inputs.get(i).gradient().array();
            for (int e = 0; e < x.length; e++) {
                double expected = difference(body, inputs, dy, x, e);
                assertThat((double) gradient[e])
                        .as("%s: input %d, element %d, seed %d", name, i, e, SEED)
                        .isCloseTo(expected, offset(1e-4 * Math.max(1, Math.abs(expected))));
            }
        }
    }

    /** Five points: (f(x−2h) − 8f(x−h) + 8f(x+h) − f(x+2h)) / 12h. */
    private static double difference(Body body, List<Value> inputs, Tensor dy, float[] x, int e) {
        float at = x[e];
        double[] f = new double[5];
        for (int i = -2; i <= 2; i++) {
            x[e] = at + i * STEP;
            f[i + 2] = along(body.of(Tape.off(), inputs).tensor(), dy);
        }
        x[e] = at;
        return (f[0] - 8 * f[1] + 8 * f[3] - f[4]) / (12 * STEP);
    }

    private static double along(Tensor y, Tensor dy) {
        float[] a = y.toArray();
        float[] b = dy.toArray();
        double sum = 0;
        for (int i = 0; i < a.length; i++) {
            sum += (double) a[i] * b[i];
        }
        return sum;
    }

    /** Numbers of magnitude 0.1 to 1.1: away from the kink of RELU. */
    static Tensor random(long seed, int... shape) {
        SplittableRandom dice = new SplittableRandom(seed);
        Tensor tensor = Tensor.zeros(shape);
        for (int i = 0; i < tensor.elements(); i++) {
            float magnitude = 0.1f + (float) dice.nextDouble();
            tensor.array()[i] = dice.nextBoolean() ? magnitude : -magnitude;
        }
        return tensor;
    }
}
