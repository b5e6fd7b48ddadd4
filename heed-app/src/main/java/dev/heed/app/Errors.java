package dev.heed.app;

import dev.heed.app.print.Terminal;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.util.Objects;
import java.util.Set;
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
            String near = nearest(
                    what,
                    option ? spec.optionsMap().keySet() : spec.subcommands().keySet());
            String kind =
                    option ? "unknown option '" : spec.subcommands().isEmpty() ? "unexpected '" : "unknown command '";
            return kind + what + "'" + (near.isEmpty() ? help : "; did you mean " + near + "?");
        }
        return decapitalised(message(mistake)) + help;
    }

    /** The known word with the fewest edits, if they are few; else nothing. */
    private static String nearest(String typed, Set<String> known) {
        String best = "";
        int fewest = Math.max(2, typed.length() / 3) + 1;
        for (String word : known) {
            int edits = edits(typed, word);
            if (edits < fewest) {
                fewest = edits;
                best = word;
            }
        }
        return best;
    }

    /** Insertions, deletions, replacements and exchanges of neighbours that lead from one word to the other. */
    private static int edits(String a, String b) {
        int[][] edits = new int[a.length() + 1][b.length() + 1];
        for (int i = 0; i <= a.length(); i++) {
            for (int j = 0; j <= b.length(); j++) {
                if (i == 0 || j == 0) {
                    edits[i][j] = i + j;
                    continue;
                }
                int same = a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1;
                edits[i][j] = Math.min(edits[i - 1][j - 1] + same, 1 + Math.min(edits[i - 1][j], edits[i][j - 1]));
                boolean exchanged =
                        i > 1 && j > 1 && a.charAt(i - 1) == b.charAt(j - 2) && a.charAt(i - 2) == b.charAt(j - 1);
                if (exchanged) {
                    edits[i][j] = Math.min(edits[i][j], edits[i - 2][j - 2] + 1);
                }
            }
        }
        return edits[a.length()][b.length()];
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
