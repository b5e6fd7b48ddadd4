package dev.heed.grad;

import dev.heed.kernel.Activation;
import dev.heed.kernel.Gemm;
import dev.heed.kernel.PackedMatrix;
import dev.heed.kernel.Workers;
import dev.heed.tensor.Tensor;
import java.util.Arrays;
import java.util.Comparator;
import java.util.stream.IntStream;

/**
 * One pass of a gated recurrent unit over a batch, forward and back. With x = the inputs' share, a = U·h[t−1] + c:
 *
 * <pre>
 *   r = σ(x_r + a_r)                 what of the state before is heard
 *   z = σ(x_z + a_z)                 what of it is kept
 *   n = tanh(x_n + r∘a_n)            what would replace it
 *   h = (1 − z)∘n + z∘h[t−1]
 * </pre>
 *
 * This is PyTorch's and cuDNN's variant: r multiplies U_n·h[t−1] + c_n. In Cho et al. 2014, equation 8, it multiplies the state
 * itself, U_n·(r∘h[t−1]), which needs a second product after r is known.
 *
 * <p>Sequences go in groups of a fixed size that threads share. Within a group, rows of one time stand together, longer
 * sequences first, so each step is one product and shorter ones drop out at the end.
 *
 * <p>Legend: H width of the state, G = 3H.
 */
final class GruScan {
    /** Sequences of a group: enough rows for a product, few enough that a batch of training has groups for two threads. */
    private static final int GROUP = 8;

    private final Value gates;
    private final Value w;
    private final Value bias;
    private final Value first;
    private final Value states;
    private final Group[] groups;
    private final int width;
    /** r, z and n of each packed row; in the backward pass what comes back to the inputs. */
    private final Tensor opened;

    private final float[] open;
    /** a of each packed row; in the backward pass what comes back to it. */
    private final Tensor heard;
    /** h[t−1] of each packed row. */
    private final Tensor before;

    /**
     * Some sequences, packed.
     *
     * @param order the sequences, longer ones first
     * @param at the packed row where each time begins, and behind the last one the end
     * @param row the row in the batch of each packed row, from at[0] on
     */
    private record Group(int[] order, int[] at, int[] row) {
        int times() {
            return at.length - 1;
        }

        int active(int t) {
            return at[t + 1] - at[t];
        }
    }

    GruScan(Tape tape, Value gates, Value w, Value bias, Value first, int[] lengths) {
        int rows = gates.tensor().size(0);
        this.gates = gates;
        this.w = w;
        this.bias = bias;
        this.first = first;
        this.width = w.tensor().size(1);
        this.states = Value.result(tape, tape.room(rows, width), tape.wants(gates, w) || tape.wants(bias, first));
        this.opened = tape.room(rows, 3 * width);
        this.open = opened.array();
        this.heard = tape.room(rows, 3 * width);
        this.before = tape.room(rows, width);
        this.groups = groups(lengths);
    }

    private static Group[] groups(int[] lengths) {
        int[] starts = new int[lengths.length];
        for (int s = 1; s < lengths.length; s++) {
            starts[s] = starts[s - 1] + lengths[s - 1];
        }
        Group[] groups = new Group[(lengths.length + GROUP - 1) / GROUP];
        int packed = 0;
        for (int g = 0; g < groups.length; g++) {
            int[] order = IntStream.range(g * GROUP, Math.min(lengths.length, (g + 1) * GROUP))
                    .boxed()
                    .sorted(Comparator.comparingInt((Integer s) -> -lengths[s]))
                    .mapToInt(Integer::intValue)
                    .toArray();
            groups[g] = group(order, starts, lengths, packed);
            packed += groups[g].row().length;
        }
        return groups;
    }

    private static Group group(int[] order, int[] starts, int[] lengths, int packed) {
        int times = lengths[order[0]];
        int[] at = new int[times + 1];
        int[] row = new int[Arrays.stream(order).map(s -> lengths[s]).sum()];
        at[0] = packed;
        int p = 0;
        for (int t = 0; t < times; t++) {
            for (int i = 0; i < order.length && lengths[order[i]] > t; i++) {
                row[p++] = starts[order[i]] + t;
            }
            at[t + 1] = packed + p;
        }
        return new Group(order, at, row);
    }

    Value states() {
        return states;
    }

    /** What the way back alone needs. */
    Tensor[] kept() {
        return new Tensor[] {opened, heard, before};
    }

    // ---- forward
    // -----------------------------------------------------------------------------------------------------

    void forward() {
        PackedMatrix u = PackedMatrix.pack(w.tensor());
        Tensor c = bias.tensor().contiguous();
        Workers.run(groups.length, work(), g -> forward(groups[g], u, c));
    }

    private long work() {
        return 3L * width * width * heard.size(0);
    }

