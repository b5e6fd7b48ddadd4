package dev.heed.train.worlds;

import dev.heed.train.worlds.Derivation.Because;
import dev.heed.train.worlds.Derivation.Candidate;
import dev.heed.train.worlds.Derivation.Conjunction;
import dev.heed.train.worlds.Derivation.Copula;
import dev.heed.train.worlds.Derivation.Event;
import dev.heed.train.worlds.Derivation.Manner;
import dev.heed.train.worlds.Derivation.Reason;
import dev.heed.train.worlds.Derivation.Statement;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * The closed vocabulary of each language: the words of a set of sentences in which every entry of every table of the
 * grammar appears in each of its forms. German inflects, contracts and joins separable verbs, so the forms are written, not
 * listed.
 */
final class Vocabulary {
    private static final Extra NOTHING = new Extra.Nothing();

    private static final SortedSet<String> ENGLISH = words(sentence -> Stream.of(sentence.english()));

    private static final SortedSet<String> GERMAN = words(sentence -> Stream.of(sentence.named(), sentence.pronoun()));

    private Vocabulary() {}

    static SortedSet<String> english() {
        return ENGLISH;
    }

    static SortedSet<String> german() {
        return GERMAN;
    }

    private static SortedSet<String> words(Function<Sentence, Stream<Text>> texts) {
        var words = new TreeSet<String>();
        cover().map(Sentence::new).flatMap(texts).forEach(text -> words.addAll(text.tokens()));
        return Collections.unmodifiableSortedSet(words);
    }

    private static Stream<Derivation> cover() {
        return Stream.of(
                        Grammar.SCENES.stream().flatMap(Vocabulary::frames),
                        Grammar.SCENES.stream().flatMap(Vocabulary::reasons),
                        Grammar.SCENES.stream().flatMap(Vocabulary::inFull),
                        colours(),
                        extras().stream().flatMap(Vocabulary::inBothTenses),
                        copulas())
                .flatMap(each -> each);
    }

    /** Every noun in every frame, with the verb second and last, in both tenses. */
    private static Stream<Derivation> frames(Scene scene) {
        var all = new ArrayList<Derivation>();
        for (Frame frame : scene.frames()) {
            for (Tense tense : Tense.values()) {
                for (Extra extra : List.of(NOTHING, report(person()))) {
                    scene.a().forEach(a -> all.add(because(scene, frame, a, other(scene.b(), a), tense, extra)));
                    scene.b().forEach(b -> all.add(because(scene, frame, other(scene.a(), b), b, tense, extra)));
                }
            }
        }
        return all.stream();
    }

    /** Every negation in full: did not. */
    private static Stream<Derivation> inFull(Scene scene) {
        Noun b = scene.b().getFirst();
        return scene.frames().stream()
                .map(frame -> event(scene, frame, other(scene.a(), b), b))
                .flatMap(event -> Stream.of(Tense.values())
                        .map(tense -> new Because(event, plain(scene), new Manner(tense, false), false, NOTHING)));
    }

    /** Every contrast, both ways round, before and after the main clause, in every degree. */
    private static Stream<Derivation> reasons(Scene scene) {
        var all = new ArrayList<Derivation>();
        for (Contrast contrast : scene.contrasts()) {
            for (Degree degree : scene.excess() ? List.of(Degree.TOO) : List.of(Degree.PLAIN, Degree.VERY, Degree.SO)) {
                for (Conjunction conjunction : Conjunction.values()) {
                    var reason = new Reason(contrast, Role.A, degree, conjunction);
                    all.add(withReason(scene, reason, true));
                    all.add(withReason(scene, reason.flipped(), false));
                }
            }
        }
        return all.stream();
    }

