package dev.heed.train;

import dev.heed.text.Json;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * Tokenizers whose tokens are whole words and punctuation marks, in the format of Hugging Face tokenizers. Their vocabulary is
 * every word of the texts, in alphabetical order, behind the special tokens.
 *
 * <pre>{@code
 * String json = WordTokenizer.masked(List.of("the cat sat .", "the dog sat ."));
 * Tokenizer tokenizer = Tokenizer.parse("words", json);
 * }</pre>
 */
public final class WordTokenizer {
    /** Letters, digits, hyphens and apostrophes inside: didn't, ice-cream. */
    private static final String WORD = "[\\p{L}\\p{N}'-]+";

    private static final String MARK = "[^\\s\\p{L}\\p{N}'-]";

    /** As tokenizers read these patterns: every blank of Unicode is one, not those of ASCII alone. */
    private static final int UNICODE = Pattern.UNICODE_CHARACTER_CLASS;

    static final String BEGIN = "<s>";

    private WordTokenizer() {}

    /**
     * For encoders with masked words, as BERT's: lower case, {@code [CLS]} before and {@code [SEP]} behind each text. Ids of the
     * special tokens: [PAD] 0, [UNK] 1, [CLS] 2, [SEP] 3, [MASK] 4.
     */
    public static String masked(Collection<String> texts) {
        ObjectNode root = root(List.of("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"), "[UNK]", words(texts, true));
        normalizer(root, true);
        preTokenizer(root);
        ends(root);
        root.putNull("decoder");
        return Json.write(root);
    }

    /**
     * For encoder–decoders: case is kept, {@code </s>} ends each text. Ids of the special tokens: {@code <pad>} 0, {@code </s>} 1,
     * {@code <unk>} 2.
     *
     * @param texts of both languages
     */
    public static String paired(Collection<String> texts) {
        ObjectNode root = root(List.of("<pad>", "</s>", "<unk>"), "<unk>", words(texts, false));
        normalizer(root, false);
        preTokenizer(root);
        template(root, "</s>");
        ObjectNode decoder = root.putObject("decoder");
        decoder.put("type", "WordPiece").put("prefix", "##").put("cleanup", true);
        return Json.write(root);
    }

    /**
     * For models that write: case is kept, and a word's space belongs to it, so that ids give back the text to the letter. Ids of
     * the special tokens: {@code <end>}, which ends texts, 0, {@code <unk>} 1.
     */
    public static String written(Collection<String> texts) {
        ObjectNode root = written(texts, List.of("<end>", "<unk>"));
        root.putNull("post_processor");
        return Json.write(root);
    }

    /**
     * The same for texts that each begin by themselves: before each stands {@code <s>}, which gives heads that find nothing a
     * place to look at. Ids of the special tokens: {@code <end>} 0, {@code <s>} 1, {@code <unk>} 2.
     */
    public static String told(Collection<String> texts) {
        ObjectNode root = written(texts, List.of("<end>", BEGIN, "<unk>"));
        begins(root);
        return Json.write(root);
    }

    private static ObjectNode written(Collection<String> texts, List<String> special) {
        String pattern = " ?" + WORD + "| ?" + MARK + "|\\s";
        TreeSet<String> words = new TreeSet<>();
        Pattern token = Pattern.compile(pattern, UNICODE);
        texts.forEach(text -> token.matcher(text).results().forEach(match -> words.add(match.group())));
        ObjectNode root = root(special, "<unk>", words);
        root.putNull("normalizer");
        split(root.putObject("pre_tokenizer"), pattern);
        root.putObject("decoder").put("type", "Fuse");
        return root;
    }

    /** The words of texts as {@link #normalizer} and {@link #preTokenizer} make them. */
    private static Collection<String> words(Collection<String> texts, boolean lower) {
        Pattern token = Pattern.compile(WORD + "|" + MARK, UNICODE);
        TreeSet<String> words = new TreeSet<>();
        for (String text : texts) {
            String normal = text.replace('’', '\'');
            token.matcher(lower ? lower(normal) : normal).results().forEach(match -> words.add(match.group()));
        }
        return words;
    }

    /** Each character by itself, as tokenizers do; Java looks at its neighbours, too (Σ at the end of a word). */
    private static String lower(String text) {
        return text.codePoints()
                .mapToObj(each -> Character.toString(each).toLowerCase(Locale.ROOT))
                .collect(Collectors.joining());
    }

