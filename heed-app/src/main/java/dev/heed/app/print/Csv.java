package dev.heed.app.print;

import java.util.regex.Pattern;

/**
 * Lines of comma-separated values (RFC 4180). Text that a spreadsheet would run as a formula gets an apostrophe in front: one
 * that begins with = + - @, a tab or a carriage return, is longer than that, and is no number. Numbers stay numbers, also where
 * a text holds one, and so do the tokens - and =. Whoever needs every text as it is takes JSON.
 */
public final class Csv {
    private static final Pattern NUMBER = Pattern.compile("[+-]?(\\d+\\.?\\d*|\\.\\d+)([eE][+-]?\\d+)?");

    private Csv() {}

    /** To a file or a pipe as it is; before a person no cell steers the terminal. */
    public static void printLine(Terminal terminal, Object... cells) {
        terminal.line(terminal.written(line(cells)));
    }

    static String line(Object... cells) {
        StringBuilder line = new StringBuilder();
        for (int i = 0; i < cells.length; i++) {
            line.append(i == 0 ? "" : ",").append(cell(cells[i]));
        }
        return line.toString();
    }

    private static String cell(Object cell) {
        if (cell instanceof Table.Empty) {
            return "";
        }
        return cell instanceof String text ? quoted(text) : cell.toString();
    }

    private static String quoted(String text) {
        String safe = isFormula(text) ? "'" + text : text;
        boolean special = safe.chars().anyMatch(c -> c == ',' || c == '"' || c == '\n' || c == '\r');
        return special ? '"' + safe.replace("\"", "\"\"") + '"' : safe;
    }

    private static boolean isFormula(String text) {
        return text.length() > 1
                && "=+-@\t\r".indexOf(text.charAt(0)) >= 0
                && !NUMBER.matcher(text).matches();
    }
}
