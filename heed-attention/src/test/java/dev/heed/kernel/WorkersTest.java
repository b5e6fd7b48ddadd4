package dev.heed.kernel;

import static org.assertj.core.api.Assertions.assertThat;

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

    private static void meet(AtomicIntegerArray begun, int me) {
        begun.incrementAndGet(me);
        Workers.await(() -> begun.get(1 - me) > 0);
    }
}
