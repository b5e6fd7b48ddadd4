package dev.heed.train.worlds;

import java.util.Arrays;
import java.util.List;

/** An adjective in both languages, in its predicative form; all of them take plain German endings (rot, rote, roten). */
public record Adjective(String english, String german) {
    /** Reads {@code black schwarz, white weiß}. */
    static List<Adjective> parseAll(String table) {
        return Arrays.stream(table.strip().split(",\\s*"))
                .map(entry -> entry.split(" "))
                .map(words -> new Adjective(words[0], words[1]))
                .toList();
    }
}
