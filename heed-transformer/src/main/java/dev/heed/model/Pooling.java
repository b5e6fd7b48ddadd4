package dev.heed.model;

/**
 * How hidden states become one vector.
 *
 * <pre>{@code
 * Tensor vector = model.embed("A text.", Pooling.MEAN);
 * }</pre>
 */
public enum Pooling {
    /** The mean over all tokens, the special ones too, as sentence-transformers has it. */
    MEAN,
    /** The first token's, for models that train {@code [CLS]} to stand for the text. */
    CLS
}
