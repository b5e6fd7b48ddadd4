package dev.heed.train.worlds;

/** The German cases that the grammars use; the genitive is never needed. */
public enum Case {
    NOMINATIVE,
    ACCUSATIVE,
    DATIVE
}
