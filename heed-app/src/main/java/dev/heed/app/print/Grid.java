package dev.heed.app.print;

import dev.heed.attention.AttentionMap;
import java.util.List;

/**
 * Many heads at a glance: one small picture each, side by side, on the same scale from 0 to 1. Where a head has more tokens
 * than a picture has cells, a cell is the largest weight of a block of them, so that a thin line stays visible.
 */
public final class Grid {
    /** Cells along each side of one picture, at most, and where there is room. */
    private static final int LARGEST_SIDE = 16;

    private static final int SMALLEST_SIDE = 8;

    private final List<AttentionMap> heads;
    private final Terminal terminal;
    private final int block;
    private final int width;
    private final int height;

    /** Heads of one shape, in the order in which they are shown. */
    public Grid(List<AttentionMap> heads, Terminal terminal) {
        this.heads = heads;
        this.terminal = terminal;
        int rows = heads.getFirst().rows();
        int columns = heads.getFirst().columns();
        int room = (terminal.width() + 2) / heads.size() - 2; // all heads of a line side by side
        int side = Math.clamp(room, SMALLEST_SIDE, LARGEST_SIDE);
        this.block = Math.max(1, (Math.max(rows, columns) + side - 1) / side);
        this.width = (columns + block - 1) / block;
        this.height = (rows + block - 1) / block;
    }

    public void print() {
        int room = Math.max(
                width,
                heads.stream().mapToInt(head -> name(head).length()).max().orElse(0));
        int perLine = Math.max(1, (terminal.width() + 2) / (room + 2));
        for (int from = 0; from < heads.size(); from += perLine) {
            printLine(heads.subList(from, Math.min(heads.size(), from + perLine)), room);
            terminal.line();
        }
    }

    public void printLegend() {
        terminal.line(legend());
    }

    private static String name(AttentionMap head) {
        return "L" + head.layer() + "H" + head.head();
    }

    private void printLine(List<AttentionMap> line, int room) {
        StringBuilder names = new StringBuilder();
        for (AttentionMap head : line) {
            names.append(Text.left(name(head), room + 2));
        }
        terminal.line(names.toString().stripTrailing());
        int rowsPerLine = terminal.colours() == Colours.NONE ? 1 : 2;
        for (int row = 0; row < height; row += rowsPerLine) {
            StringBuilder text = new StringBuilder();
            for (AttentionMap head : line) {
                for (int column = 0; column < width; column++) {
                    text.append(cell(head, row, column));
                }
                text.append(" ".repeat(room + 2 - width));
            }
            terminal.line(text.toString().stripTrailing());
        }
    }

    /** One column of one line: two rows in colour, one in plain text. */
    private String cell(AttentionMap head, int row, int column) {
        float upper = largest(head, row, column);
        if (terminal.colours() == Colours.NONE) {
            return Float.isNaN(upper) ? "~" : Character.toString(Colours.ramp(upper));
        }
        return row + 1 < height
                ? terminal.colours().halves(upper, largest(head, row + 1, column))
                : terminal.colours().upperHalf(upper);
    }

    /** The largest visible weight of a block; NaN if all of it is masked. */
    private float largest(AttentionMap head, int row, int column) {
        float largest = Float.NaN;
        for (int i = row * block; i < Math.min(head.rows(), (row + 1) * block); i++) {
            for (int j = column * block; j < Math.min(head.columns(), (column + 1) * block); j++) {
                if (head.visible(i, j)) {
                    largest = Float.isNaN(largest) ? head.weight(i, j) : Math.max(largest, head.weight(i, j));
                }
            }
        }
        return largest;
    }

    private String legend() {
        String cells = block == 1 ? "" : "   each cell the largest of " + block + " × " + block;
        if (terminal.colours() == Colours.NONE) {
            return "weights 0 to 1 as \" .:-=+*#%@\"   ~ masked" + cells;
        }
        return terminal.colours().scale() + terminal.colours().dim(cells);
    }
}
