package dev.heed.bench;

import static org.assertj.core.api.Assertions.assertThat;

import dev.heed.bench.rival.AttentionCase;
import dev.heed.bench.rival.AttentionCase.Work;
import org.junit.jupiter.api.Test;

class LimitsTest {
    /** KERNEL.md's floors at 286 GFLOP/s: 8.4 ms forward and 20.3 ms backward at N=1024 D=64, causal 67 ms at N=4096. */
    @Test
    void operationsGiveTheFloorsOfTheNotes() {
        assertThat(millis(AttentionCase.square(Work.FORWARD, 1024, 64, false))).isBetween(8.3, 8.6);
        assertThat(millis(AttentionCase.square(Work.FORWARD, 4096, 64, true))).isBetween(66.0, 69.0);
        assertThat(millis(AttentionCase.square(Work.BACKWARD, 1024, 64, false))).isBetween(20.0, 20.6);
    }

    @Test
    void hiddenPairsCostNothing() {
        assertThat(AttentionCase.square(Work.FORWARD, 3, 64, true).visiblePairs())
                .isEqualTo(8 * 6);
        assertThat(AttentionCase.decode(32, 8, 1024).visiblePairs()).isEqualTo(32 * 1024);
    }

    private static double millis(AttentionCase question) {
        return Limits.operations(question) / 286e9 * 1e3;
    }
}
