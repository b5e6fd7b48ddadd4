package dev.heed.app.print;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class NumbersTest {
    @Test
    void whatIsNoNumberIsWritten() {
        assertThat(Numbers.fixed(Double.NaN, 2)).isEqualTo("NaN");
        assertThat(Numbers.fixed(Double.POSITIVE_INFINITY, 2)).isEqualTo("Infinity");
        assertThat(Numbers.fixed(-0.0004, 3)).isEqualTo("0.000");
    }
}
