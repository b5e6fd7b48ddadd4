package dev.heed.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class QuartilesTest {
    @Test
    void anOddNumberOfValuesHasItsMiddleOneAsMedian() {
        assertThat(Quartiles.of(5, 1, 4, 2, 3)).isEqualTo(new Quartiles(2, 3, 4));
    }

    @Test
    void anEvenNumberOfValuesIsInterpolated() {
        assertThat(Quartiles.of(4, 1, 3, 2)).isEqualTo(new Quartiles(1.75, 2.5, 3.25));
    }

    @Test
    void oneValueIsAllThreeQuartiles() {
        assertThat(Quartiles.of(7)).isEqualTo(new Quartiles(7, 7, 7));
    }

    @Test
    void oneInterruptedRunDoesNotMoveTheMedian() {
        assertThat(Quartiles.of(1, 1, 1, 1, 1000).median()).isEqualTo(1);
    }

    @Test
    void theGivenValuesKeepTheirOrder() {
        double[] values = {3, 1, 2};
        assertThat(Quartiles.of(values).median()).isEqualTo(2);
        assertThat(values).containsExactly(3, 1, 2);
    }

    @Test
    void ratiosAreTakenWithinRounds() {
        // Round 2 was ten times slower for both.
        double[] rival = {2, 20, 8};
        double[] heed = {1, 10, 4};
        assertThat(Quartiles.ofRatios(rival, heed)).isEqualTo(new Quartiles(2, 2, 2));
        assertThatThrownBy(() -> Quartiles.ofRatios(rival, new double[1])).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void nothingHasNoQuartiles() {
        assertThatThrownBy(Quartiles::of).isInstanceOf(IllegalArgumentException.class);
    }
}
