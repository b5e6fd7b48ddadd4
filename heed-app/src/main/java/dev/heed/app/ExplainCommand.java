package dev.heed.app;

import dev.heed.app.print.Format;
import dev.heed.app.print.Table;
import dev.heed.app.print.Terminal;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code heed explain}: a worked example, step by step. */
@Command(name = "explain", description = "Follow a worked example step by step; without a name, list them.")
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
        public java.util.Iterator<String> iterator() {
            return Example.HERE.stream().map(Example.Entry::name).iterator();
        }
    }

    @Override
    public Integer call() {
        if (name == null) {
            list(format.value());
        } else {
            Explanation.of(Example.named(name)).print(terminal, format.value());
        }
        return 0;
    }

    private void list(Format chosen) {
        Table table = new Table().column("name").column("what it shows").column("needs");
        Example.HERE.forEach(entry -> table.row(entry.name(), entry.says(), Table.NOTHING));
        Example.WITH_MODEL.forEach(entry -> table.row(entry.name(), "\"" + entry.says() + "\"", "a model"));
        table.print(terminal, chosen);
    }
}
