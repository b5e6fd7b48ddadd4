package dev.heed.text;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * The older files of a vocabulary, turned into the tokenizer.json that transformers would make of them: vocab.json with
 * merges.txt is GPT-2's, RoBERTa's or Qwen's byte-level BPE, vocab.txt is BERT's WordPiece, source.spm with vocab.json is
 * Marian's and spiece.model T5's SentencePiece. What else a folder says of them, {@link TokenizerOptions} knows.
 */
final class VocabFiles {
    private static final JsonNodeFactory NODES = JsonNodeFactory.instance;
    private static final List<String> SPECIAL_OF_BERT = List.of("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]");
    private static final List<String> SPECIAL_OF_BPE =
            List.of("<s>", "<pad>", "</s>", "<unk>", "<mask>", "<|endoftext|>");

    /** The vocabulary of what a Marian writes, if it is not that of what it reads. */
    static final String WRITTEN = "target_vocab.json";

    private static final String END = "</s>";
    private static final List<String> SPECIAL_OF_PIECES = List.of("<pad>", END, "<unk>");
    /** The score of a token that only the written side has: taken where nothing else is. */
    private static final float NOT_READ = -1e6f;

    private static final int MOST_EXTRA = 100_000;

    /** How Qwen's tokenizers cut a text before its pairs of bytes are joined: as GPT-4's, and each digit alone. */
    private static final String WORDS_OF_QWEN = "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}"
            + "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";

    private final Path folder;
    private final JsonNode options;
    private final JsonNode config;

    private VocabFiles(Path folder, JsonNode options, JsonNode config) {
        this.folder = folder;
        this.options = options;
        this.config = config;
    }

    /**
     * @param options the folder's tokenizer_config.json, or an empty object
     * @param config the folder's config.json, or an empty object
     */
    static ObjectNode read(Path folder, JsonNode options, JsonNode config) {
        return new VocabFiles(folder, options, config).vocabulary();
    }

    private ObjectNode vocabulary() {
        if (has("vocab.json") && has("merges.txt")) {
            return byteLevel();
        }
        if (has("vocab.txt")) {
            return wordPiece();
        }
        if (has("source.spm") && has("vocab.json")) {
            return marian("source.spm", "vocab.json");
        }
        if (has("spiece.model")) {
            return t5();
        }
        throw refusal();
    }

    /** The tokenizer of what is written, where {@code separate_vocabs} says that it is another. */
    static Optional<ObjectNode> written(Path folder, JsonNode options) {
        VocabFiles files = new VocabFiles(folder, options, NODES.objectNode());
        if (!options.path("separate_vocabs").asBoolean(false)) {
            return Optional.empty();
        }
        for (String needed : List.of("target.spm", WRITTEN)) {
            if (!files.has(needed)) {
                throw new IllegalArgumentException(folder + ": " + needed
                        + " is missing, which separate_vocabs in tokenizer_config.json asks for");
            }
        }
        return Optional.of(files.marian("target.spm", WRITTEN));
    }

    private boolean has(String name) {
        return Files.isRegularFile(folder.resolve(name));
    }

    private IllegalArgumentException refusal() {
        for (String name : List.of("tokenizer.model", "sentencepiece.bpe.model", "source.spm")) {
            if (has(name)) {
                return new IllegalArgumentException(
                        folder + ": a tokenizer.json is needed, got only the SentencePiece file '"
                                + name + "'; convert it in Python with"
                                + " AutoTokenizer.from_pretrained(DIR, use_fast=True).save_pretrained(DIR)");
            }
        }
        return new IllegalArgumentException(
                folder + ": no tokenizer found, expected tokenizer.json, vocab.json with merges.txt, vocab.txt,"
                        + " source.spm with vocab.json, or spiece.model");
    }

    private ObjectNode vocabulary(Path file) {
        if (Json.read(file, Tokenizer.LARGEST_FILE) instanceof ObjectNode vocab) {
            return vocab;
        }
        throw new IllegalArgumentException(file + ": must be an object from tokens to ids");
    }

