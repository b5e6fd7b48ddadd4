package dev.heed.model.arch;

import dev.heed.tensor.Tensor;
import java.util.Arrays;

/**
 * Positions as sines, then cosines, of position / 10000^(2i/E) (Vaswani et al. 2017, section 3.5, halves not interleaved). Rows are
 * made when first asked for and kept.
 */
final class Sinusoids {
    private final int width;
    private final int positions;
    /** The first rows, [.., E]; replaced as a whole, so that threads may share them. */
    private volatile float[] made = new float[0];

    Sinusoids(int width, int positions) {
        this.width = width;
        this.positions = positions;
    }

    /** [at, E]. */
    Tensor rows(int[] at) {
        Tensor rows = Tensor.zeros(at.length, width);
        float[] table = table(1 + Arrays.stream(at).max().orElse(-1));
        for (int row = 0; row < at.length; row++) {
            System.arraycopy(table, at[row] * width, rows.array(), row * width, width);
        }
        return rows;
    }

    private float[] table(int count) {
        if (count > positions) {
            throw new IllegalArgumentException(
                    "positions: at most " + positions + " tokens fit this model, got one at " + (count - 1));
        }
        float[] known = made;
        if (known.length < count * width) {
            int rows = (int) Math.min(positions, Math.max(count, 2L * known.length / width));
            float[] more = Arrays.copyOf(known, Math.multiplyExact(rows, width));
            for (int row = known.length / width; row < rows; row++) {
                fill(more, row);
            }
            made = more;
            known = more;
        }
        return known;
    }

    private void fill(float[] table, int position) {
        int sines = (width + 1) / 2;
        for (int i = 0; i < width; i++) {
            int pair = i < sines ? i : i - sines;
            double angle = position / StrictMath.pow(10000, 2.0 * pair / width);
            table[position * width + i] = (float) (i < sines ? StrictMath.sin(angle) : StrictMath.cos(angle));
        }
    }
}
