package dev.heed.train.worlds;

import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What stands in a sentence beside the point: a phrase or clause, often with one more noun to be distracted by. */
sealed interface Extra {
    /** The sentence as it is. */
    record Nothing() implements Extra {}

    /** "in the morning", at the front or at the end of the main clause. */
    record Time(Phrase phrase, boolean fronted) implements Extra {}

    /** "near the old house", at the front or at the end of the main clause. */
    record Place(Phrase preposition, Noun noun, @Nullable Adjective adjective, boolean fronted) implements Extra {}

    /** "the animal that the farmer saw": on the subject. */
    record Relative(Noun person, Statement statement) implements Extra {}

    /** "The farmer was happy, but …". */
    record But(Noun person, Statement statement) implements Extra {}

    /** "…, and the farmer was happy". */
    record And(Noun person, Statement statement) implements Extra {}

    /** "The farmer said that …"; the German clause then ends with its verb. */
    record Report(Noun person, Statement statement) implements Extra {}

    /** The noun that it brings along. */
    default @Nullable Noun noun() {
        return switch (this) {
            case Nothing nothing -> null;
            case Time time -> null;
            case Place place -> place.noun();
            case Relative relative -> relative.person();
            case But but -> but.person();
            case And and -> and.person();
            case Report report -> report.person();
        };
    }

    /** True for a phrase at the very front, followed in German by the finite verb. */
    default boolean fronted() {
        return switch (this) {
            case Time time -> time.fronted();
            case Place place -> place.fronted();
            default -> false;
        };
    }

    /** A fixed phrase in both languages. */
    record Phrase(String english, String german) {
        private static List<Phrase> parseAll(String table) {
            return Arrays.stream(table.strip().split("\n"))
                    .map(line -> line.split("\\|"))
                    .map(columns -> new Phrase(columns[0].strip(), columns[1].strip()))
                    .toList();
        }
    }

    /** A short clause about a person in both languages. */
    record Statement(Template english, Template german) {
        private static List<Statement> parseAll(String table) {
            return Phrase.parseAll(table).stream()
                    .map(pair -> new Statement(Template.parse(pair.english()), Template.parse(pair.german())))
                    .toList();
        }
    }

    List<Phrase> TIMES = Phrase.parseAll("""
            in the morning     | am Morgen
            in the afternoon   | am Nachmittag
            in the evening     | am Abend
            at night           | in der Nacht
            at noon            | am Mittag
            on Monday          | am Montag
            on Sunday          | am Sonntag
            in summer          | im Sommer
            in autumn          | im Herbst
            in winter          | im Winter
            today              | heute
            after breakfast    | nach dem Frühstück
            before dinner      | vor dem Abendessen
            during the holidays | in den Ferien
            """);

    /** Only with the past tense. */
    List<Phrase> PAST_TIMES = Phrase.parseAll("""
            yesterday          | gestern
            last week          | letzte Woche
            """);

    /** All take the dative. */
    List<Phrase> PREPOSITIONS = Phrase.parseAll("""
            near               | bei
            behind             | hinter
            in front of        | vor
            next to            | neben
            """);

    List<Statement> MOODS = Statement.parseAll("""
            {p} was/is happy       | {p} war/ist glücklich
            {p} was/is sad         | {p} war/ist traurig
            {p} was/is surprised   | {p} war/ist überrascht
            {p} was/is friendly    | {p} war/ist freundlich
            {p} laughed/laughs     | {p} lachte/lacht
            {p} waited/waits       | {p} wartete/wartet
            {p} sang/sings         | {p} sang/singt
            {p} smiled/smiles      | {p} lächelte/lächelt
            """);

    List<Statement> REPORTS = Statement.parseAll("""
            {p} said/says          | {p} sagte/sagt
            {p} thought/thinks     | {p} dachte/denkt
            {p} believed/believes  | {p} glaubte/glaubt
            {p} explained/explains | {p} erklärte/erklärt
            """);

    /** What a person did to anything at all, in the past tense. */
    List<Statement> RELATIVES = Statement.parseAll("""
            {p} saw                | {p} sah
            {p} knew               | {p} kannte
            {p} described          | {p} beschrieb
            {p} mentioned          | {p} erwähnte
            """);

    /** Before a noun that is beside the point. */
    List<Adjective> ADJECTIVES = Adjective.parseAll("old alt, new neu, white weiß, beautiful schön");

    /** Before a candidate of a class that has colours; an animal takes one of the first four. */
    List<Adjective> COLOURS =
            Adjective.parseAll("black schwarz, white weiß, brown braun, grey grau, red rot, blue blau");
}
