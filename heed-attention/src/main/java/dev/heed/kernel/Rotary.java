package dev.heed.kernel;

import dev.heed.tensor.Tensor;
import java.util.Arrays;
import java.util.function.DoubleUnaryOperator;

/**
 * Rotary position embedding (Su et al. 2021, arXiv 2104.09864): pair i of a vector at position t turns by the angle
 * t·frequency[i]. Vectors wider than twice the number of frequencies keep the rest as it is (partial rotation).
 *
 * <p>Angles are products in float32, as checkpoints were trained with; their cosines and sines are taken in double.
 */
public final class Rotary {
    /** Which elements form pair i of a rotated width of 2·half. */
    public enum Layout {
        /** i and i + half (GPT-NeoX, LLaMA as Hugging Face stores it). */
        HALVES,
        /** 2i and 2i + 1 (GPT-J, LLaMA as Meta stores it). */
        NEIGHBOURS
    }

    private static final RowMath MATH = RowMath.CHOSEN;

    private final Layout layout;
    private final int half;
    private final int positions;
    private final float[] cos;
    private final float[] sin;
    private final float[] minusSin;

    /**
     * Tables of [positions, frequencies] cosines and sines.
     *
     * @param frequencies angle per position for each pair, see {@link #frequencies}
     * @param scale factor of cosines and sines (attention scaling of YaRN and LongRoPE), else 1
     * @param positions how many positions, from 0 on
     */
    public Rotary(Layout layout, float[] frequencies, float scale, int positions) {
        this(
                layout,
                frequencies.length,
                table(StrictMath::cos, frequencies, scale, positions),
                table(StrictMath::sin, frequencies, scale, positions));
    }

    private static float[] table(DoubleUnaryOperator wave, float[] frequencies, float scale, int positions) {
        int half = frequencies.length;
        long size = (long) positions * half;
        if (size < 0 || size > Integer.MAX_VALUE - 8) {
            throw new IllegalArgumentException("Rotary: tables of positions times frequencies must fit one array"
                    + " (2^31 - 9), got " + positions + " positions, " + half + " frequencies");
        }
        float[] table = new float[(int) size];
        for (int i = 0; i < table.length; i++) {
            float angle = (i / half) * frequencies[i % half];
            table[i] = (float) wave.applyAsDouble(angle) * scale;
        }
        return table;
    }

    private Rotary(Layout layout, int half, float[] cos, float[] sin) {
        this.layout = layout;
        this.half = half;
        this.positions = half == 0 ? 0 : cos.length / half;
        this.cos = cos;
        this.sin = sin;
        this.minusSin = new float[sin.length];
        for (int i = 0; i < sin.length; i++) {
            minusSin[i] = -sin[i];
        }
    }

    /**
     * Rotation by given tables, which are copied.
     *
     * @param cos [positions, half], where 2·half is the rotated width
     * @param sin like cos
     */
    public static Rotary ofTables(Layout layout, Tensor cos, Tensor sin) {
        if (cos.rank() != 2 || !Arrays.equals(cos.shape(), sin.shape()) || cos.size(1) == 0) {
            throw new IllegalArgumentException("Rotary: tables must both be [positions, half] with half >= 1, got cos "
                    + cos.describe() + ", sin " + sin.describe());
        }
        return new Rotary(layout, cos.size(1), cos.toArray(), sin.toArray());
    }

    /** base^(−2i/width) for i below width/2. */
    public static float[] frequencies(int width, double base) {
        float[] frequencies = new float[width / 2];
        for (int i = 0; i < frequencies.length; i++) {
            frequencies[i] = (float) StrictMath.pow(base, -2.0 * i / width);
        }
        return frequencies;
    }

    /** How many positions the tables hold. */
    public int positions() {
        return positions;
    }

    /**
     * Turns vectors in place.
     *
     * @param x [..., T, D], last stride 1; the vector at index t of the axis before the last is at position first + t
     */
    public void turn(Tensor x, int first) {
        check(x, first);
        all(x, first, sin);
    }

    /** Turns gradients back, in place: the transposed rotation. */
    public void turnBack(Tensor dx, int first) {
        check(dx, first);
        all(dx, first, minusSin);
    }

    /** Turns one vector in place. */
    public void turn(float[] x, int at, int position) {
        if (position < 0 || position >= positions) {
            throw new IndexOutOfBoundsException(
                    "Rotary: a position below " + positions + " is needed, got " + position);
        }
        one(x, at, position, sin);
    }

    private void all(Tensor x, int first, float[] sines) {
        if (x.rank() > 2) {
            for (int i = 0; i < x.size(0); i++) {
                all(x.select(0, i), first, sines);
            }
            return;
        }
        RowTasks.run(x.size(0), x.size(1), t -> one(x.array(), RowTasks.at(x, t), first + t, sines));
    }

    private void one(float[] x, int at, int position, float[] sines) {
        int angle = position * half;
        if (layout == Layout.HALVES) {
            MATH.rotate(x, at, at + half, cos, sines, angle, half);
            return;
        }
        float[] halves = RowRoom.first(2 * half);
        for (int i = 0; i < half; i++) {
            halves[i] = x[at + 2 * i];
            halves[half + i] = x[at + 2 * i + 1];
        }
        MATH.rotate(halves, 0, half, cos, sines, angle, half);
        for (int i = 0; i < half; i++) {
            x[at + 2 * i] = halves[i];
            x[at + 2 * i + 1] = halves[half + i];
        }
    }

    private void check(Tensor x, int first) {
        boolean fits = x.rank() >= 2
                && x.size(-1) >= 2 * half
                && (x.stride(-1) == 1 || x.size(-1) <= 1)
                && first >= 0
                && (long) first + x.size(-2) <= positions;
        if (!fits) {
            throw new IllegalArgumentException(
                    "Rotary: x [..., T, D >= " + 2 * half + "] with last stride 1 and first + T <= " + positions
                            + " positions is needed, got " + x.describe() + " at position " + first);
        }
    }
}
