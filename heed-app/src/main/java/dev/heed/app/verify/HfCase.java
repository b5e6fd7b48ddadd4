package dev.heed.app.verify;

import dev.heed.model.HfConformance;
import java.nio.file.Path;
import java.util.List;

/** A model folder with what transformers gave for it: tokens, logits, hidden states, attention and greedy continuations. */
record HfCase(String name, Path folder) implements ConformanceCase {
    @Override
    public Result run() {
        List<Check> checks =
                HfConformance.run(folder).checks().stream().map(HfCase::check).toList();
        return checks.isEmpty()
                ? Result.of(name, Check.verdict("expected.safetensors", false, "holds nothing that can be compared"))
                : new Result(name, checks);
    }

    private static Check check(HfConformance.Check check) {
        double share = check.passed()
                ? Math.min(1, check.error() / HfConformance.TOLERANCE)
                : Math.max(Math.nextUp(1.0), check.error() / HfConformance.TOLERANCE);
        return new Check(
                check.name(), check.error(), Double.NaN, HfConformance.TOLERANCE, share, "relative to the largest");
    }
}
