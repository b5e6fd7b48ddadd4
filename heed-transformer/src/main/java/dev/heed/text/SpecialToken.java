package dev.heed.text;

import java.util.List;
import java.util.Locale;

/**
 * The parts that special tokens play.
 *
 * <pre>{@code
 * try (Tokenizer tokenizer = Tokenizer.load(Path.of("models/tiny"))) {
 *     OptionalInt end = tokenizer.id(SpecialToken.EOS);
 * }
 * }</pre>
 */
public enum SpecialToken {
    /** Begins a text. */
    BOS("<s>", "<bos>", "<|begin_of_text|>"),
    /** Ends a text. */
    EOS("</s>", "<eos>", "<|endoftext|>", "<|end_of_text|>"),
    /** Fills short rows of a batch. */
    PAD("[PAD]", "<pad>"),
    /** Stands for what the vocabulary cannot spell. */
    UNK("[UNK]", "<unk>"),
    /** Stands for a word to be predicted. */
    MASK("[MASK]", "<mask>"),
    /** Its hidden state stands for the whole text. */
    CLS("[CLS]", "<s>"),
    /** Parts two texts. */
    SEP("[SEP]", "</s>");

    @SuppressWarnings("ImmutableEnumChecker") // List.of is immutable
    private final List<String> usualSpellings;

    SpecialToken(String... usualSpellings) {
        this.usualSpellings = List.of(usualSpellings);
    }

    /** Where a folder does not say: the spellings of the published models. */
    List<String> usualSpellings() {
        return usualSpellings;
    }

    /** The key in tokenizer_config.json and special_tokens_map.json, such as {@code bos_token}. */
    String key() {
        return name().toLowerCase(Locale.ROOT) + "_token";
    }
}
