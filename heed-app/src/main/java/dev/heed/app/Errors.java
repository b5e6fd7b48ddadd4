package dev.heed.app;

import dev.heed.app.print.Terminal;
import dev.heed.text.Spelling;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.util.Objects;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/** What went wrong, in one line on standard error. */
final class Errors {
    private static final int COULD_NOT = 2;

    private Errors() {}

    /** A command line that cannot be understood. */
    static int report(ParameterException mistake, Terminal terminal) {
        line(terminal, describe(mistake));
        return COULD_NOT;
    }

    private static String describe(ParameterException mistake) {
        String help = "; see 'heed help" + name(mistake) + "'";
        if (mistake instanceof UnmatchedArgumentException unmatched) {
            String what = unmatched.getUnmatched().getFirst();
            boolean option = what.startsWith("-");
            CommandSpec spec = mistake.getCommandLine().getCommandSpec();
            String near = Spelling.nearest(
                    what,
                    option ? spec.optionsMap().keySet() : spec.subcommands().keySet());
            String kind =
                    option ? "unknown option '" : spec.subcommands().isEmpty() ? "unexpected '" : "unknown command '";
            return kind + what + "'" + (near.isEmpty() ? help : "; did you mean " + near + "?");
        }
        return decapitalised(message(mistake)) + help;
    }

    /** The subcommand, with a blank before it. */
    private static String name(ParameterException mistake) {
        String full = mistake.getCommandLine().getCommandSpec().qualifiedName();
        return full.startsWith("heed ") ? full.substring(4) : "";
    }

    private static String decapitalised(String text) {
        return text.isEmpty() ? text : Character.toLowerCase(text.charAt(0)) + text.substring(1);
    }

    /** A command that could not be carried out. */
    static int report(Exception failure, Terminal terminal, boolean debug) {
        if (debug || Boolean.getBoolean("heed.debug")) {
            failure.printStackTrace(terminal.err());
        }
        line(terminal, describe(failure));
        return COULD_NOT;
    }

    static String describe(Exception failure) {
        return switch (failure) {
            case UncheckedIOException io -> {
                IOException cause = Objects.requireNonNull(io.getCause());
                yield cause.toString().equals(io.getMessage()) ? describe(cause) : message(io);
            }
            case NoSuchFileException missing -> missing.getFile() + ": no such file or folder";
            case AccessDeniedException denied -> denied.getFile() + ": not allowed to read or write it";
            case FileSystemException file ->
                file.getFile() + ": " + (file.getReason() == null ? "cannot be used" : file.getReason());
            case IOException io -> message(io);
            case IllegalArgumentException wrong -> message(wrong);
            case UnsupportedOperationException cannot -> message(cannot);
            default -> "internal error, please report it: " + failure + " (--debug shows where)";
        };
    }

    private static String message(Exception failure) {
        String message = failure.getMessage();
        return message == null ? failure.toString() : message;
    }

    private static void line(Terminal terminal, String text) {
        terminal.out().flush();
        terminal.err().println("heed: " + text.replaceAll("\\s*\\R\\s*", " "));
    }
}
