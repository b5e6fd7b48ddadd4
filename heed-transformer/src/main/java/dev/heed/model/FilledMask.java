package dev.heed.model;

import java.util.List;

/**
 * Words for one mask of a text.
 *
 * <pre>{@code
 * for (FilledMask.Word word : model.fill("The [MASK] sat.", 5).getFirst().words()) {
 *     System.out.println(word.label() + " " + word.probability());
 * }
 * }</pre>
 *
 * @param position of the mask among the tokens
 * @param words likeliest first
 */
public record FilledMask(int position, List<Word> words) {
    public FilledMask {
        words = List.copyOf(words);
    }

    /**
     * One candidate.
     *
     * @param id its number in the vocabulary
     * @param label its spelling to be read
     * @param probability among all of the vocabulary
     */
    public record Word(int id, String label, double probability) {}
}
