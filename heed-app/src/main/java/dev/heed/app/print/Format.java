package dev.heed.app.print;

/** What a result is printed as. */
public enum Format {
    /** For people: aligned, coloured on a terminal. */
    TEXT,
    JSON,
    /** One header line, then one line per row; what a spreadsheet would run as a formula is neutralised. */
    CSV
}
