package dev.heed.grad;

import dev.heed.attention.Attention;
import dev.heed.attention.AttentionGradients;
import dev.heed.attention.AttentionOutput;
import dev.heed.tensor.Tensor;
import java.util.Arrays;

/**
 * The ops of what came before the transformer, each with its backward step beside its forward step. Sequences stand one after
 * another as rows of one matrix, as in {@link Ops}; {@code lengths} says how many rows each has, and nothing reaches from one
 * into another.
 *
 * <pre>
 * gru      h[t] = (1 − z)∘n + z∘h[t−1]     window   y[t] = (x[t−l] … x[t−l+k−1])     mean   y[s] = Σ x[t] / N
 * additive  softmax(v·tanh(q + k))·value, with the gradient of v
 * </pre>
 *
 * <pre>{@code
 * Value seen = SequenceOps.window(tape, x, 5, 4, new int[] {7, 3}); // causal: a row and the four before it, [10, 5·E]
 * }</pre>
 */
public final class SequenceOps {
    private SequenceOps() {}

    /**
     * A gated recurrent unit over whole sequences (Cho et al. 2014, arXiv 1406.1078), see {@link GruScan} for its formulas.
     *
     * @param gates [rows, 3H]: what the inputs say to r, z and n
     * @param w [3H, H]: what the state before says to them
     * @param bias [3H]
     * @param first [sequences, H]: the states before the first step
     * @return the state after each row, [rows, H]
     */
    public static Value gru(Tape tape, Value gates, Value w, Value bias, Value first, int[] lengths) {
        int width = w.tensor().size(1);
        requireShape("gates", gates, Arrays.stream(lengths).sum(), 3 * width);
        requireShape("w", w, 3 * width, width);
        requireShape("bias", bias, 3 * width);
        requireShape("first", first, lengths.length, width);
        GruScan scan = new GruScan(tape, gates, w, bias, first, lengths);
        scan.forward();
        Value states = scan.states();
        if (states.isWanted()) {
            tape.add(states, scan::backward, scan.kept());
        }
        return states;
    }

    private static void requireShape(String name, Value value, int... shape) {
        if (!Arrays.equals(value.tensor().shape(), shape)) {
            throw new IllegalArgumentException("SequenceOps.gru: " + name + " must be " + Arrays.toString(shape)
                    + ", got " + value.tensor().describe());
        }
    }

    /**
     * The k rows around each row side by side, zeros where its sequence has none: what a convolution multiplies.
     *
     * @param x [rows, E]
     * @param before how many of the k rows stand before the row itself: k − 1 is causal
     * @return [rows, k·E]
     */
    public static Value window(Tape tape, Value x, int k, int before, int[] lengths) {
        int width = x.tensor().size(1);
        Tensor from = x.tensor().contiguous();
        Tensor y = zeros(tape, x.tensor().size(0), k * width);
        eachInWindow(
                lengths,
                k,
                before,
                (row, j, seen) -> System.arraycopy(
                        from.array(), from.offset() + seen * width, y.array(), (row * k + j) * width, width));
        Value result = Value.result(tape, y, tape.wants(x));
        if (result.isWanted()) {
            tape.add(result, () -> {
                Tensor dx = x.gradient();
                Tensor dy = result.gradient();
                eachInWindow(
                        lengths,
                        k,
                        before,
                        (row, j, seen) -> Strided.addTo( // y[row, j] = x[seen]
                                dx.select(0, seen), dy.select(0, row).slice(0, j * width, (j + 1) * width)));
            });
        }
        return result;
    }

    private static Tensor zeros(Tape tape, int... shape) {
        Tensor room = tape.room(shape);
        Arrays.fill(room.array(), 0);
        return room;
    }

    private interface InWindow {
        void at(int row, int j, int seen);
    }

    /** Every row, and each row in its window that its sequence has. */
    private static void eachInWindow(int[] lengths, int k, int before, InWindow step) {
        int start = 0;
        for (int length : lengths) {
            for (int t = 0; t < length; t++) {
                for (int j = Math.max(0, before - t); j < Math.min(k, length - t + before); j++) {
                    step.at(start + t, j, start + t + j - before);
                }
            }
            start += length;
        }
    }

    /**
     * The mean of each sequence's rows, the weights uniform whatever they hold.
     *
     * @param x [rows, E]
     * @return [sequences, E]; zeros for a sequence without rows
     */
    public static Value mean(Tape tape, Value x, int[] lengths) {
        Tensor y = zeros(tape, lengths.length, x.tensor().size(1));
        addRows(x.tensor(), lengths, (s, row) -> Strided.addTo(y.select(0, s), row));
        for (int s = 0; s < lengths.length; s++) {
            scale(y.select(0, s), 1f / Math.max(1, lengths[s]));
        }
        Value result = Value.result(tape, y, tape.wants(x));
        if (result.isWanted()) {
            tape.add(result, () -> {
                Tensor dy = result.gradient();
                for (int s = 0; s < lengths.length; s++) {
                    scale(dy.select(0, s), 1f / Math.max(1, lengths[s])); // y /= N
                }
                addRows(x.gradient(), lengths, (s, row) -> Strided.addTo(row, dy.select(0, s))); // y[s] += x[row]
            });
        }
        return result;
    }

    private interface RowOf {
        void at(int sequence, Tensor row);
    }

    private static void addRows(Tensor x, int[] lengths, RowOf add) {
        int row = 0;
        for (int s = 0; s < lengths.length; s++) {
            for (int t = 0; t < lengths[s]; t++) {
                add.at(s, x.select(0, row++));
            }
        }
    }

    private static void scale(Tensor row, float factor) {
        for (int i = 0; i < row.size(0); i++) {
            row.set(row.get(i) * factor, i);
        }
    }

    /**
     * {@link Ops#attention} by an additive score whose v is learned (Bahdanau et al. 2014, arXiv 1409.0473, appendix A.1.2).
     *
     * @param attention the description, whose score is made of {@code v}'s tensor
     * @param v [A] or [Hq, A]
     */
    public static AttentionOutput additive(
            Tape tape, Attention attention, Value query, Value key, Value value, Value v, Value output) {
        AttentionOutput result = Ops.applied(tape, attention, query, key, value, output);
        if (output.isWanted()) {
            tape.add(() -> {
                AttentionGradients d = attention.gradients( // output = softmax(v·tanh(q + k))·value
                        query.tensor(), key.tensor(), value.tensor(), result, output.gradient());
                Ops.addIfWanted(query, d.dQuery());
                Ops.addIfWanted(key, d.dKey());
                Ops.addIfWanted(value, d.dValue());
                if (d.dScore() != null) {
                    Ops.addIfWanted(v, d.dScore());
                }
            });
        }
        return result;
    }
}
