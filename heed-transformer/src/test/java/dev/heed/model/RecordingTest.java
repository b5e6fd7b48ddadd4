package dev.heed.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.heed.attention.AttentionMap.Kind;
import org.junit.jupiter.api.Test;

class RecordingTest {
    @Test
    void aRowIsThatOfTheWholeMapAndWhatIsNotThereIsNamed() {
        try (Model model = Model.bundled("cloze")) {
            Recording recording = model.run("the cat sat.").recording(); // [CLS], three words, a stop, [SEP]
            assertThat(recording.map(Kind.SELF, 1, 2, 3, 4, 0, 6).weights().toArray())
                    .containsExactly(recording
                            .map(Kind.SELF, 1, 2)
                            .weights()
                            .select(0, 3)
                            .toArray());
            assertThatThrownBy(() -> recording.map(Kind.SELF, 0, 0, 0, 9, 0, 1))
                    .isInstanceOf(IndexOutOfBoundsException.class)
                    .hasMessage("Recording: queries 0..9 were asked for; they must lie within 0..6, the end excluded");
            assertThatThrownBy(() -> recording.map(Kind.SELF, 0, 0, 0, 1, 3, 2))
                    .hasMessage("Recording: keys 3..2 were asked for; they must lie within 0..6, the end excluded");
            assertThatThrownBy(() -> recording.map(Kind.SELF, 0, 4)).hasMessageContaining("there is no head 4");
        }
    }
}
