package dev.heed.app;

import dev.heed.app.print.Csv;
import dev.heed.app.print.Format;
import dev.heed.app.print.Heatmap;
import dev.heed.app.print.Json;
import dev.heed.app.print.Numbers;
import dev.heed.app.print.Table;
import dev.heed.app.print.Terminal;
import dev.heed.app.print.Text;
import dev.heed.attention.Attention;
import dev.heed.attention.AttentionMap;
import dev.heed.attention.AttentionOutput;
import dev.heed.attention.Reference;
import dev.heed.kernel.Kernels;
import java.util.ArrayList;
import java.util.List;

/**
 * One query of a worked example, followed through the four steps of the reference, and compared with the kernel.
 *
 * @param kernelDifference the largest difference between the kernel's output for this query and the reference's
 */
record Explanation(
        Example example,
        double[] scores,
        double[] masked,
        double[] weights,
        double[] output,
        AttentionMap map,
        double kernelDifference) {

    static Explanation of(Example example) {
        Attention attention = example.attention();
        int row = example.row();
        Reference.Steps steps = Reference.steps(attention, example.query(), example.key(), example.value(), 0, 0);
        AttentionOutput fast = attention.apply(example.query(), example.key(), example.value());
        double difference = 0;
        for (int d = 0; d < steps.output()[row].length; d++) {
            difference = Math.max(difference, Math.abs(fast.output().get(0, 0, row, d) - steps.output()[row][d]));
        }
        return new Explanation(
                example,
                steps.scores()[row],
                steps.masked()[row],
                steps.weights()[row],
                steps.output()[row],
                map(example, fast),
                difference);
    }

    private static AttentionMap map(Example example, AttentionOutput fast) {
        AttentionMap.Tile whole = AttentionMap.Tile.whole(0, 0, example.query(), example.key());
        return AttentionMap.of(example.attention(), example.query(), example.key(), fast.lse(), whole)
                .labelled(example.queryNames(), example.keyNames());
    }

    /** What one key adds to the output. */
    private double[] contribution(int key) {
        double[] contribution = value(key);
        for (int d = 0; d < contribution.length; d++) {
            contribution[d] *= weights[key];
        }
        return contribution;
    }

    private double[] value(int key) {
        return row(example.value().select(0, 0).select(0, 0).select(0, key).toArray());
    }

    private static double[] row(float[] numbers) {
        double[] row = new double[numbers.length];
        for (int d = 0; d < row.length; d++) {
            row[d] = numbers[d];
        }
        return row;
    }

    void print(Terminal terminal, Format format) {
        switch (format) {
            case TEXT -> printText(terminal);
            case JSON -> Json.print(terminal, asJson());
            case CSV -> printCsv(terminal);
        }
    }

    // ---- text ----

    private void printText(Terminal terminal) {
        terminal.line(terminal.colours().bold(example.name()) + "  " + example.title());
        terminal.line();
        if (map.rows() > 1) {
            new Heatmap(map, terminal).print();
            terminal.line();
        }
        String who = example.queryNames().get(example.row());
        heading(terminal, "query", who + "   " + example.given());
        inputs().printText(terminal, "  ");
        heading(terminal, "1 scores", example.scoring());
        scoreTable().printText(terminal, "  ");
        heading(terminal, "2 mask", "none: " + who + " may see every key");
        heading(terminal, "3 softmax", "exp(score) / sum of exp(scores): positive, and together 1");
        weightTable().printText(terminal, "  ");
        heading(terminal, "4 mixture", "each value times its weight, added up");
        mixtureTable().printText(terminal, "  ");
        terminal.line();
        terminal.line("  output  " + terminal.colours().bold(Numbers.vector(output, example.digits())));
        for (String note : example.notes()) {
            terminal.line();
            Text.wrap(note, terminal.width() - 2).forEach(line -> terminal.line("  " + line));
        }
        if (!example.comparison().isEmpty()) {
            terminal.line();
            example.comparison().printText(terminal, "  ");
        }
        terminal.line();
        terminal.note("check: kernel " + Kernels.name() + " (float32) and these numbers (float64) differ by at most "
                + Numbers.error(kernelDifference));
    }

    private static void heading(Terminal terminal, String step, String says) {
        if (!step.equals("query")) {
            terminal.line();
        }
        terminal.line(terminal.colours().bold(step) + "  " + says);
    }

    private Table inputs() {
        boolean keys = example.showsKeys();
        Table table = new Table().column(keys ? "word" : "");
        if (keys) {
            table.column("key");
        }
        table.column("value");
        for (int j = 0; j < weights.length; j++) {
            String value = Numbers.vector(value(j), -1);
            if (keys) {
                table.row(name(j), Numbers.vector(row(keyRow(j)), -1), value);
            } else {
                table.row(name(j), value);
            }
        }
        return table;
    }

    private float[] keyRow(int key) {
        return example.key().select(0, 0).select(0, 0).select(0, key).toArray();
    }

    private String name(int key) {
        return example.keyNames().get(key);
    }

    private Table scoreTable() {
        Table table = new Table().column("key").column("score", example.digits());
        for (int j = 0; j < scores.length; j++) {
            table.row(name(j), scores[j]);
        }
        return table;
    }

    private Table weightTable() {
        Table table = new Table().column("key").bars("weight", example.digits());
        double sum = 0;
        for (int j = 0; j < weights.length; j++) {
            table.row(name(j), weights[j]);
            sum += weights[j];
        }
        table.row("sum", sum);
        return table;
    }

    private Table mixtureTable() {
        Table table = new Table().column("key").column("weight × value");
        for (int j = 0; j < weights.length; j++) {
            table.row(name(j), Numbers.vector(contribution(j), example.digits()));
        }
        return table;
    }

    // ---- JSON and CSV ----

    private record JsonKey(
            String key, double score, boolean visible, double weight, double[] value, double[] contribution) {}

    private record JsonExample(
            String name,
            String title,
            String query,
            List<JsonKey> keys,
            double[] output,
            List<String> notes,
            String kernels,
            double kernelDifference) {}

    private JsonExample asJson() {
        List<JsonKey> keys = new ArrayList<>();
        for (int j = 0; j < weights.length; j++) {
            boolean visible = masked[j] != Double.NEGATIVE_INFINITY;
            keys.add(new JsonKey(name(j), scores[j], visible, weights[j], value(j), contribution(j)));
        }
        String query = example.queryNames().get(example.row());
        return new JsonExample(
                example.name(),
                example.title(),
                query,
                keys,
                output,
                example.notes(),
                Kernels.name(),
                kernelDifference);
    }

    private void printCsv(Terminal terminal) {
        Csv.printLine(terminal, "step", "key", "coordinate", "value");
        for (int j = 0; j < weights.length; j++) {
            Csv.printLine(terminal, "score", name(j), Table.NOTHING, scores[j]);
        }
        for (int j = 0; j < weights.length; j++) {
            Csv.printLine(terminal, "weight", name(j), Table.NOTHING, weights[j]);
        }
        for (int j = 0; j < weights.length; j++) {
            double[] contribution = contribution(j);
            for (int d = 0; d < contribution.length; d++) {
                Csv.printLine(terminal, "mixture", name(j), d, contribution[d]);
            }
        }
        for (int d = 0; d < output.length; d++) {
            Csv.printLine(terminal, "output", Table.NOTHING, d, output[d]);
        }
    }
}
