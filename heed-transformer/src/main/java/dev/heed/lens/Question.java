package dev.heed.lens;

import dev.heed.text.Tokens;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * What a model is asked: a text in which something stands for one of two nouns.
 *
 * @param read what it reads
 * @param written what its decoder beside an encoder is given, or null
 * @param places where things stand: of the text that is read, or of that which is written
 * @param steps tokens whose outputs are the answer, one after another
 * @param right ids that answer it
 * @param wrong ids that would be right if it stood for the other noun
 * @param referentFirst whether the referent was named before the other noun
 * @param referentLast whether it was named last
 */
record Question(
        Tokens read,
        @Nullable Tokens written,
        Map<Place, int[]> places,
        int[] steps,
        int[] right,
        int[] wrong,
        boolean referentFirst,
        boolean referentLast) {

    /** A question, and the same with the property that speaks of the other noun, where there is one. */
    record Pair(Question question, Optional<Question> twin) {}

    /** The row that is looked at: where the last part of the answer comes out. */
    int query() {
        return steps[steps.length - 1];
    }

    /** The first step at which the two answers differ, or −1. */
    int decidingStep() {
        return Arrays.mismatch(right, wrong);
    }

    /** Tokens of a place; of REST those that are no other place of that text. */
    int[] at(Place place, boolean ofWritten) {
        int size = ofWritten && written != null ? written.size() : read.size();
        return switch (place) {
            case ANY -> IntStream.range(0, size).toArray();
            case REST ->
                IntStream.range(0, size)
                        .filter(i -> places.entrySet().stream()
                                .noneMatch(
                                        each -> each.getKey().isWritten() == ofWritten && contains(each.getValue(), i)))
                        .toArray();
            default -> places.getOrDefault(place, new int[0]);
        };
    }

    static boolean contains(int[] all, int one) {
        return Arrays.stream(all).anyMatch(each -> each == one);
    }
}
