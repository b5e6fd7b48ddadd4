package dev.heed.app;

import dev.heed.app.print.Terminal;
import dev.heed.text.IoFailure;
import dev.heed.text.Spelling;
import dev.heed.text.Visible;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileSystemException;
import java.util.Objects;
import java.util.Set;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.PositionalParamSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/** What went wrong, in one line on standard error. */
final class Errors {
    static final int COULD_NOT = 2;

    /** How help calls what is a text. */
    private static final Set<String> TEXTS = Set.of("TEXT", "PROMPT", "SENTENCE");

    private Errors() {}

    /** A command line that cannot be understood. */
    static int report(ParameterException mistake, Terminal terminal) {
        line(terminal, describe(mistake));
        return COULD_NOT;
    }

    private static String describe(ParameterException mistake) {
        if (mistake instanceof UnmatchedArgumentException unmatched) {
            String first = unmatched.getUnmatched().getFirst();
            return unmatched(mistake, Dashes.misspelt(mistake.getCommandLine()).orElse(first));
        }
        if (mistake.getArgSpec() instanceof PositionalParamSpec
                && mistake.getValue() != null
                && Dashes.looksLikeOption(mistake.getValue())) {
            return unmatched(mistake, mistake.getValue());
        }
        String message = message(mistake)
                .replaceFirst(
                        "^Invalid value for positional parameter at index \\S+ \\(.*?\\):",
                        name(mistake).strip() + ":");
        return decapitalised(message).replaceFirst("\\.$", "") + help(mistake);
    }

    private static String unmatched(ParameterException mistake, String what) {
        CommandSpec spec = mistake.getCommandLine().getCommandSpec();
        boolean option = Dashes.looksLikeOption(what);
        String kind = option ? "unknown option '" : spec.subcommands().isEmpty() ? "unexpected '" : "unknown command '";
        String near = Spelling.nearest(
                what.replaceFirst("=.*", ""),
                option ? spec.optionsMap().keySet() : spec.subcommands().keySet());
        if (!near.isEmpty()) {
            return kind + what + "'; did you mean " + near + "?";
        }
        if (!option && takesText(spec)) {
            return kind + what + "'; a text of several words stands in quotes" + help(mistake);
        }
        boolean text = option && !spec.positionalParameters().isEmpty();
        return kind + what + "'" + help(mistake) + (text ? "; a text that begins so stands behind --" : "");
    }

    private static boolean takesText(CommandSpec spec) {
        return spec.positionalParameters().stream().anyMatch(each -> TEXTS.contains(each.paramLabel()));
    }

    private static String help(ParameterException mistake) {
        return "; see 'heed help" + name(mistake) + "'";
    }

    /** The subcommand, with a blank before it. */
    private static String name(ParameterException mistake) {
        String full = mistake.getCommandLine().getCommandSpec().qualifiedName();
        return full.startsWith("heed ") ? full.substring(4) : "";
    }

    private static String decapitalised(String text) {
        return text.isEmpty() ? text : Character.toLowerCase(text.charAt(0)) + text.substring(1);
    }

    /** A command that could not be carried out, for want of memory mostly. */
    static int report(Throwable failure, Terminal terminal, boolean debug) {
        if (debug || Boolean.getBoolean("heed.debug")) {
            failure.printStackTrace(terminal.err());
        }
        line(terminal, describe(failure));
        return COULD_NOT;
    }

    static String describe(Throwable failure) {
        return switch (failure) {
            case OutOfMemoryError memory ->
                "out of memory (" + message(memory) + ") with a heap of at most "
                        + Runtime.getRuntime().maxMemory() / (1 << 20)
                        + " MiB: ask for less (shorter or fewer texts, a smaller batch or model), or give Java a larger heap,"
                        + " such as HEED_JAVA_OPTS=-Xmx8g";
            case UncheckedIOException io -> {
                IOException cause = Objects.requireNonNull(io.getCause());
                yield cause.toString().equals(io.getMessage()) ? describe(cause) : message(io);
            }
            case FileSystemException file -> file.getFile() + ": " + IoFailure.reason(file);
            case IOException io -> IoFailure.reason(io);
            case IllegalArgumentException wrong -> message(wrong);
            case UnsupportedOperationException cannot -> message(cannot);
            default -> "internal error, please report it: " + failure + " (--debug shows where)";
        };
    }

    private static String message(Throwable failure) {
        String message = failure.getMessage();
        return message == null ? failure.toString() : message;
    }

    private static void line(Terminal terminal, String text) {
        terminal.out().flush();
        terminal.err().println("heed: " + Visible.escape(text.replaceAll("\\s*\\R\\s*", " ")));
    }
}
