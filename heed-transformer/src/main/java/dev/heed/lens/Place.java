package dev.heed.lens;

/**
 * What a token is in a sentence that asks what "it" stands for.
 *
 * <pre>{@code
 * Route route = new Route(AttentionMap.Kind.SELF, Place.PRONOUN, List.of(Place.REFERENT));
 * String said = route.words() + ": " + Place.REFERENT.words();
 * }</pre>
 */
public enum Place {
    /** Where the answer is written: the decoder's tokens whose output it is. */
    ANSWER("answer"),
    /** The pronoun. */
    PRONOUN("it"),
    /** The noun that the pronoun stands for, at all its mentions so far. */
    REFERENT("referent"),
    /** The noun that it could also have stood for. */
    OTHER("other noun"),
    /** The word that decides. */
    PROPERTY("property"),
    /** The referent in what a decoder has written itself, with its article. */
    WRITTEN_REFERENT("written referent"),
    /** The other noun there, with its article. */
    WRITTEN_OTHER("written other"),
    /** Everything else. */
    REST("all else"),
    /** Every token. */
    ANY("any word");

    private final String words;

    Place(String words) {
        this.words = words;
    }

    public String words() {
        return words;
    }

    /** True for what a decoder beside an encoder writes. */
    boolean isWritten() {
        return this == ANSWER || this == WRITTEN_REFERENT || this == WRITTEN_OTHER;
    }
}
