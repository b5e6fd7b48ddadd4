package dev.heed.app.verify;

import dev.heed.attention.Attention;
import dev.heed.tensor.Tensor;

/** The weights of every head, tile after tile: for cases, which are small. */
final class AllWeights {
    private AllWeights() {}

    /** [B, Hq, N, M]. */
    static Tensor of(Attention attention, Tensor query, Tensor key, Tensor lse) {
        int rows = query.size(2);
        int columns = key.size(2);
        Tensor all = Tensor.zeros(query.size(0), query.size(1), rows, columns);
        for (int batch = 0; batch < query.size(0); batch++) {
            for (int head = 0; head < query.size(1); head++) {
                Tensor one = attention.weights(query, key, lse, batch, head, 0, rows, 0, columns);
                one.copyTo(all.array(), (batch * query.size(1) + head) * rows * columns);
            }
        }
        return all;
    }
}