    /** Every colour before a noun of every gender, as subject and as object. */
    private static Stream<Derivation> colours() {
        Scene scene = Grammar.SCENES.stream()
                .filter(each -> each.world() == World.TROPHY)
                .findFirst()
                .orElseThrow();
        return Extra.COLOURS.stream()
                .flatMap(colour -> scene.b().stream()
                        .flatMap(container -> Stream.of(
                                coloured(
                                        scene,
                                        new Candidate(other(scene.a(), container), colour),
                                        new Candidate(container, null)),
                                coloured(
                                        scene,
                                        new Candidate(other(scene.a(), container), null),
                                        new Candidate(container, colour)))));
    }

    private static List<Extra> extras() {
        var all = new ArrayList<Extra>();
        Stream.concat(Extra.TIMES.stream(), Extra.PAST_TIMES.stream())
                .forEach(time -> all.addAll(List.of(new Extra.Time(time, true), new Extra.Time(time, false))));
        for (Extra.Phrase preposition : Extra.PREPOSITIONS) {
            for (Noun building : Lexicon.nouns(NounClass.BUILDING)) {
                all.add(new Extra.Place(preposition, building, null, true));
                all.add(new Extra.Place(preposition, building, null, false));
            }
        }
        Extra.ADJECTIVES.forEach(each -> all.add(new Extra.Place(
                Extra.PREPOSITIONS.getFirst(), Lexicon.nouns(NounClass.BUILDING).getFirst(), each, false)));
        Extra.MOODS.forEach(mood -> all.add(new Extra.But(person(), mood)));
        Extra.RELATIVES.forEach(relative -> all.add(new Extra.Relative(person(), relative)));
        Extra.REPORTS.forEach(report -> all.add(new Extra.Report(person(), report)));
        Lexicon.nouns(NounClass.PERSON).forEach(person -> all.add(report(person)));
        return all;
    }

    private static Stream<Derivation> copulas() {
        return Stream.of(Tense.values())
                .flatMap(tense -> Lexicon.nouns().stream()
                        .flatMap(noun -> Qualities.of(noun.nounClass()).stream()
                                .flatMap(quality -> Stream.of(true, false).map(negated -> {
                                    var statement = new Statement(noun, negated, Degree.PLAIN, quality);
                                    return new Copula(statement, statement, new Manner(tense, true), NOTHING);
                                }))));
    }

    private static Because because(Scene scene, Frame frame, Noun a, Noun b, Tense tense, Extra extra) {
        return new Because(event(scene, frame, a, b), plain(scene), new Manner(tense, true), false, extra);
    }

    private static Because withReason(Scene scene, Reason reason, boolean first) {
        Noun b = scene.b().getFirst();
        var event = event(scene, scene.frames().getFirst(), other(scene.a(), b), b);
        return new Because(event, reason, new Manner(Tense.PAST, true), first, NOTHING);
    }

    private static Because coloured(Scene scene, Candidate a, Candidate b) {
        var event = new Event(scene, scene.frames().getFirst(), a, b, person());
        return new Because(event, plain(scene), new Manner(Tense.PAST, true), false, NOTHING);
    }

    private static Event event(Scene scene, Frame frame, Noun a, Noun b) {
        return new Event(scene, frame, new Candidate(a, null), new Candidate(b, null), person());
    }

    private static Reason plain(Scene scene) {
        return new Reason(scene.contrasts().getFirst(), Role.A, Degree.PLAIN, Conjunction.BECAUSE);
    }

    private static Stream<Derivation> inBothTenses(Extra extra) {
        Scene scene = Grammar.SCENES.getFirst();
        Frame frame = scene.frames().getFirst();
        return Stream.of(Tense.values())
                .map(tense ->
                        because(scene, frame, scene.a().getFirst(), scene.b().getFirst(), tense, extra));
    }

    private static Extra report(Noun person) {
        return new Extra.Report(person, Extra.REPORTS.getFirst());
    }

    private static Noun person() {
        return Lexicon.nouns(NounClass.PERSON).getFirst();
    }

    private static Noun other(List<Noun> nouns, Noun taken) {
        return nouns.stream().filter(noun -> !noun.equals(taken)).findFirst().orElseThrow();
    }
}
