package dev.heed.app;

import dev.heed.kernel.Kernels;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;

/** The {@code heed} command. */
@Command(
        name = "heed",
        description = "Exact, fast, visible attention.",
        mixinStandardHelpOptions = true,
        versionProvider = Main.Version.class)
public final class Main implements Runnable {
    private Main() {}

    public static void main(String[] args) {
        System.exit(new CommandLine(new Main()).execute(args));
    }

    @Override
    public void run() {
        CommandLine.usage(this, System.out);
    }

    static final class Version implements IVersionProvider {
        @Override
        public String[] getVersion() {
            return new String[] {"heed 0.1.0-SNAPSHOT (" + Kernels.name() + ", JDK " + Runtime.version() + ")"};
        }
    }
}
