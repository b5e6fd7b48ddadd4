package dev.heed.attention;

import dev.heed.tensor.Tensor;
import java.util.Random;

/** Tensors as tests need them. */
final class Tensors {
    private Tensors() {}

    /** Normal numbers of a seed. */
    static Tensor random(long seed, int... shape) {
        return random(new Random(seed), 1, shape);
    }

    /** The next normal numbers, times {@code spread}. */
    static Tensor random(Random random, float spread, int... shape) {
        Tensor tensor = Tensor.zeros(shape);
        for (int i = 0; i < tensor.elements(); i++) {
            tensor.array()[i] = spread * (float) random.nextGaussian();
        }
        return tensor;
    }

    /** One head [1, 1, rows, width]. */
    static Tensor rows(float[]... rows) {
        Tensor tensor = Tensor.zeros(1, 1, rows.length, rows[0].length);
        for (int i = 0; i < rows.length; i++) {
            System.arraycopy(rows[i], 0, tensor.array(), i * rows[0].length, rows[0].length);
        }
        return tensor;
    }

    static float[] row(double... values) {
        float[] row = new float[values.length];
        for (int i = 0; i < row.length; i++) {
            row[i] = (float) values[i];
        }
        return row;
    }

    /** The same numbers stored [B, N, H, D], as projections leave them. */
    static Tensor headsInside(Tensor tensor) {
        return tensor.transpose(1, 2).contiguous().transpose(1, 2);
    }

    /** Each head so many times, one after the other. */
    static Tensor repeatHeads(Tensor tensor, int times) {
        Tensor result = Tensor.zeros(tensor.size(0), tensor.size(1) * times, tensor.size(2), tensor.size(3));
        int head = tensor.size(2) * tensor.size(3);
        for (int at = 0; at < result.elements(); at++) {
            result.array()[at] = tensor.array()[at / head / times * head + at % head];
        }
        return result;
    }
}
