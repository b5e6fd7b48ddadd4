package dev.heed.app.print;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TextTest {
    /** By Unicode Standard Annex 11; what only joins or changes its neighbour takes nothing. */
    @ParameterizedTest
    @CsvSource({
        "cat, 3",
        "naïve, 5",
        "e\u0301, 1",
        "東京, 4",
        "한, 2",
        "\u1112\u1161\u11ab, 2",
        "⭐✅⌚, 6",
        "🐱, 2",
        "🌡, 1",
        "🇫🇷, 2",
        "a\u200db, 2",
        "␣▏…, 3"
    })
    void aTextTakesSoManyColumns(String text, int columns) {
        assertThat(Text.width(text)).isEqualTo(columns);
        assertThat(Text.width(Text.left(text, 9))).isEqualTo(9);
        assertThat(Text.width(Text.right(text, 9))).isEqualTo(9);
        assertThat(Text.cut(text, columns)).isEqualTo(text);
    }
}
