package dev.heed.train.worlds;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.Stream;

/**
 * Rows of words without sense, drawn from all words of the stories: what people of a story say, and say again. Nobody can know
 * them, only remember them.
 */
final class WordGames {
    /** Words that a refrain is made of, about; it is sung two to four times. */
    private static final int SUNG = 44;

    /** Not what "it" could stand for, nor what the games themselves say. */
    private static final List<String> WORDS = Tales.vocabulary().stream()
            .filter(word -> Character.isLetter(word.charAt(0)))
            .filter(word -> !word.equals("it")
                    && !word.equals(Tales.AGAIN)
                    && !Tales.nouns().contains(word))
            .toList();

    private final Dice dice;
    private final List<String> row;

    WordGames(Dice dice) {
        this.dice = dice;
        this.row = words(6 + dice.below(10));
    }

    private List<String> words(int count) {
        return Stream.generate(() -> dice.pick(WORDS)).limit(count).toList();
    }

    /** The story's own. */
    String row() {
        return String.join(" ", row);
    }

    /** A piece of the story's own, of three words at least. */
    String part() {
        int length = 3 + dice.below(row.size() - 2);
        int from = dice.below(row.size() - length + 1);
        return String.join(" ", row.subList(from, from + length));
    }

    /** Another one, over and over without a pause. */
    String refrain() {
        List<String> words = words(5 + dice.below(14));
        int times = Math.clamp(SUNG / words.size(), 2, 4);
        return String.join(" ", Collections.nCopies(times, String.join(" ", words)));
    }

    /**
     * Words of which two in five were said before; behind those stands {@link Tales#AGAIN}, and no one is said a third time. So
     * with every word it must be known whether it stood before, whatever came behind it then.
     */
    String counted() {
        var once = new ArrayList<String>();
        var told = new ArrayList<String>();
        for (int left = 18 + dice.below(9); left > 0; left--) {
            if (once.size() > 1 && dice.percent(50)) {
                told.add(once.remove(dice.below(once.size() - 1))); // the latest is left out
                told.add(Tales.AGAIN);
            } else {
                String word = another(told);
                told.add(word);
                once.add(word);
            }
        }
        return String.join(" ", told);
    }

    private String another(List<String> told) {
        return Stream.generate(() -> dice.pick(WORDS))
                .filter(word -> !told.contains(word))
                .findFirst()
                .orElseThrow();
    }
}
