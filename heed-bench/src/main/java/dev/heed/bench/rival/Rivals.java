package dev.heed.bench.rival;

import java.util.List;

/** Everyone who takes part, Heed first: the others are measured against it. */
public final class Rivals {
    private Rivals() {}

    /** All adapters; none has touched its library yet. */
    public static List<Rival> all() {
        return List.of(
                HeedRival.heed(),
                HeedRival.forwardAlone(),
                new OrtRival(OrtRival.Operator.ATTENTION),
                new OrtRival(OrtRival.Operator.MULTI_HEAD),
                new OrtRival(OrtRival.Operator.GROUP_QUERY),
                new TorchRival(TorchRival.Grouping.ENABLE_GQA),
                new TorchRival(TorchRival.Grouping.FOLDED),
                new Nd4jRival(),
                new PlainRival());
    }
}
