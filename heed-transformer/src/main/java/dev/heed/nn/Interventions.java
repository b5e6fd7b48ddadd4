package dev.heed.nn;

import dev.heed.attention.Attention;
import dev.heed.attention.Mask;
import dev.heed.kernel.BlockKind;
import dev.heed.tensor.Tensor;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * What is changed in one attention layer of one sequence. All of it is a mask, so the kernels know nothing of it: a head that
 * is silenced or replaced sees no key, gives zeros and has no gradients; a replacement is then written over the zeros.
 *
 * @param here of this layer
 * @param past tokens before this pass
 */
record Interventions(List<Intervention> here, int past) {
    static Interventions at(Listener.Site site, List<Intervention> all, int past) {
        return new Interventions(
                all.stream().filter(each -> each.where().isIn(site)).toList(), past);
    }

    Attention on(Attention attention) {
        if (here.isEmpty()) {
            return attention;
        }
        Map<Integer, Hidden> heads = new ConcurrentHashMap<>(); // kernels ask from several threads
        return attention.mask(Mask.blocks(
                (b, h, i0, i1, j0, j1) -> heads.computeIfAbsent(h, this::hidden).touches(i0, i1, j0, j1)
                        ? BlockKind.PARTIAL
                        : BlockKind.FULL,
                (b, h, i, j) -> !heads.computeIfAbsent(h, this::hidden).touches(i, i + 1, j, j + 1)));
    }

    private Hidden hidden(int head) {
        Map<Integer, BitSet> rows = new HashMap<>();
        boolean all = false;
        for (Intervention each : here) {
            if (each.where().is(head)) {
                switch (each) {
                    case Intervention.Cut cut ->
                        rows.computeIfAbsent(cut.query() - past, row -> new BitSet())
                                .set(cut.key());
                    case Intervention.Silence silence -> all = true;
                    case Intervention.Replace replace -> all = true;
                }
            }
        }
        return new Hidden(all, rows);
    }

    /**
     * What one head does not see.
     *
     * @param all everything
     * @param rows keys by the query's number in this pass
     */
    private record Hidden(boolean all, Map<Integer, BitSet> rows) {
        /** True if a block of queries [i0, i1) and keys [j0, j1) has a hidden key. */
        boolean touches(int i0, int i1, int j0, int j1) {
            for (int i = i0; i < i1 && !all; i++) {
                BitSet row = rows.get(i);
                int key = row == null ? -1 : row.nextSetBit(j0);
                if (key >= 0 && key < j1) {
                    return true;
                }
            }
            return all;
        }
    }

    /** Writes replacements into output [1, Hq, N, Dv]. */
    void replace(Tensor output) {
        for (Intervention each : here) {
            if (each instanceof Intervention.Replace replaced) {
                for (int h = 0; h < output.size(1); h++) {
                    if (each.where().is(h)) {
                        fill(output.select(1, h).select(0, 0), replaced.output());
                    }
                }
            }
        }
    }

    private static void fill(Tensor rows, Tensor row) {
        if (row.rank() != 1 || row.size(0) != rows.size(1)) {
            throw new IllegalArgumentException("Intervention.Replace: the output must be [Dv=" + rows.size(1)
                    + "], as wide as a head, got " + row.describe());
        }
        for (int i = 0; i < rows.size(0); i++) {
            for (int d = 0; d < row.size(0); d++) {
                rows.set(row.get(d), i, d);
            }
        }
    }
}
