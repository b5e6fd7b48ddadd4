package dev.heed.bench;

import dev.heed.bench.rival.Contestant;
import dev.heed.kernel.Workers;
import dev.heed.tensor.Tensor;
import java.util.List;

/**
 * Takes the time below which nobody can do some work here: that of its operations at the peak of the multiply-adders, or
 * that of reading its bytes once, whichever is longer. It takes turns with those who do the work, under the clock and the
 * neighbours that they meet. Its threads are Heed's, which wake faster than new ones start.
 */
final class Floor implements Contestant {
    private final int threads;
    /** Of one thread in one run; whole numbers come out over the runs of a block. */
    private final double steps;

    private final Part[] parts;

    /** One thread's share. */
    interface Part {
        void run(long steps);
    }

    private Floor(int threads, double steps, Part[] parts) {
        this.threads = threads;
        this.steps = steps;
        this.parts = parts;
    }

    static Floor ofComputing(double operations, int threads) {
        Part[] parts = new Part[threads];
        for (int t = 0; t < threads; t++) {
            parts[t] = new FmaPeak();
        }
        return new Floor(threads, operations / FmaPeak.OPERATIONS / threads, parts);
    }

    static Floor ofReading(long bytes, int threads) {
        Part[] parts = new Part[threads];
        for (int t = 0; t < threads; t++) {
            parts[t] = new ReadBandwidth(bytes / threads);
        }
        return new Floor(threads, 1, parts);
    }

    @Override
    public void run() {
        run(1);
    }

    @Override
    public void run(long times) {
        long each = Math.max(1, Math.round(steps * times));
        Workers.with(threads, () -> {
            Workers.run(threads, Long.MAX_VALUE, thread -> parts[thread].run(each));
            return each;
        });
    }

    @Override
    public List<Tensor> outputs() {
        return List.of();
    }
}
