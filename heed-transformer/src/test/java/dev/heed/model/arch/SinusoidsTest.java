package dev.heed.model.arch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class SinusoidsTest {
    @Test
    void sinesStandBeforeCosines() {
        float[] row = new Sinusoids(4, 3).rows(new int[] {2}).array();
        double[] expected = {Math.sin(2), Math.sin(0.02), Math.cos(2), Math.cos(0.02)};
        for (int i = 0; i < 4; i++) {
            assertThat((double) row[i]).isCloseTo(expected[i], within(1e-7));
        }
    }

    @Test
    void anOddWidthHasOneSineMore() {
        float[] row = new Sinusoids(3, 2).rows(new int[] {0}).array();
        assertThat(row).containsExactly(0, 0, 1);
    }

    @Test
    void rowsAreTheSameInWhateverOrderTheyAreAskedFor() {
        int[] all = IntStream.range(0, 50).toArray();
        float[] atOnce = new Sinusoids(6, 50).rows(all).array();
        Sinusoids grown = new Sinusoids(6, 50);
        for (int at : new int[] {0, 7, 3, 49, 20}) {
            float[] row = grown.rows(new int[] {at}).array();
            assertThat(row).isEqualTo(Arrays.copyOfRange(atOnce, 6 * at, 6 * at + 6));
        }
        assertThat(grown.rows(all).array()).isEqualTo(atOnce);
        assertThat(grown.rows(new int[0]).shape()).containsExactly(0, 6);
    }

    @Test
    void callersMayChangeWhatTheyGot() {
        Sinusoids positions = new Sinusoids(2, 4);
        positions.rows(new int[] {1}).array()[0] = 9;
        assertThat(positions.rows(new int[] {1}).array()[0]).isLessThan(1);
    }

    @Test
    void aPositionBehindTheLastIsRefused() {
        Sinusoids positions = new Sinusoids(2, 4);
        positions.rows(new int[] {3});
        assertThatThrownBy(() -> positions.rows(new int[] {1, 4}))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("positions: at most 4 tokens fit this model, got one at 4");
    }
}
