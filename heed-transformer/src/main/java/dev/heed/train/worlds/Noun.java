package dev.heed.train.worlds;

/**
 * A noun in both languages. {@code oblique} is the German accusative and dative form; it differs from the nominative only
 * for weak masculines (der Bär, den Bären).
 */
public record Noun(NounClass nounClass, String english, String german, String oblique, Gender gender) {
    /** The German form for a case: Bär, Bären, Bären. */
    public String german(Case wanted) {
        return wanted == Case.NOMINATIVE ? german : oblique;
    }
}
