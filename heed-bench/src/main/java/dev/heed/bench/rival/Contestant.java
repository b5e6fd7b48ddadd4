package dev.heed.bench.rival;

import dev.heed.tensor.Tensor;
import java.util.List;

/** A rival made ready for one case and one number of threads: inputs are in its own memory, in the layout it likes best. */
public interface Contestant extends AutoCloseable {
    /** Sets what is process-wide, such as the size of a thread pool; called before every timed block, never inside. */
    default void begin() {}

    /** The work that is timed. */
    void run();

    /** What a timed block does. */
    default void run(long times) {
        for (long time = 0; time < times; time++) {
            run();
        }
    }

    /** What the latest run computed: the output [1, H, N, D], or dQuery, dKey and dValue. Copies; not timed. */
    List<Tensor> outputs();

    @Override
    default void close() {}
}
