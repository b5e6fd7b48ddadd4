package dev.heed.app;

import dev.heed.app.print.Format;
import dev.heed.app.print.Json;
import dev.heed.app.print.Terminal;
import dev.heed.model.Model;
import dev.heed.model.Pooling;
import dev.heed.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code heed embed}: a vector per text. */
@Command(
        name = "embed",
        description = {
            "Turn texts into vectors: one line of numbers per text.",
            "The mean of the last hidden states (of the encoder, where there are two stacks), or the first token's."
        })
final class EmbedCommand extends HeedCommand {
    @Mixin
    private final ModelOption model = new ModelOption();

    @Mixin
    private final FormatOption format = new FormatOption();

    @Parameters(paramLabel = "TEXT", arity = "1..*", description = "One or more texts.")
    private List<String> texts = new ArrayList<>();

    @Option(
            names = "--pooling",
            paramLabel = "mean|cls",
            converter = Poolings.class,
            completionCandidates = Poolings.class,
            description = "Default: mean.")
    private Pooling pooling = Pooling.MEAN;

    static final class Poolings extends OneOf<Pooling> {
        Poolings() {
            super(Pooling.values());
        }
    }

    private record JsonVector(String text, float[] vector) {}

    EmbedCommand(Terminal terminal) {
        super(terminal);
    }

    @Override
    public Integer call() {
        try (Model loaded = model.load("embed", terminal)) {
            ModelOption.tokens("embed", loaded, texts, terminal);
            List<Tensor> vectors = loaded.embedAll(texts, pooling);
            if (format.value() == Format.JSON) {
                Json.print(
                        terminal,
                        IntStream.range(0, texts.size())
                                .mapToObj(i -> new JsonVector(
                                        texts.get(i), vectors.get(i).toArray()))
                                .toList());
            } else {
                String between = format.value() == Format.CSV ? "," : " ";
                vectors.forEach(vector -> terminal.line(line(vector, between)));
            }
        }
        return 0;
    }

    private static String line(Tensor vector, String between) {
        float[] numbers = vector.toArray();
        return IntStream.range(0, numbers.length)
                .mapToObj(i -> Float.toString(numbers[i]))
                .collect(Collectors.joining(between));
    }
}
