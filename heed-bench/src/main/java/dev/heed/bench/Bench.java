package dev.heed.bench;

import dev.heed.bench.rival.Blas;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** The command {@code ./bench}: without arguments it lists what there is. */
@Command(
        name = "./bench",
        description = "Compares Heed with its rivals on this machine, in one run.",
        subcommands = {
            AttentionCommand.class,
            ModelsCommand.class,
            TrainBenchCommand.class,
            VerifyCommand.class,
            MicroCommand.class
        },
        mixinStandardHelpOptions = true)
public final class Bench implements Runnable {
    private static final int WRONG_USE = 2;

    private final CommandLine command = new CommandLine(this).setCaseInsensitiveEnumValuesAllowed(true);

    private Bench() {}

    public static void main(String[] arguments) {
        CommandLine command = new Bench().command;
        command.setParameterExceptionHandler((problem, given) -> oneLine(problem.getCommandLine(), problem));
        command.setExecutionExceptionHandler((problem, where, given) -> {
            if (problem instanceof IllegalArgumentException || problem instanceof java.io.UncheckedIOException) {
                return oneLine(where, problem);
            }
            throw problem;
        });
        Blas.prepare();
        System.exit(command.execute(arguments));
    }

    @Override
    public void run() {
        command.usage(command.getOut());
    }

    private static int oneLine(CommandLine command, Exception problem) {
        String message = String.valueOf(problem.getMessage()).replaceAll("\\R\\s*", " ");
        command.getErr().println(message.startsWith("bench: ") ? message : "bench: " + message);
        return WRONG_USE;
    }
}
