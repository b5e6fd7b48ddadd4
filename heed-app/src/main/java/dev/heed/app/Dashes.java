package dev.heed.app;

import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import picocli.CommandLine;
import picocli.CommandLine.Model.PositionalParamSpec;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.UnmatchedArgumentException;

/**
 * Arguments that begin with - and are no known option: {@code "- the cat"} and {@code "-[MASK]"} are texts, {@code --hlep} and
 * {@code -not} are taken for misspelt options and refused, unless they stand behind {@code --}.
 */
final class Dashes {
    private static final Pattern OPTION = Pattern.compile("--?[A-Za-z][A-Za-z0-9-]*(=.*)?", Pattern.DOTALL);

    private Dashes() {}

    /** Runs the last of the commands that were typed, as picocli does. */
    static int execute(ParseResult result) {
        Optional<String> option = misspelt(last(result).commandSpec().commandLine());
        if (option.isPresent()) {
            throw new UnmatchedArgumentException(last(result).commandSpec().commandLine(), List.of(option.get()));
        }
        return new CommandLine.RunLast().execute(result);
    }

    private static ParseResult last(ParseResult result) {
        return result.hasSubcommand() ? last(result.subcommand()) : result;
    }

    /** What this command took for a text, though it looks like an option. */
    static Optional<String> misspelt(CommandLine command) {
        if (command.getParseResult() == null) {
            return Optional.empty(); // help of it was asked for
        }
        List<String> options = beforeDashes(
                command.getCommandSpec().root().commandLine().getParseResult().originalArgs());
        return command.getParseResult().matchedPositionals().stream()
                .map(PositionalParamSpec::originalStringValues)
                .flatMap(List::stream)
                .filter(value -> looksLikeOption(value) && options.contains(value))
                .findFirst();
    }

    static boolean looksLikeOption(String argument) {
        return OPTION.matcher(argument).matches();
    }

    private static List<String> beforeDashes(List<String> arguments) {
        int dashes = arguments.indexOf("--");
        return dashes < 0 ? arguments : arguments.subList(0, dashes);
    }
}
