package dev.heed.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import org.junit.jupiter.api.Test;

/** {@code ./check} repeats this module's tests with other JVM options; each run says here which kernel they must lead to. */
class ChosenKernelTest {
    private static final String EXPECTED = System.getProperty("heed.expect.kernel", "");

    @Test
    void theKernelThatRunsIsTheOneThisRunIsFor() {
        assumeTrue(!EXPECTED.isEmpty(), "no kernel is expected: -Dheed.expect.kernel is not set");
        assertThat(Kernels.name()).isEqualTo(EXPECTED);
    }
}
