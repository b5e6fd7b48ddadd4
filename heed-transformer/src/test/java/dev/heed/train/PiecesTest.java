package dev.heed.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.heed.text.Tokenizer;
import dev.heed.text.Tokens;
import dev.heed.train.Pieces.Kind;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PiecesTest {
    private static final String TEXT = "a b c d e f g";
    private static final String MASKED = WordTokenizer.masked(List.of(TEXT));
    private static final String TOLD = WordTokenizer.told(List.of(TEXT));

    private static List<String> cut(String tokenizerJson, Pieces pieces, String text) {
        try (Tokenizer tokenizer = Tokenizer.parse("tokenizer.json", tokenizerJson)) {
            Tokens tokens = tokenizer.encode(text);
            return pieces.of(tokens, tokenizer::isSpecial)
                    .map(piece -> String.join(
                                    " ",
                                    Arrays.stream(piece.ids())
                                            .mapToObj(id -> tokenizer.piece(id).strip())
                                            .toList())
                            + (piece.ends() ? " ends" : ""))
                    .toList();
        }
    }

    @Test
    void closedPiecesAreAsTextsByThemselves() {
        assertThat(cut(MASKED, new Pieces(5, Kind.CLOSED), TEXT))
                .containsExactly("[CLS] a b [SEP]", "[CLS] c d [SEP]", "[CLS] e f g [SEP] ends");
    }

    @Test
    void openPiecesEndWhereTheTextDoes() {
        assertThat(cut(TOLD, new Pieces(5, Kind.OPEN), TEXT)).containsExactly("<s> a b c", "<s> d e f g ends");
        assertThat(cut(MASKED, new Pieces(6, Kind.OPEN), TEXT))
                .containsExactly("[CLS] a b c", "[CLS] d e f g [SEP] ends");
    }

    @ParameterizedTest
    @ValueSource(ints = {9, 10, 1000})
    void whatFitsIsLeftWhole(int most) {
        assertThat(cut(MASKED, new Pieces(most, Kind.CLOSED), TEXT)).containsExactly("[CLS] a b c d e f g [SEP] ends");
    }

    @Test
    void whatHasNothingToLearnHasNoPieces() {
        assertThat(cut(MASKED, new Pieces(9, Kind.CLOSED), "ß ß")).isEmpty();
        assertThat(cut(MASKED, new Pieces(9, Kind.OPEN), "")).isEmpty();
    }

    @Test
    void aContextWithoutRoomIsRefused() {
        assertThatThrownBy(() -> cut(MASKED, new Pieces(2, Kind.CLOSED), TEXT))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(
                        "train: the tokenizer adds 2 tokens to each text, so the context must be more than that, got 2");
    }
}
