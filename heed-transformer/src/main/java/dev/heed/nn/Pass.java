package dev.heed.nn;

import dev.heed.attention.Attention;
import dev.heed.attention.AttentionMap;
import dev.heed.attention.AttentionOutput;
import dev.heed.grad.Ops;
import dev.heed.grad.Tape;
import dev.heed.grad.Value;
import dev.heed.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * One forward pass over a batch of sequences of any lengths. Their tokens stand one after another as rows of one matrix:
 * there is no padding, so none can change a bit. A tape records or does not; a listener hears or does not; interventions
 * leave something out or there are none; contexts hold what came before, or nothing did.
 *
 * <pre>{@code
 * Pass alone = Pass.of(ids.length);
 * Pass training = Pass.of(64, 64, 64).recording(tape).dropping(0.1, seed);
 * }</pre>
 */
public final class Pass {
    private final Tape tape;
    private final int[] lengths;
    private final List<Context> contexts;
    private final @Nullable Listener listener;
    private final List<List<Intervention>> changes;
    private final double dropout;
    private final long seed;
    private final double smoothing;
    private long drops;

    private Pass(
            Tape tape,
            int[] lengths,
            List<Context> contexts,
            @Nullable Listener listener,
            List<List<Intervention>> changes,
            double dropout,
            long seed,
            double smoothing) {
        this.tape = tape;
        this.lengths = lengths;
        this.contexts = contexts;
        this.listener = listener;
        this.changes = changes;
        this.dropout = dropout;
        this.seed = seed;
        this.smoothing = smoothing;
    }

    /** Whole sequences of these lengths. */
    public static Pass of(int... lengths) {
        return new Pass(Tape.off(), lengths.clone(), List.of(), null, List.of(), 0, 0, 0);
    }

    /** The next tokens of sequences, so many of each, behind what the contexts hold. */
    public static Pass continuing(int[] lengths, List<Context> contexts) {
        if (lengths.length != contexts.size()) {
            throw new IllegalArgumentException("Pass: one context per sequence is needed, got " + lengths.length
                    + " sequences and " + contexts.size() + " contexts");
        }
        return new Pass(Tape.off(), lengths.clone(), List.copyOf(contexts), null, List.of(), 0, 0, 0);
    }

    /** The same with a tape. */
    public Pass recording(Tape on) {
        return new Pass(on, lengths, contexts, listener, changes, dropout, seed, smoothing);
    }

    /** The same with a listener, or without one. */
    public Pass heardBy(@Nullable Listener by) {
        return new Pass(tape, lengths, contexts, by, changes, dropout, seed, smoothing);
    }

    /**
     * The same, changed.
     *
     * @param bySequence what is done to each sequence, or nothing at all
     */
    public Pass changedBy(List<List<Intervention>> bySequence) {
        if (!bySequence.isEmpty() && bySequence.size() != lengths.length) {
            throw new IllegalArgumentException("Pass: interventions must be given for each of the " + lengths.length
                    + " sequences, got " + bySequence.size());
        }
        return new Pass(tape, lengths, contexts, listener, List.copyOf(bySequence), dropout, seed, smoothing);
    }

    /** The same with dropout at the places where the architectures have it. */
    public Pass dropping(double p, long withSeed) {
        if (!(p >= 0 && p < 1)) {
            throw new IllegalArgumentException("Pass: dropout must be from 0 to below 1, got " + p);
        }
        return new Pass(tape, lengths, contexts, listener, changes, p, withSeed, smoothing);
    }

    /** The same with labels of which all share a part evenly, see {@link dev.heed.grad.Likelihood}. */
    public Pass smoothing(double share) {
        return new Pass(tape, lengths, contexts, listener, changes, dropout, seed, share);
    }

    /** The part of each label that all share. */
    double smoothing() {
        return smoothing;
    }

    public Tape tape() {
        return tape;
    }

    public int sequences() {
        return lengths.length;
    }

    /** Tokens of a sequence in this pass. */
    public int length(int sequence) {
        return lengths[sequence];
    }

    /** Tokens of a sequence before this pass. */
    public int past(int sequence) {
        return contexts.isEmpty() ? 0 : contexts.get(sequence).length();
    }

    /** Tokens of each sequence, not to be changed. */
    int[] lengths() {
        return lengths;
    }

    /** Index of a sequence's first row. */
    public int firstRow(int sequence) {
        int first = 0;
        for (int s = 0; s < sequence; s++) {
            first += lengths[s];
        }
        return first;
    }

    /** The first row of each sequence, [sequences, E]. */
    public Value firstRows(Value x) {
        int[] rows = new int[lengths.length];
        for (int s = 0; s < rows.length; s++) {
            rows[s] = firstRow(s);
        }
        return Ops.embedding(tape, x, rows);
    }

