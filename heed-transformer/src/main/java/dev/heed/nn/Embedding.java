package dev.heed.nn;

import dev.heed.grad.Ops;
import dev.heed.grad.Tape;
import dev.heed.grad.Value;
import org.jspecify.annotations.Nullable;

/**
 * One learned row per id; the rows may be those of the output layer (Press and Wolf 2017, arXiv 1608.05859).
 *
 * <pre>{@code
 * Embedding tied = Embedding.tied(head);                      // head [vocabulary, E]
 * Value x = tied.forward(Tape.off(), new int[] {1, 403, 407}); // [3, E]
 * }</pre>
 */
public final class Embedding {
    private final @Nullable Value table;
    private final @Nullable Linear layer;

    private Embedding(@Nullable Value table, @Nullable Linear layer) {
        this.table = table;
        this.layer = layer;
    }

    /** Rows of a table [ids, E]. */
    public static Embedding of(Value table) {
        return new Embedding(table, null);
    }

    /** Rows of a linear layer's weights [ids, E]. */
    public static Embedding tied(Linear layer) {
        return new Embedding(null, layer);
    }

    /**
     * One row per id, [ids, E].
     *
     * @throws IllegalArgumentException naming an id that has no row
     */
    public Value forward(Tape tape, int[] ids) {
        for (int id : ids) {
            if (id < 0 || id >= size()) {
                throw new IllegalArgumentException("embedding: ids must be from 0 to " + (size() - 1) + ", got " + id);
            }
        }
        return table != null ? Ops.embedding(tape, table, ids) : layer().rows(tape, ids);
    }

    /** How many rows there are. */
    public int size() {
        return table != null ? table.tensor().size(0) : layer().out();
    }

    private Linear layer() {
        if (layer == null) {
            throw new IllegalStateException("Embedding: neither table nor layer");
        }
        return layer;
    }
}
