package dev.heed.train.worlds;

import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A short story about a few people, an animal and a machine; at least once an "it" stands for one of the two, which only
 * the property before it tells and the verb after it shows: "Too tired, it barked."
 */
public final class Story {
    /**
     * An "it" and what it stands for.
     *
     * @param it the word itself
     * @param property the word that decides
     * @param verb what only the referent does
     * @param referent the noun that it stands for
     * @param other the other candidate
     * @param referentMentions where the referent was named before, in the order of the text
     * @param otherMentions where the other candidate was named before
     * @param otherVerb the verb that would be right for the other candidate
     */
    public record Reference(
            Span it,
            Span property,
            Span verb,
            String referent,
            String other,
            List<Span> referentMentions,
            List<Span> otherMentions,
            String otherVerb) {}

    private final Plot plot;
    private final String text;
    private final List<Reference> references;

    Story(Plot plot) {
        this.plot = plot;
        var narrator = new Narrator(plot);
        this.text = narrator.text();
        this.references = narrator.references();
    }

    public String text() {
        return text;
    }

    /** What a word-level tokenizer sees, see {@link Text#TOKEN}. */
    public List<String> tokens() {
        return Text.tokens(text);
    }

    /** Each "it" that stands for the animal or the machine, in the order of the text; the last one is what a twin flips. */
    public List<Reference> references() {
        return references;
    }

    /** The combinations that a split may hold out: the animal with the machine, either with a property. */
    public Set<String> keys() {
        return plot.keys();
    }

    /** The combinations of {@link #keys} that training never sees. */
    public Set<String> heldOutKeys() {
        return keys().stream().filter(Holdout::isHeldOut).collect(Collectors.toUnmodifiableSet());
    }

    /** The same story, in which the last "it" stands for the other candidate: its property and verb differ. */
    public Story twin() {
        return new Story(plot.flipped());
    }

    /** Stories with the same text are equal. */
    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof Story story && text.equals(story.text);
    }

    @Override
    public int hashCode() {
        return text.hashCode();
    }

    @Override
    public String toString() {
        return text;
    }
}
