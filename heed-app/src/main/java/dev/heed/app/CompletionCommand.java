package dev.heed.app;

import dev.heed.app.print.Terminal;
import picocli.AutoComplete;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** {@code heed completion}: what a shell needs to complete commands and options. */
@Command(name = "completion", description = "Print completion for bash and zsh: source <(heed completion)")
final class CompletionCommand extends HeedCommand {
    private final CommandLine all;

    CompletionCommand(CommandLine all, Terminal terminal) {
        super(terminal);
        this.all = all;
    }

    @Override
    public Integer call() {
        terminal.line(AutoComplete.bash("heed", all));
        return 0;
    }
}
