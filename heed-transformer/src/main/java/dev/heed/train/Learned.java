package dev.heed.train;

import dev.heed.text.SpecialToken;
import dev.heed.text.Tokenizer;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Stream;

/** What can be learned from a user's data; the tokenizer is made from the part that is learned, or is there already. */
final class Learned {
    private Learned() {}

    /** Makes tokenizer.json from the texts of the training part. */
    @FunctionalInterface
    interface Cut extends Function<List<String>, String> {}

    /** The next token: for decoders. */
    static Task next(Given given, String name, Cut cut) {
        return switch (given) {
            case Given.Running running -> {
                int length = running.text().offsetByCodePoints(0, (int)
                        (running.text().codePointCount(0, running.text().length()) * 0.9));
                try (Tokenizer tokenizer =
                        tokenizer(cut.apply(List.of(running.text().substring(0, length))))) {
                    yield Corpus.tokens(name, running.text(), tokenizer);
                }
            }
            case Given.Texts texts -> {
                String json = cut.apply(Given.first(texts.all()));
                yield new NextToken(
                        documents(json, texts.all()), beginning(texts.all().getFirst()), end(json));
            }
            case Given.Paired pairs ->
                throw new IllegalArgumentException(name
                        + ": pairs are for encoder–decoders; a decoder learns from texts: a text file, a folder of them,"
                        + " or JSON lines with 'text'");
        };
    }

    /** Masked words: for encoders. */
    static Task masked(Given given, String name, Cut cut) {
        List<String> texts = switch (given) {
            case Given.Running running ->
                running.text().lines().filter(line -> !line.isBlank()).toList();
            case Given.Texts separate -> separate.all();
            case Given.Paired pairs ->
                throw new IllegalArgumentException(
                        name + ": pairs are for encoder–decoders; an encoder learns masked words from texts: a text"
                                + " file (a text a line), a folder of them, or JSON lines with 'text'");
        };
        if (texts.size() < Given.LEAST) {
            throw new IllegalArgumentException(
                    name + ": at least two lines are needed, to learn from and to be judged by, got " + texts.size());
        }
        return new MaskedWords(documents(cut.apply(Given.first(texts)), texts), beginning(texts.getFirst()));
    }

    /** One text from another: for encoder–decoders. */
    static Task written(Given given, String name, Function<List<String>, Pairs.Sides> cut) {
        if (!(given instanceof Given.Paired pairs)) {
            throw new IllegalArgumentException(name
                    + ": an encoder–decoder learns from pairs: a .tsv file with two columns, or a .jsonl file with 'read'"
                    + " and 'written'");
        }
        List<Pairs.Texts> train = Given.first(pairs.all());
        List<String> texts = train.stream()
                .flatMap(each -> Stream.of(each.read(), each.written()))
                .toList();
        Pairs ids = new Pairs(cut.apply(texts), train, Given.last(pairs.all()));
        return new Translation(ids, ids.first());
    }

    private static Documents documents(String tokenizerJson, List<String> texts) {
        return Documents.of(tokenizerJson, Given.first(texts), Given.last(texts));
    }

    private static Tokenizer tokenizer(String json) {
        return Tokenizer.parse("tokenizer.json", json);
    }

    /** The id that ends texts, in ours or in another's tokenizer; negative for none. */
    private static int end(String json) {
        try (Tokenizer tokenizer = tokenizer(json)) {
            return tokenizer.id("<end>").orElse(tokenizer.id(SpecialToken.EOS).orElse(-1));
        }
    }

    /** The first few words. */
    private static String beginning(String text) {
        String[] words = text.strip().split("\\s+", 5);
        return String.join(" ", List.of(words).subList(0, Math.min(4, words.length)));
    }
}
