package dev.heed.app;

import dev.heed.app.print.Terminal;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.ParameterException;

/** {@code heed report}: measurements of a model's attention, each beside its baseline. */
@Command(
        name = "report",
        synopsisSubcommandLabel = "routing|heads|perplexity",
        description = {
            "Measure a model's attention: every number with its baseline, its sample and its interval.",
            "A weight is not an explanation: 'routing' also cuts edges and shows what becomes of the answer."
        })
final class ReportCommand extends HeedCommand {
    private final CommandLine line = new CommandLine(this);

    private ReportCommand(Terminal terminal) {
        super(terminal);
    }

    static CommandLine in(Terminal terminal) {
        ReportCommand command = new ReportCommand(terminal);
        return command.line
                .addSubcommand("routing", new RoutingCommand(terminal))
                .addSubcommand("heads", new HeadsCommand(terminal))
                .addSubcommand("perplexity", new PerplexityCommand(terminal));
    }

    @Override
    public Integer call() {
        throw new ParameterException(line, "report: say which: routing, heads or perplexity");
    }
}
