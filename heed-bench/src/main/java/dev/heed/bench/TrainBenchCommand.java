package dev.heed.bench;

import dev.heed.bench.Comparison.Candidate;
import dev.heed.bench.rival.TrainCase;
import dev.heed.bench.rival.TrainRival;
import dev.heed.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code ./bench train}: steps of learning, forward, backward and optimiser. */
@Command(
        name = "train",
        description = "Training steps of nanoGPT's character models against PyTorch.",
        mixinStandardHelpOptions = true)
final class TrainBenchCommand implements Callable<Integer> {
    /** Losses of the first steps, relative; a wrong gradient or another AdamW is off by 1e-3 in the second. */
    static final double TOLERANCE = 1e-5;

    @Mixin
    private final CommonOptions common = new CommonOptions();

    @Override
    public Integer call() {
        List<TrainCase> cases = common.choose(TrainCase.all(), TrainCase::name);
        Paired plan = common.plan();
        Conditions conditions = Conditions.here(plan);
        Limits limits = new Limits();
        common.progress("measuring the machine");
        List<Limits.Machine> machine =
                common.threads().stream().map(limits::machine).toList();
        List<Report.Row> rows = new ArrayList<>();
        for (TrainCase question : cases) {
            common.progress(question.name());
            rows.addAll(compare(question, limits, plan));
        }
        common.finish(new Report("train", common.commandLine(), conditions, machine, rows));
        return 0;
    }

    private List<Report.Row> compare(TrainCase question, Limits limits, Paired plan) {
        Tensor expected = TrainRival.reference(question);
        Comparison comparison = new Comparison(
                question.name(),
                threads -> limits.floor(question.operations(), question.bytes(), threads),
                outputs -> worstError(outputs.getFirst(), expected),
                TOLERANCE);
        List<Candidate> candidates = TrainRival.all().stream()
                .map(rival -> new Candidate(
                        rival.name(),
                        rival::version,
                        Optional.empty(),
                        true,
                        threads -> rival.prepare(question, threads)))
                .toList();
        return comparison.run(candidates, common.threads(), plan);
    }

    /** Relative; infinite for NaN. */
    static double worstError(Tensor given, Tensor expected) {
        double most = 0;
        for (int i = 0; i < expected.elements(); i++) {
            double error = Math.abs(given.array()[i] / (double) expected.array()[i] - 1);
            most = Math.max(most, Double.isNaN(error) ? Double.POSITIVE_INFINITY : error);
        }
        return most;
    }
}