    private ObjectNode byteLevel() {
        Path file = folder.resolve("vocab.json");
        ObjectNode vocab = vocabulary(file);
        if (vocab.propertyNames().stream().anyMatch(token -> token.endsWith("</w>"))) {
            throw new IllegalArgumentException(
                    file + ": only byte-level BPE is read from vocab.json, got one that ends words with </w>;"
                            + " save a tokenizer.json in Python with AutoTokenizer.from_pretrained(DIR).save_pretrained(DIR)");
        }
        ObjectNode model = NODES.objectNode().put("type", "BPE");
        model.put("byte_fallback", false).put("fuse_unk", false).put("continuing_subword_prefix", "");
        model.put("end_of_word_suffix", "").putNull("unk_token");
        model.set("vocab", vocab);
        var merges = model.putArray("merges");
        Json.readText(folder.resolve("merges.txt"), Tokenizer.LARGEST_FILE)
                .lines()
                .filter(line -> !line.startsWith("#version") && !line.isBlank())
                .forEach(merges::add);
        ObjectNode root = NODES.objectNode().put("version", "1.0");
        special(root, vocab, SPECIAL_OF_BPE);
        boolean isQwen = isOf("Qwen", "qwen");
        if (isQwen || isOf("GPTNeoX", "gpt_neox")) {
            root.putObject("normalizer").put("type", "NFC");
        }
        root.set("pre_tokenizer", isQwen ? wordsOfQwen() : byteLevelPart(true));
        if (vocab.has("<s>") && vocab.has("</s>")) {
            root.set("post_processor", robertaTemplate(vocab));
        } else if (options.path("add_bos_token").asBoolean(false)) {
            begun(root, vocab);
        }
        root.set("decoder", byteLevelPart(true));
        root.set("model", model);
        return root;
    }

    /** The tokenizer's class says whose it is, else the model. */
    private boolean isOf(String tokenizerClass, String modelType) {
        String tokenizer = options.path("tokenizer_class").asString("");
        return tokenizer.isEmpty()
                ? config.path("model_type").asString("").startsWith(modelType)
                : tokenizer.startsWith(tokenizerClass);
    }

    private static ObjectNode wordsOfQwen() {
        ObjectNode sequence = NODES.objectNode().put("type", "Sequence");
        ArrayNode parts = sequence.putArray("pretokenizers");
        ObjectNode split = parts.addObject().put("type", "Split").put("behavior", "Isolated");
        split.put("invert", false).putObject("pattern").put("Regex", WORDS_OF_QWEN);
        parts.add(byteLevelPart(false));
        return sequence;
    }

    private static ObjectNode byteLevelPart(boolean words) {
        return NODES.objectNode()
                .put("type", "ByteLevel")
                .put("add_prefix_space", false)
                .put("trim_offsets", true)
                .put("use_regex", words);
    }

    /** Texts that begin with a token: GPT-2's do only where {@code add_bos_token} asks for it. */
    private void begun(ObjectNode root, ObjectNode vocab) {
        JsonNode named = options.path("bos_token");
        String begin = named.path("content").asString(named.asString("<|endoftext|>"));
        if (!vocab.has(begin)) {
            throw new IllegalArgumentException(folder.resolve("vocab.json") + ": must list " + Visible.quote(begin)
                    + ", with which add_bos_token in tokenizer_config.json lets texts begin");
        }
        template(root, begin, vocab.get(begin), List.of(begin, "A"), List.of(begin, "A", begin, "B"));
    }

    private static ObjectNode robertaTemplate(ObjectNode vocab) {
        ObjectNode template = NODES.objectNode().put("type", "RobertaProcessing");
        template.putArray("sep").add("</s>").add(vocab.get("</s>"));
        template.putArray("cls").add("<s>").add(vocab.get("<s>"));
        return template.put("trim_offsets", true).put("add_prefix_space", false);
    }

    private ObjectNode wordPiece() {
        Path file = folder.resolve("vocab.txt");
        ObjectNode vocab = NODES.objectNode();
        List<String> lines = Json.readText(file, Tokenizer.LARGEST_FILE).lines().toList();
        for (int id = 0; id < lines.size(); id++) {
            if (vocab.has(lines.get(id))) {
                throw new IllegalArgumentException(file + ": token " + Visible.quote(lines.get(id))
                        + " is listed twice, again in line " + (id + 1));
            }
            vocab.put(lines.get(id), id);
        }
        for (String needed : List.of("[UNK]", "[CLS]", "[SEP]")) {
            if (!vocab.has(needed)) {
                throw new IllegalArgumentException(file + ": must list " + needed + ", as BERT's vocabularies do");
            }
        }
        ObjectNode root = NODES.objectNode().put("version", "1.0");
        special(root, vocab, SPECIAL_OF_BERT);
        root.set("normalizer", bertNormalizer());
        root.putObject("pre_tokenizer").put("type", "BertPreTokenizer");
        ObjectNode template = root.putObject("post_processor").put("type", "BertProcessing");
        template.putArray("sep").add("[SEP]").add(vocab.get("[SEP]"));
        template.putArray("cls").add("[CLS]").add(vocab.get("[CLS]"));
        root.putObject("decoder").put("type", "WordPiece").put("prefix", "##").put("cleanup", true);
        root.putObject("model")
                .put("type", "WordPiece")
                .put("unk_token", "[UNK]")
                .put("continuing_subword_prefix", "##")
                .put("max_input_chars_per_word", 100)
                .set("vocab", vocab);
        return root;
    }

