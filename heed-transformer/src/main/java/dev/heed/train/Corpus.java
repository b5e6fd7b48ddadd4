package dev.heed.train;

import dev.heed.model.arch.Network;
import dev.heed.text.Json;
import dev.heed.text.Tokenizer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * One running text as ids, of its characters or of a tokenizer's tokens, cut into a first part to learn from and a last part to
 * be judged by. What is learned is the next id, in sequences of the recipe's length.
 *
 * <pre>{@code
 * Corpus corpus = Corpus.characters(Path.of("tinyshakespeare.txt")); // 65 characters, 90 % and 10 %
 * }</pre>
 */
public final class Corpus implements NextTokens {
    /** Characters that are encoded at once. */
    private static final int PIECE = 1 << 20;

    /** Sequences of a pass of an evaluation: enough for whole tiles, few enough for the second-level cache. */
    private static final int EVALUATED = 16;

    private final int[] train;
    private final int[] validation;
    private final int vocabulary;
    private final String tokenizerJson;
    private final String sha256;
    private final String first;

    private Corpus(int[] train, int[] validation, int vocabulary, String tokenizerJson, String sha256, String first) {
        this.train = train;
        this.validation = validation;
        this.vocabulary = vocabulary;
        this.tokenizerJson = tokenizerJson;
        this.sha256 = sha256;
        this.first = first;
    }

    /** A UTF-8 file. */
    public static Corpus characters(Path file) {
        return characters(file.toString(), Given.readText(file, Given.MOST_BYTES));
    }

    /** A text: the vocabulary is its characters (code points) in their order, the first 90 % are for training. */
    public static Corpus characters(String name, String text) {
        int[] points = text.codePoints().toArray();
        if (points.length < 20) {
            throw new IllegalArgumentException(
                    name + ": a text to learn from needs at least 20 characters, got " + points.length);
        }
        int[] vocabulary = Arrays.stream(points).sorted().distinct().toArray();
        int[] ids = Arrays.stream(points)
                .map(point -> Arrays.binarySearch(vocabulary, point))
                .toArray();
        int cut = (int) (ids.length * 0.9);
        return new Corpus(
                Arrays.copyOf(ids, cut),
                Arrays.copyOfRange(ids, cut, ids.length),
                vocabulary.length,
                tokenizerJson(vocabulary),
                Hash.sha256(text),
                Character.toString(vocabulary[0]));
    }

    /** A text by the tokens of a tokenizer; the first 90 % of its characters are for training. */
    static Corpus tokens(String name, String text, Tokenizer tokenizer) {
        int cut = text.offsetByCodePoints(0, (int) (text.codePointCount(0, text.length()) * 0.9));
        if (cut == 0 || cut == text.length()) {
            throw new IllegalArgumentException(
                    name + ": a text to learn from needs at least 20 characters, got " + text.length());
        }
        int[] train = ids(text.substring(0, cut), tokenizer);
        int[] validation = ids(text.substring(cut), tokenizer);
        return new Corpus(
                train, validation, tokenizer.size(), tokenizer.json(), Hash.sha256(text), beginning(train, tokenizer));
    }

    /** A few tokens as a text; where they are all special, which no text shows, the first by its name. */
    private static String beginning(int[] ids, Tokenizer tokenizer) {
        String text = tokenizer.decode(Arrays.copyOf(ids, Math.min(4, ids.length)));
        return text.isEmpty() ? tokenizer.piece(ids[0]) : text;
    }

    /** In pieces that end with a line, where lines end. */
    private static int[] ids(String text, Tokenizer tokenizer) {
        IntStream.Builder ids = IntStream.builder();
        for (int from = 0; from < text.length(); ) {
            int to = pieceEnd(text, from);
            Arrays.stream(tokenizer.encodePlain(text.substring(from, to)).ids()).forEach(ids::add);
            from = to;
        }
        return ids.build().toArray();
    }

    private static int pieceEnd(String text, int from) {
        if (text.length() - from <= PIECE) {
            return text.length();
        }
        int line = text.lastIndexOf('\n', from + PIECE) + 1;
        int middle = from + PIECE - (Character.isHighSurrogate(text.charAt(from + PIECE - 1)) ? 1 : 0);
        return line > from ? line : middle;
    }

