package dev.heed.train.worlds;

/** Grammatical gender of a German noun, with the definite article and the pronoun it asks for (singular only). */
public enum Gender {
    MASCULINE("der", "den", "dem", "er"),
    FEMININE("die", "die", "der", "sie"),
    NEUTER("das", "das", "dem", "es");

    private final String nominative;
    private final String accusative;
    private final String dative;
    private final String pronoun;

    Gender(String nominative, String accusative, String dative, String pronoun) {
        this.nominative = nominative;
        this.accusative = accusative;
        this.dative = dative;
        this.pronoun = pronoun;
    }

    /** The definite article: der, die, das, den, dem. */
    public String article(Case wanted) {
        return switch (wanted) {
            case NOMINATIVE -> nominative;
            case ACCUSATIVE -> accusative;
            case DATIVE -> dative;
        };
    }

    /** The nominative pronoun: er, sie, es. */
    public String pronoun() {
        return pronoun;
    }

    /** The ending of an adjective after a definite article: die rote Tasche, den roten Koffer. */
    String weakEnding(Case wanted) {
        boolean plainForm = wanted == Case.NOMINATIVE || (wanted == Case.ACCUSATIVE && this != MASCULINE);
        return plainForm ? "e" : "en";
    }
}
