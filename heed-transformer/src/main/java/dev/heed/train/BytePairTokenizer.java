package dev.heed.train;

import dev.heed.text.Json;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Tokenizers whose tokens are frequent pieces of words, down to single bytes, so that any text can be encoded and comes back to
 * the letter; in the format of Hugging Face tokenizers, {@link BytePairs} learns them.
 *
 * <pre>{@code
 * String json = BytePairTokenizer.written(List.of("the cat sat", "the dog sat"), 300);
 * Tokenizer tokenizer = Tokenizer.parse("learned", json);
 * }</pre>
 */
public final class BytePairTokenizer {
    private static final int BYTES = 256;

    private BytePairTokenizer() {}

    /**
     * For models that write. Ids of the special tokens: {@code <end>}, which ends texts, 0.
     *
     * @param size of the vocabulary at most, special tokens and the 256 bytes included
     */
    public static String written(Collection<String> texts, int size) {
        ObjectNode root = root(List.of("<end>"), texts, size);
        root.putNull("post_processor");
        return Json.write(root);
    }

    /** The same for texts that each begin with {@code <s>}, see {@link WordTokenizer#told}. Ids: {@code <end>} 0, {@code <s>} 1. */
    public static String told(Collection<String> texts, int size) {
        ObjectNode root = root(List.of("<end>", WordTokenizer.BEGIN), texts, size);
        WordTokenizer.begins(root);
        return Json.write(root);
    }

    /** For encoder–decoders: {@code </s>} ends each text. Ids of the special tokens: {@code <pad>} 0, {@code </s>} 1. */
    public static String paired(Collection<String> texts, int size) {
        ObjectNode root = root(List.of("<pad>", "</s>"), texts, size);
        WordTokenizer.template(root, "</s>");
        return Json.write(root);
    }

    /**
     * For encoders with masked words: {@code [CLS]} before and {@code [SEP]} behind each text. Ids of the special tokens: [PAD] 0,
     * [UNK] 1 (which no text makes), [CLS] 2, [SEP] 3, [MASK] 4.
     */
    public static String masked(Collection<String> texts, int size) {
        ObjectNode root = root(List.of("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"), texts, size);
        WordTokenizer.ends(root);
        return Json.write(root);
    }

    private static ObjectNode root(List<String> special, Collection<String> texts, int size) {
        if (size < special.size() + BYTES) {
            throw new IllegalArgumentException("train: a vocabulary of byte pairs needs at least "
                    + (special.size() + BYTES) + " tokens (" + special.size() + " special ones and every byte), got "
                    + size);
        }
        BytePairs.Learned learned = BytePairs.learn(texts, size - special.size());
        List<String> spellings = new ArrayList<>(special);
        spellings.addAll(learned.spellings());
        ObjectNode root = WordTokenizer.root("BPE", special, spellings);
        root.putNull("normalizer");
        root.set("pre_tokenizer", byteLevel());
        root.set("decoder", byteLevel());
        ObjectNode model = (ObjectNode) root.get("model");
        model.putNull("dropout").putNull("unk_token");
        model.putNull("continuing_subword_prefix").putNull("end_of_word_suffix");
        model.put("fuse_unk", false).put("byte_fallback", false).put("ignore_merges", false);
        ArrayNode merges = model.putArray("merges");
        learned.merges().forEach(merge -> merges.addArray().add(merge.left()).add(merge.right()));
        return root;
    }

    private static ObjectNode byteLevel() {
        ObjectNode part = tools.jackson.databind.node.JsonNodeFactory.instance.objectNode();
        return part.put("type", "ByteLevel")
                .put("add_prefix_space", false)
                .put("trim_offsets", true)
                .put("use_regex", true);
    }
}
