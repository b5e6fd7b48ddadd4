package dev.heed.bench;

import dev.heed.bench.Comparison.Candidate;
import dev.heed.bench.rival.Contestant;
import dev.heed.bench.rival.ModelCase;
import dev.heed.bench.rival.ModelRival;
import dev.heed.bench.rival.ModelWeights;
import dev.heed.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code ./bench models}: whole transformers of the usual shapes, with random weights. */
@Command(
        name = "models",
        description = "GPT-2 small (forward, decode) and BERT base against ONNX Runtime and PyTorch.",
        mixinStandardHelpOptions = true)
final class ModelsCommand implements Callable<Integer> {
    /** Twelve layers in float stay below 2e-5 of the largest output; another GELU or epsilon is off by 1e-3. */
    private static final double TOLERANCE = 1e-4;

    @Mixin
    private final CommonOptions common = new CommonOptions();

    @Override
    public Integer call() {
        List<ModelCase> cases = common.choose(ModelCase.all(), ModelCase::name);
        Paired plan = common.plan();
        Conditions conditions = Conditions.here(plan);
        Limits limits = new Limits();
        common.progress("measuring the machine");
        List<Limits.Machine> machine =
                common.threads().stream().map(limits::machine).toList();
        List<Report.Row> rows = new ArrayList<>();
        for (ModelCase question : cases) {
            common.progress(question.name());
            rows.addAll(compare(question, limits, plan));
        }
        common.finish(new Report("models", common.commandLine(), conditions, machine, rows));
        return 0;
    }

    private List<Report.Row> compare(ModelCase question, Limits limits, Paired plan) {
        ModelWeights<Tensor> weights = ModelWeights.of(question);
        Tensor expected = expected(question, weights);
        Comparison comparison = new Comparison(
                question.name(),
                threads -> limits.floor(question.operations(), question.bytes(), threads),
                outputs -> worstError(outputs.getFirst(), expected),
                TOLERANCE);
        List<Candidate> candidates = ModelRival.all().stream()
                .map(rival -> new Candidate(
                        rival.name(),
                        rival::version,
                        rival.refuses(question),
                        true,
                        threads -> rival.prepare(question, weights, threads)))
                .toList();
        return comparison.run(candidates, common.threads(), plan);
    }

    private static Tensor expected(ModelCase question, ModelWeights<Tensor> weights) {
        try (Contestant reference = ModelRival.reference(question, weights)) {
            reference.begin();
            return reference.outputs().getFirst();
        }
    }

    /** Relative to the largest expected output; infinite for NaN. */
    private static double worstError(Tensor given, Tensor expected) {
        float[] is = given.toArray();
        float[] should = expected.toArray();
        double most = 0;
        double off = 0;
        for (int i = 0; i < should.length; i++) {
            most = Math.max(most, Math.abs(should[i]));
            double error = Math.abs((double) is[i] - should[i]);
            off = Math.max(off, Double.isNaN(error) ? Double.POSITIVE_INFINITY : error);
        }
        return off / most;
    }
}
