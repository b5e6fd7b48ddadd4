package dev.heed.bench;

import dev.heed.bench.rival.Contestant;
import dev.heed.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.function.IntFunction;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/**
 * One case from start to end: everybody is made ready, compared with the reference, and those that agree are timed
 * together, all numbers of threads in the same rounds. The floor takes its turns among them: the clock of a processor under
 * load is not the one it has before (273 GFLOP/s at rest, 255 between rivals on one machine).
 *
 * @param name of the case
 * @param floor by number of threads: takes the time below which nobody can be
 * @param error of a contestant's outputs against the reference
 * @param tolerance the largest error with which one is timed
 */
record Comparison(String name, IntFunction<Contestant> floor, ToDoubleFunction<List<Tensor>> error, double tolerance) {
    /** The name whose times the others are divided by. */
    static final String HOME = "heed";

    private static final String FLOOR = "floor";

    /**
     * Someone who may take part.
     *
     * @param version asked only when preparing succeeded
     * @param refusal why not
     * @param threaded false: with one thread only
     * @param prepare by number of threads
     */
    record Candidate(
            String name,
            Supplier<String> version,
            Optional<String> refusal,
            boolean threaded,
            IntFunction<Contestant> prepare) {}

    /** Someone who agrees with the reference, ready to be timed. */
    private record Lane(String rival, String version, int threads, Contestant contestant, double error) {}

    List<Report.Row> run(List<Candidate> candidates, List<Integer> threads, Paired plan) {
        List<Lane> lanes = new ArrayList<>();
        List<Report.Absent> absent = new ArrayList<>();
        try {
            for (Candidate candidate : candidates) {
                Optional<String> refusal = candidate.refusal().or(() -> enter(candidate, threads, lanes));
                refusal.ifPresent(reason -> absent.add(new Report.Absent(candidate.name(), reason)));
            }
            threads.forEach(t -> lanes.add(new Lane(FLOOR, "", t, floor.apply(t), 0)));
            double[][] seconds =
                    plan.measure(lanes.stream().map(Lane::contestant).toList());
            return threads.stream().map(t -> row(t, lanes, seconds, absent)).toList();
        } finally {
            lanes.forEach(lane -> lane.contestant.close());
        }
    }

    /** Adds the candidate's lanes, or closes them and tells why there are none. */
    private Optional<String> enter(Candidate candidate, List<Integer> threads, List<Lane> lanes) {
        List<Lane> own = new ArrayList<>();
        try {
            for (int t : threads) {
                if (t == 1 || candidate.threaded()) {
                    own.add(lane(candidate, t));
                }
            }
            lanes.addAll(own);
            return Optional.empty();
        } catch (LinkageError | RuntimeException e) {
            own.forEach(lane -> lane.contestant.close());
            return Optional.of(e instanceof Wrong ? String.valueOf(e.getMessage()) : "failed: " + firstLine(e));
        }
    }

    private Lane lane(Candidate candidate, int threads) {
        Contestant contestant = candidate.prepare().apply(threads);
        boolean fits = false;
        try {
            contestant.begin();
            contestant.run();
            double off = error.applyAsDouble(contestant.outputs());
            if (!(off <= tolerance)) {
                throw new Wrong(String.format(Locale.ROOT, "wrong: error %.1e with %d threads", off, threads));
            }
            Lane lane = new Lane(candidate.name(), candidate.version().get(), threads, contestant, off);
            fits = true;
            return lane;
        } finally {
            if (!fits) {
                contestant.close();
            }
        }
    }

    /** A contestant whose results are not the reference's. */
    private static final class Wrong extends RuntimeException {
        private static final long serialVersionUID = 1;

        Wrong(String message) {
            super(message);
        }
    }

    private Report.Row row(int threads, List<Lane> lanes, double[][] seconds, List<Report.Absent> absent) {
        double[] least = Objects.requireNonNull(secondsOf(FLOOR, threads, lanes, seconds));
        double @Nullable [] home = secondsOf(HOME, threads, lanes, seconds);
        List<Report.Entry> entries = new ArrayList<>();
        for (int i = 0; i < lanes.size(); i++) {
            Lane lane = lanes.get(i);
            if (lane.threads == threads && !lane.rival.equals(FLOOR)) {
                double @Nullable [] single = threads == 1 ? null : secondsOf(lane.rival, 1, lanes, seconds);
                entries.add(new Report.Entry(
                        lane.rival,
                        lane.version,
                        Quartiles.of(seconds[i]).times(1e3),
                        home == null || lane.rival.equals(HOME) ? null : Quartiles.ofRatios(seconds[i], home),
                        Quartiles.ofRatios(least, seconds[i]).median(),
                        single == null ? null : Quartiles.ofRatios(single, seconds[i]),
                        lane.error));
            }
        }
        return new Report.Row(name, threads, Quartiles.of(least).median() * 1e3, entries, absent);
    }

    private static double @Nullable [] secondsOf(String rival, int threads, List<Lane> lanes, double[][] seconds) {
        for (int i = 0; i < lanes.size(); i++) {
            if (lanes.get(i).rival.equals(rival) && lanes.get(i).threads == threads) {
                return seconds[i];
            }
        }
        return null;
    }

    private static String firstLine(Throwable failure) {
        return failure.toString().lines().findFirst().orElse("");
    }
}
