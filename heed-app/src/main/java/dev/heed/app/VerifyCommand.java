package dev.heed.app;

import dev.heed.app.print.Format;
import dev.heed.app.print.Table;
import dev.heed.app.print.Terminal;
import dev.heed.app.verify.Cases;
import dev.heed.app.verify.Check;
import dev.heed.app.verify.ConformanceCase;
import dev.heed.app.verify.Result;
import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code heed verify}: runs conformance cases and shows each one's error. */
@Command(
        name = "verify",
        description = {
            "Run the conformance cases in a folder and show each one's error.",
            "Recognised by content: attention cases in safetensors files (metadata attributes and float32_error), ONNX node"
                    + " tests (case.json), models with expected.safetensors, and files for a safetensors reader (EXPECT.json). Exit code 1 if one fails."
        })
final class VerifyCommand extends HeedCommand {
    @Mixin
    private final FormatOption format = new FormatOption();

    @Parameters(paramLabel = "DIR", description = "A case, a folder of cases, or a tree of such folders.")
    private Path path = Path.of(".");

    VerifyCommand(Terminal terminal) {
        super(terminal);
    }

    @Override
    public Integer call() {
        List<ConformanceCase> cases = Cases.in(path);
        if (cases.isEmpty()) {
            throw new IllegalArgumentException(
                    "verify: " + path + " holds no conformance case; expected *.safetensors with"
                            + " attributes, folders with case.json or a model and expected.safetensors, or EXPECT.json");
        }
        List<Outcome> outcomes = cases.stream().map(VerifyCommand::outcome).toList();
        long passed = outcomes.stream().filter(Outcome::passed).count();
        (format.value() == Format.TEXT ? brief(outcomes) : full(outcomes)).print(terminal, format.value());
        String summary = passed + " passed, " + (outcomes.size() - passed) + " failed";
        if (format.value() == Format.TEXT) {
            terminal.line();
            terminal.line(terminal.colours().bold(summary));
        } else {
            terminal.err().println(summary);
        }
        return passed == outcomes.size() ? 0 : 1;
    }

    /** A result, or the sentence that says why there is none. */
    private record Outcome(String name, List<Check> checks, String trouble) {
        boolean passed() {
            return trouble.isEmpty() && checks.stream().allMatch(Check::passed);
        }
    }

    private static Outcome outcome(ConformanceCase one) {
        try {
            Result result = one.run();
            return new Outcome(result.name(), result.checks(), "");
        } catch (RuntimeException failure) {
            return new Outcome(one.name(), List.of(), Errors.describe(failure));
        }
    }

    /** One line per case: the tensor nearest to its bound. */
    private Table brief(List<Outcome> outcomes) {
        Table table = new Table()
                .column("case")
                .column("result")
                .column("nearest")
                .scientific("error")
                .scientific("PyTorch float32")
                .scientific("allowed")
                .column("remark");
        for (Outcome outcome : outcomes) {
            String verdict = outcome.passed() ? "passed" : "FAILED";
            if (outcome.checks().isEmpty()) {
                table.row(outcome.name(), verdict, "", Table.NOTHING, Table.NOTHING, Table.NOTHING, outcome.trouble());
            } else {
                Check worst = new Result(outcome.name(), outcome.checks()).worst();
                table.row(
                        outcome.name(),
                        verdict,
                        worst.what(),
                        number(worst.error()),
                        number(worst.float32()),
                        number(worst.allowed()),
                        worst.remark());
            }
        }
        return table;
    }

    /** One line per tensor. */
    private Table full(List<Outcome> outcomes) {
        Table table = new Table()
                .column("case")
                .column("what")
                .column("passed")
                .column("error")
                .column("float32_error")
                .column("allowed")
                .column("remark");
        for (Outcome outcome : outcomes) {
            if (outcome.checks().isEmpty()) {
                table.row(outcome.name(), "", false, Table.NOTHING, Table.NOTHING, Table.NOTHING, outcome.trouble());
            }
            for (Check check : outcome.checks()) {
                table.row(
                        outcome.name(),
                        check.what(),
                        check.passed(),
                        number(check.error()),
                        number(check.float32()),
                        number(check.allowed()),
                        check.remark());
            }
        }
        return table;
    }

    private static Object number(double value) {
        return Double.isNaN(value) ? Table.NOTHING : value;
    }
}