    /** The last row of each sequence, [sequences, E]. */
    public Value lastRows(Value x) {
        int[] rows = new int[lengths.length];
        for (int s = 0; s < rows.length; s++) {
            rows[s] = firstRow(s) + lengths[s] - 1;
        }
        return Ops.embedding(tape, x, rows);
    }

    /**
     * For each sequence its rows of a matrix, turned: a row for each column, in which each token has a place. So softmax asks
     * which token it is, not which class.
     *
     * @param x [rows, C], contiguous
     * @return [C, N] of each sequence
     */
    public List<Value> turned(Value x) {
        int columns = x.tensor().size(1);
        int[] order = IntStream.range(0, lengths.length)
                .flatMap(s -> turned(s, columns))
                .toArray();
        Value all = Ops.embedding(tape, x.view(t -> t.reshape(t.elements(), 1)), order);
        return IntStream.range(0, lengths.length)
                .mapToObj(s -> all.view(t -> t.slice(0, columns * firstRow(s), columns * firstRow(s + 1))
                        .reshape(columns, lengths[s])))
                .toList();
    }

    /** Which numbers of a matrix of so many columns are those of a sequence, column by column. */
    private IntStream turned(int sequence, int columns) {
        int from = firstRow(sequence);
        return IntStream.range(0, columns)
                .flatMap(c -> IntStream.range(from, from + lengths[sequence]).map(row -> row * columns + c));
    }

    /** The mean loss of labels, one per row of these class scores. */
    public Value crossEntropy(Value scores, int[] labels) {
        return Ops.crossEntropy(tape, scores, labels, smoothing);
    }

    /** The mean of losses. */
    public Value mean(List<Value> losses) {
        Value sum = losses.stream().reduce((a, b) -> Ops.add(tape, a, b)).orElseThrow();
        return losses.size() == 1 ? sum : Ops.scale(tape, sum, 1f / losses.size());
    }

    /** A pass of one token for each sequence of this one: a decoder that takes one step. */
    public Pass single() {
        int[] ones = new int[lengths.length];
        Arrays.fill(ones, 1);
        return new Pass(tape, ones, List.of(), listener, changes, dropout, seed, smoothing);
    }

    /** All rows of this pass, to be attended to from another. */
    public Memory memory(Value rows) {
        return new Memory(rows, lengths);
    }

    /** Position of each row in its sequence, plus {@code offset}. */
    public int[] positions(int offset) {
        int[] positions = new int[firstRow(lengths.length)];
        for (int s = 0, row = 0; s < lengths.length; s++) {
            for (int i = 0; i < lengths[s]; i++) {
                positions[row++] = past(s) + i + offset;
            }
        }
        return positions;
    }

    /** Dropout, where this pass has it. */
    public Value dropout(Value x) {
        return dropout == 0 ? x : Ops.dropout(tape, x, dropout, seed + ++drops * 0xD1342543DE82EF95L);
    }

    /** To be called by a model between its layers, see {@link Listener#hidden}. */
    public void hidden(AttentionMap.Kind stack, int index, Value x) {
        if (listener == null) {
            return;
        }
        for (int s = 0, row = 0; s < lengths.length; row += lengths[s], s++) {
            listener.hidden(stack, index, s, x.tensor().slice(0, row, row + lengths[s]));
        }
    }

    /** To be called by a model at the end of a pass: contexts count its tokens. */
    public void finish() {
        for (int s = 0; s < contexts.size(); s++) {
            contexts.get(s).advance(lengths[s]);
        }
    }

    /** Tells the listener, if there is one, what sequences from {@code first} on attended to. */
    void attended(
            Listener.Site site, int first, Attention described, Value q, Value k, Value v, AttentionOutput result) {
        for (int i = 0; listener != null && i < q.tensor().size(0); i++) {
            Listener.Heads one = new Listener.Heads(
                    one(q.tensor(), i),
                    one(k.tensor(), i),
                    one(v.tensor(), i),
                    one(result.output(), i),
                    one(result.lse(), i));
            listener.attended(site, first + i, described, one);
        }
    }

    Interventions interventions(Listener.Site site, int sequence) {
        return Interventions.at(site, changes.isEmpty() ? List.of() : changes.get(sequence), past(sequence));
    }

    @Nullable Context context(int sequence) {
        return contexts.isEmpty() ? null : contexts.get(sequence);
    }

    /** True if all sequences can go through attention as one batch. */
    boolean isUniform() {
        return contexts.isEmpty() && changes.isEmpty() && isUniform(lengths);
    }

    static boolean isUniform(int[] lengths) {
        for (int length : lengths) {
            if (length != lengths[0]) {
                return false;
            }
        }
        return true;
    }

    private static Tensor one(Tensor batch, int index) {
        return batch.slice(0, index, index + 1);
    }
}
