package dev.heed.kernel;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * A few persistent daemon threads that share the numbered tasks of one call. Tasks write to places of their own, so which
 * thread runs which task, and how many there are, never changes a bit of any result.
 *
 * <p>{@code -Dheed.threads=N} sets how many threads a call uses, the caller included (default: all processors);
 * {@link #with} sets it for one piece of code. One call at a time is shared out; a call made while another is running, or
 * from within a task, runs on its own thread.
 */
public final class Workers {
    /** One numbered piece of work. */
    @FunctionalInterface
    public interface Task {
        void run(int index);
    }

    /** Code that may throw nothing checked. */
    @FunctionalInterface
    public interface Body<T> {
        T run();
    }

    private static final int DEFAULT_THREADS = defaultThreads();
    private static final ScopedValue<Integer> THREADS = ScopedValue.newInstance();
    private static final AtomicBoolean BUSY = new AtomicBoolean();
    /**
     * Waking a parked thread costs 5 to 50 µs, so idle workers look for work this long before they park: longer than what a
     * training step does on one thread between two calls that are shared.
     */
    private static final long SPIN_NANOS = 100_000;

    /** Below this many multiply-adds (about 15 µs of one core) waking a second thread costs more than it saves. */
    private static final long WORTH_SHARING = 2_000_000;

    private static final List<Worker> POOL = new ArrayList<>();

    private Workers() {}

    /** How many threads a call made here would use. */
    public static int threads() {
        return THREADS.isBound() ? THREADS.get() : DEFAULT_THREADS;
    }

    /** Runs {@code body} with calls shared between {@code threads} threads, the caller included. */
    public static <T> T with(int threads, Body<T> body) {
        if (threads < 1) {
            throw new IllegalArgumentException("Workers.with: at least one thread is needed, got " + threads);
        }
        return ScopedValue.where(THREADS, threads).call(body::run);
    }

    /**
     * Runs tasks 0..tasks−1, in any order, and returns when all are done. The first failure is thrown.
     *
     * @param work multiply-adds of all tasks together; small calls stay on the caller's thread
     */
    public static void run(int tasks, long work, Task task) {
        int helpers = work < WORTH_SHARING ? 0 : Math.min(threads(), tasks) - 1;
        if (helpers <= 0 || !BUSY.compareAndSet(false, true)) {
            for (int i = 0; i < tasks; i++) {
                task.run(i);
            }
            return;
        }
        Job job = new Job(tasks, task);
        try {
            for (int i = 0; i < helpers; i++) {
                worker(i).give(job);
            }
            job.work();
            job.awaitOthers();
        } finally {
            BUSY.set(false);
        }
        job.throwFailure();
    }

    private static Worker worker(int index) {
        while (POOL.size() <= index) { // only the holder of BUSY comes here
            Worker worker = new Worker(POOL.size());
            POOL.add(worker);
            worker.start();
        }
        return POOL.get(index);
    }

    private static int defaultThreads() {
        String given = System.getProperty("heed.threads", "");
        if (given.isEmpty()) {
            return Runtime.getRuntime().availableProcessors();
        }
        try {
            int threads = Integer.parseInt(given);
            if (threads >= 1) {
                return threads;
            }
        } catch (NumberFormatException e) {
            // answered below, together with numbers out of range
        }
        throw new IllegalStateException("heed.threads: the property must be a number from 1 on, got '" + given + "'");
    }

    /** The tasks of one call: handed out one by one, so that uneven tasks balance. */
    private static final class Job {
        private final int tasks;
        private final Task task;
        private final AtomicInteger next = new AtomicInteger();
        private final AtomicInteger done = new AtomicInteger();
        private final Thread owner = Thread.currentThread();
        private volatile @Nullable Throwable failure;

        Job(int tasks, Task task) {
            this.tasks = tasks;
            this.task = task;
        }

        void work() {
            for (int i = next.getAndIncrement(); i < tasks; i = next.getAndIncrement()) {
                try {
                    task.run(i);
                } catch (Throwable e) {
                    failure = e;
                }
                if (done.incrementAndGet() == tasks && !Thread.currentThread().equals(owner)) {
                    LockSupport.unpark(owner);
                }
            }
        }

        void awaitOthers() {
            long until = System.nanoTime() + SPIN_NANOS;
            while (done.get() < tasks) {
                if (System.nanoTime() < until) {
                    Thread.onSpinWait();
                } else {
                    LockSupport.park(this);
                }
            }
        }

        void throwFailure() {
            switch (failure) {
                case null -> {}
                case RuntimeException e -> throw e;
                case Error e -> throw e;
                case Throwable e -> throw new IllegalStateException(e);
            }
        }
    }

    private static final class Worker extends Thread {
        private volatile @Nullable Job given;
        private volatile boolean parked;

        Worker(int index) {
            super("heed-worker-" + (index + 1));
            setDaemon(true);
        }

        void give(Job job) {
            given = job;
            if (parked) { // to unpark a thread that is awake costs a microsecond, too
                LockSupport.unpark(this);
            }
        }

        @Override
        public void run() {
            Job last = null;
            while (true) {
                Job job = awaitNew(last);
                // A job of one thread's own: calls made inside a task run on this thread (BUSY is held).
                job.work();
                last = job;
            }
        }

        private Job awaitNew(@Nullable Job last) {
            long until = System.nanoTime() + SPIN_NANOS;
            while (true) {
                Job job = given;
                if (job != null && job != last) {
                    return job;
                }
                if (System.nanoTime() < until) {
                    Thread.onSpinWait();
                } else {
                    parked = true;
                    if (given == last) { // looked at once more: a job given before the flag was seen wakes nobody
                        LockSupport.park(this);
                    }
                    parked = false;
                }
            }
        }
    }
}
