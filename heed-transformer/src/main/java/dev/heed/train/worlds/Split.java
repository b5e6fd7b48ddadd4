package dev.heed.train.worlds;

/** Which combinations of words a generator may use. */
public enum Split {
    /** Never uses a held-out combination, not even beside the point (a distractor counts). */
    TRAIN,
    /** Always uses at least one held-out combination of the words that matter. */
    HELDOUT
}
