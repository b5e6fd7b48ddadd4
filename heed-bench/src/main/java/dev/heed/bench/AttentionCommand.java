package dev.heed.bench;

import dev.heed.bench.Comparison.Candidate;
import dev.heed.bench.rival.AttentionCase;
import dev.heed.bench.rival.Rival;
import dev.heed.bench.rival.Rivals;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code ./bench attention}: the attention engine against everyone, case by case. */
@Command(
        name = "attention",
        description = "Forward, backward and decode against ONNX Runtime, PyTorch, ND4J and plain Java.",
        mixinStandardHelpOptions = true)
final class AttentionCommand implements Callable<Integer> {
    @Mixin
    private final CommonOptions common = new CommonOptions();

    @Option(names = "--rivals", split = ",", paramLabel = "NAME", description = "Only these; heed always takes part.")
    private List<String> only = List.of();

    @Override
    public Integer call() {
        List<Rival> rivals = chosenRivals();
        List<AttentionCase> cases = common.choose(AttentionCase.all(), AttentionCase::name);
        Paired plan = common.plan();
        Conditions conditions = Conditions.here(plan);
        Limits limits = new Limits();
        common.progress("measuring the machine");
        List<Limits.Machine> machine =
                common.threads().stream().map(limits::machine).toList();
        List<Report.Row> rows = new ArrayList<>();
        for (AttentionCase question : cases) {
            common.progress(question.name());
            rows.addAll(compare(question, rivals, limits, plan));
        }
        common.finish(new Report("attention", common.commandLine(), conditions, machine, rows));
        return 0;
    }

    private List<Report.Row> compare(AttentionCase question, List<Rival> rivals, Limits limits, Paired plan) {
        AttentionCase.Inputs inputs = question.inputs();
        Comparison comparison = new Comparison(
                question.name(),
                threads -> limits.floor(question, threads),
                Expected.of(question, inputs)::worstError,
                Expected.TOLERANCE);
        List<Candidate> candidates = rivals.stream()
                .map(rival -> new Candidate(
                        rival.name(),
                        rival::version,
                        rival.refuses(question),
                        rival.threaded(),
                        threads -> rival.prepare(question, inputs, threads)))
                .toList();
        return comparison.run(candidates, common.threads(), plan);
    }

    private List<Rival> chosenRivals() {
        List<String> names = Rivals.all().stream().map(Rival::name).toList();
        for (String name : only) {
            if (!names.contains(name)) {
                throw new IllegalArgumentException(
                        "bench: --rivals takes some of " + String.join(",", names) + ", got " + name);
            }
        }
        return Rivals.all().stream()
                .filter(rival -> only.isEmpty()
                        || only.contains(rival.name())
                        || rival.name().equals(Comparison.HOME))
                .toList();
    }
}
