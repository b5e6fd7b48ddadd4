package dev.heed.app;

import dev.heed.app.print.Terminal;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Objects;
import java.util.stream.StreamSupport;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.PositionalParamSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import picocli.CommandLine.UnmatchedArgumentException;

/** {@code heed help}: all commands, or everything about one, which may be a command's command such as {@code report heads}. */
@Command(name = "help", description = "Say everything about a command; without one, list them.")
final class HelpCommand extends HeedCommand {
    @Parameters(
            arity = "0..*",
            paramLabel = "COMMAND",
            description = "One of those that 'heed help' lists.",
            completionCandidates = Names.class)
    private List<String> path = new ArrayList<>();

    @Spec
    private CommandSpec spec = CommandSpec.create(); // set by picocli

    /** For shell completion. */
    static final class Names implements Iterable<String> {
        @Override
        public Iterator<String> iterator() {
            return Main.COMMANDS.iterator();
        }
    }

    HelpCommand(Terminal terminal) {
        super(terminal);
    }

    @Override
    public Integer call() {
        CommandLine command = spec.root().commandLine();
        for (String name : path) {
            CommandLine next = command.getSubcommands().get(name);
            if (next == null && !takes(command, name)) {
                throw new UnmatchedArgumentException(command, List.of(name));
            }
            command = next == null ? command : next;
        }
        command.usage(command.getOut(), command.getColorScheme());
        return 0;
    }

    /** Whether a word is one that may stand behind a command, such as {@code recall} behind {@code compare}. */
    private static boolean takes(CommandLine command, String word) {
        return command.getCommandSpec().positionalParameters().stream()
                .map(PositionalParamSpec::completionCandidates)
                .filter(Objects::nonNull)
                .flatMap(candidates -> StreamSupport.stream(candidates.spliterator(), false))
                .anyMatch(word::equals);
    }
}
