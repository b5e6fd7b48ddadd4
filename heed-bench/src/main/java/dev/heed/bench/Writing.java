package dev.heed.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;

/** A report as text, Markdown or JSON, and as the files that are kept. */
final class Writing {
    /** How results are printed. */
    enum Format {
        TEXT,
        MD,
        JSON
    }

    private static final String NONE = "–";

    private Writing() {}

    static String of(Report report, Format format) {
        return switch (format) {
            case TEXT -> prose(report, "", Table::text);
            case MD -> prose(report, "# ", Table::markdown);
            case JSON ->
                JsonMapper.builder().build().writerWithDefaultPrettyPrinter().writeValueAsString(report) + "\n";
        };
    }

    /** Keeps JSON and Markdown beside each other; returns the path without its ending. */
    static Path keep(Report report, Path folder) {
        Conditions where = report.conditions();
        String name = report.title() + "-" + where.date().replace(":", "").replace("Z", "") + "-"
                + where.commit().replace("+", "-changed");
        try {
            Files.createDirectories(folder);
            write(folder.resolve(name + ".json"), of(report, Format.JSON));
            write(folder.resolve(name + ".md"), of(report, Format.MD));
            return folder.resolve(name);
        } catch (IOException e) {
            throw new UncheckedIOException("bench: results could not be kept in " + folder + ": " + e.getMessage(), e);
        }
    }

    private static void write(Path file, String content) throws IOException {
        Path beside = file.resolveSibling(file.getFileName() + ".part");
        Files.writeString(beside, content);
        Files.move(beside, file, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
    }

    private static String prose(Report report, String heading, Function<Table, String> table) {
        StringBuilder text = new StringBuilder();
        Conditions where = report.conditions();
        text.append(heading).append("heed bench ").append(report.title()).append("\n\n");
        text.append(where.date()).append(", commit ").append(where.commit()).append(", kernel ");
        text.append(where.kernel()).append(", JDK ").append(where.jdk()).append(".\n");
        text.append(where.machine()).append(format(", load %.2f at the start.\n", where.load()));
        text.append(where.plan())
                .append(". Run again: ")
                .append(report.command())
                .append("\n\n");
        text.append("Ratios: the rival's time over Heed's in the same round; above 1 Heed is faster. ");
        text.append("Medians, in brackets the quartiles.\n\n");
        text.append(table.apply(summary(report.rows()))).append('\n');
        text.append(table.apply(machine(report.machine()))).append('\n');
        text.append(table.apply(details(report.rows()))).append('\n');
        Table absent = absent(report.rows());
        return text.append(table.apply(absent)).toString();
    }

    private static Table summary(List<Report.Row> rows) {
        Table table = new Table(
                "case", "threads", "heed ms", "faster ONNX Runtime", "PyTorch", "of the floor", "over one thread");
        for (Report.Row row : rows) {
            Optional<Report.Entry> home = row.of(Comparison.HOME);
            table.row(
                    row.name(),
                    String.valueOf(row.threads()),
                    home.map(entry -> millis(entry.millis().median())).orElse(NONE),
                    fastest(row, name -> name.startsWith("ort")),
                    fastest(row, name -> name.equals("torch")),
                    home.map(entry -> format("%.2f", entry.ofFloor())).orElse(NONE),
                    home.map(entry -> ratio(entry.speedUp())).orElse(NONE));
        }
        return table;
    }

    private static String fastest(Report.Row row, Predicate<String> rival) {
        return row.entries().stream()
                .filter(entry -> rival.test(entry.rival()) && entry.ratio() != null)
                .min(Comparator.comparingDouble(entry -> entry.millis().median()))
                .map(entry -> ratio(entry.ratio()))
                .orElse(NONE);
    }

    private static Table machine(List<Limits.Machine> machines) {
        Table table = new Table("threads", "FMA peak GFLOP/s", "read L2 GB/s", "read L3 GB/s", "read DRAM GB/s");
        for (Limits.Machine machine : machines) {
            table.row(
                    String.valueOf(machine.threads()),
                    format("%.0f", machine.gflops()),
                    format("%.0f", machine.l2()),
                    format("%.0f", machine.l3()),
                    format("%.0f", machine.dram()));
        }
        return table;
    }

    private static Table details(List<Report.Row> rows) {
        Table table = new Table("case", "threads", "who", "ms", "ratio", "of the floor", "error", "version");
        for (Report.Row row : rows) {
            for (Report.Entry entry : row.entries()) {
                Quartiles time = entry.millis();
                table.row(
                        row.name(),
                        String.valueOf(row.threads()),
                        entry.rival(),
                        millis(time.median()) + " [" + millis(time.low()) + ", " + millis(time.high()) + "]",
                        ratio(entry.ratio()),
                        format("%.2f", entry.ofFloor()),
                        format("%.1e", entry.error()),
                        entry.version());
            }
        }
        return table;
    }

    private static Table absent(List<Report.Row> rows) {
        Table table = new Table("case", "absent", "why");
        rows.stream()
                .flatMap(row -> row.absent().stream().map(who -> List.of(row.name(), who.rival(), who.reason())))
                .distinct()
                .forEach(cells -> table.row(cells.toArray(String[]::new)));
        return table;
    }

    private static String ratio(@Nullable Quartiles ratio) {
        return ratio == null ? NONE : format("%.2f [%.2f, %.2f]", ratio.median(), ratio.low(), ratio.high());
    }

    private static String millis(double millis) {
        return millis < 1 ? format("%.4f", millis) : format("%.2f", millis);
    }

    @SuppressWarnings("AnnotateFormatMethod") // private, and its patterns stand above
    private static String format(String pattern, Object... values) {
        return String.format(Locale.ROOT, pattern, values);
    }
}