    private void forward(Group group, PackedMatrix u, Tensor c) {
        for (int i = 0; group.times() > 0 && i < group.active(0); i++) {
            first.tensor().select(0, group.order()[i]).copyTo(before.array(), (group.at()[0] + i) * width);
        }
        for (int t = 0; t < group.times(); t++) {
            int from = group.at()[t];
            int to = group.at()[t + 1];
            Gemm.linear(before.slice(0, from, to), u, c, heard.slice(0, from, to));
            int going = t + 1 < group.times() ? group.active(t + 1) : 0;
            for (int p = from; p < to; p++) {
                int row = group.row()[p - group.at()[0]];
                step(p, row);
                if (p - from < going) {
                    System.arraycopy(
                            states.tensor().array(), row * width, before.array(), (to + p - from) * width, width);
                }
            }
        }
    }

    private void step(int p, int row) {
        float[] a = heard.array();
        float[] h = before.array();
        float[] y = states.tensor().array();
        int r = p * 3 * width;
        int z = r + width;
        int n = z + width;
        gates.tensor().select(0, row).copyTo(open, r);
        for (int i = 0; i < 2 * width; i++) {
            open[r + i] += a[r + i];
        }
        Activation.SIGMOID.apply(open, r, open, r, 2 * width);
        for (int i = 0; i < width; i++) {
            open[n + i] += open[r + i] * a[n + i];
        }
        Activation.TANH.apply(open, n, open, n, width);
        for (int i = 0; i < width; i++) {
            y[row * width + i] = (1 - open[z + i]) * open[n + i] + open[z + i] * h[p * width + i];
        }
    }

    // ---- backward
    // ----------------------------------------------------------------------------------------------------

    void backward() {
        PackedMatrix back = PackedMatrix.pack(w.tensor().transpose(0, 1));
        Tensor dStates = states.gradient();
        Tensor dGates = gates.isWanted() ? gates.gradient() : null;
        Tensor dFirst = first.isWanted() ? first.gradient() : null;
        Workers.run(groups.length, work(), g -> {
            Tensor carried = backward(groups[g], back, dStates);
            if (dGates != null) {
                addGates(groups[g], dGates);
            }
            if (dFirst != null) {
                addFirst(groups[g], carried, dFirst);
            }
        });
        if (w.isWanted()) {
            Gemm.multiply(heard.transpose(0, 1), before, w.gradient(), true); // a = U·h[t−1]
        }
        if (bias.isWanted()) {
            for (int p = 0; p < heard.size(0); p++) {
                Strided.addTo(bias.gradient(), heard.select(0, p)); // a += c
            }
        }
    }

    /** Leaves what comes back to the inputs in {@link #open} and what comes back to a in {@link #heard}; dFirst. */
    private Tensor backward(Group group, PackedMatrix back, Tensor dStates) {
        Tensor carried = Tensor.zeros(group.order().length, width);
        Tensor passed = Tensor.zeros(group.order().length, width);
        for (int t = group.times() - 1; t >= 0; t--) {
            int from = group.at()[t];
            int active = group.active(t);
            for (int i = 0; i < active; i++) {
                stepBack(from + i, dStates, group.row()[from + i - group.at()[0]] * width, carried.array(), i * width);
            }
            Gemm.linear(heard.slice(0, from, from + active), back, null, passed.slice(0, 0, active)); // a = U·h[t−1]
            Strided.addRow(carried.array(), 0, passed.array(), 0, active * width);
        }
        return carried;
    }

    /** carried holds dh from the steps behind and gets z∘dh, the share that is kept. */
    private void stepBack(int p, Tensor dStates, int rowAt, float[] carried, int at) {
        float[] a = heard.array();
        float[] h = before.array();
        float[] dy = dStates.array();
        int r = p * 3 * width;
        int z = r + width;
        int n = z + width;
        for (int i = 0; i < width; i++) {
            float dh = dy[dStates.offset() + rowAt + i] + carried[at + i];
            float opened = open[r + i];
            float kept = open[z + i];
            float next = open[n + i];
            float dn = dh * (1 - kept) * (1 - next * next); // h = (1 − z)∘n + …, n = tanh(…)
            float dz = dh * (h[p * width + i] - next) * (kept * (1 - kept)); // h = … + z∘(h[t−1] − n), z = σ(…)
            float dr = dn * a[n + i] * (opened * (1 - opened)); // n = tanh(x_n + r∘a_n), r = σ(…)
            carried[at + i] = dh * kept; // h = … + z∘h[t−1]
            open[r + i] = dr;
            open[z + i] = dz;
            open[n + i] = dn;
            a[r + i] = dr;
            a[z + i] = dz;
            a[n + i] = dn * opened; // x_n + r∘a_n
        }
    }

    private void addGates(Group group, Tensor dGates) {
        for (int p = 0; p < group.row().length; p++) {
            Tensor d = Tensor.view(open, (group.at()[0] + p) * 3 * width, new int[] {3 * width}, new int[] {1});
            Strided.addTo(dGates.select(0, group.row()[p]), d); // σ(x + …)
        }
    }

    private static void addFirst(Group group, Tensor carried, Tensor dFirst) {
        for (int i = 0; i < group.order().length; i++) {
            Strided.addTo(dFirst.select(0, group.order()[i]), carried.select(0, i)); // h[−1] = first
        }
    }
}
