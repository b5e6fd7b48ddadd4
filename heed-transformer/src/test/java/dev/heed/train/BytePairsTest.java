package dev.heed.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.heed.text.SpecialToken;
import dev.heed.text.Tokenizer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BytePairsTest {
    private static final String TEXT = """
            The animal didn't cross the street because it was too tired; the animals don't cross streets.
            "Zwölf Boxkämpfer jagen Viktor", said 12 of 120 people.  Naïve café, 東京 東京!
            They're  here:\tthe the then them.

            """;

    // ---- what is learned
    // ---------------------------------------------------------------------------------------------

    @Test
    void theMostFrequentPairGoesFirstAndOfEqualOnesThatWithSmallerIds() {
        BytePairs.Learned learned = BytePairs.learn(List.of("abab abab ab cdcd cd"), 260);
        assertThat(learned.merges())
                .extracting(merge -> merge.left() + "·" + merge.right())
                .containsExactly("a·b", "c·d", "Ġ·ab", "Ġ·cd");
    }

    @Test
    void nothingIsMadeOfPairsThatStandOnce() {
        assertThat(BytePairs.learn(List.of("abcdef"), 1000).merges()).isEmpty();
    }

    /** The definition: count all pairs anew before each merge. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5})
    void keepingCountsGivesWhatCountingAnewGives(long seed) {
        SplittableRandom dice = new SplittableRandom(seed);
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < 4000; i++) {
            text.append(dice.nextInt(7) == 0 ? ' ' : (char) ('a' + dice.nextInt(3)));
        }
        List<String> merges = BytePairs.learn(List.of(text.toString()), 256 + 50).merges().stream()
                .map(merge -> merge.left() + " " + merge.right())
                .toList();
        assertThat(merges).as("seed %d", seed).hasSize(50).isEqualTo(countingAnew(text.toString(), 50));
    }

    private static List<String> countingAnew(String text, int merges) {
        List<List<String>> words = new ArrayList<>(Pattern.compile(" ?[a-z]+|\\s+(?!\\S)|\\s+")
                .matcher(text)
                .results()
                .map(MatchResult::group)
                .map(word -> word.replace(' ', 'Ġ')
                        .chars()
                        .mapToObj(Character::toString)
                        .toList())
                .toList());
        List<String> order = new ArrayList<>(); // of tokens, as their ids are
        "abc".chars().forEach(c -> order.add(Character.toString(c)));
        order.addFirst("Ġ"); // byte 32 stands before the letters
        List<String> made = new ArrayList<>();
        for (int m = 0; m < merges; m++) {
            Map<List<String>, Integer> counts = new HashMap<>();
            for (List<String> word : words) {
                for (int i = 0; i + 1 < word.size(); i++) {
                    counts.merge(word.subList(i, i + 2), 1, Integer::sum);
                }
            }
            List<String> best = counts.entrySet().stream()
                    .sorted((x, y) -> x.getValue().equals(y.getValue())
                            ? order.indexOf(x.getKey().get(0))
                                            != order.indexOf(y.getKey().get(0))
                                    ? order.indexOf(x.getKey().get(0))
                                            - order.indexOf(y.getKey().get(0))
                                    : order.indexOf(x.getKey().get(1))
                                            - order.indexOf(y.getKey().get(1))
                            : y.getValue() - x.getValue())
                    .findFirst()
                    .orElseThrow()
                    .getKey();
            made.add(String.join(" ", best));
            order.add(String.join("", best));
            words.replaceAll(word -> merged(word, best));
        }
        return made;
    }

    private static List<String> merged(List<String> word, List<String> pair) {
        List<String> merged = new ArrayList<>();
        for (int i = 0; i < word.size(); i++) {
            if (i + 1 < word.size() && word.subList(i, i + 2).equals(pair)) {
                merged.add(word.get(i) + word.get(i + 1));
                i++;
            } else {
                merged.add(word.get(i));
            }
        }
        return merged;
    }

    // ---- the file
    // ----------------------------------------------------------------------------------------------------

    @Test
    void theSavedTokenizerMakesTheTokensThatWereLearned() {
        List<String> expected =
                BytePairs.learn(List.of(TEXT.repeat(3)), 256 + 40).spellings().subList(256, 296);
        try (Tokenizer tokenizer = Tokenizer.parse("bpe", BytePairTokenizer.written(List.of(TEXT.repeat(3)), 297))) {
            assertThat(tokenizer.size()).isEqualTo(297);
            for (int i = 0; i < expected.size(); i++) {
                assertThat(tokenizer.piece(257 + i)).isEqualTo(expected.get(i));
            }
            int[] ids = tokenizer.encode(TEXT).ids();
            assertThat(ids.length).isLessThan(TEXT.getBytes(StandardCharsets.UTF_8).length * 2 / 3);
        }
    }

    @Test
    void anyTextComesBackToTheLetter() {
        SplittableRandom dice = new SplittableRandom(11);
        try (Tokenizer tokenizer = Tokenizer.parse("bpe", BytePairTokenizer.written(List.of(TEXT), 400))) {
            for (int t = 0; t < 300; t++) {
                StringBuilder text = new StringBuilder();
                int length = 1 + dice.nextInt(30);
                while (text.length() < length) {
                    int point = dice.nextInt(dice.nextBoolean() ? 0x80 : 0x20000);
                    if (Character.getType(point) != Character.SURROGATE) {
                        text.appendCodePoint(point);
                    }
                }
                assertThat(tokenizer.decode(tokenizer.encode(text.toString()).ids()))
                        .isEqualTo(text.toString());
            }
        }
    }

    @Test
    void specialTokensStandWhereModelsExpectThem() {
        try (Tokenizer paired = Tokenizer.parse("paired", BytePairTokenizer.paired(List.of(TEXT), 300));
                Tokenizer masked = Tokenizer.parse("masked", BytePairTokenizer.masked(List.of(TEXT), 300))) {
            int[] ids = paired.encode("the cat").ids();
            assertThat(ids[ids.length - 1]).isEqualTo(1);
            assertThat(paired.decode(ids)).isEqualTo("the cat");
            assertThat(masked.encode("the cat").labels()).startsWith("[CLS]").endsWith("[SEP]");
            assertThat(masked.id(SpecialToken.MASK)).hasValue(4);
            assertThat(masked.encode("the [MASK] cat").ids()).contains(4);
        }
    }

    @Test
    void sameTextsSameBytes() {
        assertThat(BytePairTokenizer.written(List.of(TEXT, "more of the same"), 350))
                .isEqualTo(BytePairTokenizer.written(List.of(TEXT, "more of the same"), 350));
    }

    @Test
    void tooSmallVocabulariesAreRefused() {
        assertThatThrownBy(() -> BytePairTokenizer.written(List.of(TEXT), 256))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(
                        "train: a vocabulary of byte pairs needs at least 257 tokens (1 special ones and every byte),"
                                + " got 256");
    }
}
