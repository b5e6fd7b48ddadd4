package dev.heed.train.recall;

/**
 * The five kinds of readers that are compared, in the order in which they were thought of.
 *
 * <pre>{@code
 * for (ReaderKind kind : ReaderKind.values()) {
 *     System.out.println(kind.title() + ": " + kind.pathLength() + " steps between two tokens");
 * }
 * }</pre>
 */
public enum ReaderKind {
    /** A state that is carried from token to token. */
    GRU("GRU", "n"),
    /** Neighbours, layer upon layer. */
    CONVOLUTION("convolution", "n/k"),
    /** Everything at once, with uniform weights. */
    MEAN_POOLING("mean pooling", "1"),
    /** A decoder that asks all states of an encoder. */
    ADDITIVE_ATTENTION("GRU + additive attention", "1"),
    /** Every token asks every token before it. */
    SELF_ATTENTION("self-attention", "1");

    private final String title;
    private final String pathLength;

    ReaderKind(String title, String pathLength) {
        this.title = title;
        this.pathLength = pathLength;
    }

    /** What people call it. */
    public String title() {
        return title;
    }

    /** Steps from a token to what is said about it, for n tokens between them and windows of k. */
    public String pathLength() {
        return pathLength;
    }

    /** How far it can see at all, in tokens; {@link Integer#MAX_VALUE} for any distance. */
    public int reach() {
        return this == CONVOLUTION ? Reader.Convolutional.FIELD - 1 : Integer.MAX_VALUE;
    }

    Reader reader(Weights weights, int vocabulary, int width, int size) {
        return switch (this) {
            case GRU -> Reader.Recurrent.of(weights, vocabulary, width, size);
            case CONVOLUTION -> Reader.Convolutional.of(weights, vocabulary, width, size);
            case MEAN_POOLING -> Reader.Pooled.of(weights, vocabulary, width, size);
            case ADDITIVE_ATTENTION -> Reader.Additive.of(weights, vocabulary, width, size);
            case SELF_ATTENTION -> Reader.SelfAttention.of(weights, vocabulary, width, size);
        };
    }
}
