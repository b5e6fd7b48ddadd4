package dev.heed.train.worlds;

/** The worlds of sentences, each named after its best-known example. */
public enum World {
    /** "The animal didn't cross the street because it was too tired / too wide." */
    STREET,
    /** "The trophy wouldn't fit in the suitcase because it was too big / too small." */
    TROPHY,
    /** "The cat sat on the mat because it was warm / tired." */
    MAT,
    /** "The storm damaged the house because it was strong / old." */
    STORM,
    /** "The dog is black.": no pronoun, no twin. */
    COPULA
}
