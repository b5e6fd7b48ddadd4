package dev.heed.bench;

import com.sun.management.OperatingSystemMXBean;
import dev.heed.bench.rival.Contestant;
import java.lang.management.ManagementFactory;
import java.util.List;

/**
 * Times contestants against each other in one process: every round measures each of them once, one after the other
 * (A B C A B C …), so that a neighbour on the machine, a change of clock or a warmer cache meets all of them alike, and the
 * ratio of two contestants is taken within a round.
 *
 * <p>JMH is not used for comparisons: its {@code @Param} and forks run every contestant to the end before the next one
 * starts, minutes apart, which is what pairing must avoid. What it protects from is met here too: results go to memory that is
 * read and checked (nothing to eliminate), everybody warms up before the first round, and a block is long against the
 * clock's resolution. Heed alone is measured with JMH ({@link MicroBenchmark}).
 *
 * @param rounds how many times each contestant is measured
 * @param blockMillis least length of one measurement; a short run is repeated
 * @param warmupMillis how long each contestant runs before the first round
 */
record Paired(int rounds, int blockMillis, int warmupMillis) {
    /**
     * Threads of OpenMP, ONNX Runtime and Heed spin after their work, on cores that the next contestant needs, so a block waits
     * until this process rests. OpenBLAS would spin for half a second: {@code ./bench} shortens that by
     * {@code OPENBLAS_THREAD_TIMEOUT} (without it Heed's two threads took as long as one after ND4J, and ND4J itself 1.5 ×).
     */
    private static final int REST_MILLIS = 5;

    private static final double RESTING_SHARE = 0.1;
    private static final int MOST_RESTS = 100;

    private static final int LEAST_WARMUP_RUNS = 2;
    /** A run this long does not notice cold caches. */
    private static final long LONG_NANOS = 300_000_000;

    private static final OperatingSystemMXBean PROCESS =
            ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);

    /** Seconds per run of each contestant (outer index) in each round. */
    double[][] measure(List<? extends Contestant> contestants) {
        long[] nanos = new long[contestants.size()];
        for (int c = 0; c < nanos.length; c++) {
            nanos[c] = warmUp(contestants.get(c));
        }
        double[][] seconds = new double[nanos.length][rounds];
        for (int r = 0; r < rounds; r++) {
            for (int c = 0; c < nanos.length; c++) {
                seconds[c][r] = block(contestants.get(c), nanos[c]);
            }
        }
        return seconds;
    }

    /** Returns the fastest run, in nanoseconds. */
    private long warmUp(Contestant contestant) {
        contestant.begin();
        long start = System.nanoTime();
        long fastest = Long.MAX_VALUE;
        for (int run = 0; run < LEAST_WARMUP_RUNS || System.nanoTime() - start < warmupMillis * 1_000_000L; run++) {
            long before = System.nanoTime();
            contestant.run();
            fastest = Math.min(fastest, System.nanoTime() - before);
        }
        return Math.max(1, fastest);
    }

    private double block(Contestant contestant, long nanosPerRun) {
        long repeats = Math.ceilDiv(blockMillis * 1_000_000L, nanosPerRun);
        settle();
        contestant.begin();
        if (nanosPerRun < LONG_NANOS) {
            contestant.run(); // refills the caches, wakes the threads
        }
        long before = System.nanoTime();
        contestant.run(repeats);
        return (System.nanoTime() - before) * 1e-9 / repeats;
    }

    private static void settle() {
        for (int rest = 0; rest < MOST_RESTS; rest++) {
            long before = System.nanoTime();
            long busyBefore = PROCESS.getProcessCpuTime();
            sleep();
            if (PROCESS.getProcessCpuTime() - busyBefore < RESTING_SHARE * (System.nanoTime() - before)) {
                return;
            }
        }
    }

    private static void sleep() {
        try {
            Thread.sleep(REST_MILLIS);
        } catch (InterruptedException e) {
            throw new IllegalStateException("bench: interrupted", e);
        }
    }
}
