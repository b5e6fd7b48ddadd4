package dev.heed.kernel;

import dev.heed.tensor.Tensor;

/**
 * The weights of a linear layer, W [out, in], packed once into panels of 32 outputs, {@code [out/32][in][32]}: the form that
 * {@link Gemm#linear} reads from front to back, for one row as for a thousand. Takes {@link #bytes()} of memory: 4 bytes for
 * each weight, out rounded up to a multiple of 32 (the rest is zeros).
 *
 * <p>Immutable once built.
 */
public final class PackedMatrix {
    private static final int PANEL = Product.PANEL;

    private final int out;
    private final int in;
    private final float[] panels;

    private PackedMatrix(int out, int in) {
        if (out < 0 || in < 0) {
            throw new IllegalArgumentException(
                    "PackedMatrix: sizes must not be negative, got [out=" + out + ", in=" + in + "]");
        }
        long elements = (long) Panels.count(out) * PANEL * in;
        if (elements > Integer.MAX_VALUE - 8) {
            throw new IllegalArgumentException("PackedMatrix: [out=" + out + ", in=" + in + "] needs " + elements
                    + " elements, more than one Java array holds (2^31 - 9); split it along out");
        }
        this.out = out;
        this.in = in;
        this.panels = new float[(int) elements];
    }

    /**
     * Packs a whole matrix.
     *
     * @param weights [out, in] of any strides; weights kept as [in, out] (Conv1D of GPT-2) pass as {@code transpose(0, 1)}
     */
    public static PackedMatrix pack(Tensor weights) {
        requireMatrix(weights);
        return builder(weights.size(0), weights.size(1)).packRows(0, weights).build();
    }

    /** To fill block by block, so that no second copy of the whole exists; rows never given are zeros. */
    public static Builder builder(int out, int in) {
        return new Builder(new PackedMatrix(out, in));
    }

    /** Outputs: the rows of W. */
    public int out() {
        return out;
    }

    /** Inputs: the columns of W. */
    public int in() {
        return in;
    }

    /** Bytes of memory held. */
    public long bytes() {
        return 4L * panels.length;
    }

    /** A new tensor [out, in] with exactly the packed weights. */
    public Tensor unpack() {
        Tensor weights = Tensor.zeros(out, in);
        for (int o = 0; o < out; o++) {
            copyRow(o, weights.array(), o * in);
        }
        return weights;
    }

    /** Writes row {@code index} of W, [in], to {@code to} from {@code at}: an embedding tied to these weights reads it. */
    public void copyRow(int index, float[] to, int at) {
        if (index < 0 || index >= out) { // behind the last row lie zeros that fill up its panel
            throw new IndexOutOfBoundsException(
                    "PackedMatrix.copyRow: a row below out=" + out + " is needed, got " + index);
        }
        int from = at(index);
        for (int i = 0; i < in; i++) {
            to[at + i] = panels[from + i * PANEL];
        }
    }

    float[] panels() {
        return panels;
    }

    /** Index of W[row][0]; the next input is 32 further. */
    private int at(int row) {
        return row / PANEL * PANEL * in + row % PANEL;
    }

    private static void requireMatrix(Tensor weights) {
        if (weights.rank() != 2) {
            throw new IllegalArgumentException(
                    "PackedMatrix: weights must be a matrix [out, in], got " + weights.describe());
        }
    }

    /** Fills a {@link PackedMatrix}. */
    public static final class Builder {
        private final PackedMatrix matrix;

        private Builder(PackedMatrix matrix) {
            this.matrix = matrix;
        }

        /**
         * Writes rows {@code from} and following of W.
         *
         * @param rows [count, in] of any strides
         */
        public Builder packRows(int from, Tensor rows) {
            requireMatrix(rows);
            if (from < 0 || rows.size(0) > matrix.out - from || rows.size(1) != matrix.in) {
                throw new IllegalArgumentException("PackedMatrix.packRows: rows must be [count, in] of [out="
                        + matrix.out + ", in=" + matrix.in + "], got " + rows.describe() + " from row " + from + " on");
            }
            int to = from + rows.size(0);
            int whole = from % PANEL == 0 ? from : Math.min(to, (from / PANEL + 1) * PANEL);
            int end = to == matrix.out ? to : Math.max(whole, to / PANEL * PANEL);
            copyRows(rows, from, from, whole);
            if (end > whole) {
                Tensor panels = rows.slice(0, whole - from, end - from).transpose(0, 1);
                Panels.pack(panels, matrix.panels, whole * matrix.in);
            }
            copyRows(rows, from, end, to);
            return this;
        }

        /** Rows [begin, end) of W that share a panel with rows of another block. */
        private void copyRows(Tensor rows, int first, int begin, int end) {
            for (int row = begin; row < end; row++) {
                int from = rows.offset() + (row - first) * rows.stride(0);
                int to = matrix.at(row);
                for (int i = 0; i < matrix.in; i++) {
                    matrix.panels[to + i * PANEL] = rows.array()[from + i * rows.stride(1)];
                }
            }
        }

        /**
         * Writes inputs {@code from} and following of W, for weights kept as [in, out].
         *
         * @param inputs [count, out], contiguous
         */
        public Builder packInputs(int from, Tensor inputs) {
            requireMatrix(inputs);
            boolean fits = from >= 0 && inputs.size(0) <= matrix.in - from && inputs.size(1) == matrix.out;
            if (!fits || !inputs.isContiguous()) {
                throw new IllegalArgumentException(
                        "PackedMatrix.packInputs: inputs must be contiguous [count, out] of [out=" + matrix.out
                                + ", in=" + matrix.in + "], got " + inputs.describe() + " from input " + from + " on");
            }
            int to = from + inputs.size(0);
            for (int i = from; i < to; i++) {
                int row = inputs.offset() + (i - from) * matrix.out;
                for (int o = 0; o < matrix.out; o += PANEL) {
                    int count = Math.min(PANEL, matrix.out - o);
                    System.arraycopy(inputs.array(), row + o, matrix.panels, matrix.at(o) + i * PANEL, count);
                }
            }
            return this;
        }

        /** The matrix; it must not be filled any further. */
        public PackedMatrix build() {
            return matrix;
        }
    }
}
