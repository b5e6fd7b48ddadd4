package dev.heed.app;

import dev.heed.app.print.Csv;
import dev.heed.app.print.Grid;
import dev.heed.app.print.Heatmap;
import dev.heed.app.print.Json;
import dev.heed.app.print.Numbers;
import dev.heed.app.print.QueryBars;
import dev.heed.app.print.Table;
import dev.heed.app.print.Terminal;
import dev.heed.app.print.Text;
import dev.heed.attention.AttentionMap;
import dev.heed.lens.Entropy;
import dev.heed.tensor.Tensor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The pictures of {@code heed look}: one head, one query of it, or all heads, with the picture's own check below it. */
final class LookView {
    /** Rows that choosing a head looks at, from the end: enough to tell heads apart, whatever the text's length. */
    private static final int ROWS_TO_CHOOSE_BY = 256;
    /** Tokens of a grid, from the end: four per cell at most. */
    private static final int GRID_TOKENS = 64;

    private final Heads heads;
    private final Terminal terminal;

    LookView(Heads heads, Terminal terminal) {
        this.heads = heads;
        this.terminal = terminal;
    }

    /** Which head, and why. */
    record Choice(int layer, int head, String why) {}

    /**
     * The head with the lowest mean entropy relative to uniform, of all or of one layer; the earlier of equal ones. Heads that
     * look at the same offset from most tokens are sharp and say nothing of the text: they are shown only if there is no other.
     */
    Choice sharpest(@Nullable Integer onlyLayer) {
        int queries = heads.queryTokens().size();
        int from = Math.max(0, queries - ROWS_TO_CHOOSE_BY);
        Choice none = new Choice(onlyLayer == null ? 0 : onlyLayer, 0, "the text has one token: nothing to choose by");
        Sharpest all = new Sharpest("");
        Sharpest free = new Sharpest(", leaving out those that look at one offset");
        for (int layer = 0; layer < heads.layers(); layer++) {
            for (int head = 0; head < heads.heads() && (onlyLayer == null || layer == onlyLayer); head++) {
                AttentionMap rows = heads.rows(layer, head, from, queries);
                double entropy = Entropy.relativeToUniform(rows);
                all.offer(layer, head, entropy);
                if (!looksAtOneOffset(rows)) {
                    free.offer(layer, head, entropy);
                }
            }
        }
        Sharpest chosen = free.candidates < all.candidates ? free : all;
        return chosen.choice().or(all::choice).orElse(none);
    }

    /** The head with the lowest entropy among those offered. */
    private static final class Sharpest {
        private final String leavingOut;
        private int layer;
        private int head;
        private int candidates;
        private double lowest = Double.POSITIVE_INFINITY;

        Sharpest(String leavingOut) {
            this.leavingOut = leavingOut;
        }

        void offer(int offeredLayer, int offeredHead, double entropy) {
            candidates++;
            if (entropy < lowest) {
                lowest = entropy;
                layer = offeredLayer;
                head = offeredHead;
            }
        }

        Optional<Choice> choice() {
            return lowest == Double.POSITIVE_INFINITY
                    ? Optional.empty()
                    : Optional.of(new Choice(
                            layer,
                            head,
                            "the lowest of " + candidates + " heads by mean entropy relative to uniform ("
                                    + Numbers.fixed(lowest, 2) + "; uniform is 1)" + leavingOut));
        }
    }

    /** Whether the largest weights of three quarters of the rows lie equally far from their queries (Voita et al. 2019, 5.1). */
    private static boolean looksAtOneOffset(AttentionMap rows) {
        Map<Integer, Integer> counts = new HashMap<>();
        for (int row = 0; row < rows.rows(); row++) {
            int largest = 0;
            for (int key = 1; key < rows.columns(); key++) {
                largest = rows.weight(row, key) > rows.weight(row, largest) ? key : largest;
            }
            counts.merge(rows.firstKey() + largest - rows.firstQuery() - row, 1, Integer::sum);
        }
        return counts.values().stream().anyMatch(count -> 4 * count >= 3 * rows.rows());
    }

    // ---- one head ----

    void printHead(Choice choice) {
        int most = Heatmap.keysThatFit(terminal.width());
        int queries = heads.queryTokens().size();
        int keys = heads.keyTokens().size();
        int firstKey = Math.max(0, keys - most);
        AttentionMap rows = heads.rows(choice.layer(), choice.head(), Math.max(0, queries - most), queries);
        title(rows.name() + of(rows.kind()), choice.why());
        new Heatmap(columns(rows, firstKey, keys), terminal).print();
        if (rows.rows() < queries || firstKey > 0) {
            sayWhatIsCut(rows, queries, firstKey, keys);
        }
        check(rows);
    }

    private void sayWhatIsCut(AttentionMap rows, int queries, int firstKey, int keys) {
        String cut = "The last " + rows.rows() + " of " + queries + " queries and " + (keys - firstKey) + " of " + keys
                + " keys; on average " + Numbers.fixed(100 * meanWeightBefore(rows, firstKey), 1)
                + " % of a row's weight lies on the keys that are cut off. --width shows more.";
        terminal.paragraph(cut);
    }

    /** The columns [from, to) of a map whose columns are all keys. */
    private static AttentionMap columns(AttentionMap map, int from, int to) {
        boolean[] visible = new boolean[map.rows() * (to - from)];
        for (int row = 0; row < map.rows(); row++) {
            for (int column = from; column < to; column++) {
                visible[row * (to - from) + column - from] = map.visible(row, column);
            }
        }
        Tensor weights = map.weights().slice(1, from, to);
        return new AttentionMap(
                map.layer(),
                map.head(),
                map.keyValueHead(),
                map.kind(),
                map.firstQuery(),
                from,
                map.queryTokens(),
                map.keyTokens().subList(from, to),
                weights,
                visible);
    }

