package dev.heed.train.worlds;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** A sentence being written, word by word; it knows about spaces and remembers where the parts that matter stand. */
final class Draft {
    /** The parts of which there is at most one. */
    enum Mark {
        A,
        B,
        ANAPHOR,
        PROPERTY
    }

    private final StringBuilder text = new StringBuilder();
    private final Map<Mark, Span> marks = new EnumMap<>(Mark.class);
    private final List<Span> distractors = new ArrayList<>();

    /** Appends words, after a space except at the start; an empty string is no word. */
    Draft words(String words) {
        if (words.isEmpty()) {
            return this;
        }
        if (!text.isEmpty()) {
            text.append(' ');
        }
        text.append(words);
        return this;
    }

    /** Appends a comma, directly. */
    Draft comma() {
        text.append(',');
        return this;
    }

    Draft marked(Mark mark, String word) {
        marks.put(mark, wordSpan(word));
        return this;
    }

    Draft distractor(String word) {
        distractors.add(wordSpan(word));
        return this;
    }

    /** The finished sentence: capital first letter, full stop. */
    Text finish(Mark referent) {
        text.setCharAt(0, Character.toUpperCase(text.charAt(0)));
        text.append('.');
        return new Text(
                text.toString(),
                Objects.requireNonNull(marks.get(referent)),
                marks.get(referent == Mark.A ? Mark.B : Mark.A),
                List.copyOf(distractors),
                marks.get(Mark.ANAPHOR),
                Objects.requireNonNull(marks.get(Mark.PROPERTY)));
    }

    private Span wordSpan(String word) {
        words(word);
        return new Span(text.length() - word.length(), text.length());
    }
}
