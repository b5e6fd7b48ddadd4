package dev.heed.train.worlds;

import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Which combinations training never sees: a seeded hash of the combination's key decides, and nothing else. */
final class Holdout {
    private static final long SEED = 2026;

    /** Of 100 combinations of a kind; with three that matter in a sentence, about a quarter of all sentences are held out. */
    private static final int PERCENT = 10;

    private Holdout() {}

    static boolean isHeldOut(String key) {
        return Long.remainderUnsigned(Dice.hash(key, SEED), 100) < PERCENT;
    }

    static boolean allows(Split split, Derivation derivation) {
        return switch (split) {
            case TRAIN -> derivation.allKeys().stream().noneMatch(Holdout::isHeldOut);
            case HELDOUT -> derivation.coreKeys().stream().anyMatch(Holdout::isHeldOut);
        };
    }

    /** Two nouns in one sentence, in either order: {@code animal+street}. */
    static String pair(Noun one, Noun other) {
        return pair(one.english(), other.english());
    }

    static String pair(String one, String other) {
        return one.compareTo(other) < 0 ? one + "+" + other : other + "+" + one;
    }

    /** All pairs among the nouns; null is no noun. */
    static Set<String> pairs(Stream<@Nullable Noun> nouns) {
        List<@Nullable Noun> present = nouns.filter(Objects::nonNull).toList();
        var pairs = new TreeSet<String>();
        for (int i = 0; i < present.size(); i++) {
            for (int j = i + 1; j < present.size(); j++) {
                pairs.add(pair(present.get(i), present.get(j)));
            }
        }
        return pairs;
    }

    /** A noun in a role of a frame: {@code cross:A=animal}. */
    static String inFrame(Noun noun, String frame, Role role) {
        return frame + ":" + role + "=" + noun.english();
    }

    /** A noun and what is said of it: {@code is:black=dog}. */
    static String said(Noun noun, Adjective property) {
        return said(noun.english(), property.english());
    }

    static String said(String noun, String property) {
        return "is:" + property + "=" + noun;
    }
}
