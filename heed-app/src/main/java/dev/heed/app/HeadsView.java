package dev.heed.app;

import dev.heed.app.print.Json;
import dev.heed.app.print.Numbers;
import dev.heed.app.print.Table;
import dev.heed.app.print.Terminal;
import dev.heed.app.print.Text;
import dev.heed.lens.HeadMetric;
import dev.heed.lens.HeadReport;
import dev.heed.lens.HeadReport.Head;
import dev.heed.lens.HeadReport.Score;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * A {@link HeadReport} as one table per metric, or as JSON with everything.
 *
 * @param most heads of a metric
 */
record HeadsView(String model, HeadReport report, int most) {
    void print(Terminal terminal) {
        terminal.line(terminal.colours().bold(model) + "  " + report.heads().size() + whose() + ", " + report.texts()
                + (report.texts() == 1 ? " text" : " texts") + " of "
                + Numbers.fixed((double) report.tokens() / report.texts(), 1) + " tokens on average");
        terminal.line();
        Table table = new Table()
                .column("")
                .column("mean", 3)
                .column("95 % interval")
                .column("uniform", 3)
                .column("shuffled", 3)
                .column("random", 3)
                .column("label");
        for (HeadMetric metric : shown()) {
            table.row(
                    metric.words() + (metric.onRepeats() ? " *" : ""),
                    Table.NOTHING,
                    "",
                    Table.NOTHING,
                    Table.NOTHING,
                    Table.NOTHING,
                    "");
            highest(metric).forEach(head -> row(table, head, head.score(metric)));
        }
        table.printText(terminal, "");
        terminal.line();
        Text.wrap(legend(), Math.min(80, terminal.width())).forEach(terminal::line);
    }

    private String whose() {
        return switch (report.kind()) {
            case ENCODER -> " heads of the encoder alone";
            case CROSS -> " heads of cross-attention";
            case SELF -> isOfWriter() ? " heads of the decoder alone" : " heads";
        };
    }

    /** Whether a decoder beside an encoder was measured while it wrote. */
    private boolean isOfWriter() {
        return Double.isNaN(report.copyingByChance());
    }

    /** What this kind of attention does not have is said, not left out in silence. */
    private String measured() {
        return switch (report.kind()) {
            case ENCODER -> " --kind cross and --kind self show the heads of the decoder.";
            case CROSS ->
                " Measured while the model writes its own answers; queries are what it writes, keys what it reads, so none is"
                        + " its own, the one before, an earlier copy or at a distance, and shuffled is what is read.";
            case SELF ->
                isOfWriter()
                        ? " Measured while the model writes its own answers, so not on repeated tokens, which answer nothing;"
                                + " shuffled is what is written."
                        : "";
        };
    }

    /** Distances say little at a glance. */
    private List<HeadMetric> shown() {
        return report.heads().getFirst().scores().stream()
                .map(Score::metric)
                .filter(metric -> most >= report.heads().size()
                        || metric != HeadMetric.DISTANCE && metric != HeadMetric.DISTANCE_WITHOUT_FIRST)
                .toList();
    }

    private String legend() {
        boolean copies = report.heads().stream().anyMatch(head -> head.copying().isPresent());
        return (isOfWriter() ? "" : "* on random tokens, repeated. ")
                + "mean: share of a query's weight, unless said otherwise, over queries and"
                + " texts; distances in tokens. uniform: equal weights over the keys that a query sees. shuffled: the same"
                + " tokens in another order. random: the same model with its weights shuffled, its highest head. Each"
                + " interval is of one head by itself: of many heads some lie high by chance. A label says where the"
                + " weight goes (at least " + HeadReport.NAMED_FROM
                + " of what chance leaves), not what the head is for"
                + (isOfWriter()
                        ? "."
                        : "; 'prefix matching' is half of an induction head: that it copies was not found.")
                + measured()
                + (copies
                        ? " copies: of what the head raises, the share of the token attended to, by chance "
                                + Numbers.fixed(report.copyingByChance(), 2) + "."
                        : "");
    }

    /** For distance and entropy, too, the highest come first. */
    private List<Head> highest(HeadMetric metric) {
        return report.heads().stream()
                .sorted(Comparator.comparingDouble(
                        head -> -head.score(metric).value().value()))
                .limit(most)
                .toList();
    }

    private static void row(Table table, Head head, Score score) {
        table.row(
                "  " + head.name(),
                score.value().value(),
                HeadsCommand.interval(score.value().low(), score.value().high()),
                score.uniform().value(),
                score.shuffled().value(),
                score.random().value(),
                label(head, score.metric()));
    }

    /** The label that this metric gives the head. */
    private static String label(Head head, HeadMetric metric) {
        String copies = head.copying()
                .map(share -> ", copies " + Numbers.fixed(share.value(), 2))
                .orElse("");
        return switch (metric) {
            case SELF -> named(head, "own token");
            case PREVIOUS_TOKEN -> named(head, "previous token");
            case FIRST_TOKEN -> named(head, "first token");
            case DUPLICATE_TOKEN -> named(head, "duplicate token");
            case INDUCTION -> named(head, "induction") + named(head, "prefix matching") + copies;
            case ENTROPY, DISTANCE, DISTANCE_WITHOUT_FIRST -> "";
        };
    }

    private static String named(Head head, String label) {
        return head.labels().contains(label) ? label : "";
    }

    void printJson(Terminal terminal) {
        List<Object> heads = new ArrayList<>();
        for (Head head : report.heads()) {
            Map<String, Object> map = new LinkedHashMap<>();
            map.put("head", head.name());
            map.put("labels", head.labels());
            for (Score score : head.scores()) {
                Map<String, Object> one = new LinkedHashMap<>();
                one.put("value", RoutingView.json(score.value()));
                one.put("uniform", RoutingView.json(score.uniform()));
                one.put("shuffled", RoutingView.json(score.shuffled()));
                one.put("random", RoutingView.json(score.random()));
                map.put(score.metric().name().toLowerCase(Locale.ROOT), one);
            }
            head.copying().ifPresent(copying -> map.put("copying", RoutingView.json(copying)));
            heads.add(map);
        }
        Map<String, Object> all = new LinkedHashMap<>();
        all.put("model", model);
        all.put("attention", report.kind().name().toLowerCase(Locale.ROOT));
        all.put("texts", report.texts());
        all.put("tokens", report.tokens());
        all.put("copying_by_chance", RoutingView.finite(report.copyingByChance()));
        all.put("heads", heads);
        Json.print(terminal, all);
    }
}
