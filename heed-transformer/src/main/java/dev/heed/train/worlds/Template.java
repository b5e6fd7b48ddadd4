package dev.heed.train.worlds;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A main clause with holes, read from one line of the grammar: {@code {a} wouldn't/won't fit in {b}} and
 * {@code {a} passte/passt nicht {in b acc}}. A hole names the role, in German also the case and a preposition; a/b gives the past and the
 * present form. The first hole is the subject, in German the word after it the finite verb, {@code rührte/rührt+an} with a
 * separable prefix.
 */
record Template(Hole subject, List<Part> rest) {
    /** A piece of a clause. */
    sealed interface Part permits Word, Hole {}

    /** A word in both tenses; prefix is what a separable verb leaves at the end of the clause. */
    record Word(String past, String present, String prefix) implements Part {
        String in(Tense tense) {
            return tense == Tense.PAST ? past : present;
        }
    }

    /** A place for a noun phrase. */
    record Hole(Role role, @Nullable String preposition, Case wanted) implements Part {}

    static Template parse(String line) {
        var parts = new ArrayList<Part>();
        for (String piece : line.strip().split(" (?![^{]*})")) {
            parts.add(piece.startsWith("{") ? hole(piece.substring(1, piece.length() - 1)) : word(piece));
        }
        if (!(parts.getFirst() instanceof Hole subject)) {
            throw new IllegalStateException("template: must begin with its subject, got '" + line + "'");
        }
        return new Template(subject, List.copyOf(parts.subList(1, parts.size())));
    }

    /** The finite verb of a German clause: always right after the subject. */
    Word finite() {
        return (Word) rest.getFirst();
    }

    /** Everything after the finite verb. */
    List<Part> middle() {
        return rest.subList(1, rest.size());
    }

    boolean uses(Role role) {
        return subject.role() == role
                || rest.stream().anyMatch(part -> part instanceof Hole hole && hole.role() == role);
    }

    private static Word word(String piece) {
        String[] verbAndPrefix = piece.split("\\+");
        String[] tenses = verbAndPrefix[0].split("/");
        return new Word(tenses[0], tenses[tenses.length - 1], verbAndPrefix.length > 1 ? verbAndPrefix[1] : "");
    }

    private static Hole hole(String inside) {
        String[] words = inside.split(" ");
        return switch (words.length) {
            case 1 -> new Hole(role(words[0]), null, Case.NOMINATIVE);
            case 2 -> new Hole(role(words[0]), null, wanted(words[1]));
            default -> new Hole(role(words[1]), words[0], wanted(words[2]));
        };
    }

    private static Role role(String name) {
        return switch (name) {
            case "a" -> Role.A;
            case "b" -> Role.B;
            case "p" -> Role.PERSON;
            default -> throw new IllegalStateException("template: unknown role '" + name + "'");
        };
    }

    private static Case wanted(String name) {
        return switch (name) {
            case "acc" -> Case.ACCUSATIVE;
            case "dat" -> Case.DATIVE;
            default -> throw new IllegalStateException("template: unknown case '" + name + "'");
        };
    }
}
