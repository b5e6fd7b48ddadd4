package dev.heed.lens;

import static org.assertj.core.api.Assertions.assertThat;

import dev.heed.attention.AttentionMap;
import dev.heed.attention.AttentionMap.Kind;
import dev.heed.model.Generation;
import dev.heed.model.Model;
import dev.heed.model.Recording;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** The worked example "The dog is black": which word each German word is written from. */
class HundTest {
    private static final String READ = "The dog is black.";
    private static final String WRITTEN = "Der Hund ist schwarz.";

    @Test
    void theTranslatorWritesIt() {
        try (Model model = Model.bundled("translator")) {
            assertThat(model.generate(READ, Generation.Options.greedy(20))
                            .text()
                            .strip())
                    .isEqualTo(WRITTEN);
        }
    }

    /**
     * The row that writes a word is that of the word before, which is what the decoder is given (row 0: the beginning). Nobody
     * told a head to align; that one does is measured, which one is not asked.
     */
    @Test
    void oneHeadOfTheCrossAttentionLooksAtEachWordsTranslationWhereItIsWritten() {
        try (Model model = Model.bundled("translator")) {
            Recording recording = model.run(READ, WRITTEN).recording();
            assertThat(recording.layers(Kind.CROSS)).isEqualTo(1);
            List<List<String>> looked = IntStream.range(0, model.sizes().heads())
                    .mapToObj(head -> looked(recording.map(Kind.CROSS, 0, head)))
                    .toList();
            assertThat(looked).contains(List.of("The", "dog", "is", "black"));
        }
    }

    /** For each of the four words the token that has the most weight where it is written. */
    private static List<String> looked(AttentionMap map) {
        return IntStream.range(0, 4)
                .mapToObj(row -> map.keyTokens()
                        .get(IntStream.range(0, map.keyTokens().size())
                                .reduce((best, key) -> map.weight(row, key) > map.weight(row, best) ? key : best)
                                .orElseThrow()))
                .toList();
    }
}
