package dev.heed.train;

/** What settings must be, each named by itself. */
final class Settings {
    private Settings() {}

    static void require(boolean holds, String rule, Number got) {
        if (!holds) {
            throw new IllegalArgumentException(rule + ", got " + got);
        }
    }
}
