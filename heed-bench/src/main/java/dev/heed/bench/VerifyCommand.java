package dev.heed.bench;

import dev.heed.bench.rival.AttentionCase;
import dev.heed.bench.rival.AttentionCase.Work;
import dev.heed.bench.rival.Contestant;
import dev.heed.bench.rival.Rival;
import dev.heed.bench.rival.Rivals;
import dev.heed.bench.rival.TrainCase;
import dev.heed.bench.rival.TrainRival;
import dev.heed.tensor.Tensor;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code ./bench verify}: every adapter against the double reference on small, awkward shapes; nothing is timed. */
@Command(
        name = "verify",
        description = "Every adapter against the reference on small, awkward shapes; exit 1 if one is wrong.",
        mixinStandardHelpOptions = true)
final class VerifyCommand implements Callable<Integer> {
    private static final int FAILED = 1;

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Option(names = "--threads", split = ",", paramLabel = "N", description = "Numbers of threads (default: 1,2).")
    private List<Integer> threads = List.of(1, 2);

    @Override
    public Integer call() {
        Table table = new Table("case", "who", "threads", "error", "verdict");
        boolean good = true;
        for (AttentionCase question : cases()) {
            AttentionCase.Inputs inputs = question.inputs();
            Expected expected = Expected.of(question, inputs);
            for (Rival rival : Rivals.all()) {
                good &= verify(rival, question, inputs, expected, table);
            }
        }
        good &= verifyTraining(table);
        spec.commandLine().getOut().print(table.text());
        spec.commandLine().getOut().flush();
        return good ? 0 : FAILED;
    }

    /** Losses of the first steps. */
    private boolean verifyTraining(Table table) {
        TrainCase question = TrainCase.awkward();
        Tensor expected = TrainRival.reference(question);
        boolean good = true;
        for (TrainRival rival : TrainRival.all()) {
            for (int number : threads) {
                try (Contestant contestant = rival.prepare(question, number)) {
                    contestant.begin();
                    double error =
                            TrainBenchCommand.worstError(contestant.outputs().getFirst(), expected);
                    boolean right = error <= TrainBenchCommand.TOLERANCE;
                    good &= right;
                    String shown = String.format(Locale.ROOT, "%.1e", error);
                    table.row("train " + question.name(), rival.name(), "" + number, shown, right ? "equal" : "WRONG");
                }
            }
        }
        return good;
    }

    /** Sizes of 1, primes, and tile widths ± 1; grouped heads; both masks. */
    private static List<AttentionCase> cases() {
        return List.of(
                AttentionCase.square(Work.FORWARD, 1, 64, false),
                AttentionCase.square(Work.FORWARD, 31, 16, false),
                AttentionCase.square(Work.FORWARD, 33, 16, true),
                AttentionCase.square(Work.FORWARD, 127, 64, true),
                AttentionCase.square(Work.FORWARD, 257, 128, false),
                new AttentionCase(Work.FORWARD, 8, 2, 65, 65, 64, false),
                new AttentionCase(Work.FORWARD, 8, 2, 65, 65, 64, true),
                AttentionCase.square(Work.BACKWARD, 33, 64, false),
                AttentionCase.square(Work.BACKWARD, 127, 64, true),
                new AttentionCase(Work.BACKWARD, 8, 2, 65, 65, 64, true),
                AttentionCase.decode(8, 8, 1),
                AttentionCase.decode(8, 8, 257),
                AttentionCase.decode(32, 8, 131));
    }

    private boolean verify(
            Rival rival, AttentionCase question, AttentionCase.Inputs inputs, Expected expected, Table table) {
        Optional<String> refusal = rival.refuses(question);
        if (refusal.isPresent()) {
            table.row(question.describe(), rival.name(), "", "", refusal.get());
            return true;
        }
        boolean good = true;
        for (int number : rival.threaded() ? threads : List.of(1)) {
            try (Contestant contestant = rival.prepare(question, inputs, number)) {
                contestant.begin();
                contestant.run();
                double error = expected.worstError(contestant.outputs());
                boolean right = error <= Expected.TOLERANCE;
                good &= right;
                String shown = String.format(Locale.ROOT, "%.1e", error);
                table.row(question.describe(), rival.name(), "" + number, shown, right ? "equal" : "WRONG");
            }
        }
        return good;
    }
}
