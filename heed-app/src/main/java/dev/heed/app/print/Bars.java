package dev.heed.app.print;

/** Horizontal bars in eighths of a column, always from 0 to 1. */
final class Bars {
    private static final String EIGHTHS = "▏▎▍▌▋▊▉█";

    private Bars() {}

    /** A bar whose full length, {@code columns}, is a weight of 1. */
    static String of(double weight, int columns) {
        int eighths = (int) Math.round(Math.clamp(weight, 0, 1) * columns * 8);
        String partial = eighths % 8 == 0 ? "" : EIGHTHS.substring(eighths % 8 - 1, eighths % 8);
        return "█".repeat(eighths / 8) + partial;
    }
}
