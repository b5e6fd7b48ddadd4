package dev.heed.train.recall;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.data.Offset.offset;

import dev.heed.grad.Tape;
import dev.heed.grad.Value;
import dev.heed.kernel.Workers;
import dev.heed.train.Draws;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class RecallTest {
    private static final RecallTask TASK = new RecallTask(8, 6, 5, 3);
    private static final Draws STREAM = Draws.of(7, "test");

    // ---- the task
    // ----------------------------------------------------------------------------------------------------

    @ParameterizedTest
    @ValueSource(ints = {10, 11, 30, 200})
    void theAnswerStandsAtItsDistanceBehindTheKeyThatIsAskedFor(int distance) {
        RecallTask.Batch batch = TASK.draw(STREAM, 3, 40, distance, distance);
        for (int t = 0; t < 40; t++) {
            int[] text = Arrays.copyOfRange(batch.ids(), t * batch.length(), (t + 1) * batch.length());
            int asked = text[text.length - 1];
            assertThat(text[text.length - 2]).isEqualTo(TASK.vocabulary() - 1);
            assertThat(text[text.length - 1 - distance]).isEqualTo(8 + batch.answers()[t]);
            assertThat(text[text.length - 2 - distance]).isEqualTo(asked).isLessThan(8);
            List<Integer> keys = Arrays.stream(text, 0, text.length - 2)
                    .filter(id -> id < 8)
                    .boxed()
                    .toList();
            assertThat(keys).as("keys of text " + t).hasSize(3).doesNotHaveDuplicates();
            assertThat(Arrays.stream(text).filter(id -> id >= 8 && id < 14).count())
                    .isEqualTo(3);
        }
    }

    @Test
    void textsOfABatchHaveAllDistancesAndAllAnswersAlike() {
        RecallTask.Batch batch = TASK.draw(STREAM, 0, 3000, 10, 100);
        int[] answers = new int[6];
        int near = 0;
        for (int t = 0; t < 3000; t++) {
            answers[batch.answers()[t]]++;
            int end = (t + 1) * batch.length();
            int key = batch.ids()[end - 1];
            int back = 2;
            while (batch.ids()[end - 1 - back] != key) {
                back++;
            }
            assertThat(back - 1).isBetween(10, 100);
            near += back - 1 < 32 ? 1 : 0;
        }
        assertThat(near / 3000.0).as("half of the distances in their logarithm").isBetween(0.45, 0.55);
        for (int count : answers) {
            assertThat(count / 3000.0).isBetween(0.13, 0.21);
        }
    }

    @Test
    void distancesWithoutRoomAreRefused() {
        assertThatThrownBy(() -> TASK.draw(STREAM, 0, 1, 9, 9))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("begin at 10");
    }

    // ---- readers
    // -----------------------------------------------------------------------------------------------------

    @ParameterizedTest
    @EnumSource(ReaderKind.class)
    void allKindsHaveAboutAsManyParameters(ReaderKind kind) {
        for (RecallStudy.Settings settings : List.of(RecallStudy.Settings.standard(), RecallStudy.Settings.quick())) {
            long parameters = RecallModel.nearest(kind, settings.task(), settings.width(), settings.parameters(), 1)
                    .parameters();
            assertThat(parameters / (double) settings.parameters()).isBetween(0.95, 1.05);
        }
    }

    @ParameterizedTest
    @EnumSource(ReaderKind.class)
    void gradientsMeetDifferences(ReaderKind kind) {
        RecallModel model = new RecallModel(kind, TASK, 8, 5, 1);
        RecallTask.Batch batch = TASK.draw(STREAM, 0, 3, 10, 12);
        Tape tape = Tape.recording();
        tape.backward(model.loss(tape, batch));
        SplittableRandom dice = new SplittableRandom(5);
        for (Map.Entry<String, Value> each : model.learned().entrySet()) {
            float[] x = each.getValue().tensor().array();
            for (int probe = 0; probe < 3; probe++) {
                int at = dice.nextInt(x.length);
                double expected = difference(model, batch, x, at);
                assertThat((double) each.getValue().gradient().array()[at])
                        .as("%s: %s, element %d", kind, each.getKey(), at)
                        .isCloseTo(expected, offset(2e-4 + 2e-3 * Math.abs(expected)));
            }
        }
    }

    private static double difference(RecallModel model, RecallTask.Batch batch, float[] x, int at) {
        float step = 1f / 64;
        float value = x[at];
        double[] f = new double[5];
        for (int i = -2; i <= 2; i++) {
            x[at] = value + i * step;
            f[i + 2] = model.loss(Tape.off(), batch).tensor().get(0);
        }
        x[at] = value;
        return (f[0] - 8 * f[1] + 8 * f[3] - f[4]) / (12 * step);
    }

    /** What is out of reach changes no bit; what is in reach does, unless a small state has forgotten it. */
    @ParameterizedTest
    @EnumSource(ReaderKind.class)
    void aReaderReachesAsFarAsItSays(ReaderKind kind) {
        RecallModel model = new RecallModel(kind, TASK, 8, 5, 1);
        int distance = 60;
        RecallTask.Batch batch = TASK.draw(STREAM, 0, 1, distance, distance);
        int last = batch.length() - 1;
        float before = model.loss(Tape.off(), batch).tensor().get(0);
        int inReach = kind == ReaderKind.GRU ? 5 : Math.min(kind.reach(), distance);
        assertThat(lossWith(model, batch, last - inReach)).as("in reach").isNotEqualTo(before);
        if (kind.reach() < distance) {
            assertThat(lossWith(model, batch, last - inReach - 1))
                    .as("out of reach")
                    .isEqualTo(before);
        }
    }

    private static float lossWith(RecallModel model, RecallTask.Batch batch, int changed) {
        int[] ids = batch.ids().clone();
        ids[changed] = (ids[changed] + 1) % TASK.vocabulary();
        return model.loss(Tape.off(), new RecallTask.Batch(ids, batch.answers(), batch.length()))
                .tensor()
                .get(0);
    }

    // ---- the study
    // ---------------------------------------------------------------------------------------------------

    private static RecallStudy study(int steps) {
        RecallTask easy = new RecallTask(2, 2, 1, 1);
        return new RecallStudy(
                new RecallStudy.Settings(easy, 16, 5000, steps, 16, 5e-3, 20, 2, 3, List.of(10, 40), 64));
    }

    @Test
    void threadsChangeNoResult() {
        List<RecallStudy.Run> one = Workers.with(1, () -> study(2).run(run -> {}));
        List<RecallStudy.Run> two = Workers.with(2, () -> study(2).run(run -> {}));
        assertThat(two)
                .usingRecursiveFieldByFieldElementComparatorIgnoringFields("seconds")
                .isEqualTo(one);
    }

    /** One pair, two values, near: everyone learns it; at 40 the convolution sees nothing. */
    @Test
    void whatIsEasyIsLearnedAndWhatIsOutOfReachIsNot() {
        RecallStudy study = study(150);
        for (RecallStudy.Curve curve : study.curves(study.run(run -> {}))) {
            assertThat(curve.accuracy().getFirst()).as("%s at 10", curve.kind()).isGreaterThan(0.85);
            if (curve.kind() == ReaderKind.CONVOLUTION) {
                assertThat(curve.accuracy().getLast()).as("convolution at 40").isBetween(0.3, 0.7);
            }
        }
    }
}
