package dev.heed.lens;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.heed.attention.AttentionMap;
import dev.heed.attention.AttentionMap.Kind;
import dev.heed.model.Model;
import dev.heed.model.Run;
import org.junit.jupiter.api.Test;

class ReadingTest {
    /** Else a head that looks at the nearest mention would seem to look elsewhere. */
    @Test
    void theWeightOnAWordIsThatOnAllItsMentions() {
        try (Model model = Model.bundled("cloze")) {
            String sentence =
                    "The animal saw the street and the animal didn't cross the street because it was too tired.";
            Run run = model.run(sentence);
            int it = run.tokens().labels().indexOf("it");
            Reading reading = Reading.of(model, sentence, "it");
            int layer = reading.head().charAt(1) - '0';
            AttentionMap map =
                    run.recording().map(Kind.SELF, layer, reading.head().charAt(3) - '0');
            assertThat(reading.candidates()).extracting(Reading.Candidate::word).doesNotHaveDuplicates();
            for (Reading.Candidate each : reading.candidates()) {
                double weight = 0;
                for (int key = 0; key < map.columns(); key++) {
                    weight += map.keyTokens().get(key).equals(each.word()) ? map.weight(it, key) : 0;
                }
                assertThat(each.weight()).as(each.word()).isCloseTo(weight, within(1e-6));
                assertThat(run.tokens().labels().indexOf(each.word())).isEqualTo(each.position());
            }
        }
    }
}
