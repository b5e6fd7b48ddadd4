package dev.heed.text;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * The older files of a vocabulary, turned into the tokenizer.json that transformers would make of them: vocab.json with
 * merges.txt is GPT-2's or RoBERTa's byte-level BPE, vocab.txt is BERT's WordPiece.
 */
final class VocabFiles {
    private static final JsonNodeFactory NODES = JsonNodeFactory.instance;
    private static final List<String> SPECIAL_OF_BERT = List.of("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]");
    private static final List<String> SPECIAL_OF_BPE =
            List.of("<s>", "<pad>", "</s>", "<unk>", "<mask>", "<|endoftext|>");

    private final Path folder;
    private final JsonNode options;

    private VocabFiles(Path folder, JsonNode options) {
        this.folder = folder;
        this.options = options;
    }

    /** @param options the folder's tokenizer_config.json, or an empty object */
    static ObjectNode read(Path folder, JsonNode options) {
        VocabFiles files = new VocabFiles(folder, options);
        if (files.has("vocab.json") && files.has("merges.txt")) {
            return files.byteLevel();
        }
        if (files.has("vocab.txt")) {
            return files.wordPiece();
        }
        throw files.refusal();
    }

    private boolean has(String name) {
        return Files.isRegularFile(folder.resolve(name));
    }

    private IllegalArgumentException refusal() {
        for (String name : List.of("tokenizer.model", "spiece.model", "sentencepiece.bpe.model", "source.spm")) {
            if (has(name)) {
                return new IllegalArgumentException(
                        folder + ": a tokenizer.json is needed, got only the SentencePiece file '"
                                + name + "'; convert it in Python with"
                                + " AutoTokenizer.from_pretrained(DIR, use_fast=True).save_pretrained(DIR)");
            }
        }
        return new IllegalArgumentException(
                folder + ": no tokenizer found, expected tokenizer.json, vocab.json with merges.txt, or vocab.txt");
    }

    private ObjectNode byteLevel() {
        Path file = folder.resolve("vocab.json");
        if (!(Json.read(file, Tokenizer.LARGEST_FILE) instanceof ObjectNode vocab)) {
            throw new IllegalArgumentException(file + ": must be an object from tokens to ids");
        }
        if (vocab.propertyNames().stream().anyMatch(token -> token.endsWith("</w>"))) {
            throw new IllegalArgumentException(
                    file + ": only byte-level BPE is read from vocab.json, got one that ends words with </w>;"
                            + " save a tokenizer.json in Python with AutoTokenizer.from_pretrained(DIR).save_pretrained(DIR)");
        }
        boolean prefixSpace = options.path("add_prefix_space").asBoolean(false);
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
        root.set("pre_tokenizer", byteLevelPart(prefixSpace));
        root.set("post_processor", robertaTemplate(vocab, prefixSpace));
        root.set("decoder", byteLevelPart(prefixSpace));
        root.set("model", model);
        return root;
    }

    private static ObjectNode byteLevelPart(boolean prefixSpace) {
        return NODES.objectNode()
                .put("type", "ByteLevel")
                .put("add_prefix_space", prefixSpace)
                .put("trim_offsets", true)
                .put("use_regex", true);
    }

    private static @Nullable ObjectNode robertaTemplate(ObjectNode vocab, boolean prefixSpace) {
        if (!vocab.has("<s>") || !vocab.has("</s>")) {
            return null; // GPT-2: nothing around the text
        }
        ObjectNode template = NODES.objectNode().put("type", "RobertaProcessing");
        template.putArray("sep").add("</s>").add(vocab.get("</s>"));
        template.putArray("cls").add("<s>").add(vocab.get("<s>"));
        return template.put("trim_offsets", true).put("add_prefix_space", prefixSpace);
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

    private ObjectNode bertNormalizer() {
        ObjectNode normalizer = NODES.objectNode()
                .put("type", "BertNormalizer")
                .put("clean_text", true)
                .put(
                        "handle_chinese_chars",
                        options.path("tokenize_chinese_chars").asBoolean(true))
                .put("lowercase", options.path("do_lower_case").asBoolean(true));
        JsonNode accents = options.path("strip_accents");
        return accents.isBoolean()
                ? normalizer.put("strip_accents", accents.asBoolean())
                : normalizer.putNull("strip_accents");
    }

    private static void special(ObjectNode root, ObjectNode vocab, List<String> tokens) {
        var added = root.putArray("added_tokens");
        for (String token : tokens) {
            if (vocab.has(token)) {
                ObjectNode entry = added.addObject();
                entry.set("id", vocab.get(token));
                entry.put("content", token)
                        .put("single_word", false)
                        .put("lstrip", token.equals("<mask>")) // as RoBERTa's: the space before belongs to the mask
                        .put("rstrip", false)
                        .put("normalized", false)
                        .put("special", true);
            }
        }
    }
}
