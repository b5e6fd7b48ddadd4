package dev.heed.train.worlds;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/** What several tests of the worlds need. */
final class Checks {
    private Checks() {}

    /**
     * The accuracy of always answering what was most frequent for a cue, counted on the same examples (so an upper bound of
     * what the cue alone is worth).
     */
    static <T> double accuracyFromCue(List<T> examples, Function<T, Object> cue, Function<T, Object> answer) {
        var counts = new HashMap<Object, Map<Object, Integer>>();
        for (T each : examples) {
            counts.computeIfAbsent(cue.apply(each), any -> new HashMap<>()).merge(answer.apply(each), 1, Integer::sum);
        }
        int right = counts.values().stream()
                .mapToInt(answers -> answers.values().stream()
                        .mapToInt(Integer::intValue)
                        .max()
                        .orElse(0))
                .sum();
        return (double) right / examples.size();
    }
}
