package dev.heed.app;

import dev.heed.app.print.Table;
import dev.heed.app.print.Terminal;
import dev.heed.model.Answer;
import dev.heed.model.Model;
import dev.heed.text.Tokens;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code heed answer}: the parts of a text that answer a question. */
@Command(
        name = "answer",
        description = "Find the answer to a question in a text, with a model such as BertForQuestionAnswering.")
final class AnswerCommand extends HeedCommand {
    @Mixin
    private final ModelOption model = new ModelOption();

    @Mixin
    private final FormatOption format = new FormatOption();

    @Parameters(index = "0", paramLabel = "QUESTION", description = "What is asked.")
    private String question = "";

    @Parameters(index = "1", paramLabel = "TEXT", description = "Where the answer is looked for.")
    private String text = "";

    @Option(names = "--top", paramLabel = "N", description = "At most so many answers. Default: 3.")
    private int top = 3;

    AnswerCommand(Terminal terminal) {
        super(terminal);
    }

    @Override
    public Integer call() {
        int most = top("answer", top);
        try (Model loaded = model.loadFolder("answer", "that finds answers in a text", terminal)) {
            Tokens tokens = ModelOption.read("answer", loaded, text);
            List<Answer> answers = loaded.answer(question, text, most);
            ModelOption.warn(loaded, question, terminal);
            ModelOption.warn(loaded, tokens, terminal);
            Table table =
                    new Table().column("answer").column("from").column("to").column("score", 4);
            answers.forEach(each -> table.row(each.text(), each.start(), each.end(), each.score()));
            table.print(terminal, format.value());
        }
        return 0;
    }
}