    private static ObjectNode root(List<String> special, String unknown, Collection<String> words) {
        List<String> all = new ArrayList<>(special);
        words.stream().filter(word -> !special.contains(word)).forEach(all::add);
        ObjectNode root = root("WordLevel", special, all);
        ((ObjectNode) root.get("model")).put("unk_token", unknown);
        return root;
    }

    /** A tokenizer's beginning: special tokens, and a model with nothing but ids. */
    static ObjectNode root(String kind, List<String> special, List<String> spellings) {
        ObjectNode root = JsonNodeFactory.instance.objectNode();
        root.put("version", "1.0").putNull("truncation").putNull("padding");
        ArrayNode added = root.putArray("added_tokens");
        for (int id = 0; id < special.size(); id++) {
            added.addObject()
                    .put("id", id)
                    .put("content", special.get(id))
                    .put("single_word", false)
                    .put("lstrip", false)
                    .put("rstrip", false)
                    .put("normalized", false)
                    .put("special", true);
        }
        ObjectNode ids = root.putObject("model").put("type", kind).putObject("vocab");
        for (int id = 0; id < spellings.size(); id++) {
            ids.put(spellings.get(id), id);
        }
        return root;
    }

    /** A typographic apostrophe is the same as a typewriter's. */
    private static void normalizer(ObjectNode root, boolean lower) {
        ArrayNode parts = root.putObject("normalizer").put("type", "Sequence").putArray("normalizers");
        ObjectNode apostrophe = parts.addObject().put("type", "Replace");
        apostrophe.putObject("pattern").put("String", "’");
        apostrophe.put("content", "'");
        if (lower) {
            parts.addObject().put("type", "Lowercase");
        }
    }

    private static void preTokenizer(ObjectNode root) {
        ArrayNode parts =
                root.putObject("pre_tokenizer").put("type", "Sequence").putArray("pretokenizers");
        parts.addObject().put("type", "WhitespaceSplit");
        split(parts.addObject(), MARK);
    }

    private static void split(ObjectNode part, String pattern) {
        part.put("type", "Split").putObject("pattern").put("Regex", pattern);
        part.put("behavior", "Isolated").put("invert", false);
    }

    static void ends(ObjectNode root) {
        ObjectNode template = root.putObject("post_processor").put("type", "TemplateProcessing");
        ArrayNode single = template.putArray("single");
        special(single, "[CLS]", 0);
        sequence(single, "A", 0);
        special(single, "[SEP]", 0);
        ArrayNode pair = template.putArray("pair");
        special(pair, "[CLS]", 0);
        sequence(pair, "A", 0);
        special(pair, "[SEP]", 0);
        sequence(pair, "B", 1);
        special(pair, "[SEP]", 1);
        tokens(template, List.of("[CLS]", "[SEP]"), List.of(2, 3));
    }

    /** Each text ends with one token. */
    static void template(ObjectNode root, String end) {
        ObjectNode template = root.putObject("post_processor").put("type", "TemplateProcessing");
        ArrayNode single = template.putArray("single");
        sequence(single, "A", 0);
        special(single, end, 0);
        ArrayNode pair = template.putArray("pair");
        sequence(pair, "A", 0);
        special(pair, end, 0);
        sequence(pair, "B", 0);
        special(pair, end, 0);
        tokens(template, List.of(end), List.of(1));
    }

    /** Each text begins with {@link #BEGIN}, id 1. */
    static void begins(ObjectNode root) {
        ObjectNode template = root.putObject("post_processor").put("type", "TemplateProcessing");
        ArrayNode single = template.putArray("single");
        special(single, BEGIN, 0);
        sequence(single, "A", 0);
        ArrayNode pair = template.putArray("pair");
        special(pair, BEGIN, 0);
        sequence(pair, "A", 0);
        sequence(pair, "B", 0);
        tokens(template, List.of(BEGIN), List.of(1));
    }

    private static void tokens(ObjectNode template, List<String> names, List<Integer> ids) {
        ObjectNode all = template.putObject("special_tokens");
        for (int i = 0; i < names.size(); i++) {
            ObjectNode token = all.putObject(names.get(i)).put("id", names.get(i));
            token.putArray("ids").add((int) ids.get(i));
            token.putArray("tokens").add(names.get(i));
        }
    }

    private static void special(ArrayNode to, String name, int type) {
        to.addObject().putObject("SpecialToken").put("id", name).put("type_id", type);
    }

    private static void sequence(ArrayNode to, String name, int type) {
        to.addObject().putObject("Sequence").put("id", name).put("type_id", type);
    }
}
