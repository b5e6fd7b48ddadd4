package dev.heed.train;

import static org.assertj.core.api.Assertions.assertThat;

import dev.heed.text.Token;
import dev.heed.text.Tokenizer;
import java.util.List;
import java.util.function.Function;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class WordTokenizerTest {
    /** Apostrophes of both kinds, blanks beyond ASCII, capital letters whose small ones depend on their neighbours or are two. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "l\u2019eau n\u2019est pas froide",
                "it's ‘quoted’",
                "a\u00a0b \u00a0c\u3000d\u2028e\u0085f",
                "ΟΔΟΣ ΣΑΣ. Σ",
                "İSTANBUL ẞ ǅ",
                "e\u0301te\u0301 naïve 漢字 かな 🥊👩\u200d🚀",
                "tab\tand\r\nlines\n\n",
            })
    void everyWordOfTheTextsIsKnownToTheTokenizerThatIsMadeOfThem(String text) {
        for (Function<List<String>, String> kind : List.<Function<List<String>, String>>of(
                WordTokenizer::masked, WordTokenizer::paired, WordTokenizer::written, WordTokenizer::told)) {
            try (Tokenizer tokenizer = Tokenizer.parse("words", kind.apply(List.of(text)))) {
                int unknown = tokenizer
                        .id("<unk>")
                        .orElseGet(() -> tokenizer.id("[UNK]").orElseThrow());
                assertThat(tokenizer.encode(text).all())
                        .extracting(Token::id)
                        .as(text)
                        .doesNotContain(unknown);
            }
        }
    }
}
