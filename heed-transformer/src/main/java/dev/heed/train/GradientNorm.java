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
    /** Squares at a time: 2 KB; a multiple of the four chains. */
    private static final int CHUNK = 256;

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

    /**
     * In four chains, which hide the latency of an addition. Squares are exact in double; C2 takes them by vectors where they have
     * a loop of their own.
     */
    private static double squares(float[] x, int from, int to) {
        double[] squares = new double[Math.min(CHUNK, to - from)];
        double a = 0;
        double b = 0;
        double c = 0;
        double d = 0;
        for (int at = from; at < to; at += CHUNK) {
            int count = Math.min(CHUNK, to - at);
            square(x, at, count, squares);
            int whole = count / 4 * 4;
            for (int i = 0; i < whole; i += 4) {
                a += squares[i];
                b += squares[i + 1];
                c += squares[i + 2];
                d += squares[i + 3];
            }
            for (int i = whole; i < count; i++) {
                a += squares[i];
            }
        }
        return (a + b) + (c + d);
    }

    private static void square(float[] x, int at, int count, double[] squares) {
        for (int i = 0; i < count; i++) {
            double each = x[at + i];
            squares[i] = each * each;
        }
    }
}
