package dev.heed.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.CyclicBarrier;

/** Runs the same work on several threads at once and takes the time from their common start to the last one's end. */
final class Together {
    /** The part of one thread. */
    @FunctionalInterface
    interface Part {
        void run(int thread);
    }

    private Together() {}

    /** The shortest of {@code tries} runs, in seconds: a limit is what the machine can do, not what it mostly does. */
    static double fastest(int tries, int threads, Part part) {
        double best = Double.POSITIVE_INFINITY;
        for (int t = 0; t < tries; t++) {
            best = Math.min(best, once(threads, part));
        }
        return best;
    }

    private static double once(int threads, Part part) {
        CyclicBarrier start = new CyclicBarrier(threads);
        List<Thread> others = new ArrayList<>();
        for (int t = 1; t < threads; t++) {
            int thread = t;
            others.add(Thread.ofPlatform().start(() -> {
                await(start);
                part.run(thread);
            }));
        }
        await(start);
        long before = System.nanoTime();
        part.run(0);
        others.forEach(Together::join);
        return (System.nanoTime() - before) * 1e-9;
    }

    private static void await(CyclicBarrier barrier) {
        try {
            barrier.await();
        } catch (InterruptedException | BrokenBarrierException e) {
            throw new IllegalStateException("bench: interrupted", e);
        }
    }

    private static void join(Thread thread) {
        try {
            thread.join();
        } catch (InterruptedException e) {
            throw new IllegalStateException("bench: interrupted", e);
        }
    }
}