    private static double meanWeightBefore(AttentionMap rows, int key) {
        double sum = 0;
        for (int row = 0; row < rows.rows(); row++) {
            for (int column = 0; column < key; column++) {
                sum += rows.weight(row, column);
            }
        }
        return sum / rows.rows();
    }

    private void check(AttentionMap rows) {
        terminal.note("check: largest |row sum − 1| " + Numbers.error(rows.largestRowSumError())
                + ", largest |Σ α·v − output| " + Numbers.error(heads.outputError(rows)));
    }

    /** An encoder–decoder has three kinds of heads of the same names. */
    private static String of(AttentionMap.Kind kind) {
        return switch (kind) {
            case SELF -> "";
            case ENCODER -> " of the encoder";
            case CROSS -> ", cross: rows are written, columns are read";
        };
    }

    private void title(String name, String why) {
        if (why.isEmpty() || Text.width(name + "  " + why) <= terminal.width()) {
            terminal.line(terminal.colours().bold(name) + (why.isEmpty() ? "" : "  " + why));
        } else {
            terminal.line(terminal.colours().bold(name));
            terminal.paragraph(why);
        }
        terminal.line();
    }

    // ---- one query ----

    void printQuery(Choice choice, int query) {
        AttentionMap row = row(choice, query);
        title(
                row.name() + of(row.kind()) + "  query "
                        + Heatmap.label(heads.queryTokens().get(query), query),
                choice.why());
        new QueryBars(row, 0).print(terminal);
        check(row);
    }

    private AttentionMap row(Choice choice, int query) {
        int tokens = heads.queryTokens().size();
        if (query < 0 || query >= tokens) {
            throw new IllegalArgumentException(
                    "look: --query must be 0.." + (tokens - 1) + ", the text's tokens, got " + query);
        }
        return heads.rows(choice.layer(), choice.head(), query, query + 1);
    }

    // ---- all heads ----

    void printGrid(@Nullable Integer onlyLayer) {
        int queries = heads.queryTokens().size();
        int keys = heads.keyTokens().size();
        int firstQuery = Math.max(0, queries - GRID_TOKENS);
        int firstKey = Math.max(0, keys - GRID_TOKENS);
        double rowSums = 0;
        double outputs = 0;
        Grid grid = null;
        int first = onlyLayer == null ? 0 : onlyLayer;
        int last = onlyLayer == null ? heads.layers() - 1 : onlyLayer;
        for (int layer = first; layer <= last; layer++) {
            List<AttentionMap> maps = new ArrayList<>();
            for (int head = 0; head < heads.heads(); head++) {
                AttentionMap rows = heads.rows(layer, head, firstQuery, queries);
                rowSums = Math.max(rowSums, rows.largestRowSumError());
                outputs = Math.max(outputs, heads.outputError(rows));
                maps.add(columns(rows, firstKey, keys));
            }
            grid = new Grid(maps, terminal);
            grid.print();
        }
        if (grid != null) {
            grid.printLegend();
        }
        if (firstQuery > 0 || firstKey > 0) {
            terminal.line("The last " + (queries - firstQuery) + " of " + queries + " queries and " + (keys - firstKey)
                    + " of " + keys + " keys.");
        }
        terminal.note("check over all heads: largest |row sum − 1| " + Numbers.error(rowSums)
                + ", largest |Σ α·v − output| " + Numbers.error(outputs));
    }

    // ---- JSON and CSV: the whole head, or one query of it ----

    private record JsonHead(
            String name,
            String kind,
            int layer,
            int head,
            int keyValueHead,
            int firstQuery,
            List<String> queryTokens,
            List<String> keyTokens,
            List<List<@Nullable Float>> weights,
            double largestRowSumError,
            double largestOutputError) {}

    private AttentionMap wanted(Choice choice, @Nullable Integer query) {
        return query == null
                ? heads.rows(
                        choice.layer(), choice.head(), 0, heads.queryTokens().size())
                : row(choice, query);
    }

    /** Weights as rows of numbers; null where masked. */
    void printJson(Choice choice, @Nullable Integer query) {
        AttentionMap map = wanted(choice, query);
        List<List<@Nullable Float>> weights = new ArrayList<>();
        for (int row = 0; row < map.rows(); row++) {
            List<@Nullable Float> line = new ArrayList<>();
            for (int column = 0; column < map.columns(); column++) {
                line.add(map.visible(row, column) ? map.weight(row, column) : null);
            }
            weights.add(line);
        }
        Json.print(
                terminal,
                new JsonHead(
                        map.name(),
                        map.kind().name().toLowerCase(Locale.ROOT),
                        map.layer(),
                        map.head(),
                        map.keyValueHead(),
                        map.firstQuery(),
                        map.queryTokens(),
                        map.keyTokens(),
                        weights,
                        map.largestRowSumError(),
                        heads.outputError(map)));
    }

    /** One line per query and key; the weight is empty where masked. */
    void printCsv(Choice choice, @Nullable Integer query) {
        AttentionMap map = wanted(choice, query);
        String kind = map.kind().name().toLowerCase(Locale.ROOT);
        Csv.printLine(terminal, "kind", "layer", "head", "query", "query_token", "key", "key_token", "weight");
        for (int row = 0; row < map.rows(); row++) {
            for (int column = 0; column < map.columns(); column++) {
                Csv.printLine(
                        terminal,
                        kind,
                        map.layer(),
                        map.head(),
                        map.firstQuery() + row,
                        map.queryTokens().get(row),
                        map.firstKey() + column,
                        map.keyTokens().get(column),
                        map.visible(row, column) ? (Object) map.weight(row, column) : Table.NOTHING);
            }
        }
    }
}
