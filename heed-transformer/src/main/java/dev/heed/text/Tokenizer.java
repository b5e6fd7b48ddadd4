package dev.heed.text;

import ai.djl.huggingface.tokenizers.jni.CharSpan;
import ai.djl.huggingface.tokenizers.jni.TokenizersLibrary;
import java.lang.ref.Cleaner;
import java.nio.file.Files;
import java.nio.file.Path;
import java.text.BreakIterator;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.Function;
import java.util.function.LongFunction;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * Text to token ids and back, as the {@code tokenizer.json} of a Hugging Face folder says: with its special tokens, pairs and
 * decoder, and tokenizer_config.json beside it. A folder with only vocab.json and merges.txt, or vocab.txt, works too. The work is done by the Hugging Face
 * tokenizers library; files are checked before it sees them. Safe for use by several threads; closing frees native memory.
 *
 * <pre>{@code
 * try (Tokenizer tokenizer = Tokenizer.load(Path.of("models/tiny"))) {
 *     Tokens tokens = tokenizer.encode("The cat sat.");
 *     String same = tokenizer.decode(tokens.ids());
 * }
 * }</pre>
 */
public final class Tokenizer implements AutoCloseable {
    /** Above the largest published tokenizer.json (about 35 MB). */
    static final long LARGEST_FILE = 128 << 20;

    private static final int LONGEST_TEXT = 16 << 20;
    private static final Cleaner CLEANER = Cleaner.create();

    private final TokenizerFile file;
    private final boolean tidies;
    private final Map<SpecialToken, Integer> roles;
    private final Handle handle;
    private final Cleaner.Cleanable cleanable;

    private Tokenizer(TokenizerFile file, Handle handle, boolean tidies, Map<SpecialToken, Integer> roles) {
        this.file = file;
        this.handle = handle;
        this.tidies = tidies;
        this.roles = roles;
        this.cleanable = CLEANER.register(this, handle);
    }

    /**
     * Loads a folder's tokenizer.
     *
     * @throws IllegalArgumentException if there is none or it is not sound
     * @throws java.io.UncheckedIOException if it cannot be read
     */
    public static Tokenizer load(Path folder) {
        TokenizerOptions options = TokenizerOptions.read(folder);
        JsonNode config = config(folder);
        Path path = folder.resolve("tokenizer.json");
        JsonNode tree = Files.isRegularFile(path)
                ? Json.read(path, LARGEST_FILE)
                : VocabFiles.read(folder, options.all(), config);
        int rows = rows(config, "vocab_size");
        if (tree instanceof ObjectNode root) {
            options.applyTo(root, rows);
        }
        return of(path, tree, options, config, rows);
    }

    /**
     * The tokenizer of the texts that a model writes, where its folder has a vocabulary of its own for them: Marian's
     * {@code target_vocab.json} with {@code target.spm}, if {@code separate_vocabs} in tokenizer_config.json is true.
     */
    public static Optional<Tokenizer> loadWritten(Path folder) {
        TokenizerOptions options = TokenizerOptions.read(folder);
        JsonNode config = config(folder);
        int rows = rows(config, config.path("decoder_vocab_size").isNumber() ? "decoder_vocab_size" : "vocab_size");
        return VocabFiles.written(folder, options.all())
                .map(tree -> of(folder.resolve(VocabFiles.WRITTEN), tree, options, config, rows));
    }

    private static JsonNode config(Path folder) {
        return TokenizerOptions.optional(folder.resolve("config.json"));
    }

    /** What bounds ids. */
    private static int rows(JsonNode config, String size) {
        JsonNode rows = config.path(size);
        return rows.canConvertToInt() && rows.asInt() > 0 ? rows.asInt() : Integer.MAX_VALUE;
    }

