package dev.heed.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URL;
import java.net.URLClassLoader;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.junit.jupiter.api.Test;

/** What {@link Workers} promise whatever the threads do. */
class WorkersTest {
    private static final long MUCH = 1L << 40;

    /** Made once and without a trace, so that the failing task takes as long as the other. */
    private static final class Failure extends RuntimeException {
        Failure() {
            super("asked for", null, false, false);
        }
    }

    @Test
    void aFailureOfOneTaskIsThrownHoweverTheOthersEnd() {
        Failure failure = new Failure();
        int thrown = Workers.with(2, () -> {
            int count = 0;
            for (int i = 0; i < 200_000; i++) {
                count += throwsOf(i % 2, failure);
            }
            return count;
        });
        assertThat(thrown).isEqualTo(200_000);
    }

    private static int throwsOf(int failing, Failure failure) {
        try {
            Workers.run(2, MUCH, task -> {
                if (task == failing) {
                    throw failure;
                }
            });
            return 0;
        } catch (Failure expected) {
            return 1;
        }
    }

    @Test
    void everyTaskOfEveryPhaseRunsOnceAndAfterThePhaseBefore() {
        AtomicIntegerArray ran = new AtomicIntegerArray(37 + 20 + 17);
        AtomicIntegerArray early = new AtomicIntegerArray(1);
        Workers.Phase first = new Workers.Phase(new Workers.Numbered(37, ran::incrementAndGet));
        Workers.Phase second = new Workers.Phase(
                new Workers.Numbered(20, task -> {
                    for (int i = 0; i < 37; i++) {
                        early.addAndGet(0, 1 - ran.get(i));
                    }
                    ran.incrementAndGet(37 + task);
                }),
                new Workers.Numbered(17, task -> {
                    for (int i = 0; i < 37; i++) {
                        early.addAndGet(0, 1 - ran.get(i));
                    }
                    ran.incrementAndGet(57 + task);
                }));
        for (int threads = 1; threads <= 4; threads++) {
            Workers.with(threads, () -> {
                Workers.run(MUCH, first, second);
                return 0;
            });
            assertThat(early.get(0)).as("%d threads", threads).isZero();
            for (int i = 0; i < ran.length(); i++) {
                assertThat(ran.getAndSet(i, 0))
                        .as("task %d of %d threads", i, threads)
                        .isOne();
            }
        }
    }

    @Test
    void halfOfTheThreadsBeginWithLateTasks() {
        AtomicIntegerArray begun = new AtomicIntegerArray(2);
        // Each kind's task waits for the other kind's to begin: one after the other they would wait for ever.
        Workers.Phase both = new Workers.Phase(
                new Workers.Numbered(1, task -> meet(begun, 0)), new Workers.Numbered(1, task -> meet(begun, 1)));
        Workers.with(2, () -> {
            Workers.run(MUCH, both);
            return 0;
        });
        assertThat(begun.get(0) + begun.get(1)).isEqualTo(2);
    }

    @Test
    void workersInheritNothingFromTheThreadThatMakesThem() throws Exception {
        int threads = 9; // more than other tests ask for, so that some are made here
        InheritableThreadLocal<String> inherited = new InheritableThreadLocal<>();
        ClassLoader own = new URLClassLoader(new URL[0], null);
        CountDownLatch allHere = new CountDownLatch(threads);
        Queue<String> found = new ConcurrentLinkedQueue<>();
        Thread caller = new Thread(() -> {
            inherited.set("the caller's");
            Workers.with(threads, () -> {
                Workers.run(threads, MUCH, task -> {
                    allHere.countDown();
                    Workers.await(() -> allHere.getCount() == 0); // one task for each thread
                    Thread me = Thread.currentThread();
                    if (me.getName().startsWith("heed-worker-")) {
                        boolean inherits = me.getContextClassLoader() == own || inherited.get() != null;
                        found.add(inherits || me.getPriority() != Thread.NORM_PRIORITY ? me.getName() : "nothing");
                    }
                });
                return 0;
            });
        });
        caller.setContextClassLoader(own);
        caller.setPriority(Thread.MIN_PRIORITY);
        caller.start();
        caller.join();
        assertThat(found).hasSize(threads - 1).containsOnly("nothing");
    }

    /** A rule of the user's may do so when it is interrupted itself; the worker's next rest must be one. */
    @Test
    void aTaskThatInterruptsItsThreadDoesNotKeepItAwake() {
        Queue<Thread> workers = new ConcurrentLinkedQueue<>();
        AtomicIntegerArray begun = new AtomicIntegerArray(2);
        Workers.with(2, () -> {
            Workers.run(2, MUCH, task -> {
                meet(begun, task);
                if (Thread.currentThread().getName().startsWith("heed-worker-")) {
                    Thread.currentThread().interrupt();
                    workers.add(Thread.currentThread());
                }
            });
            return 0;
        });
        Thread worker = workers.remove();
        long until = System.nanoTime() + 20_000_000_000L;
        while (worker.isInterrupted() && System.nanoTime() < until) {
            Thread.onSpinWait();
        }
        assertThat(worker.isInterrupted()).isFalse();
    }

    @Test
    void anInterruptedCallerGetsItsResultsAndStaysInterrupted() {
        AtomicIntegerArray ran = new AtomicIntegerArray(100);
        Thread.currentThread().interrupt();
        Workers.with(2, () -> {
            Workers.run(100, MUCH, ran::incrementAndGet);
            return 0;
        });
        assertThat(Thread.interrupted()).isTrue();
        for (int i = 0; i < ran.length(); i++) {
            assertThat(ran.get(i)).isOne();
        }
    }

    private static void meet(AtomicIntegerArray begun, int me) {
        begun.incrementAndGet(me);
        Workers.await(() -> begun.get(1 - me) > 0);
    }
}
