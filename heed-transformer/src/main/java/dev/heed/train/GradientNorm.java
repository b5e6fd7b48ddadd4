package dev.heed.train;

import dev.heed.grad.Value;
import java.util.List;

/**
 * The length of all gradients together, summed in double in a fixed order.
 *
 * <pre>{@code
 * GradientNorm norm = new GradientNorm(parameters); // after backward
 * double factor = GradientNorm.factor(norm.compute(), 1);
 * }</pre>
 */
public final class GradientNorm {
    private final List<Value> parameters;
    private final Ranges ranges;
    private final double[] sums;

    public GradientNorm(List<Value> parameters) {
        this.parameters = List.copyOf(parameters);
        this.ranges = new Ranges(parameters);
        this.sums = new double[ranges.count()];
    }

    public double compute() {
        float[][] gradients = Ranges.gradients(parameters);
        ranges.run((index, range) -> sums[index] = squares(gradients[range.parameter()], range.from(), range.to()));
        double sum = 0;
        for (double each : sums) {
            sum += each;
        }
        return Math.sqrt(sum);
    }

    /** The factor that brings a norm down to {@code most}, as PyTorch's clip_grad_norm_ computes it; 1 below. */
    public static double factor(double norm, double most) {
        return Math.min(1, most / (norm + 1e-6));
    }

    /** Four chains hide the latency of an addition. */
    private static double squares(float[] x, int from, int to) {
        double a = 0;
        double b = 0;
        double c = 0;
        double d = 0;
        int i = from;
        for (; i + 4 <= to; i += 4) {
            a += (double) x[i] * x[i];
            b += (double) x[i + 1] * x[i + 1];
            c += (double) x[i + 2] * x[i + 2];
            d += (double) x[i + 3] * x[i + 3];
        }
        for (; i < to; i++) {
            a += (double) x[i] * x[i];
        }
        return (a + b) + (c + d);
    }
}
