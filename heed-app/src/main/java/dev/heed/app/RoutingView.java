package dev.heed.app;

import dev.heed.app.print.Json;
import dev.heed.app.print.Numbers;
import dev.heed.app.print.Table;
import dev.heed.app.print.Terminal;
import dev.heed.app.print.Text;
import dev.heed.lens.Mean;
import dev.heed.lens.RoutingReport;
import dev.heed.lens.RoutingReport.Baseline;
import dev.heed.lens.RoutingReport.Cut;
import dev.heed.lens.RoutingReport.Cuts;
import dev.heed.lens.RoutingReport.Task;
import dev.heed.lens.Share;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** A {@link RoutingReport} as tables that fit a screen, or as JSON with everything. */
record RoutingView(String model, RoutingReport report) {
    void print(Terminal terminal) {
        for (Task task : report.tasks()) {
            terminal.line(
                    terminal.colours().bold(model) + "  " + task.asked() + "; " + task.heldOut() + " held-out texts");
            terminal.line();
            shares(task).printText(terminal, "");
            terminal.line();
            if (!task.equals(report.tasks().getFirst())) {
                continue; // one screen; JSON has its cuts, too
            }
            cuts(task).printText(terminal, "");
            terminal.line();
            for (String sentence : readings(task)) {
                Text.wrap(sentence, Math.min(terminal.width(), 80)).forEach(terminal::line);
            }
            terminal.line();
        }
    }

    /** Several models, a line each; what can be read off one of them takes a screen of its own. */
    static void printSummary(List<RoutingView> views, Terminal terminal) {
        Table table = new Table()
                .column("model")
                .column("prefers", 1)
                .column("interval")
                .column("chance", 1)
                .column("chosen", 1)
                .column("right", 1)
                .column("one cut", 1)
                .column("all cut", 1)
                .column("random", 1);
        for (RoutingView view : views) {
            Task task = view.report().tasks().getFirst();
            table.row(
                    view.model(),
                    100 * task.prefers().value(),
                    Numbers.fixed(100 * task.prefers().low(), 1) + "–"
                            + Numbers.fixed(100 * task.prefers().high(), 1),
                    100 * chance(task),
                    100 * task.chooses().value(),
                    100 * task.right().value(),
                    100 * task.cuts().referent().right().value(),
                    100 * task.cuts().referentEverywhere().right().value(),
                    100 * task.cuts().othersEverywhere().right().value());
        }
        table.printText(terminal, "");
        terminal.line();
        int sentences = views.getFirst().report().tasks().getFirst().heldOut();
        Text.wrap("In % of " + sentences + SUMMARY, Math.min(80, terminal.width()))
                .forEach(terminal::line);
    }

    private static final String SUMMARY =
            " held-out texts. prefers: one head, chosen on training sentences, sends more weight"
                    + " to what \"it\" stands for than to the other noun, with the 95 % interval; chance: the best of shuffled weights"
                    + " and simple rules. chosen: the right answer is likelier than that of the other noun; right: likelier than every"
                    + " other word, and so when that head's edges to the referent are cut, when every head's are, and when as many random"
                    + " others of every head are. A weight is not an explanation: --model NAME shows more.";

    private static double chance(Task task) {
        return task.baselines().stream()
                .mapToDouble(baseline -> baseline.prefers().value())
                .max()
                .orElse(0.5);
    }

    private Table shares(Task task) {
        Table table =
                new Table().column("").column("share").column("95 % interval").column("of");
        String head = task.head().name();
        row(table, head + " sends more weight to the referent", task.prefers());
        row(table, "  and in the twin, to the other noun", task.twinsLookedAt());
        for (Baseline baseline : task.baselines()) {
            row(table, "  chance: " + baseline.name(), baseline.prefers());
        }
        row(table, "the answer is right among all words", task.right());
        row(table, "  likelier than that of the other noun", task.chooses());
        row(table, "  and in the twin, the other way round", task.twinsChosen());
        report.exact().ifPresent(exact -> row(table, "translated exactly, all worlds", exact));
        return table;
    }

    private static void row(Table table, String what, Share share) {
        table.row(what, percent(share.value()), interval(share), share.of());
    }

    private static Table cuts(Task task) {
        Table table = new Table()
                .column("edges cut from " + from(task) + " to")
                .column("right")
                .column("95 % interval")
                .column("changed")
                .column("p(right)", 3);
        table.row(
                "  nothing",
                percent(task.right().value()),
                interval(task.right()),
                "0",
                task.probability().value());
        task.cuts().all().forEach(cut -> row(table, cut));
        if (!task.routes().isEmpty()) {
            table.row("ways that matter most, in every head", "", "", "", Table.NOTHING);
            task.routes().forEach(cut -> row(table, cut));
        }
        return table;
    }

    private static String from(Task task) {
        return task.kind() == dev.heed.attention.AttentionMap.Kind.CROSS ? "the answer" : "\"it\"";
    }

    private static void row(Table table, Cut cut) {
        table.row(
                "  " + cut.what(),
                percent(cut.right().value()),
                interval(cut.right()),
                Integer.toString(cut.changed().count()),
                cut.probability().value());
    }

