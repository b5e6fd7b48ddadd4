package dev.heed.train.worlds;

import dev.heed.train.worlds.Derivation.Because;
import dev.heed.train.worlds.GermanWriter.Style;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * One generated sentence in English and German, with what it is about.
 *
 * <pre>
 * english  The animal didn't cross the street because it was too tired.
 * named    Das Tier überquerte die Straße nicht, weil das Tier zu müde war.
 * pronoun  Das Tier überquerte die Straße nicht, weil es zu müde war.
 * </pre>
 */
public final class Sentence {
    private final Derivation derivation;
    private final Text english;
    private final Text named;
    private final Text pronoun;

    Sentence(Derivation derivation) {
        this.derivation = derivation;
        this.english = EnglishWriter.write(derivation);
        this.named = GermanWriter.write(derivation, Style.NAMED);
        this.pronoun = GermanWriter.write(derivation, Style.PRONOUN);
    }

    public World world() {
        return derivation.world();
    }

    /** The name of the verb with its roles, such as {@code cross}. */
    public String frame() {
        return derivation.frameName();
    }

    /** The noun that the property is said of, and that "it" stands for. */
    public Noun referent() {
        return derivation.referent();
    }

    /** The noun that "it" could also have stood for; null where there is none. */
    public @Nullable Noun other() {
        return derivation.other();
    }

    public Adjective property() {
        return derivation.property();
    }

    public Text english() {
        return english;
    }

    /** German, with the referent named again in the because-clause. */
    public Text named() {
        return named;
    }

    /** German, with er, sie or es in the because-clause. */
    public Text pronoun() {
        return pronoun;
    }

    /**
     * Every combination of words that a split may hold out: noun pairs, nouns in frames, nouns with a copula's property (which
     * a because-clause may still say of what "it" stands for).
     */
    public Set<String> keys() {
        return derivation.allKeys();
    }

    /** The combinations of {@link #keys} that training never sees. */
    public Set<String> heldOutKeys() {
        return keys().stream().filter(Holdout::isHeldOut).collect(Collectors.toUnmodifiableSet());
    }

    /** The same sentence with the property that speaks of the other noun; empty for {@link World#COPULA}. */
    public Optional<Sentence> twin() {
        return derivation instanceof Because because ? Optional.of(new Sentence(because.twin())) : Optional.empty();
    }

    /** Sentences with the same English text are equal. */
    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof Sentence sentence && english.text().equals(sentence.english.text());
    }

    @Override
    public int hashCode() {
        return english.text().hashCode();
    }

    @Override
    public String toString() {
        return english.text();
    }

    Derivation derivation() {
        return derivation;
    }
}