    private static Tokenizer of(Path path, JsonNode tree, TokenizerOptions options, JsonNode config, int rows) {
        TokenizerFile file = TokenizerFile.check(path.toString(), tree, rows);
        boolean tidies = options.all().path("clean_up_tokenization_spaces").asBoolean(false) && !file.isBytePairs();
        return new Tokenizer(
                file, Handle.create(path.toString(), file.json()), tidies, roles(file, options::spelling, config));
    }

    /** A tokenizer from the text of a tokenizer.json alone; {@code name} begins the messages. */
    public static Tokenizer parse(String name, String json) {
        TokenizerFile file = TokenizerFile.check(name, Json.parse(name, json), Integer.MAX_VALUE);
        Map<SpecialToken, Integer> roles = roles(file, role -> "", JsonNodeFactory.instance.objectNode());
        return new Tokenizer(file, Handle.create(name, file.json()), false, roles);
    }

    private static Map<SpecialToken, Integer> roles(
            TokenizerFile file, Function<SpecialToken, String> spelling, JsonNode config) {
        Map<SpecialToken, Integer> roles = new EnumMap<>(SpecialToken.class);
        for (SpecialToken role : SpecialToken.values()) {
            Integer id = role(role, file, spelling.apply(role), config);
            if (id != null) {
                roles.put(role, id);
            }
        }
        return roles;
    }

    private static @Nullable Integer role(SpecialToken role, TokenizerFile file, String spelling, JsonNode config) {
        if (file.ids().containsKey(spelling)) {
            return file.ids().get(spelling);
        }
        JsonNode given = config.path(role.key() + "_id");
        JsonNode first = given.isArray() ? given.path(0) : given; // several ends are the generation's concern
        if (first.isIntegralNumber() && first.canConvertToInt() && first.asInt() >= 0) {
            return first.asInt();
        }
        String unk = file.unk();
        if (role == SpecialToken.UNK && unk != null && file.ids().containsKey(unk)) {
            return file.ids().get(unk);
        }
        return role.usualSpellings().stream()
                .map(file.ids()::get)
                .filter(id -> id != null && file.special().contains(id))
                .findFirst()
                .orElse(null);
    }

    /**
     * The tokens of a text, with the special tokens that the model expects around it.
     *
     * @throws IllegalArgumentException if it makes no token, is too long, or holds a lone surrogate
     */
    public Tokens encode(String text) {
        return encode(text, null, true);
    }

    /** The tokens of two texts, joined as the model expects pairs. */
    public Tokens encode(String text, String pair) {
        return encode(text, pair, true);
    }

    /** The tokens of the text alone, without special tokens around it. */
    public Tokens encodePlain(String text) {
        return encode(text, null, false);
    }

    private Tokens encode(String text, @Nullable String pair, boolean special) {
        requireCharacters(text);
        if (pair != null) {
            requireCharacters(pair);
        }
        Tokens tokens = handle.use(address -> read(address, text, pair, special));
        if (tokens.size() == 0) {
            throw new IllegalArgumentException(
                    "text: must make at least one token, got " + Visible.quote(text) + ", which makes none");
        }
        return tokens;
    }

    private static void requireCharacters(String text) {
        if (text.length() > LONGEST_TEXT) {
            throw new IllegalArgumentException(
                    "text: at most " + LONGEST_TEXT + " characters are encoded at once, got " + text.length());
        }
        for (int i = 0; i < text.length(); i++) {
            if (Character.isHighSurrogate(text.charAt(i))
                    && i + 1 < text.length()
                    && Character.isLowSurrogate(text.charAt(i + 1))) {
                i++;
            } else if (Character.isSurrogate(text.charAt(i))) {
                throw new IllegalArgumentException(
                        "text: must be made of characters, but has half of one (a lone surrogate) at index " + i);
            }
        }
    }

