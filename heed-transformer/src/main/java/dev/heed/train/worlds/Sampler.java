package dev.heed.train.worlds;

import dev.heed.train.worlds.Derivation.Because;
import dev.heed.train.worlds.Derivation.Candidate;
import dev.heed.train.worlds.Derivation.Conjunction;
import dev.heed.train.worlds.Derivation.Copula;
import dev.heed.train.worlds.Derivation.Event;
import dev.heed.train.worlds.Derivation.Manner;
import dev.heed.train.worlds.Derivation.Reason;
import dev.heed.train.worlds.Derivation.Statement;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Draws derivations: every choice of the grammar by a throw of the dice, without regard to what is held out. */
final class Sampler {
    private static final Map<World, List<Choice>> FRAMES = frames();

    /** Classes whose nouns may carry a colour. */
    private static final Set<NounClass> COLOURED = EnumSet.of(
            NounClass.ANIMAL,
            NounClass.THING,
            NounClass.CONTAINER,
            NounClass.VEHICLE,
            NounClass.SURFACE,
            NounClass.BUILDING);

    private record Choice(Scene scene, Frame frame) {}

    private final Dice dice;

    Sampler(Dice dice) {
        this.dice = dice;
    }

    Derivation draw(World world) {
        return world == World.COPULA ? copula() : because(dice.pick(FRAMES.getOrDefault(world, List.of())));
    }

    private Because because(Choice choice) {
        Scene scene = choice.scene();
        Noun a = dice.pick(scene.a());
        Noun b = pickOther(scene.b(), a);
        Noun person = choice.frame().hasPerson() ? person(null) : null;
        var event = new Event(scene, choice.frame(), candidate(a), candidate(b), person);
        Reason reason = reason(scene);
        Manner manner = manner();
        boolean reasonFirst = dice.percent(40);
        Extra extra =
                reasonFirst ? quietExtra(event, reason.contrast()) : extra(event, reason.contrast(), manner.tense());
        return new Because(event, reason, manner, reasonFirst, extra);
    }

    private Reason reason(Scene scene) {
        return new Reason(dice.pick(scene.contrasts()), dice.pick(Role.A, Role.B), degree(scene), conjunction());
    }

    private Copula copula() {
        Statement first = statement(dice.pick(Lexicon.nouns()));
        Manner manner = manner();
        if (dice.percent(30)) {
            Noun other = pickOther(Lexicon.nouns(), first.noun());
            return new Copula(first, statement(other), manner, new Extra.Nothing());
        }
        return new Copula(first, null, manner, dice.percent(60) ? new Extra.Nothing() : clause(first.noun()));
    }

    private Statement statement(Noun noun) {
        Degree degree = dice.percent(65) ? Degree.PLAIN : dice.pick(Degree.VERY, Degree.TOO, Degree.SO);
        return new Statement(noun, dice.percent(20), degree, dice.pick(Qualities.of(noun.nounClass())));
    }

    /** Beside a because-clause that comes first there is only room at the end. */
    private Extra quietExtra(Event event, Contrast contrast) {
        return switch (dice.below(10)) {
            case 0, 1 -> new Extra.Time(dice.pick(Extra.TIMES), false);
            case 2, 3 -> place(event, contrast, false);
            case 4 -> relative(event);
            case 5 -> new Extra.And(person(event.person()), dice.pick(Extra.MOODS));
            default -> new Extra.Nothing();
        };
    }

    private Extra extra(Event event, Contrast contrast, Tense tense) {
        return switch (dice.below(20)) {
            case 0, 1, 2 ->
                new Extra.Time(
                        dice.pick(tense == Tense.PAST && dice.percent(20) ? Extra.PAST_TIMES : Extra.TIMES),
                        dice.percent(50));
            case 3, 4, 5 -> place(event, contrast, dice.percent(50));
            case 6, 7 -> relative(event);
            case 8, 9, 10, 11 -> clause(event.person());
            default -> new Extra.Nothing();
        };
    }

    /** A clause about a person other than the one already there. */
    private Extra clause(@Nullable Noun taken) {
        Noun person = person(taken);
        return switch (dice.below(4)) {
            case 0 -> new Extra.But(person, dice.pick(Extra.MOODS));
            case 1 -> new Extra.And(person, dice.pick(Extra.MOODS));
            default -> new Extra.Report(person, dice.pick(Extra.REPORTS));
        };
    }

    /**
     * Buildings are candidates in STORM, so they are not mentioned beside the point there; and before a German dative
     * ("beim Hotel der Kuh") a place would read as belonging to it.
     */
    private Extra place(Event event, Contrast contrast, boolean fronted) {
        boolean beforeDative = !fronted && event.frame().germanObjectIsDative();
        if (event.scene().world() == World.STORM || beforeDative) {
            return new Extra.Nothing();
        }
        Adjective adjective = dice.percent(50) ? dice.pick(Extra.ADJECTIVES) : null;
        boolean clash = contrast.ofA().equals(adjective) || contrast.ofB().equals(adjective);
        Noun building = dice.pick(Lexicon.nouns(NounClass.BUILDING));
        return new Extra.Place(dice.pick(Extra.PREPOSITIONS), building, clash ? null : adjective, fronted);
    }

    /** On the subject, unless that is a person. */
    private Extra relative(Event event) {
        return event.person() != null
                ? new Extra.Nothing()
                : new Extra.Relative(person(null), dice.pick(Extra.RELATIVES));
    }

    private Candidate candidate(Noun noun) {
        if (!COLOURED.contains(noun.nounClass()) || !dice.percent(12)) {
            return new Candidate(noun, null);
        }
        boolean animal = noun.nounClass() == NounClass.ANIMAL;
        return new Candidate(noun, dice.pick(animal ? Extra.COLOURS.subList(0, 4) : Extra.COLOURS));
    }

    private Noun person(@Nullable Noun taken) {
        return pickOther(Lexicon.nouns(NounClass.PERSON), taken);
    }

    private Noun pickOther(List<Noun> nouns, @Nullable Noun taken) {
        Noun noun = dice.pick(nouns);
        return noun.equals(taken) ? pickOther(nouns, taken) : noun;
    }

    private Manner manner() {
        return new Manner(dice.percent(65) ? Tense.PAST : Tense.PRESENT, dice.percent(80));
    }

    private Degree degree(Scene scene) {
        if (scene.excess()) {
            return Degree.TOO;
        }
        return dice.percent(60) ? Degree.PLAIN : dice.pick(Degree.VERY, Degree.SO);
    }

    private Conjunction conjunction() {
        return dice.percent(80) ? Conjunction.BECAUSE : Conjunction.SINCE;
    }

    private static Map<World, List<Choice>> frames() {
        var frames = new EnumMap<World, List<Choice>>(World.class);
        for (World world : World.values()) {
            frames.put(
                    world,
                    Grammar.SCENES.stream()
                            .filter(scene -> scene.world() == world)
                            .flatMap(scene -> scene.frames().stream().map(frame -> new Choice(scene, frame)))
                            .toList());
        }
        return frames;
    }
}
