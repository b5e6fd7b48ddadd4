package dev.heed.text;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.List;
import org.junit.jupiter.api.Test;

class SpellingTest {
    private static final List<String> KNOWN = List.of("steps", "learning_rate", "temperature");

    @Test
    void fewEditsAreMeant() {
        assertThat(Spelling.nearest("stesp", KNOWN)).isEqualTo("steps");
        assertThat(Spelling.nearest("temprature", KNOWN)).isEqualTo("temperature");
        assertThat(Spelling.nearest("x", KNOWN)).isEmpty();
    }

    @Test
    void aKeyAsLongAsItsFileTakesNoMemory() {
        ThreadMXBean thread = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        String key = "k".repeat(1 << 20);
        long before = thread.getCurrentThreadAllocatedBytes();
        assertThat(Spelling.nearest(key, KNOWN)).isEmpty();
        assertThat(thread.getCurrentThreadAllocatedBytes() - before).isLessThan(1 << 20);
    }
}
