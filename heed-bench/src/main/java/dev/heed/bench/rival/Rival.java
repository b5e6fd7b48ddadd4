package dev.heed.bench.rival;

import java.util.Optional;

/** One library, or one operator of it, that computes attention. */
public interface Rival {
    /** Short and fixed: it names the column and is what {@code --rivals} takes. */
    String name();

    /** Version of the library and what matters of its build. */
    String version();

    /** Why this rival cannot take part in a case, in a few words; empty if it can. */
    Optional<String> refuses(AttentionCase question);

    /** True if it can use several threads; else it takes part with one only. */
    default boolean threaded() {
        return true;
    }

    /** Makes ready for one case. */
    Contestant prepare(AttentionCase question, AttentionCase.Inputs inputs, int threads);
}
