package dev.heed.app.print;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class LossPlotTest {
    @Test
    void aFallingLossFallsFromTheTopLeftToTheBottomRight() {
        LossPlot plot = new LossPlot(8, 4, 2);
        for (int step = 0; step < 8; step++) {
            plot.add(step, 8 - step);
        }
        assertThat(plot.lines()).containsExactly("   8.00 │⠑⢄", "   1.00 │  ⠑⢄", "        0  8 steps");
    }

    @Test
    void manyStepsAreAveragedAndFewLeaveRoom() {
        LossPlot plot = new LossPlot(1000, 10, 3);
        for (int step = 0; step < 300; step++) {
            plot.add(step, step % 2 == 0 ? 1 : 3);
        }
        List<String> lines = plot.lines();
        assertThat(lines.getFirst()).startsWith("   2.00 │");
        assertThat(lines).anySatisfy(line -> assertThat(line).matches(".*│[\\u2801-\\u28ff]{3}"));
    }

    @Test
    void evaluationsStandOnTheirLoss() {
        LossPlot plot = new LossPlot(100, 10, 4);
        plot.add(0, 4);
        plot.judge(50, 2);
        plot.judge(100, 4);
        assertThat(plot.lines().get(0)).endsWith("◆").hasSize(9 + 10);
        assertThat(plot.lines().get(3)).isEqualTo("   2.00 │    ◆");
    }

    @Test
    void nothingIsDrawnBeforeThereIsAnything() {
        assertThat(new LossPlot(100, 10, 4).lines()).isEmpty();
    }
}
