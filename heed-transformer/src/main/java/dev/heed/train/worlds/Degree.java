package dev.heed.train.worlds;

/** The word before the property. */
enum Degree {
    PLAIN("", ""),
    TOO("too", "zu"),
    VERY("very", "sehr"),
    SO("so", "so");

    final String english;
    final String german;

    Degree(String english, String german) {
        this.english = english;
        this.german = german;
    }
}
