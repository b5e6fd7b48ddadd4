package dev.heed.app.print;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Several curves from 0 to 1 over the same few places: a letter per curve, each in a column of its own at every place, so that
 * equal values stand side by side.
 *
 * <pre>
 *   1 ┤ A    A
 *     ┤G    G
 *   0 ┤
 *       10   20
 * </pre>
 */
public final class DotChart {
    private static final int ROWS = 11;

    private final List<String> places;
    private final List<Character> letters = new ArrayList<>();
    private final List<List<Double>> curves = new ArrayList<>();

    public DotChart(List<String> places) {
        this.places = List.copyOf(places);
    }

    /** Adds a curve with a value for each place. */
    public void curve(char letter, List<Double> values) {
        if (values.size() != places.size()) {
            throw new IllegalArgumentException(
                    "DotChart: a curve needs a value for each of " + places.size() + " places, got " + values.size());
        }
        letters.add(letter);
        curves.add(List.copyOf(values));
    }

    /** From the top down; a line at {@code level} is drawn dotted. */
    public void print(Terminal terminal, double level) {
        int dotted = row(level);
        for (int row = ROWS - 1; row >= 0; row--) {
            String label = row % 5 == 0 ? Text.right(Numbers.fixed(row / (ROWS - 1.0), 1), 5) : " ".repeat(5);
            terminal.line((label + " ┤ " + line(row, row == dotted ? '·' : ' ')).stripTrailing());
        }
        StringBuilder below = new StringBuilder(" ".repeat(8));
        places.forEach(place -> below.append(Text.left(place, width())));
        terminal.line(below.toString().stripTrailing());
    }

    private int width() {
        return letters.size() + 3;
    }

    private String line(int row, char background) {
        char[] line = new char[places.size() * width()];
        Arrays.fill(line, background);
        for (int c = 0; c < curves.size(); c++) {
            for (int p = 0; p < places.size(); p++) {
                if (row(curves.get(c).get(p)) == row) {
                    line[p * width() + c] = letters.get(c);
                }
            }
        }
        return new String(line);
    }

    private static int row(double value) {
        return (int) Math.round(Math.clamp(value, 0, 1) * (ROWS - 1));
    }
}