    /** What the numbers say and what they do not: nothing is said that was not measured. */
    private static List<String> readings(Task task) {
        List<String> sentences = new ArrayList<>();
        String head = task.head().name();
        sentences.add(head + " was chosen among " + task.head().of() + " heads on " + task.training()
                + " training sentences ("
                + percent(task.head().onTraining().value()).strip()
                + " there). Its mean weight is " + mean(task.onReferent()) + " on the referent, " + mean(task.onOther())
                + " on the other noun.");
        double chance = task.baselines().stream()
                .mapToDouble(baseline -> baseline.prefers().high())
                .max()
                .orElse(0.5);
        sentences.add(
                task.prefers().low() > chance
                        ? "It prefers the referent more often than every chance level here."
                        : "It does not prefer the referent more often than chance, and no head does it more often in training."
                                + " Most weight on the referent comes from "
                                + task.most().name() + ": "
                                + mean(task.mostOnReferent()) + ", and " + mean(task.mostOnOther())
                                + " on the other noun."
                                + (task.chooses().low() > 0.5
                                        ? " The answers know it all the same: that is more than the weights of one head from "
                                                + from(task) + " show."
                                        : ""));
        Cuts cuts = task.cuts();
        sentences.add("A weight is not an explanation: with its edges to the referent cut, " + head
                + " alone changes whether "
                + cuts.referent().changed().count() + " of " + task.heldOut()
                + " answers are right (what the edges had goes to other words), all"
                + " heads together " + cuts.referentEverywhere().changed().count()
                + ", without as many random other edges, whatever weight"
                + " they had, " + cuts.othersEverywhere().changed().count() + "; silenced altogether, " + head
                + " changes "
                + cuts.silenced().changed().count() + ".");
        return sentences;
    }

    private static String mean(Mean mean) {
        return Numbers.fixed(mean.value(), 2) + " (" + Numbers.fixed(mean.low(), 2) + " to "
                + Numbers.fixed(mean.high(), 2) + ")";
    }

    private static String percent(double share) {
        return Text.right(Numbers.fixed(100 * share, 1), 5) + " %";
    }

    private static String interval(Share share) {
        return Text.right(Numbers.fixed(100 * share.low(), 1), 5) + " to "
                + Text.right(Numbers.fixed(100 * share.high(), 1), 5) + " %";
    }

    // ---- JSON
    // -----------------------------------------------------------------------------------------------------------------

    static void printJson(List<RoutingView> views, Terminal terminal) {
        List<Map<String, Object>> all = views.stream().map(RoutingView::json).toList();
        Json.print(terminal, all.size() == 1 ? all.getFirst() : Map.of("models", all));
    }

    private Map<String, Object> json() {
        Map<String, Object> all = new LinkedHashMap<>();
        all.put("model", model);
        report.exact().ifPresent(exact -> all.put("exact_translations", json(exact)));
        all.put("tasks", report.tasks().stream().map(RoutingView::json).toList());
        return all;
    }

    private static Map<String, Object> json(Task task) {
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("asked", task.asked());
        map.put("attention", task.kind().name().toLowerCase(Locale.ROOT));
        map.put("head", task.head().name());
        map.put("chosen_among", task.head().of());
        map.put("on_training", json(task.head().onTraining()));
        map.put("prefers_referent", json(task.prefers()));
        map.put("weight_on_referent", json(task.onReferent()));
        map.put("weight_on_other", json(task.onOther()));
        map.put("most_weight_head", task.most().name());
        map.put("most_weight_on_referent", json(task.mostOnReferent()));
        map.put("most_weight_on_other", json(task.mostOnOther()));
        map.put("twins_looked_at", json(task.twinsLookedAt()));
        Map<String, Object> chance = new LinkedHashMap<>();
        task.baselines().forEach(baseline -> chance.put(baseline.name(), json(baseline.prefers())));
        map.put("chance", chance);
        map.put("right", json(task.right()));
        map.put("chooses", json(task.chooses()));
        map.put("probability", json(task.probability()));
        map.put("twins_chosen", json(task.twinsChosen()));
        map.put("cuts", task.cuts().all().stream().map(RoutingView::json).toList());
        map.put("routes", task.routes().stream().map(RoutingView::json).toList());
        return map;
    }

    private static Map<String, Object> json(Cut cut) {
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("what", cut.what());
        map.put("right", json(cut.right()));
        map.put("chooses", json(cut.chooses()));
        map.put("changed", json(cut.changed()));
        map.put("probability", json(cut.probability()));
        return map;
    }

    static Map<String, Object> json(Share share) {
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("share", share.value());
        map.put("low", share.low());
        map.put("high", share.high());
        map.put("count", share.count());
        map.put("of", share.of());
        return map;
    }

    static Map<String, Object> json(Mean mean) {
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("mean", finite(mean.value()));
        map.put("low", finite(mean.low()));
        map.put("high", finite(mean.high()));
        map.put("deviation", finite(mean.deviation()));
        map.put("of", mean.count());
        return map;
    }

    static Object finite(double number) {
        return Double.isFinite(number) ? (Object) number : Json.NULL;
    }
}
