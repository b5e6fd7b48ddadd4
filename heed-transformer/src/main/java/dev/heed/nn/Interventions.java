package dev.heed.nn;

import dev.heed.attention.Attention;
import dev.heed.attention.Mask;
import dev.heed.kernel.BlockKind;
import dev.heed.tensor.Tensor;
import java.util.List;

/**
 * What is changed in one attention layer of one sequence. All of it is a mask, so the kernels know nothing of it: a head that
 * is silenced or replaced sees no key, gives zeros and has no gradients; a replacement is then written over the zeros.
 *
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
        return attention.mask(Mask.blocks(
                (b, h, i0, i1, j0, j1) -> touches(h, i0, i1, j0, j1) ? BlockKind.PARTIAL : BlockKind.FULL,
                (b, h, i, j) -> !touches(h, i, i + 1, j, j + 1)));
    }

    /** True if a block of queries [i0, i1) of this pass and keys [j0, j1) has a hidden key. */
    private boolean touches(int head, int i0, int i1, int j0, int j1) {
        for (Intervention each : here) {
            if (each.where().is(head)
                    && (!(each instanceof Intervention.Cut cut)
                            || cut.query() - past >= i0
                                    && cut.query() - past < i1
                                    && cut.key() >= j0
                                    && cut.key() < j1)) {
                return true;
            }
        }
        return false;
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
