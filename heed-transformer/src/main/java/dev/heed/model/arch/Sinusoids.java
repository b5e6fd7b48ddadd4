package dev.heed.model.arch;

import dev.heed.tensor.Tensor;

/** Positions as sines, then cosines, of position / 10000^(2i/E) (Vaswani et al. 2017, section 3.5, halves not interleaved). */
final class Sinusoids {
    private final int width;
    private final int positions;

    Sinusoids(int width, int positions) {
        this.width = width;
        this.positions = positions;
    }

    /** [at, E]. */
    Tensor rows(int[] at) {
        Tensor rows = Tensor.zeros(at.length, width);
        int sines = (width + 1) / 2;
        for (int row = 0; row < at.length; row++) {
            if (at[row] >= positions) {
                throw new IllegalArgumentException(
                        "positions: at most " + positions + " tokens fit this model, got one at " + at[row]);
            }
            for (int i = 0; i < width; i++) {
                int pair = i < sines ? i : i - sines;
                double angle = at[row] / StrictMath.pow(10000, 2.0 * pair / width);
                rows.set((float) (i < sines ? StrictMath.sin(angle) : StrictMath.cos(angle)), row, i);
            }
        }
        return rows;
    }
}
