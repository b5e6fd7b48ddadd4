package dev.heed.app.print;

import java.util.Locale;

/** What a result is printed as. */
public enum Format {
    /** For people: aligned, coloured on a terminal. */
    TEXT,
    JSON,
    /** One header line, then one line per row; what a spreadsheet would run as a formula is neutralised. */
    CSV;

    /** As it is written behind {@code --format}. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
