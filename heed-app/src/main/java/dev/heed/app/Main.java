package dev.heed.app;

import dev.heed.app.print.Colours;
import dev.heed.app.print.Terminal;
import dev.heed.kernel.Kernels;
import java.io.BufferedOutputStream;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * The {@code heed} command: parses, calls the engine, prints. Results go to standard output, everything else to standard
 * error. The exit code is 0, or 1 if a check failed, or 2 with one line that says what was wrong.
 */
@Command(
        name = "heed",
        synopsisSubcommandLabel = "COMMAND",
        description = "Attention for the JVM: exact, fast, trainable, visible.",
        footer = {"", "'heed help COMMAND' says more. Exit codes: 0 fine, 1 a check failed, 2 could not be done."})
public final class Main implements Callable<Integer> {
    private static final String VERSION = "0.1.0-SNAPSHOT";

    /** Known commands in the order of the help. Only the one that is called is loaded: starting is mostly loading classes. */
    static final List<String> COMMANDS = List.of(
            "look",
            "generate",
            "train",
            "translate",
            "fill",
            "resolve",
            "classify",
            "answer",
            "embed",
            "report",
            "explain",
            "compare",
            "attend",
            "verify",
            "fuzz",
            "info",
            "models",
            "exp-error",
            "completion",
            "help");

    /** Those that speak of all others. */
    private static final List<String> ABOUT_ALL = List.of("completion", "help");

    @Option(
            names = {"-h", "--help"},
            usageHelp = true,
            description = "Show this help.")
    @SuppressWarnings("UnusedVariable") // picocli sets and reads it
    private boolean help;

    @Option(
            names = {"-V", "--version"},
            description = "Show version, kernels and JDK.")
    private boolean version;

    @Option(names = "--debug", scope = CommandLine.ScopeType.INHERIT, description = "Show where an error came from.")
    @SuppressWarnings("UnusedVariable") // asked for by debugs, in whichever command it stands
    private boolean debug;

    private final Terminal terminal;

    private Main(Terminal terminal) {
        this.terminal = terminal;
    }

    public static void main(String[] args) {
        PrintStream err = new PrintStream(System.err, true, StandardCharsets.UTF_8);
        System.exit(run(args, new FileOutputStream(FileDescriptor.out), err));
    }

    /** Runs one command line with its results going to {@code to}; the exit code, which is never 0 if they did not arrive. */
    static int run(String[] args, OutputStream to, PrintStream err) {
        Output output = new Output(to);
        PrintStream out = utf8(output);
        int code = areWhole(args) ? run(args, terminal(out, err)) : refuse(err);
        out.flush();
        return output.exitCode(code, err);
    }

    /** In a locale such as C, Java has replaced what is not ASCII before we see it: another text than the one that was typed. */
    private static boolean areWhole(String[] args) {
        boolean unicode = System.getProperty("sun.jnu.encoding", "").equalsIgnoreCase("UTF-8");
        return unicode || Arrays.stream(args).noneMatch(arg -> arg.indexOf('\ufffd') >= 0);
    }

    private static int refuse(PrintStream err) {
        err.println("heed: this locale (" + System.getProperty("sun.jnu.encoding")
                + ") cannot pass on the text that was typed: set LC_ALL=C.UTF-8 or another UTF-8 locale");
        return 2;
    }

    /** UTF-8 whatever the locale says: labels, bars and tokens need it, and files should not depend on the machine. */
    private static PrintStream utf8(OutputStream to) {
        return new PrintStream(new BufferedOutputStream(to, 1 << 16), false, StandardCharsets.UTF_8);
    }

    @SuppressWarnings("SystemConsoleNull") // never is, says Error Prone; may be, says NullAway
    private static Terminal terminal(PrintStream out, PrintStream err) {
        Map<String, String> environment = System.getenv();
        boolean terminal = Boolean.getBoolean("heed.terminal") // what ./heed saw
                || (System.console() != null
                        && System.console().isTerminal()); // only with standard input from one, too
        boolean watched = terminal && !Boolean.getBoolean("heed.unwatched"); // ./heed saw standard error go elsewhere
        int width = width(environment.get("COLUMNS"));
        return new Terminal(out, err, Colours.of(terminal, environment), width, terminal, watched);
    }

