package dev.heed.kernel;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * A few persistent daemon threads that share the numbered tasks of one call. Tasks write to places of their own, so which
 * thread runs which task, and how many there are, never changes a bit of any result.
 *
 * <p>{@code -Dheed.threads=N} sets how many threads a call uses, the caller included (default: all processors);
 * {@link #with} sets it for one piece of code. One call at a time is shared out; a call made while another is running, or
 * from within a task, runs on its own thread. The threads, and with them Heed's classes, stay until the JVM ends.
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

    /** 0 where the property is wrong, see {@link Kernels#check}. */
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

    /** Distance of counters, 128 bytes: those that different threads count with share no line of the cache. */
    static final int APART = 32;
    /** About 20 µs: longer than most of what one thread waits for another to finish. */
    private static final int SPINS = 500;

    private static final List<Worker> POOL = new ArrayList<>();

    private Workers() {}

    /** How many threads a call made here would use. */
    public static int threads() {
        check();
        return THREADS.isBound() ? THREADS.get() : DEFAULT_THREADS;
    }

    private static void check() {
        Kernels.check();
        if (DEFAULT_THREADS == 0) {
            throw new IllegalArgumentException("heed.threads: the property must be a number from 1 on, got '"
                    + System.getProperty("heed.threads") + "'");
        }
    }

    /** Runs {@code body} with calls shared between {@code threads} threads, the caller included. */
    public static <T> T with(int threads, Body<T> body) {
        if (threads < 1) {
            throw new IllegalArgumentException("Workers.with: at least one thread is needed, got " + threads);
        }
        return ScopedValue.where(THREADS, threads).call(body::run);
    }

    /**
     * Runs tasks 0..tasks−1, in any order, and returns when none runs any more. A failure is thrown, one of them if there are
     * several; other tasks may have run or not. An interrupted caller stays interrupted and gets its results. Neighbouring
     * tasks tend to run on one thread, and the same ones on the same thread in the next call, which then finds what it has
     * written in its own caches: a line from another core's takes up to 200 ns.
     *
     * @param work multiply-adds of all tasks together; small calls stay on the caller's thread
     */
    public static void run(int tasks, long work, Task task) {
        run(work, new Phase(new Numbered(tasks, task)));
    }

    /**
     * Runs the tasks of each phase when all of the phase before are done, as one call: threads meet in between, but need not be
     * sent for again.
     *
     * @param work multiply-adds of all tasks together
     */
    static void run(long work, Phase... phases) {
        check();
        int most = 0;
        for (Phase phase : phases) {
            most = Math.max(most, phase.tasks());
        }
        int helpers = work < WORTH_SHARING ? 0 : Math.min(threads(), most) - 1;
        if (helpers <= 0 || !BUSY.compareAndSet(false, true)) {
            for (Phase phase : phases) {
                phase.early.run();
                phase.late.run();
            }
            return;
        }
        try {
            share(new Job(helpers + 1, phases), helpers);
        } finally {
            BUSY.set(false);
        }
    }

    /** Only for the holder of {@link #BUSY}. */
    private static void share(Job job, int helpers) {
        startUpTo(helpers); // before anybody has the job: a JVM that is out of threads says so while no task runs
        for (int i = 0; i < helpers; i++) {
            POOL.get(i).give(job);
        }
        job.work(0);
        job.awaitOthers();
        job.throwFailure();
    }

    private static void startUpTo(int workers) {
        while (POOL.size() < workers) {
            Worker worker = new Worker(POOL.size() + 1);
            worker.start();
            POOL.add(worker);
        }
    }

    /**
     * Tasks that may run at once, of two kinds: the first half of the threads begin with the early ones, the others with the
     * late ones, so that tasks which wait for others of their kind find them done.
     */
    record Phase(Numbered early, Numbered late) {
        Phase(Numbered tasks) {
            this(tasks, Numbered.NONE);
        }

        int tasks() {
            return early.tasks + late.tasks;
        }
    }

    /** Tasks 0..tasks−1. */
    record Numbered(int tasks, Task task) {
        static final Numbered NONE = new Numbered(0, i -> {});

        void run() {
            for (int i = 0; i < tasks; i++) {
                task.run(i);
            }
        }
    }

    /** Waits for another thread of the same call. */
    static void await(BooleanSupplier done) {
        for (int i = 0; !done.getAsBoolean(); i++) {
            if (i < SPINS) {
                Thread.onSpinWait();
            } else {
                Thread.yield(); // the other thread may have lost its processor
            }
        }
    }

    private static int defaultThreads() {
        String given = System.getProperty("heed.threads", "");
        if (given.isEmpty()) {
            return Runtime.getRuntime().availableProcessors();
        }
        try {
            return Math.max(0, Integer.parseInt(given));
        } catch (NumberFormatException e) {
            return 0;
        }
    }

    /** The phases of one call. */
    private static final class Job {
        private final Stage[] stages;
        private final Thread owner = Thread.currentThread();
        private volatile boolean parked;
        private volatile @Nullable Throwable failure;

        Job(int threads, Phase[] phases) {
            stages = new Stage[phases.length];
            for (int i = 0; i < phases.length; i++) {
                stages[i] = new Stage(threads, phases[i]);
            }
        }

        /** The part of thread {@code me}, 0 for the owner. */
        void work(int me) {
            for (int i = 0; i < stages.length; i++) {
                if (i > 0) {
                    stages[i - 1].awaitAll();
                }
                stages[i].work(me, this);
            }
            if (me > 0 && parked && last().isDone()) {
                LockSupport.unpark(owner);
            }
        }

        void awaitOthers() {
            long until = System.nanoTime() + SPIN_NANOS;
            while (!last().isDone()) {
                if (System.nanoTime() < until) {
                    Thread.onSpinWait();
                } else {
                    parked = true;
                    if (!last().isDone()) { // looked at once more: who was done before the flag was seen wakes nobody
                        LockSupport.park(this);
                    }
                }
            }
        }

        private Stage last() {
            return stages[stages.length - 1];
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

    /**
     * The tasks of one phase. Each thread takes those of ranges of its own, then helps others with theirs, so that uneven tasks
     * balance.
     */
    private static final class Stage {
        private final int threads;
        private final int tasks;
        private final Ranges early;
        private final Ranges late;
        /** How many tasks are done, in a line of the cache that no thread's next task shares. */
        private final AtomicIntegerArray done = new AtomicIntegerArray(2 * APART);

        Stage(int threads, Phase phase) {
            this.threads = threads;
            this.tasks = phase.tasks();
            this.early = new Ranges(threads, phase.early);
            this.late = new Ranges(threads, phase.late);
        }

        /** A failure is left with the job before its task counts as done: who sees all done sees it. */
        void work(int me, Job job) {
            boolean begin = 2 * me < threads;
            int ran = 0;
            for (int i = 0; i < threads; i++) {
                int range = (me + i) % threads;
                ran += (begin ? early : late).run(range, job);
                ran += (begin ? late : early).run(range, job);
            }
            done.addAndGet(APART, ran);
        }

        boolean isDone() {
            return done.get(APART) == tasks;
        }

        void awaitAll() {
            await(this::isDone);
        }
    }

    /** Numbered tasks in a range per thread, of which they are taken one by one. */
    private static final class Ranges {
        private final int threads;
        private final Numbered all;
        /** The next task of each range. */
        private final AtomicIntegerArray next;

        Ranges(int threads, Numbered all) {
            this.threads = threads;
            this.all = all;
            next = new AtomicIntegerArray(threads * APART);
            for (int i = 1; i < threads; i++) {
                next.setPlain(i * APART, first(i));
            }
        }

        private int first(int range) {
            return (int) ((long) all.tasks * range / threads);
        }

        /** Runs what is left of a range; returns how many tasks that were. */
        int run(int range, Job job) {
            int end = first(range + 1);
            int ran = 0;
            for (int t = take(range, end); t < end; t = take(range, end)) {
                ran++;
                try {
                    all.task.run(t);
                } catch (Throwable e) {
                    job.failure = e;
                }
            }
            return ran;
        }

        private int take(int range, int end) {
            return next.get(range * APART) < end ? next.getAndIncrement(range * APART) : end;
        }
    }

    private static final class Worker extends Thread {
        /** Taken back once it is done: it holds the caller's tensors. */
        private final AtomicReference<@Nullable Job> given = new AtomicReference<>();

        private final int number;
        private volatile boolean parked;

        /**
         * Serves many callers, so it takes nothing from the one that makes it: no thread-locals, no class loader, no priority.
         *
         * @param number the owner of a job counts as 0
         */
        Worker(int number) {
            super(null, null, "heed-worker-" + number, 0, false);
            this.number = number;
            setDaemon(true);
            setPriority(NORM_PRIORITY);
        }

        void give(Job job) {
            given.set(job);
            if (parked) { // to unpark a thread that is awake costs a microsecond, too
                LockSupport.unpark(this);
            }
        }

        @Override
        public void run() {
            while (true) {
                workOn(awaitNew());
            }
        }

        private void workOn(Job job) {
            // A job of one thread's own: calls made inside a task run on this thread (BUSY is held).
            job.work(number);
            given.compareAndSet(job, null);
        }

        private Job awaitNew() {
            long until = System.nanoTime() + SPIN_NANOS;
            while (true) {
                Job job = given.get();
                if (job != null) {
                    return job;
                }
                if (System.nanoTime() < until) {
                    Thread.onSpinWait();
                } else {
                    parked = true;
                    if (given.get() == null) { // looked at once more: a job given before the flag was seen wakes nobody
                        LockSupport.park(this);
                        Thread.interrupted(); // a status that a task left would end every park at once
                    }
                    parked = false;
                }
            }
        }
    }
}
