package dev.heed.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class NGramsTest {
    private static final int WORDS = 13;

    /** A chain: each word has two likely followers, which words two before decide between. */
    private static List<int[]> texts(int count, int length, long seed) {
        Random random = new Random(seed);
        List<int[]> all = new ArrayList<>();
        for (int t = 0; t < count; t++) {
            int[] text = new int[length];
            for (int i = 0; i < length; i++) {
                boolean likely = random.nextInt(10) < 8 && i > 1;
                text[i] = likely ? (3 * text[i - 1] + text[i - 2]) % WORDS : random.nextInt(WORDS);
            }
            all.add(text);
        }
        return all;
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4, 5})
    void probabilitiesOfAllWordsSumToOneBehindAnything(int order) {
        NGrams counted = NGrams.of(texts(40, 30, 1), order, WORDS);
        Random random = new Random(2);
        for (int probe = 0; probe < 200; probe++) {
            int[] before = random.ints(random.nextInt(7), 0, WORDS).toArray();
            double sum = 0;
            for (int word = 0; word < WORDS; word++) {
                sum += counted.after(before, word);
            }
            assertThat(sum).as("order %d behind %s", order, before).isCloseTo(1, within(1e-12));
        }
    }

    /** Of one text, a b a b a: a stands three times, b twice; each discount is half of its count, as so few tell nothing. */
    @Test
    void aSmallExampleByHand() {
        int[] text = {0, 1, 0, 1, 0};
        NGrams ones = NGrams.of(List.of(text), 1, 2);
        // a: (3 − 1.5) / 5 + (1.5 + 1) / 5 · 1/2; b: (2 − 1) / 5 + the same
        assertThat(ones.after(new int[0], 0)).isCloseTo(0.3 + 0.25, within(1e-12));
        assertThat(ones.after(new int[0], 1)).isCloseTo(0.2 + 0.25, within(1e-12));
        assertThat(ones.loss(text)).isCloseTo(-2 * Math.log(0.45) - 2 * Math.log(0.55), within(1e-12));
    }

    /** "Francisco" stands often, but only behind "San": behind an unknown word it is unlikely (Chen and Goodman 1999). */
    @Test
    void aShorterContextCountsWhatStoodBeforeNotHowOften() {
        List<int[]> texts = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            texts.add(new int[] {5, 6, 2 + i % 3, 7, i % 5}); // 6 always behind 5; 7 behind three words
        }
        NGrams counted = NGrams.of(texts, 2, 20);
        assertThat(counted.after(new int[] {5}, 6)).isGreaterThan(0.8);
        assertThat(counted.after(new int[] {19}, 7)).isGreaterThan(1.5 * counted.after(new int[] {19}, 6));
    }

    @Test
    void longerContextsForetellHeldOutTextsThatNeedThem() {
        List<int[]> train = texts(400, 50, 3);
        List<int[]> heldOut = texts(40, 50, 4);
        double[] losses = new double[6];
        for (int order = 1; order <= 5; order++) {
            NGrams counted = NGrams.of(train, order, WORDS);
            losses[order] = heldOut.stream().mapToDouble(counted::loss).sum() / (40 * 49);
        }
        assertThat(losses[1]).isCloseTo(Math.log(WORDS), within(0.02));
        assertThat(losses[3]).isLessThan(losses[2] - 0.5);
        assertThat(losses[5]).isCloseTo(losses[3], within(0.15)); // more words before tell nothing more
    }
}
