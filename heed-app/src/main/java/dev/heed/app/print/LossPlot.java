package dev.heed.app.print;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A curve that grows, in the dots of braille characters: two columns and four rows of dots each. As many steps as fit a column
 * of dots are averaged, so the curve always spans the whole width of what is planned.
 */
public final class LossPlot {
    private static final int BRAILLE = 0x2800;

    /** The dot of column 0 or 1 and row 0 to 3 in a braille character (Unicode, block 2800). */
    private static final int[][] DOTS = {{0x01, 0x02, 0x04, 0x40}, {0x08, 0x10, 0x20, 0x80}};

    private static final char JUDGED = '◆';

    private final int steps;
    private final int columns;
    private final int rows;
    private final double[] sums;
    private final int[] counts;
    private final double[] judged;

    /**
     * @param steps planned
     * @param columns characters of the curve
     * @param rows characters of the curve
     */
    public LossPlot(int steps, int columns, int rows) {
        this.steps = Math.max(1, steps);
        this.columns = columns;
        this.rows = rows;
        this.sums = new double[2 * columns];
        this.counts = new int[2 * columns];
        this.judged = new double[columns];
        Arrays.fill(judged, Double.NaN);
    }

    /** The loss of a step, counted from 0. */
    public void add(int step, double loss) {
        int at = place(step, 2 * columns);
        sums[at] += loss;
        counts[at]++;
    }

    /** A validation loss behind so many steps. */
    public void judge(int step, double loss) {
        judged[place(step - 1, columns)] = loss;
    }

    private int place(int step, int places) {
        return Math.clamp((long) step * places / steps, 0, places - 1);
    }

    /** Rows of the plot with the loss at their left, then the steps; empty before there is anything. */
    public List<String> lines() {
        double low = Double.POSITIVE_INFINITY;
        double high = Double.NEGATIVE_INFINITY;
        for (int i = 0; i < sums.length; i++) {
            double judgement = judged[i / 2];
            low = Math.min(low, Math.min(loss(i), Double.isNaN(judgement) ? Double.POSITIVE_INFINITY : judgement));
            high = Math.max(
                    high, Math.max(counts[i] == 0 ? high : loss(i), Double.isNaN(judgement) ? high : judgement));
        }
        if (high < low) {
            return List.of();
        }
        char[][] cells = cells(low, Math.max(high - low, 1e-9));
        List<String> lines = new ArrayList<>();
        for (int row = 0; row < rows; row++) {
            String label = row == 0 ? Numbers.fixed(high, 2) : row == rows - 1 ? Numbers.fixed(low, 2) : "";
            lines.add(Text.right(label, 7) + " │" + new String(cells[row]).stripTrailing());
        }
        String last = Integer.toString(steps);
        lines.add(Text.right("0", 9) + Text.right(last, columns - 1) + " steps");
        return lines;
    }

    /** ∞ where there is none yet. */
    private double loss(int column) {
        return counts[column] == 0 ? Double.POSITIVE_INFINITY : sums[column] / counts[column];
    }

    private char[][] cells(double low, double range) {
        char[][] cells = new char[rows][columns];
        for (char[] row : cells) {
            Arrays.fill(row, ' ');
        }
        for (int i = 0; i < sums.length; i++) {
            if (counts[i] > 0) {
                int dot = dot(loss(i), low, range);
                char before = cells[dot / 4][i / 2];
                int dots = before == ' ' ? BRAILLE : before;
                cells[dot / 4][i / 2] = (char) (dots | DOTS[i % 2][dot % 4]);
            }
        }
        for (int column = 0; column < columns; column++) {
            if (!Double.isNaN(judged[column])) {
                cells[dot(judged[column], low, range) / 4][column] = JUDGED;
            }
        }
        return cells;
    }

    /** Rows of dots from the top. */
    private int dot(double loss, double low, double range) {
        return (int) Math.round((1 - (loss - low) / range) * (4 * rows - 1));
    }
}
