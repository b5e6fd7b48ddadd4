package dev.heed.train.worlds;

/** Characters {@code [start, end)} of a text. */
public record Span(int start, int end) {
    /** The characters themselves. */
    public String in(String text) {
        return text.substring(start, end);
    }
}
