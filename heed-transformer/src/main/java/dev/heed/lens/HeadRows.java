package dev.heed.lens;

import dev.heed.attention.Attention;
import dev.heed.attention.AttentionStatistics;
import dev.heed.tensor.Tensor;

/**
 * What the rows of one layer's heads over one text look like, in O(N) memory per head: never an N×N array.
 *
 * @param seen of the weights
 * @param uniform of equal weights over the keys that each query sees
 */
record HeadRows(AttentionStatistics seen, AttentionStatistics uniform, Probe probe) {
    static HeadRows of(Attention attention, Tensor query, Tensor key, Tensor value, Probe probe) {
        AttentionStatistics.Request request = new AttentionStatistics.Request(1, probe.offsets());
        return new HeadRows(
                attention.applyWithStatistics(query, key, value, request).statistics(),
                equalWeights(attention)
                        .applyWithStatistics(query, key, value, request)
                        .statistics(),
                probe);
    }

    /** The same mask with every score 0: the baseline runs through the kernel that it is the baseline of. */
    private static Attention equalWeights(Attention attention) {
        return attention.scale(0).bias(Tensor.zeros(1));
    }

    /** The same rows with equal weights. */
    HeadRows ofEqualWeights() {
        return new HeadRows(uniform, uniform, probe);
    }

    int heads() {
        return seen.entropy().size(1);
    }

    int queries() {
        return seen.entropy().size(2);
    }

    double entropy(int head, int i) {
        return seen.entropy().get(0, head, i);
    }

    double mostEntropy(int head, int i) {
        return uniform.entropy().get(0, head, i);
    }

    double distance(int head, int i) {
        return seen.distance().get(0, head, i);
    }

    double onFirst(int head, int i) {
        return seen.firstMass().get(0, head, i);
    }

    double onSelf(int head, int i) {
        return seen.offsetMass().get(0, head, i, 0);
    }

    double onPrevious(int head, int i) {
        return seen.offsetMass().get(0, head, i, 1);
    }

    /** On all earlier copies of the query's token. */
    double onCopies(int head, int i) {
        double sum = 0;
        for (int r = 1; r <= probe.copiesBefore(i); r++) {
            sum += seen.offsetMass().get(0, head, i, 2 * r);
        }
        return sum;
    }

    /** On all tokens that followed an earlier copy. */
    double onFollowers(int head, int i) {
        double sum = 0;
        for (int r = 1; r <= probe.copiesBefore(i); r++) {
            sum += seen.offsetMass().get(0, head, i, 2 * r + 1);
        }
        return sum;
    }
}
