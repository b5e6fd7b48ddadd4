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
        AtomicIntegerArray ran = new AtomicIntegerArray(2 * 37);
        AtomicIntegerArray early = new AtomicIntegerArray(1);
        Workers.with(3, () -> {
            Workers.run(MUCH, new Workers.Phase(37, ran::incrementAndGet), new Workers.Phase(37, task -> {
                for (int i = 0; i < 37; i++) {
                    early.addAndGet(0, 1 - ran.get(i));
                }
                ran.incrementAndGet(37 + task);
            }));
            return 0;
        });
        assertThat(early.get(0)).isZero();
        for (int i = 0; i < ran.length(); i++) {
            assertThat(ran.get(i)).as("task %d", i).isOne();
        }
    }
}
