package dev.heed.app.print;

import dev.heed.attention.AttentionMap;
import dev.heed.text.Visible;
import java.util.ArrayList;
import java.util.List;

/**
 * One head's weights as a picture: a row per query, a column per key, index 0 at the top left, on a fixed scale from 0 to 1.
 * What a query may not see is grey and marked, and never looks like a weight of zero.
 */
public final class Heatmap {
    private static final int LONGEST_LABEL = 18;
    private static final int TALLEST_HEADER = 9;
    /** Columns per cell, widest first: 0.3784, 0.38, .38, 38 (hundredths), no number. */
    private static final int[] CELLS = {8, 6, 4, 3, 2};

    /** By half the columns of a cell: weights below print as zeros, in a pale ink so that the others stand out. */
    private static final float[] SHOWN_AS_ZERO = {0, 0.005f, 0.005f, 0.005f, 0.00005f};

    private static final String MASKED = "·";

    private final AttentionMap map;
    private final Terminal terminal;
    private final Colours colours;
    private final List<String> labels;
    private final int labelWidth;
    private final int cell;

    public Heatmap(AttentionMap map, Terminal terminal) {
        this.map = map;
        this.terminal = terminal;
        this.colours = terminal.colours();
        this.labels = labels(map.queryTokens(), map.firstQuery());
        this.labelWidth = labels.stream().mapToInt(Text::width).max().orElse(0);
        this.cell = cellWidth(terminal.width() - labelWidth - 2, map.columns());
    }

    /** How many keys fit beside their labels at the narrowest cells that still show numbers, at least eight. */
    public static int keysThatFit(int width) {
        return Math.max(8, (width - LONGEST_LABEL - 2) / 3);
    }

    /** Token and index, as everywhere: {@code girl (14)}. */
    public static String label(String token, int index) {
        String number = " (" + index + ")";
        return Text.cut(Visible.escape(token), LONGEST_LABEL - number.length()) + number;
    }

    private static List<String> labels(List<String> tokens, int first) {
        List<String> labels = new ArrayList<>();
        for (int i = 0; i < tokens.size(); i++) {
            labels.add(label(tokens.get(i), first + i));
        }
        return labels;
    }

    private static int cellWidth(int available, int columns) {
        for (int width : CELLS) {
            if (width * columns <= available) {
                return width;
            }
        }
        return CELLS[CELLS.length - 1];
    }

    public void print() {
        printHeader();
        for (int row = 0; row < map.rows(); row++) {
            StringBuilder line = new StringBuilder(Text.right(labels.get(row), labelWidth)).append("  ");
            for (int column = 0; column < map.columns(); column++) {
                line.append(cell(row, column));
            }
            terminal.line(line.toString().stripTrailing());
        }
        terminal.line(legend());
    }

    // ---- keys along the top ----

    private void printHeader() {
        boolean flat =
                cell >= 6 && map.keyTokens().stream().allMatch(token -> Text.width(Visible.escape(token)) < cell);
        if (flat) {
            printLine(map.keyTokens().stream().map(Visible::escape).toList());
        } else {
            printUpright();
        }
        if (!flat || map.firstKey() > 0) {
            printLine(indices());
        }
    }

    /** Tokens written downwards, ending at their columns. */
    private void printUpright() {
        List<int[]> tokens = map.keyTokens().stream()
                .map(token -> Text.cut(Visible.escape(token), TALLEST_HEADER)
                        .codePoints()
                        .toArray())
                .toList();
        int height = tokens.stream().mapToInt(token -> token.length).max().orElse(0);
        for (int line = 0; line < height; line++) {
            List<String> letters = new ArrayList<>();
            for (int[] token : tokens) {
                int at = line - (height - token.length);
                letters.add(at < 0 ? "" : Character.toString(token[at]));
            }
            printLine(letters);
        }
    }

    private List<String> indices() {
        List<String> indices = new ArrayList<>();
        for (int column = 0; column < map.columns(); column++) {
            String index = Integer.toString(map.firstKey() + column);
            indices.add(index.length() < cell ? index : index.substring(index.length() - (cell - 1)));
        }
        return indices;
    }

    private void printLine(List<String> entries) {
        StringBuilder line = new StringBuilder(" ".repeat(labelWidth + 2));
        for (String entry : entries) {
            line.append(centred(entry, cell));
        }
        terminal.line(colours.dim(line.toString().stripTrailing()));
    }

    private static String centred(String text, int columns) {
        int free = columns - Text.width(text);
        return Text.left(" ".repeat(Math.max(0, free / 2)) + text, columns);
    }

    // ---- cells ----

    private String cell(int row, int column) {
        if (!map.visible(row, column)) {
            return colours.masked(centred(MASKED, cell));
        }
        float weight = map.weight(row, column);
        String text = centred(digits(weight), cell);
        return weight < SHOWN_AS_ZERO[cell / 2] ? colours.nothing(text) : colours.cell(weight, text);
    }

    private String digits(float weight) {
        return switch (cell) {
            case 8 -> Numbers.fixed(weight, 4);
            case 6 -> Numbers.fixed(weight, 2);
            case 4 -> weight >= 0.995f ? "1.0" : Numbers.fixed(weight, 2).substring(1);
            case 3 -> hundredths(weight); // 100 needs no gap: what stands beside it is 0
            default -> colours == Colours.NONE ? Character.toString(Colours.ramp(weight)) : "";
        };
    }

    /** Two digits, with a blank in place of the first zero: 5 is 0.05. */
    private static String hundredths(float weight) {
        int number = Math.round(weight * 100);
        return number < 10 ? " " + number : Integer.toString(number);
    }

    private String legend() {
        StringBuilder scale = new StringBuilder(" ".repeat(labelWidth + 2));
        if (colours == Colours.NONE) {
            scale.append(
                    cell > 3 ? "weights 0 to 1" : cell == 3 ? "weights in hundredths" : "weights  .:-=+*#%@  0 to 1");
            return scale.append("   ").append(MASKED).append(" masked").toString();
        }
        return scale.append(colours.scale())
                .append(colours.dim(cell == 3 ? "   in hundredths" : ""))
                .toString();
    }
}
