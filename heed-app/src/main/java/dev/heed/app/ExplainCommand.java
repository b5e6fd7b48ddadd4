package dev.heed.app;

import dev.heed.app.print.Format;
import dev.heed.app.print.Table;
import dev.heed.app.print.Terminal;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code heed explain}: a worked example, step by step. */
@Command(
        name = "explain",
        description = {
            "Follow a worked example step by step; without a name, list them.",
            "Those that need a model are a question to a bundled one: the command that asks it is shown and run."
        })
final class ExplainCommand extends HeedCommand {
    @Mixin
    private final FormatOption format = new FormatOption();

    @Parameters(
            arity = "0..1",
            paramLabel = "NAME",
            description = "One of those that 'heed explain' lists.",
            completionCandidates = Names.class)
    private @Nullable String name;

    ExplainCommand(Terminal terminal) {
        super(terminal);
    }

    /** For shell completion. */
    static final class Names implements Iterable<String> {
        @Override
        public Iterator<String> iterator() {
            return Example.names().iterator();
        }
    }

    @Override
    public Integer call() {
        if (name == null) {
            list(format.value());
            return 0;
        }
        Optional<Example.Question> question = Example.question(name);
        if (question.isPresent()) {
            return ask(question.get());
        }
        Explanation.of(Example.named(name)).print(terminal, format.value());
        return 0;
    }

    /** The command that anybody may type is shown, and run. */
    private int ask(Example.Question question) {
        if (format.value() == Format.TEXT) {
            terminal.line(terminal.colours().dim(question.command())); // whole, to be copied
            terminal.line();
        }
        List<String> arguments = new ArrayList<>(question.arguments());
        arguments.addAll(List.of("--format", format.value().toString()));
        int code = Main.run(arguments.toArray(String[]::new), terminal);
        if (format.value() == Format.TEXT && code == 0) {
            terminal.line();
            terminal.paragraph(question.next());
        }
        return code;
    }

    private void list(Format chosen) {
        Table table = new Table().column("name").column("what it shows").column("needs");
        Example.HERE.forEach(entry -> table.row(entry.name(), entry.says(), Table.NOTHING));
        Example.WITH_MODEL.forEach(question -> table.row(question.name(), question.says(), question.model()));
        table.print(terminal, chosen);
    }
}
