package dev.heed.app;

import dev.heed.app.print.Csv;
import dev.heed.app.print.Json;
import dev.heed.app.print.Terminal;
import dev.heed.model.Model;
import dev.heed.model.Pooling;
import dev.heed.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
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
            switch (format.value()) {
                case TEXT -> vectors.forEach(vector -> terminal.line(line(vector)));
                case JSON -> printJson(vectors);
                case CSV -> printCsv(vectors);
            }
        }
        return 0;
    }

    private static String line(Tensor vector) {
        return numbers(vector).map(Object::toString).collect(Collectors.joining(" "));
    }

    private static Stream<Object> numbers(Tensor vector) {
        return IntStream.range(0, vector.size(0)).mapToObj(vector::get);
    }

    private void printJson(List<Tensor> vectors) {
        Json.print(
                terminal,
                IntStream.range(0, texts.size())
                        .mapToObj(
                                i -> new JsonVector(texts.get(i), vectors.get(i).toArray()))
                        .toList());
    }

    /** A row per text: the text, then a column per number. */
    private void printCsv(List<Tensor> vectors) {
        Stream<Object> names = IntStream.range(0, vectors.getFirst().size(0)).mapToObj(i -> "v" + i);
        Csv.printLine(terminal, Stream.concat(Stream.of("text"), names).toArray());
        for (int i = 0; i < texts.size(); i++) {
            Csv.printLine(
                    terminal,
                    Stream.concat(Stream.of(texts.get(i)), numbers(vectors.get(i)))
                            .toArray());
        }
    }
}
