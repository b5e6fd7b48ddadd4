package dev.heed.train.worlds;

import java.util.Arrays;
import java.util.List;

/** Two reasons for the same event: one can only be said of A, the other only of B; swapping them makes the twin. */
record Contrast(Adjective ofA, Adjective ofB) {
    Adjective of(Role role) {
        return role == Role.A ? ofA : ofB;
    }

    /** Reads {@code tired müde - wide breit, weak schwach - icy vereist}. */
    static List<Contrast> parseAll(String table) {
        return Arrays.stream(table.strip().split(",\\s*")).map(Contrast::parse).toList();
    }

    private static Contrast parse(String entry) {
        String[] words = entry.split(" (- )?");
        return new Contrast(new Adjective(words[0], words[1]), new Adjective(words[2], words[3]));
    }
}
