package dev.heed.app.print;

import dev.heed.text.Visible;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Rows under named columns, printed in any {@link Format}. A cell is a {@link String}, a {@link Number}, a {@link Boolean}
 * or {@link #NOTHING}; all cells of a column print alike.
 */
public final class Table {
    /** An empty cell; null in JSON. */
    public static final Object NOTHING = Empty.CELL;

    /** The kind of {@link #NOTHING}. */
    enum Empty {
        CELL
    }

    private static final int BAR_WIDTH = 24;
    /** A shorter bar shows too little. */
    private static final int LEAST_BAR_WIDTH = 8;
    /** A last column of words is broken, for a person, where it has at least so much room. */
    private static final int LEAST_WRAPPED = 20;

    /**
     * How a column is printed as text; JSON and CSV carry full precision.
     *
     * @param digits behind the point, for numbers; negative for as many as needed
     * @param bar whether a bar from 0 to 1 follows the number
     */
    private record Column(String name, int digits, boolean scientific, boolean bar) {}

    private final List<Column> columns = new ArrayList<>();
    private final List<Object[]> rows = new ArrayList<>();

    /** A column of words, or of numbers as short as they are. */
    public Table column(String name) {
        columns.add(new Column(name, -1, false, false));
        return this;
    }

    /** A column of numbers with so many digits behind the point. */
    public Table column(String name, int digits) {
        columns.add(new Column(name, digits, false, false));
        return this;
    }

    /** A column of small numbers: 1.2e-07. */
    public Table scientific(String name) {
        columns.add(new Column(name, 1, true, false));
        return this;
    }

    /** A column of weights, each with its bar. */
    public Table bars(String name, int digits) {
        columns.add(new Column(name, digits, false, true));
        return this;
    }

    /** Adds one cell per column. */
    public void row(Object... cells) {
        if (cells.length != columns.size()) {
            throw new IllegalArgumentException(
                    "Table.row: one cell per column, " + columns.size() + ", got " + Arrays.toString(cells));
        }
        rows.add(cells.clone());
    }

    public boolean isEmpty() {
        return rows.isEmpty();
    }

    public void print(Terminal terminal, Format format) {
        switch (format) {
            case TEXT -> printText(terminal, "");
            case JSON -> Json.print(terminal, asList());
            case CSV -> printCsv(terminal);
        }
    }

    /** The rows as maps from column to cell, for JSON. */
    private List<Map<String, Object>> asList() {
        List<Map<String, Object>> list = new ArrayList<>();
        for (Object[] row : rows) {
            Map<String, Object> object = new LinkedHashMap<>();
            for (int c = 0; c < row.length; c++) {
                object.put(columns.get(c).name(), row[c] instanceof Empty ? Json.NULL : row[c]);
            }
            list.add(object);
        }
        return list;
    }

    // ---- text ----

    /**
     * Aligned columns: words left, numbers right; a column with nothing in it is left out. A cell is one line, and nothing in it
     * steers a terminal.
     */
    public void printText(Terminal terminal, String indent) {
        for (int c = columns.size() - 1; c > 0; c--) {
            if (!rows.isEmpty() && isEmpty(c)) {
                without(c).printText(terminal, indent);
                return;
            }
        }
        int[] widths = new int[columns.size()];
        boolean[] words = new boolean[columns.size()];
        for (int c = 0; c < widths.length; c++) {
            widths[c] = Text.width(columns.get(c).name());
            for (Object[] row : rows) {
                widths[c] = Math.max(widths[c], isHeading(row) ? 0 : Text.width(shown(row[c], columns.get(c))));
                words[c] |= row[c] instanceof String;
            }
        }
        int bar = barWidth(widths, terminal.width() - indent.length());
        terminal.line(indent + terminal.colours().dim(header(widths, words, bar)));
        int last = widths.length - 1;
        int start = Arrays.stream(widths).limit(last).sum() + 2 * last;
        int room = terminal.width() - indent.length() - start;
        boolean wraps = terminal.interactive() && words[last] && room >= LEAST_WRAPPED;
        for (Object[] row : rows) {
            List<String> lines = wraps ? Text.wrap(shown(row[last], columns.get(last)), room) : List.of();
            Object[] first = row.clone();
            first[last] = lines.size() > 1 ? lines.getFirst() : row[last];
            terminal.line((indent + line(first, widths, words, bar, terminal.colours())).stripTrailing());
            lines.stream().skip(1).forEach(line -> terminal.line(indent + " ".repeat(start) + line));
        }
    }

    /** As wide as the terminal lets all bars be. */
    private int barWidth(int[] widths, int room) {
        long bars = columns.stream().filter(Column::bar).count();
        if (bars == 0) {
            return BAR_WIDTH;
        }
        boolean last = columns.getLast().bar(); // nothing behind it
        long others = Arrays.stream(widths).sum() + 2L * widths.length + bars - (last ? 1 : 2);
        return Math.clamp((room - others) / bars, LEAST_BAR_WIDTH, BAR_WIDTH);
    }

    /** A row of one cell is a heading of those below, and as long as it likes. */
    private static boolean isHeading(Object[] row) {
        return row.length > 1 && Arrays.stream(row).skip(1).allMatch(Table::isEmpty);
    }

    private boolean isEmpty(int column) {
        return rows.stream().allMatch(row -> isEmpty(row[column]));
    }

    private static boolean isEmpty(Object cell) {
        return cell instanceof Empty || cell.equals("");
    }

    private Table without(int column) {
        Table rest = new Table();
        rest.columns.addAll(columns);
        rest.columns.remove(column);
        for (Object[] row : rows) {
            List<Object> cells = new ArrayList<>(Arrays.asList(row));
            cells.remove(column);
            rest.rows.add(cells.toArray());
        }
        return rest;
    }

    private String header(int[] widths, boolean[] words, int bar) {
        StringBuilder line = new StringBuilder();
        for (int c = 0; c < widths.length; c++) {
            String name = columns.get(c).name();
            boolean last = c == widths.length - 1;
            String padded = words[c] ? Text.left(name, last ? 0 : widths[c]) : Text.right(name, widths[c]);
            line.append(padded).append(last ? "" : columns.get(c).bar() ? " ".repeat(bar + 3) : "  ");
        }
        return line.toString();
    }

    private String line(Object[] row, int[] widths, boolean[] words, int barWidth, Colours colours) {
        StringBuilder line = new StringBuilder();
        for (int c = 0; c < row.length; c++) {
            Column column = columns.get(c);
            String text = shown(row[c], column);
            line.append(words[c] ? Text.left(text, widths[c]) : Text.right(text, widths[c]))
                    .append("  ");
            if (column.bar() && row[c] instanceof Number number) {
                String bar = Bars.of(number.doubleValue(), barWidth);
                line.append(colours.bar(bar)).append(" ".repeat(barWidth + 1 - bar.length()));
            } else if (column.bar()) {
                line.append(" ".repeat(barWidth + 1));
            }
        }
        return line.toString();
    }

    private static String shown(Object cell, Column column) {
        return switch (cell) {
            case Double number -> number(number, column);
            case Float number -> number(number, column);
            case Boolean yes -> yes ? "yes" : "no";
            case Empty nothing -> "";
            default -> Visible.escape(cell.toString());
        };
    }

    private static String number(double number, Column column) {
        if (number == Double.NEGATIVE_INFINITY) {
            return "−∞";
        }
        if (!Double.isFinite(number)) {
            return Double.toString(number);
        }
        if (column.scientific()) {
            return number == 0 ? "0" : String.format(Locale.ROOT, "%.1e", number);
        }
        String digits = column.digits() < 0 ? Numbers.shortest(number) : Numbers.fixed(number, column.digits());
        return digits.replace('-', '−');
    }

    // ---- CSV ----

    private void printCsv(Terminal terminal) {
        Csv.printLine(terminal, columns.stream().map(Column::name).toArray());
        for (Object[] row : rows) {
            Csv.printLine(terminal, row);
        }
    }
}
