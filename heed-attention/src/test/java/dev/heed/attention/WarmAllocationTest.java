package dev.heed.attention;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.management.ThreadMXBean;
import dev.heed.kernel.Kernels;
import java.lang.management.ManagementFactory;
import java.util.List;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;

/** Whether C2 boxes a loop's vectors differs from start to start, hence several JVMs. */
class WarmAllocationTest {
    @RepeatedTest(3)
    void aWarmCallAllocatesItsResultsAndLittleElse() throws Exception {
        assumeTrue(!Kernels.name().equals("scalar"), "plain Java has no vectors to box");
        assertThat(FreshJvm.run(WarmAllocation.class, List.of(), List.of()).lines())
                .containsExactly("full little", "causal little", "backward little", "cosine backward little");
    }

    /** Cold, too: nothing per query that C2 would have to remove. */
    @Test
    void aResolvedMaskIsTwoBoundsPerQuery() {
        ThreadMXBean thread = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        int queries = 4096;
        Mask mask = Mask.windowAt(127, 0, 5, 9).and(Mask.lengths(300, 4000)).and(Mask.prefix(7));
        mask.resolve(2, 1, 5, 5); // loads classes
        long before = thread.getCurrentThreadAllocatedBytes();
        mask.resolve(2, 1, queries, queries);
        long bytes = thread.getCurrentThreadAllocatedBytes() - before;
        assertThat(bytes).isBetween(2L * 2 * 4 * queries, 2L * 2 * 4 * queries + 10_000);
    }
}
