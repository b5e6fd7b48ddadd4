package dev.heed.text;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.Predicate;

/** What of a text a vocabulary lacks: words that became its unknown token, and characters that become no token at all. */
final class Lacking {
    private Lacking() {}

    /** @param leftOut whether a text makes no token; spans do not tell, for they go on as if nothing had been left out */
    static List<String> of(Tokens tokens, OptionalInt unknown, Predicate<String> leftOut) {
        Set<String> lacking = new LinkedHashSet<>();
        for (Token token : tokens.all()) {
            if (!token.special() && unknown.isPresent() && token.id() == unknown.getAsInt()) {
                String text = token.sequence() == 1 ? Objects.requireNonNull(tokens.pair()) : tokens.text();
                lacking.add(text.substring(token.start(), token.end()).strip());
            }
        }
        String all = tokens.text() + Objects.requireNonNullElse(tokens.pair(), "");
        all.codePoints()
                .distinct()
                .filter(Lacking::isMissed)
                .mapToObj(Character::toString)
                .filter(leftOut)
                .forEach(lacking::add);
        return List.copyOf(lacking);
    }

    /** Blanks, controls and accents are left out by design: they stand between words, or are folded away. */
    private static boolean isMissed(int point) {
        return switch (Character.getType(point)) {
            case Character.SPACE_SEPARATOR, Character.LINE_SEPARATOR, Character.PARAGRAPH_SEPARATOR -> false;
            case Character.CONTROL, Character.FORMAT, Character.NON_SPACING_MARK -> false;
            default -> true;
        };
    }
}
