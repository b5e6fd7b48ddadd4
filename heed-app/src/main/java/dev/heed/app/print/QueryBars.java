package dev.heed.app.print;

import dev.heed.attention.AttentionMap;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** One query's row: its keys from the largest weight to the smallest, each with a bar. */
public final class QueryBars {
    private static final int MOST_KEYS = 16;

    private final AttentionMap map;
    private final int row;

    /**
     * @param row of the map, not of the sequence
     */
    public QueryBars(AttentionMap map, int row) {
        this.map = map;
        this.row = row;
    }

    /** Columns that the query sees, by falling weight; equal ones by position. */
    private List<Integer> sorted() {
        List<Integer> columns = new ArrayList<>();
        for (int column = 0; column < map.columns(); column++) {
            if (map.visible(row, column)) {
                columns.add(column);
            }
        }
        columns.sort(Comparator.comparingDouble((Integer column) -> -map.weight(row, column)));
        return columns;
    }

    public void print(Terminal terminal) {
        List<Integer> keys = sorted();
        List<Integer> shown =
                keys.subList(0, keys.size() == MOST_KEYS + 1 ? keys.size() : Math.min(keys.size(), MOST_KEYS));
        Table table = new Table().column("key").bars("weight", 4);
        double rest = 0;
        for (int column : keys) {
            rest += map.weight(row, column);
        }
        for (int column : shown) {
            table.row(Heatmap.label(map.keyTokens().get(column), map.firstKey() + column), map.weight(row, column));
            rest -= map.weight(row, column);
        }
        if (keys.size() > shown.size()) {
            table.row((keys.size() - shown.size()) + " others", Math.max(0, rest));
        }
        table.printText(terminal, "");
        int masked = map.columns() - keys.size();
        if (masked > 0) {
            terminal.line(terminal.colours().dim(masked + (masked == 1 ? " key is" : " keys are") + " masked"));
        }
    }
}
