package dev.heed.train.worlds;

/** A noun's part in a frame: one of the two candidates for "it", or the person who acts on them. */
enum Role {
    A,
    B,
    PERSON;

    Role other() {
        return switch (this) {
            case A -> B;
            case B -> A;
            case PERSON -> PERSON;
        };
    }
}