    private static int width(@Nullable String columns) {
        boolean number = columns != null && columns.length() < 5 && columns.matches("[1-9][0-9]+");
        return number ? Math.max(40, Integer.parseInt(columns)) : Terminal.USUAL_WIDTH;
    }

    static int run(String[] args, Terminal terminal) {
        try {
            if (args.length == 0) {
                Welcome.print(terminal);
                return 0;
            }
            boolean alone = COMMANDS.contains(args[0]) && !ABOUT_ALL.contains(args[0]);
            return commandLine(alone ? List.of(args[0]) : COMMANDS, terminal).execute(args);
        } catch (RuntimeException
                | Error failure) { // errors are want of memory mostly; picocli reports exceptions alone
            return Errors.report(failure, terminal, List.of(args).contains("--debug"));
        }
    }

    private static CommandLine commandLine(List<String> commands, Terminal terminal) {
        CommandLine all = new CommandLine(new Main(terminal));
        for (String name : commands) {
            all.addSubcommand(name, command(name, all, terminal));
        }
        NumberOption.register(all);
        all.setHelpFactory(HelpText::new);
        all.setOut(new PrintWriter(terminal.out(), true, StandardCharsets.UTF_8));
        all.setErr(new PrintWriter(terminal.err(), true, StandardCharsets.UTF_8));
        all.setExpandAtFiles(false); // a text that begins with @ is a text
        all.setUnmatchedOptionsArePositionalParams(
                true); // as is one that begins with -; Dashes refuses what looks like an option
        all.setExecutionStrategy(Dashes::execute);
        all.setUsageHelpWidth(Math.clamp(terminal.width(), 60, 120));
        all.setColorScheme(CommandLine.Help.defaultColorScheme(
                terminal.colours() == Colours.NONE ? CommandLine.Help.Ansi.OFF : CommandLine.Help.Ansi.ON));
        all.setParameterExceptionHandler((mistake, args) -> Errors.report(mistake, terminal));
        all.setExecutionExceptionHandler(
                (failure, command, result) -> Errors.report(failure, terminal, debugs(result)));
        return all;
    }

    private static Object command(String name, CommandLine all, Terminal terminal) {
        return switch (name) {
            case "look" -> new LookCommand(terminal);
            case "generate" -> new GenerateCommand(terminal);
            case "train" -> new TrainCommand(terminal);
            case "translate" -> new TranslateCommand(terminal);
            case "fill" -> new FillCommand(terminal);
            case "resolve" -> new ResolveCommand(terminal);
            case "classify" -> new ClassifyCommand(terminal);
            case "answer" -> new AnswerCommand(terminal);
            case "fuzz" -> new FuzzCommand(terminal);
            case "embed" -> new EmbedCommand(terminal);
            case "report" -> ReportCommand.in(terminal);
            case "info" -> new InfoCommand(terminal);
            case "models" -> new ModelsCommand(terminal);
            case "explain" -> new ExplainCommand(terminal);
            case "compare" -> new CompareCommand(terminal);
            case "attend" -> new AttendCommand(terminal);
            case "verify" -> new VerifyCommand(terminal);
            case "exp-error" -> new ExpErrorCommand(terminal);
            case "completion" -> new CompletionCommand(all, terminal);
            case "help" -> new HelpCommand(terminal);
            default -> throw new IllegalStateException("Main.COMMANDS names '" + name + "', which is not made here");
        };
    }

    private static boolean debugs(CommandLine.ParseResult result) {
        return result.hasMatchedOption("--debug") || (result.hasSubcommand() && debugs(result.subcommand()));
    }

    /** {@code heed} with options only. */
    @Override
    public Integer call() {
        if (version) {
            terminal.line("heed " + VERSION + " (kernels " + Kernels.name() + ", JDK " + Runtime.version() + ")");
        } else {
            Welcome.print(terminal);
        }
        return 0;
    }
}