    private Tokens read(long tokenizer, String text, @Nullable String pair, boolean special) {
        TokenizersLibrary library = Binding.library();
        long encoding = pair == null
                ? library.encode(tokenizer, text, special)
                : library.encodeDual(tokenizer, text, pair, special);
        try {
            long[] ids = library.getTokenIds(encoding);
            long[] types = library.getTypeIds(encoding);
            long[] sequences = library.getSequenceIds(encoding);
            CharSpan[] spans = library.getTokenCharSpans(encoding);
            Places first = new Places(text);
            Places second = new Places(pair == null ? "" : pair);
            WordCount words = new WordCount();
            List<Token> tokens = new ArrayList<>(ids.length);
            for (int i = 0; i < ids.length; i++) {
                Places places = sequences[i] == 1 ? second : first;
                tokens.add(token((int) ids[i], (int) types[i], (int) sequences[i], spans[i], places, words));
            }
            return new Tokens(text, pair, List.copyOf(tokens));
        } finally {
            library.deleteEncoding(encoding);
        }
    }

    private Token token(int id, int type, int sequence, @Nullable CharSpan span, Places places, WordCount words) {
        int from = span == null || sequence < 0 ? 0 : span.getStart();
        int to = span == null || sequence < 0 ? 0 : span.getEnd();
        boolean special = sequence < 0 || file.special().contains(id) && !standsForText(id);
        int start = places.index(from);
        int end = places.index(to);
        int word = special ? -1 : words.of(sequence, places.wordStart(start, end), start == end);
        return new Token(id, piece(id), label(id), special, sequence, type, start, end, from, to, word);
    }

    /** What the vocabulary lacks is text all the same, though files call its token special. */
    private boolean standsForText(int id) {
        String unk = file.unk();
        return unk != null && Integer.valueOf(id).equals(file.ids().get(unk));
    }

    /**
     * The text of ids, special tokens left out, as transformers' {@code decode(ids, skip_special_tokens=True)}.
     *
     * @throws IllegalArgumentException if an id is negative; one beyond the vocabulary stands for no text
     */
    public String decode(int... ids) {
        return tidy(decodeRaw(ids, true));
    }

    /** The text of ids with special tokens spelled out, as {@code decode(ids, skip_special_tokens=False)}. */
    public String decodeWithSpecial(int... ids) {
        return tidy(decodeRaw(ids, false));
    }

    /** A decoder for ids that arrive one by one. */
    public TokenStream stream() {
        return new TokenStream(this, tidies);
    }

    /** True for special tokens, and ids that the vocabulary lacks. */
    boolean leavesNoText(int id) {
        return isSpecial(id) || id >= size() || file.pieces()[id] == null;
    }

    /** Bytes of a token that make characters together with those of its neighbours; none of one that is text by itself. */
    byte[] bytes(int id) {
        return file.bytes().of(piece(id));
    }

    String decodeRaw(int[] ids, boolean skipSpecial) {
        long[] wide = new long[ids.length];
        for (int i = 0; i < ids.length; i++) {
            if (ids[i] < 0) {
                throw new IllegalArgumentException(
                        "decode: ids must not be negative, got " + ids[i] + " at index " + i);
            }
            wide[i] = ids[i];
        }
        return handle.use(address -> Binding.library().decode(address, wide, skipSpecial));
    }

    private String tidy(String text) {
        return tidies ? Tidying.of(text) : text;
    }

    /** This tokenizer as a tokenizer.json; truncation, padding and dropout are left out. */
    public String json() {
        return file.json();
    }

    /** One more than the largest id. */
    public int size() {
        return file.pieces().length;
    }

    /** A token's spelling in the vocabulary; ids beyond it show as {@code <id 7>}. */
    public String piece(int id) {
        String piece = id >= 0 && id < file.pieces().length ? file.pieces()[id] : null;
        return piece == null ? "<id " + id + ">" : piece;
    }

    /** A token's spelling to be read: one line, spaces and line ends shown. */
    public String label(int id) {
        return file.special().contains(id)
                ? Visible.escape(piece(id))
                : file.labels().of(piece(id));
    }

