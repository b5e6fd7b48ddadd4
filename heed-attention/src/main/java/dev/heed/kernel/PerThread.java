package dev.heed.kernel;

import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A thread's working object, reused from task to task, so that calls allocate nothing but their results. A task takes it and
 * gives it back: a call from within a task, of a mask or a score rule that asks Heed itself, finds none and works with another.
 * (Products and row kernels ask nobody; they use plain thread-locals.) One that a failing task does not give back is made
 * anew. It lives as long as its thread, a virtual one too.
 */
final class PerThread<T> {
    private final ThreadLocal<@Nullable T> idle = new ThreadLocal<>();
    private final Supplier<T> make;

    PerThread(Supplier<T> make) {
        this.make = make;
    }

    T take() {
        T there = idle.get();
        if (there == null) {
            return make.get();
        }
        idle.set(null);
        return there;
    }

    void give(T done) {
        idle.set(done);
    }
}