    /** A byte-pair tokenizer without merges: every character is a token by itself. */
    private static String tokenizerJson(int[] vocabulary) {
        ObjectNode root = JsonNodeFactory.instance.objectNode();
        root.put("version", "1.0").putNull("truncation").putNull("padding");
        root.putArray("added_tokens");
        root.putNull("normalizer").putNull("pre_tokenizer").putNull("post_processor");
        root.putObject("decoder").put("type", "Fuse");
        ObjectNode model = root.putObject("model");
        model.put("type", "BPE").putNull("dropout").putNull("unk_token");
        model.putNull("continuing_subword_prefix").putNull("end_of_word_suffix");
        model.put("fuse_unk", false).put("byte_fallback", false);
        ObjectNode ids = model.putObject("vocab");
        for (int i = 0; i < vocabulary.length; i++) {
            ids.put(Character.toString(vocabulary[i]), i);
        }
        model.putArray("merges");
        return Json.write(root);
    }

    // ---- what is learned
    // ---------------------------------------------------------------------------------------------

    @Override
    public void check(Network network, Recipe recipe) {
        Sequences.requireDecoder(network);
        Sequences.requirePositions(network, recipe.context());
        for (Split split : Split.values()) {
            int least = split == Split.TRAIN ? recipe.context() + 1 : 2;
            if (size(split) < least) {
                throw new IllegalArgumentException("train: the text is too short: its part for "
                        + split.name().toLowerCase(Locale.ROOT) + " must have at least " + least + " tokens"
                        + (split == Split.TRAIN ? ", one more than the context" : "") + ", got " + size(split)
                        + "; give more text" + (split == Split.TRAIN ? " or a smaller context" : ""));
            }
        }
    }

    @Override
    public Batch batch(Recipe recipe, long number) {
        Draws places = Draws.of(recipe.seed(), "places");
        int[] starts = new int[recipe.batch()];
        for (int s = 0; s < starts.length; s++) {
            starts[s] = places.below(number * starts.length + s, train.length - recipe.context());
        }
        return sequences(Split.TRAIN, starts, recipe.context());
    }

    /**
     * Of the validation part every token but the first is predicted once, in sequences side by side; of the training part as many
     * sequences, spread evenly.
     */
    @Override
    public Stream<Batch> evaluation(int context, Split split) {
        int sequences = (validation.length - 1) / context;
        if (split == Split.TRAIN) {
            int count = Math.max(1, sequences);
            long last = train.length - 1L - context;
            return IntStream.iterate(0, s -> s < count, s -> s + EVALUATED)
                    .mapToObj(s -> sequences(split, spread(last, count, s), context));
        }
        int rest = validation.length - 1 - sequences * context;
        Stream<Batch> whole = IntStream.iterate(0, s -> s < sequences, s -> s + EVALUATED)
                .mapToObj(s -> sequences(split, side(context, sequences, s), context));
        return rest == 0
                ? whole
                : Stream.concat(whole, Stream.of(sequences(split, new int[] {sequences * context}, rest)));
    }

    private static int[] side(int context, int sequences, int first) {
        int[] starts = new int[Math.min(EVALUATED, sequences - first)];
        Arrays.setAll(starts, i -> (first + i) * context);
        return starts;
    }

    private static int[] spread(long last, int count, int first) {
        int[] starts = new int[Math.min(EVALUATED, count - first)];
        Arrays.setAll(starts, i -> (int) (last * (first + i) / count));
        return starts;
    }

    private Batch sequences(Split split, int[] starts, int length) {
        int[] text = ids(split);
        int[] lengths = new int[starts.length];
        Arrays.fill(lengths, length);
        int[] ids = new int[starts.length * length];
        int[] expected = new int[ids.length];
        for (int s = 0; s < starts.length; s++) {
            System.arraycopy(text, starts[s], ids, s * length, length);
            System.arraycopy(text, starts[s] + 1, expected, s * length, length);
        }
        return new Sequences(lengths, ids, expected);
    }

    @Override
    public Stream<int[]> texts(Split split) {
        return Stream.of(ids(split));
    }

    // ---- facts
    // -------------------------------------------------------------------------------------------------------

    /** The ids of a part, not to be changed. */
    int[] ids(Split split) {
        return split == Split.TRAIN ? train : validation;
    }

    @Override
    public long size(Split split) {
        return ids(split).length;
    }

    @Override
    public int vocabulary() {
        return vocabulary;
    }

    @Override
    public String tokenizerJson() {
        return tokenizerJson;
    }

    /** Of the text in UTF-8. */
    @Override
    public String sha256() {
        return sha256;
    }

    /** The first character. */
    @Override
    public String prompt() {
        return first;
    }
}
