package dev.heed.train.worlds;

/** The two tenses of the worlds. */
enum Tense {
    PAST,
    PRESENT
}
