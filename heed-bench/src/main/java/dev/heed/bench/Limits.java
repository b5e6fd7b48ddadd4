package dev.heed.bench;

import dev.heed.bench.rival.AttentionCase;
import java.util.HashMap;
import java.util.Map;

/**
 * What this machine can do at most, measured before a run, and the floor of a case: the time below which no exact
 * attention can go here.
 *
 * <pre>
 * forward   (4·D + 32) · visible pairs / FMA peak      two products of 2·D operations per pair, and the exponential
 * backward  (10·D + 48) · visible pairs / FMA peak     five products, the exponential, and dS = P ∘ (dP − Δ)
 * decode    2 · Hkv · M · D · 4 bytes / read bandwidth of that many bytes, or the forward's time if that is longer
 * </pre>
 *
 * <p>The exponential with its maximum and sum takes 16 vector instructions a score (0.11 ns measured at 286 GFLOP/s), each
 * in the place of a fused multiply-add, hence 32 operations; the gradient of the softmax takes 8 more. Pairs are counted
 * exactly: a kernel that computes part of what the mask hides stays further from its floor.
 */
final class Limits {
    private static final int SOFTMAX = 32;
    private static final int SOFTMAX_BACKWARD = 48;
    /** Fit the second-level and third-level caches of present servers; the last fits none. */
    private static final long L2_BYTES = 512 << 10;

    private static final long L3_BYTES = 8 << 20;
    private static final long DRAM_BYTES = 256 << 20;

    private final Map<Integer, Double> peaks = new HashMap<>();

    /**
     * The machine in figures.
     *
     * @param threads together
     * @param gflops float32 operations, a product counts two, in 10⁹/s
     * @param l2 reading 512 KiB, in GB/s
     * @param l3 reading 8 MiB, in GB/s
     * @param dram reading 256 MiB, in GB/s
     */
    record Machine(int threads, double gflops, double l2, double l3, double dram) {}

    Machine machine(int threads) {
        return new Machine(
                threads,
                peak(threads) * 1e-9,
                ReadBandwidth.measure(L2_BYTES * threads, threads) * 1e-9,
                ReadBandwidth.measure(L3_BYTES, threads) * 1e-9,
                ReadBandwidth.measure(DRAM_BYTES, threads) * 1e-9);
    }

    Floor floor(AttentionCase question, int threads) {
        boolean decodes = question.work() == AttentionCase.Work.DECODE;
        return floor(operations(question), decodes ? cacheBytes(question) : 0, threads);
    }

    /** The longer of computing and, where they matter, reading these bytes once. */
    Floor floor(double operations, long bytes, int threads) {
        boolean reads = bytes > 0 && bytes / ReadBandwidth.measure(bytes, threads) > operations / peak(threads);
        return reads ? Floor.ofReading(bytes, threads) : Floor.ofComputing(operations, threads);
    }

    static double operations(AttentionCase question) {
        int perPair = question.work() == AttentionCase.Work.BACKWARD
                ? 10 * question.width() + SOFTMAX_BACKWARD
                : 4 * question.width() + SOFTMAX;
        return (double) perPair * question.visiblePairs();
    }

    private static long cacheBytes(AttentionCase question) {
        return 2L * question.keyHeads() * question.keys() * question.width() * Float.BYTES;
    }

    private double peak(int threads) {
        return peaks.computeIfAbsent(threads, FmaPeak::measure);
    }
}
