package dev.heed.train;

import dev.heed.model.PictureReader;
import dev.heed.model.arch.Head;
import dev.heed.model.arch.Network;
import dev.heed.text.SpecialToken;
import dev.heed.text.Tokenizer;
import dev.heed.text.Tokens;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * What can be learned from a user's data; the tokenizer is made from the part that is learned, or is there already.
 *
 * @param given the data
 * @param name what messages call them
 * @param context tokens of a sequence; longer texts are cut, pairs are not
 */
record Learned(Given given, String name, int context) {
    /** Characters of a prompt at most; a language without spaces has very long words. */
    private static final int BEGINNING = 40;

    static Learned read(Path data, int context) {
        return new Learned(Given.read(data), data.toString(), context);
    }

    /** Makes tokenizer.json from the texts of the training part. */
    @FunctionalInterface
    interface Cut extends Function<List<String>, String> {}

    /** The next token: for decoders. */
    Task next(Cut cut) {
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
                Documents documents = documents(json, texts.all(), Pieces.Kind.OPEN);
                yield new NextToken(documents, beginning(texts.all().getFirst(), json), end(json));
            }
            case Given.Paired pairs ->
                throw new IllegalArgumentException(name
                        + ": pairs are for encoder–decoders; a decoder learns from texts: a text file, a folder of them,"
                        + " or JSON lines with 'text'");
            case Given.ClassedTexts classed -> new Learned(classed.texts(), name, context).next(cut);
            case Given.ClassedPictures pictures -> throw noText();
            case Given.Tagged tagged -> throw noText();
            case Given.Asked asked -> throw noText();
        };
    }

    /** Masked words: for encoders. */
    Task masked(Cut cut) {
        List<String> texts = switch (given) {
            case Given.Running running ->
                running.text().lines().filter(line -> !line.isBlank()).toList();
            case Given.Texts separate -> separate.all();
            case Given.Paired pairs ->
                throw new IllegalArgumentException(
                        name + ": pairs are for encoder–decoders; an encoder learns masked words from texts: a text"
                                + " file (a text a line), a folder of them, or JSON lines with 'text'");
            case Given.ClassedTexts classed -> classed.texts().all();
            case Given.ClassedPictures pictures -> throw noText();
            case Given.Tagged tagged -> throw noText();
            case Given.Asked asked -> throw noText();
        };
        if (texts.size() < Given.LEAST) {
            throw new IllegalArgumentException(
                    name + ": at least two lines are needed, to learn from and to be judged by, got " + texts.size());
        }
        String json = cut.apply(Given.first(texts));
        String words = beginning(texts.getFirst(), json);
        String butTheLast = words.substring(0, words.lastIndexOf(' ') + 1);
        return new MaskedWords(documents(json, texts, Pieces.Kind.CLOSED), butTheLast + mask(json));
    }

    /** One text from another: for encoder–decoders. */
    Task written(Function<List<String>, Pairs.Sides> cut) {
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

    /**
     * The classes of texts or of their words, or the places of answers: for models with a head that says them.
     *
     * @param names of the classes
     */
    Task classes(Given.Labelled labelled, List<String> names, Tokenizer tokenizer) {
        Labelling labelling = new Labelling(tokenizer, new Pieces(context, Pieces.Kind.CLOSED), names);
        List<List<Labelling.Example>> each =
                labelled.all().stream().map(labelling::of).toList();
        List<Labelling.Example> all = each.stream().flatMap(List::stream).toList();
        Seen.Texts seen =
                new Seen.Texts(all.stream().map(Labelling.Example::text).toList(), labelled.head());
        int[][] labels = all.stream().map(Labelling.Example::labels).toArray(int[][]::new);
        boolean[] judges = labelled.head() == Head.WHOLE
                ? Classes.judges(labels, names.size())
                : repeated(Given.lastTenth(each.size()), each);
        return new Classes(seen, new Classes.Labels(labels, names.size(), judges), facts(labelled.all(), labelling));
    }

    /** A long text's pieces judge all or not at all. */
    private static boolean[] repeated(boolean[] judges, List<? extends List<?>> pieces) {
        boolean[] ofPieces = new boolean[pieces.stream().mapToInt(List::size).sum()];
        int at = 0;
        for (int i = 0; i < judges.length; i++) {
            Arrays.fill(ofPieces, at, at += pieces.get(i).size(), judges[i]);
        }
        return ofPieces;
    }

    private Classes.Facts facts(List<? extends Given.Item> all, Labelling labelling) {
        Tokenizer tokenizer = labelling.tokenizer();
        String json = tokenizer.json();
        String sha256 = Hash.sha256(all.stream().flatMap(Learned::parts).toArray(String[]::new));
        Given.Item first = all.getFirst();
        String prompt = switch (first) {
            case Given.Example example -> beginning(example.content(), json);
            case Given.TaggedWords words -> beginning(Labelling.text(words), json);
            case Given.Question question -> question.question();
        };
        Optional<String> about =
                first instanceof Given.Question question ? Optional.of(labelling.about(question)) : Optional.empty();
        return new Classes.Facts(json, tokenizer.size(), sha256, prompt, about);
    }

    /** What tells data from others. */
    private static Stream<String> parts(Given.Item item) {
        return switch (item) {
            case Given.Example example -> Stream.of(example.content(), example.label());
            case Given.TaggedWords words ->
                IntStream.range(0, words.words().size())
                        .mapToObj(i ->
                                words.words().get(i) + "\t" + words.labels().get(i) + "\n");
            case Given.Question question ->
                Stream.of(
                        question.question(),
                        "\t",
                        question.context(),
                        "\t" + question.answer().start() + "\t"
                                + question.answer().end() + "\n");
        };
    }

    /**
     * The class of each picture.
     *
     * @param folder of the model
     */
    static Task classes(Given.ClassedPictures pictures, List<String> names, Path folder, Network.Cut cut) {
        List<Path> files =
                pictures.all().stream().map(each -> Path.of(each.content())).toList();
        String sha256 = Hash.sha256(pictures.all().stream()
                .flatMap(each -> Stream.of(Hash.sha256(Path.of(each.content())), each.label()))
                .toArray(String[]::new));
        Classes.Facts facts = new Classes.Facts("", 0, sha256, files.getFirst().toString(), Optional.empty());
        Seen.Pictures seen = new Seen.Pictures(files, PictureReader.read(folder, cut), cut.tokens());
        int[][] labels = pictures.all().stream()
                .map(each -> new int[] {Labelling.index(each.label(), names, each.where())})
                .toArray(int[][]::new);
        return new Classes(seen, new Classes.Labels(labels, names.size(), Classes.judges(labels, names.size())), facts);
    }

    private IllegalArgumentException noText() {
        return new IllegalArgumentException(name
                + (given instanceof Given.ClassedPictures
                        ? ": pictures are for models that look at them"
                        : ": words with classes and questions are for --from, a model that gets a head for them")
                + "; give texts: a text file, a folder of *.txt files, or JSON lines with 'text'");
    }

    private Documents documents(String tokenizerJson, List<String> texts, Pieces.Kind kind) {
        return Documents.of(tokenizerJson, Given.first(texts), Given.last(texts), new Pieces(context, kind));
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

    private static String mask(String json) {
        try (Tokenizer tokenizer = tokenizer(json)) {
            return tokenizer.piece(MaskedWords.mask(tokenizer));
        }
    }

    /** The first few words, and of those as much as leaves room for what is to follow. */
    private String beginning(String text, String json) {
        String[] words = text.strip().split("\\s+", 5);
        String few = String.join(" ", List.of(words).subList(0, Math.min(4, words.length)));
        int most = few.offsetByCodePoints(0, Math.min(BEGINNING, few.codePointCount(0, few.length())));
        try (Tokenizer tokenizer = tokenizer(json)) {
            Tokens tokens = tokenizer.encodePlain(few.substring(0, most));
            int fitting = Math.max(1, context / 2);
            return tokens.size() <= fitting
                    ? tokens.text()
                    : tokens.text()
                            .substring(0, Math.max(1, tokens.get(fitting - 1).end()));
        }
    }
}
