package dev.heed.bench.rival;

import dev.heed.tensor.Tensor;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;

/**
 * One row of the comparison: what is computed, on which shapes. Batch size 1, float32.
 *
 * <p>Legend: H query heads, Hkv key heads, N queries, M keys, D width of queries, keys and values.
 *
 * @param work what is timed
 * @param heads H
 * @param keyHeads Hkv, a divisor of H
 * @param queries N
 * @param keys M
 * @param width D
 * @param causal query i sees keys 0..i (N = M)
 */
public record AttentionCase(Work work, int heads, int keyHeads, int queries, int keys, int width, boolean causal) {
    /** What is timed. */
    public enum Work {
        /** Output from query, key and value. */
        FORWARD,
        /** dQuery, dKey and dValue from dOutput, given a finished forward pass. */
        BACKWARD,
        /** The forward pass of one query against cached keys. */
        DECODE,
        /** The forward pass and, in it, statistics of every head's weights; Heed's own forward is the rival. */
        STATISTICS
    }

    /** The inputs of a case: normal numbers from a fixed seed, the same for every rival. */
    public record Inputs(Tensor query, Tensor key, Tensor value, Tensor dOutput) {}

    /** The rows of the table that the project promises. */
    public static List<AttentionCase> all() {
        return List.of(
                square(Work.FORWARD, 1024, 64, false),
                square(Work.FORWARD, 1024, 64, true),
                square(Work.FORWARD, 4096, 64, true),
                square(Work.FORWARD, 1024, 128, true),
                square(Work.FORWARD, 128, 64, true),
                square(Work.BACKWARD, 1024, 64, false),
                square(Work.BACKWARD, 1024, 64, true),
                square(Work.STATISTICS, 4096, 64, true),
                decode(32, 8, 1024),
                decode(32, 8, 16384),
                decode(8, 8, 16384));
    }

    /** Eight heads, as many queries as keys. */
    public static AttentionCase square(Work work, int tokens, int width, boolean causal) {
        return new AttentionCase(work, 8, 8, tokens, tokens, width, causal);
    }

    /** One query of width 128 against a cache of {@code keys}. */
    public static AttentionCase decode(int heads, int keyHeads, int keys) {
        return new AttentionCase(Work.DECODE, heads, keyHeads, 1, keys, 128, false);
    }

    /** {@code forward N=1024 D=64 causal}, {@code decode 32/8 heads T=1024 D=128}. */
    public String name() {
        String verb = work.name().toLowerCase(Locale.ROOT);
        if (work == Work.DECODE) {
            return verb + " " + heads + "/" + keyHeads + " heads T=" + keys + " D=" + width;
        }
        return verb + " N=" + queries + " D=" + width + (causal ? " causal" : " full");
    }

    /** All sizes, for cases that are not of the table. */
    public String describe() {
        return work + " H=" + heads + "/" + keyHeads + " N=" + queries + " M=" + keys + " D=" + width
                + (causal ? " causal" : "");
    }

    /** Query heads that share one key head. */
    public int group() {
        return heads / keyHeads;
    }

    /** Pairs of a query and a key that it sees, over all heads. */
    public long visiblePairs() {
        long perHead = causal ? (long) queries * (queries + 1) / 2 : (long) queries * keys;
        return heads * perHead;
    }

    /** 1/√D. */
    public double scale() {
        return 1 / Math.sqrt(width);
    }

    public Inputs inputs() {
        SplittableRandom random = new SplittableRandom(20_261_121);
        return new Inputs(
                normal(random, heads, queries),
                normal(random, keyHeads, keys),
                normal(random, keyHeads, keys),
                normal(random, heads, queries));
    }

    private Tensor normal(SplittableRandom random, int planes, int rows) {
        Tensor tensor = Tensor.zeros(1, planes, rows, width);
        float[] values = tensor.array();
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return tensor;
    }
}
