package dev.heed.nn;

import dev.heed.grad.Value;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Supplier;

/**
 * What cross attention reads: the encoder's last hidden states. Keys and values are projected once per layer, not once per
 * decoded token.
 *
 * <pre>{@code
 * Memory memory = new Memory(encoded, new int[] {encoded.tensor().size(0)});
 * Value y = crossAttention.forward(pass, x, memory);
 * }</pre>
 */
public final class Memory {
    private final Value rows;
    private final int[] first;
    private final int[] lengths;
    private final boolean inOrder;
    private final Map<Integer, Projected> projected;

    /** Keys and values of all rows. */
    record Projected(Value key, Value value) {}

    /**
     * @param rows [ΣM, E], sequences one after another
     * @param lengths M of each
     */
    public Memory(Value rows, int[] lengths) {
        this(rows, firstRows(lengths), lengths.clone(), true, new HashMap<>());
    }

    private Memory(Value rows, int[] first, int[] lengths, boolean inOrder, Map<Integer, Projected> projected) {
        this.rows = rows;
        this.first = first;
        this.lengths = lengths;
        this.inOrder = inOrder;
        this.projected = projected;
    }

    private static int[] firstRows(int... lengths) {
        int[] first = new int[lengths.length];
        for (int s = 1; s < lengths.length; s++) {
            first[s] = first[s - 1] + lengths[s - 1];
        }
        return first;
    }

    /** The memory of a pass whose sequence i reads sequence {@code which[i]} of this one; projections are shared. */
    public Memory of(int... which) {
        int[] begins = Arrays.stream(which).map(s -> first[s]).toArray();
        int[] sizes = Arrays.stream(which).map(s -> lengths[s]).toArray();
        return new Memory(rows, begins, sizes, false, projected);
    }

    /** [ΣM, E]. */
    public Value rows() {
        return rows;
    }

    /** M of a sequence. */
    public int length(int sequence) {
        return lengths[sequence];
    }

    int firstRow(int sequence) {
        return first[sequence];
    }

    /** True if all sequences can be read as one batch. */
    boolean isUniform() {
        return inOrder && Pass.isUniform(lengths);
    }

    Projected projected(int layer, Supplier<Projected> projection) {
        return projected.computeIfAbsent(layer, l -> projection.get());
    }
}
