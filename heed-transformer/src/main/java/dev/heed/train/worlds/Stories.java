package dev.heed.train.worlds;

import dev.heed.train.worlds.Tales.Cause;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedSet;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * Short stories, rich in names, repetition, quotes and long reference: what a causal language model learns to read.
 *
 * <pre>{@code
 * List<Story> stories = Stories.evaluation(Split.TRAIN, 10, 1);
 * System.out.println(stories.getFirst().text());
 * }</pre>
 */
public final class Stories {
    /** A story's length in words, word games left out, is drawn from here on; the last event and the ending may exceed it. */
    private static final int SHORTEST = 60;

    private static final int SPREAD = 40;

    /** What the ending needs of that length. */
    private static final int ENDING = 20;

    /** Stories of 100 with a row of words, and with a refrain; all have a game of words that are said "again". */
    private static final int WITH_ROW = 90;

    private static final int WITH_REFRAIN = 60;

    private Stories() {}

    /** Endless stories; the same split and seed give the same stories. */
    public static Stream<Story> stories(Split split, long seed) {
        var dice = new Dice(seed);
        return Stream.generate(() -> draw(split, dice)).sequential();
    }

    /** The first n different stories of a seed; none is the twin of another. */
    @SuppressWarnings("ShortCircuitBoolean") // a story that is new takes its twin's place, too
    public static List<Story> evaluation(Split split, int n, long seed) {
        Set<Story> taken = new HashSet<>();
        return stories(split, seed)
                .filter(story -> taken.add(story) & taken.add(story.twin()))
                .limit(n)
                .toList();
    }

    /** Every word type and punctuation mark of the stories, sorted; case matters. */
    public static SortedSet<String> words() {
        return Collections.unmodifiableSortedSet(Tales.vocabulary());
    }

    private static Story draw(Split split, Dice dice) {
        Plot plot = new Plotter(dice).plot();
        while (!allows(split, plot)) {
            plot = new Plotter(dice).plot();
        }
        return new Story(plot);
    }

    private static boolean allows(Split split, Plot plot) {
        boolean heldOut = plot.keys().stream().anyMatch(Holdout::isHeldOut);
        return heldOut == (split == Split.HELDOUT);
    }

    /** Plans one story: opening, introduction, events and games until it is long enough, meeting, outcome, coda. */
    private static final class Plotter {
        private final Dice dice;
        private final WordGames games;
        private final Map<String, String> cast = new HashMap<>();
        private final List<Plot.Step> steps = new ArrayList<>();
        private int words;

        Plotter(Dice dice) {
            this.dice = dice;
            this.games = new WordGames(dice);
        }

        Plot plot() {
            cast();
            int length = SHORTEST + dice.below(SPREAD);
            line(dice.pick(Tales.OPENINGS));
            line(dice.pick(Tales.INTRODUCTIONS));
            boolean keeps = dice.percent(40);
            if (keeps) {
                line(Tales.KEEPING);
            }
            game(Tales.COUNTS);
            if (dice.percent(50)) {
                outcome();
            }
            boolean row = dice.percent(WITH_ROW);
            if (row) {
                game(Tales.ROWS);
            }
            events(length - ENDING - (keeps ? ENDING : 0));
            if (dice.percent(WITH_REFRAIN)) {
                game(Tales.REFRAINS);
            }
            outcome();
            if (row && dice.percent(50)) {
                game(Tales.ROW_RECALLS);
            }
            coda(keeps);
            return new Plot(dice.pick(Tales.ANIMALS), dice.pick(Tales.MACHINES), List.copyOf(steps));
        }

        private void cast() {
            List<String> names = different(4, () -> dice.pick(dice.pick(Tales.GIRLS, Tales.BOYS)));
            cast.put("x", names.get(0));
            cast.put("y", names.get(1));
            cast.put("z", names.get(2));
            cast.put("w", names.get(3));
            boolean girl = Tales.GIRLS.contains(names.get(0));
            cast.put("xhe", girl ? "she" : "he");
            cast.put("Xhe", girl ? "She" : "He");
            cast.put("kept", dice.pick(Tales.THINGS));
            cast.put("box", dice.pick(Tales.BOXES));
        }

        private void events(int length) {
            var left = new ArrayList<>(Tales.EVENTS);
            while (words < length) {
                line(left.remove(dice.below(left.size())));
            }
        }

        private void outcome() {
            line(dice.pick(Tales.MEETINGS));
            String pause = dice.pick(Tales.PAUSES);
            if (!pause.isEmpty()) {
                line(pause);
            }
            Cause cause = dice.pick(Tales.CAUSES);
            add(new Plot.Outcome(dice.pick(Tales.OUTCOMES), cause, dice.percent(50)), Tales.OUTCOMES.getLast());
        }

        private void coda(boolean keeps) {
            if (keeps) {
                line(Tales.RECALL);
            } else if (dice.percent(60)) {
                line(dice.pick(Tales.CODAS));
            }
        }

        /** Its length is not counted: a story has as much else with it as without. */
        private void game(List<String> templates) {
            int before = words;
            line(dice.pick(templates));
            words = before;
        }

        private void line(String template) {
            var holes = new HashMap<>(cast);
            holes.put("place", dice.pick(Tales.PLACES));
            List<String> foods = different(2, () -> dice.pick(Tales.FOODS));
            holes.put("food", foods.get(0));
            holes.put("meal", foods.get(1));
            holes.put("thing", different(1, this::thing).getFirst());
            holes.put("row", games.row());
            holes.put("part1", games.part());
            holes.put("part2", games.part());
            holes.put("refrain", games.refrain());
            holes.put("counted", games.counted());
            number(holes, "thing", different(4, this::thing));
            number(holes, "number", different(5, () -> dice.pick(Tales.NUMBERS)));
            number(holes, "colour", different(5, () -> dice.pick(Tales.COLOURS)));
            add(new Plot.Line(template, holes), template);
        }

        /** What is kept stays where it is, so nothing else happens to it. */
        private String thing() {
            String thing = dice.pick(Tales.THINGS);
            return thing.equals(cast.get("kept")) ? thing() : thing;
        }

        private void add(Plot.Step step, String template) {
            steps.add(step);
            words += template.split(" ").length;
        }

        private static void number(Map<String, String> holes, String name, List<String> words) {
            for (int i = 0; i < words.size(); i++) {
                holes.put(name + (i + 1), words.get(i));
            }
        }

        private static List<String> different(int count, Supplier<String> draw) {
            return Stream.generate(draw).distinct().limit(count).toList();
        }
    }
}
