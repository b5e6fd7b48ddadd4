package dev.heed.nn;

import dev.heed.grad.Value;
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
    private final int[] lengths;
    private final Map<Integer, Projected> projected = new HashMap<>();

    /** Keys and values of all rows. */
    record Projected(Value key, Value value) {}

    /**
     * @param rows [ΣM, E], sequences one after another
     * @param lengths M of each
     */
    public Memory(Value rows, int[] lengths) {
        this.rows = rows;
        this.lengths = lengths.clone();
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
        int first = 0;
        for (int s = 0; s < sequence; s++) {
            first += lengths[s];
        }
        return first;
    }

    boolean isUniform() {
        return Pass.isUniform(lengths);
    }

    Projected projected(int layer, Supplier<Projected> projection) {
        return projected.computeIfAbsent(layer, l -> projection.get());
    }
}
