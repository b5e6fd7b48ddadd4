package dev.heed.attention;

import static org.assertj.core.api.Assertions.assertThat;

import dev.heed.kernel.Kernels;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * The same bits everywhere (KERNEL.md, law 17): {@code ./check} runs this with 4, 8 and 16 lanes and in plain Java, and each
 * of them starts JVMs that interpret only and that compile. A change of the kernel's arithmetic changes the number; nothing
 * else may.
 */
class GoldenBitsTest {
    private static final String GOLDEN = "18caa8b7236b39d4";

    @Test
    void thisJvmHasTheGoldenBits() {
        assertThat(Long.toHexString(GoldenBits.hash())).isEqualTo(GOLDEN);
    }

    @Test
    void aJvmThatOnlyInterpretsHasTheGoldenBits() throws Exception {
        assertThat(FreshJvm.run(GoldenBits.class, List.of("-Xint"), List.of()))
                .isEqualTo(Kernels.name() + " " + GOLDEN + " 0");
    }

    @Test
    void theFirstCallAndTheTenThousandthHaveTheSameBits() throws Exception {
        assertThat(FreshJvm.run(GoldenBits.class, List.of(), List.of("repeat")))
                .isEqualTo(Kernels.name() + " " + GOLDEN + " 10000");
    }
}