    private static ObjectNode bertNormalizer() {
        return NODES.objectNode()
                .put("type", "BertNormalizer")
                .put("clean_text", true)
                .put("handle_chinese_chars", true)
                .putNull("strip_accents")
                .put("lowercase", true);
    }

    /**
     * Ids are those of the vocabulary, which both sides may share; pieces and their scores are those of one side. A text may
     * begin with the language that is wanted, such as {@code >>deu<<}.
     */
    private ObjectNode marian(String pieces, String vocabulary) {
        Path file = folder.resolve(vocabulary);
        ObjectNode vocab = vocabulary(file);
        String[] tokens = new String[vocab.size()];
        vocab.properties().forEach(entry -> {
            int id = entry.getValue().isInt() ? entry.getValue().asInt() : -1;
            if (id < 0 || id >= tokens.length || tokens[id] != null) {
                throw new IllegalArgumentException(file + ": ids must be from 0 to " + (tokens.length - 1)
                        + ", each once, got " + Visible.quote(entry.getValue().toString()));
            }
            tokens[id] = entry.getKey();
        });
        SentencePiece read = SentencePiece.read(folder.resolve(pieces));
        Map<String, Float> scores = new LinkedHashMap<>();
        for (String token : tokens) {
            scores.put(token, read.scores().getOrDefault(token, NOT_READ));
        }
        List<String> special = new ArrayList<>(SPECIAL_OF_PIECES);
        scores.keySet().stream().filter(VocabFiles::isLanguage).forEach(special::add);
        return ended(read.tokenizer(scores, unknown(file, vocab)), vocab, special, List.of("A", "B", END));
    }

    private static boolean isLanguage(String token) {
        return token.startsWith(">>") && token.endsWith("<<");
    }

    /** Ids are the pieces' numbers; behind them stand the marks of the words that T5's training leaves out. */
    private ObjectNode t5() {
        Path file = folder.resolve("spiece.model");
        SentencePiece read = SentencePiece.read(file);
        Map<String, Float> scores = new LinkedHashMap<>(read.scores());
        List<String> special = new ArrayList<>(SPECIAL_OF_PIECES);
        for (int i = Math.clamp(options.path("extra_ids").asLong(100), 0, MOST_EXTRA) - 1; i >= 0; i--) {
            scores.put("<extra_id_" + i + ">", 0f);
            special.add("<extra_id_" + i + ">");
        }
        ObjectNode ids = NODES.objectNode();
        scores.keySet().forEach(token -> ids.put(token, ids.size()));
        return ended(read.tokenizer(scores, unknown(file, ids)), ids, special, List.of("A", END, "B", END));
    }

    private static int unknown(Path file, ObjectNode ids) {
        for (String needed : List.of(END, "<unk>")) {
            if (!ids.has(needed)) {
                throw new IllegalArgumentException(file + ": must list " + needed);
            }
        }
        return ids.get("<unk>").asInt();
    }

    /** A tokenizer whose texts end with {@code </s>}. */
    private static ObjectNode ended(ObjectNode root, ObjectNode ids, List<String> special, List<String> pair) {
        special(root, ids, special);
        template(root, END, ids.get(END), List.of("A", END), pair);
        return root;
    }

    /** What stands around one text and around two: {@code token} among A and B. */
    private static void template(ObjectNode root, String token, JsonNode id, List<String> single, List<String> pair) {
        ObjectNode template = root.putObject("post_processor").put("type", "TemplateProcessing");
        single.forEach(part -> part(template.withArray("single"), part, token));
        pair.forEach(part -> part(template.withArray("pair"), part, token));
        ObjectNode described =
                template.putObject("special_tokens").putObject(token).put("id", token);
        described.putArray("ids").add(id);
        described.putArray("tokens").add(token);
    }

    private static void part(ArrayNode parts, String name, String token) {
        parts.addObject()
                .putObject(name.equals(token) ? "SpecialToken" : "Sequence")
                .put("id", name)
                .put("type_id", 0);
    }

    private static void special(ObjectNode root, ObjectNode vocab, List<String> tokens) {
        var added = root.putArray("added_tokens");
        for (String token : tokens) {
            if (vocab.has(token)) {
                ObjectNode entry = added(vocab.get(token), token, true);
                added.add(entry.put("lstrip", token.equals("<mask>"))); // RoBERTa's has the space before
            }
        }
    }

    private static ObjectNode added(JsonNode id, String content, boolean special) {
        ObjectNode entry = NODES.objectNode();
        entry.set("id", id);
        return entry.put("content", content)
                .put("single_word", false)
                .put("lstrip", false)
                .put("rstrip", false)
                .put("normalized", !special)
                .put("special", special);
    }
}
