package dev.heed.lens;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ShareTest {
    /** Published values of Wilson's interval (Newcombe 1998, table I, without continuity correction). */
    @ParameterizedTest
    @CsvSource({"81, 263, 0.2553, 0.3662", "15, 148, 0.0624, 0.1605", "0, 20, 0.0000, 0.1611", "1, 29, 0.0061, 0.1718"})
    void wilsonsIntervalIsThatOfNewcombesTable(int count, int of, double low, double high) {
        Share share = new Share(count, of);
        assertThat(share.low()).isCloseTo(low, within(6e-5));
        assertThat(share.high()).isCloseTo(high, within(6e-5));
    }

    @Test
    void aShareOfNothingSaysNothing() {
        assertThat(new Share(0, 0).low()).isZero();
        assertThat(new Share(0, 0).high()).isEqualTo(1);
        assertThatThrownBy(() -> new Share(3, 2)).hasMessageContaining("got 3 of 2");
    }

    /** Quantiles of Student's t from any table: 4 and 9 degrees 2.776 and 2.262. */
    @Test
    void aMeansIntervalIsStudents() {
        Mean five = Mean.of(1, 2, 3, 4, 5);
        assertThat(five.value()).isEqualTo(3);
        assertThat(five.high() - five.value()).isCloseTo(2.776 * Math.sqrt(2.5 / 5), within(0.01));
        Mean ten = Mean.of(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, Double.NaN);
        assertThat(ten.count()).isEqualTo(10);
        assertThat(ten.value() - ten.low()).isCloseTo(2.262 * ten.deviation() / Math.sqrt(10), within(0.002));
        assertThat(Mean.of(4).low()).isNegative().isInfinite();
    }

    /** 0.5 ± 12.706 · 0.4, of two numbers that lie between 0 and 1. */
    @Test
    void anIntervalStaysWithinTheBoundsOfItsNumbers() {
        Mean few = Mean.of(0.1, 0.9);
        assertThat(few.low()).isCloseTo(0.5 - 12.706 * 0.4, within(1e-9));
        assertThat(few.within(0, 1)).isEqualTo(new Mean(0.5, 0, 1, few.deviation(), 2));
        assertThat(few.within(0, Double.POSITIVE_INFINITY).high()).isEqualTo(few.high());
        assertThat(Mean.of(0.4).within(0, 1).high())
                .as("one text tells nothing")
                .isInfinite();
        Mean narrow = Mean.of(0.4, 0.41, 0.42);
        assertThat(narrow.within(0, 1)).isEqualTo(narrow);
    }
}
