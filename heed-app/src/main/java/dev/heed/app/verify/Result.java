package dev.heed.app.verify;

import java.util.Comparator;
import java.util.List;

/**
 * What running one case found.
 *
 * @param name the case's, relative to the folder that was asked for
 * @param checks at least one
 */
public record Result(String name, List<Check> checks) {
    public Result {
        if (checks.isEmpty()) {
            throw new IllegalArgumentException("verify: " + name + " expects nothing that could be compared");
        }
    }

    static Result of(String name, Check only) {
        return new Result(name, List.of(only));
    }

    public boolean passed() {
        return checks.stream().allMatch(Check::passed);
    }

    /** The check nearest to failing, or failing most. */
    public Check worst() {
        return checks.stream().max(Comparator.comparingDouble(Check::share)).orElseThrow();
    }
}
