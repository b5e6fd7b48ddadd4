package dev.heed.bench;

import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Everything one run measured, as it is written to JSON.
 *
 * @param title what was compared
 * @param command how to run it again
 * @param conditions where and when
 * @param machine the limits, one record per number of threads
 * @param rows one per case and number of threads
 */
record Report(String title, String command, Conditions conditions, List<Limits.Machine> machine, List<Row> rows) {
    /** A case at a number of threads. */
    record Row(String name, int threads, double floorMillis, List<Entry> entries, List<Absent> absent) {
        Optional<Entry> of(String rival) {
            return entries.stream().filter(entry -> entry.rival.equals(rival)).findFirst();
        }
    }

    /**
     * What one rival reached.
     *
     * @param millis per run
     * @param ratio its time over Heed's in the same round: above 1 Heed is faster; null for Heed itself or without it
     * @param ofFloor the floor's time over this one in the same round
     * @param speedUp its one-thread time over this one in the same round; null at one thread or where that was not run
     * @param error against the double reference
     */
    record Entry(
            String rival,
            String version,
            Quartiles millis,
            @Nullable Quartiles ratio,
            double ofFloor,
            @Nullable Quartiles speedUp,
            double error) {}

    /** Who did not take part, and why. */
    record Absent(String rival, String reason) {}
}
