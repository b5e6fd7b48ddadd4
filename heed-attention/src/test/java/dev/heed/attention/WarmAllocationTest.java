package dev.heed.attention;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.heed.kernel.Kernels;
import java.util.List;
import org.junit.jupiter.api.RepeatedTest;

/** Whether C2 boxes a loop's vectors differs from start to start, hence several JVMs. */
class WarmAllocationTest {
    @RepeatedTest(3)
    void aWarmCallAllocatesItsResultsAndLittleElse() throws Exception {
        assumeTrue(!Kernels.name().equals("scalar"), "plain Java has no vectors to box");
        assertThat(FreshJvm.run(WarmAllocation.class, List.of(), List.of()).lines())
                .containsExactly("full little", "causal little", "backward little");
    }
}
