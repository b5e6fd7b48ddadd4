package dev.heed.train.worlds;

import dev.heed.train.worlds.Tales.Cause;
import dev.heed.train.worlds.Tales.Voice;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/** Everything that was chosen for one story: the cast and the steps in order. */
record Plot(Voice animal, Voice machine, List<Step> steps) {
    /** A template of {@link Tales} with what was drawn for its holes; an outcome also has the cause that flips. */
    sealed interface Step {}

    record Line(String template, Map<String, String> holes) implements Step {}

    record Outcome(String template, Cause cause, boolean ofAnimal) implements Step {
        Outcome flipped() {
            return new Outcome(template, cause, !ofAnimal);
        }

        String property() {
            return ofAnimal ? cause.ofAnimal() : cause.ofMachine();
        }
    }

    Set<String> keys() {
        var keys = new LinkedHashSet<String>();
        keys.add(Holdout.pair(animal.noun(), machine.noun()));
        outcomes().forEach(outcome -> {
            keys.add(Holdout.said(animal.noun(), outcome.cause().ofAnimal()));
            keys.add(Holdout.said(machine.noun(), outcome.cause().ofMachine()));
        });
        return keys;
    }

    /** The same plot with the last outcome turned round. */
    Plot flipped() {
        Outcome last = outcomes().reduce((earlier, later) -> later).orElseThrow();
        var flipped = new ArrayList<Step>(steps);
        flipped.set(steps.lastIndexOf(last), last.flipped());
        return new Plot(animal, machine, List.copyOf(flipped));
    }

    private Stream<Outcome> outcomes() {
        return steps.stream().filter(Outcome.class::isInstance).map(Outcome.class::cast);
    }
}