    /** The id of a spelling of the vocabulary. */
    public OptionalInt id(String piece) {
        Integer id = file.ids().get(piece);
        return id == null ? OptionalInt.empty() : OptionalInt.of(id);
    }

    /** The id that plays a part, where this vocabulary has one. */
    public OptionalInt id(SpecialToken role) {
        return Optional.ofNullable(roles.get(role)).map(OptionalInt::of).orElseGet(OptionalInt::empty);
    }

    /**
     * Words of an encoded text that the vocabulary lacks, and characters that it has left out, each once and in order. Blanks
     * and what a normalizer folds away are not missed.
     */
    public List<String> lacking(Tokens tokens) {
        return Lacking.of(tokens, id(SpecialToken.UNK), this::makesNoToken);
    }

    private boolean makesNoToken(String text) {
        return handle.use(address -> read(address, text, null, false)).size() == 0;
    }

    /** True for tokens that stand for no text. */
    public boolean isSpecial(int id) {
        return file.special().contains(id);
    }

    @Override
    public void close() {
        cleanable.clean();
    }

    /** The native tokenizer: freed once, never used after. */
    private static final class Handle implements Runnable {
        private final ReentrantReadWriteLock lock = new ReentrantReadWriteLock();
        private final String name;
        private long address;

        private Handle(String name, long address) {
            this.name = name;
            this.address = address;
        }

        static Handle create(String name, String json) {
            TokenizersLibrary library = Binding.library();
            try {
                return new Handle(name, library.createTokenizerFromString(json));
            } catch (RuntimeException e) {
                throw new IllegalArgumentException(
                        name + ": not a tokenizer: " + Visible.escape(e.getMessage() + ""), e);
            }
        }

        <T> T use(LongFunction<T> work) {
            lock.readLock().lock();
            try {
                if (address == 0) {
                    throw new IllegalStateException(name + ": this tokenizer is closed");
                }
                return work.apply(address);
            } catch (IllegalArgumentException | IllegalStateException e) {
                throw e;
            } catch (RuntimeException e) {
                throw new IllegalArgumentException(name + ": " + Visible.escape(e.getMessage() + ""), e);
            } finally {
                lock.readLock().unlock();
            }
        }

        @Override
        public void run() {
            lock.writeLock().lock();
            try {
                if (address != 0) {
                    Binding.library().deleteTokenizer(address);
                    address = 0;
                }
            } finally {
                lock.writeLock().unlock();
            }
        }
    }

    /** Code points and words of one text. */
    private static final class Places {
        private final String text;
        private final int[] indexes;
        private final BreakIterator breaks = BreakIterator.getWordInstance(Locale.ROOT);

        Places(String text) {
            this.text = text;
            int count = text.codePointCount(0, text.length());
            indexes = new int[count + 1];
            for (int i = 0, at = 0; i < count; i++) {
                indexes[i] = at;
                at += Character.charCount(text.codePointAt(at));
            }
            indexes[count] = text.length();
            breaks.setText(text);
        }

        /** The UTF-16 index of a code point. */
        int index(int codePoint) {
            return indexes[Math.clamp(codePoint, 0, indexes.length - 1)];
        }

        /** Where the word begins that holds the first character from start on that is no space; spaces go with what follows. */
        int wordStart(int start, int end) {
            int at = start;
            while (at < text.length() && text.charAt(at) == ' ') {
                at++;
            }
            if (at >= text.length() || at >= end && Character.isWhitespace(text.charAt(at))) {
                return start;
            }
            return breaks.isBoundary(at) ? at : breaks.preceding(at);
        }
    }

    /** Numbers words in the order in which tokens reach them. */
    private static final class WordCount {
        private int sequence = -1;
        private int start = -1;
        private int count;

        int of(int sequence, int start, boolean empty) {
            if (sequence != this.sequence || start != this.start || empty) {
                count++;
            }
            this.sequence = sequence;
            this.start = empty ? -1 : start;
            return count - 1;
        }
    }
}
