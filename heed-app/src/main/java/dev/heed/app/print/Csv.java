package dev.heed.app.print;

/**
 * Lines of comma-separated values (RFC 4180). Text that a spreadsheet would run as a formula (a leading = + - @, tab or
 * carriage return) gets a leading apostrophe; numbers stay numbers.
 */
public final class Csv {
    private Csv() {}

    public static String line(Object... cells) {
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
        String safe = !text.isEmpty() && "=+-@\t\r".indexOf(text.charAt(0)) >= 0 ? "'" + text : text;
        boolean special = safe.chars().anyMatch(c -> c == ',' || c == '"' || c == '\n' || c == '\r');
        return special ? '"' + safe.replace("\"", "\"\"") + '"' : safe;
    }
}
