package dev.heed.lens;

import dev.heed.attention.AttentionMap.Kind;
import dev.heed.model.Model;
import dev.heed.model.Run;
import dev.heed.model.Steps;
import dev.heed.model.arch.Network;
import dev.heed.nn.Intervention;
import dev.heed.nn.Intervention.Where;
import dev.heed.tensor.Tensor;
import dev.heed.text.Tokens;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * What the heads of a model are like: every metric beside three baselines, with intervals over texts, and a label only where
 * the whole interval is above them. Each interval is of one head by itself: of many heads some lie high by chance, as the
 * third baseline does, which is the highest of as many.
 *
 * <ul>
 *   <li>equal weights over the keys that a query sees;
 *   <li>the same tokens in another order: what remains looks at positions, not at words;
 *   <li>the same model with its weights shuffled, of which the head that scores highest.
 * </ul>
 *
 * <p>A head is called an induction head if it attends to what followed earlier copies and also copies: of the logits that the
 * head raises (those of the whole model minus those without the head, less their mean over the tokens of the text, if
 * positive), the share of the token attended to is above 1 / tokens. That is measured by silencing the head, so what later
 * heads make of it counts; Olsson et al. 2022 take the direct effect alone.
 *
 * <pre>{@code
 * try (Model model = Model.bundled("story")) {
 *     List<Tokens> texts = List.of(model.tokenizer().encode("Mia saw a dog."), model.tokenizer().encode("It was glad."));
 *     HeadReport report = HeadReport.of(model, texts, 1);
 *     report.heads().forEach(head -> System.out.println(head.name() + " " + head.labels()));
 * }
 * }</pre>
 *
 * @param kind whose attention
 * @param texts how many
 * @param tokens in all texts: those that are read or, of a decoder beside an encoder, those that it writes
 * @param copyingByChance the share of the token attended to if a head raised the repeated tokens without regard to it; NaN where
 *     nothing is measured on repeated tokens
 * @param heads layer by layer
 */
public record HeadReport(Kind kind, int texts, int tokens, double copyingByChance, List<Head> heads) {
    /**
     * What is given a name has so much of the weight that chance (equal weights, or shuffled ones) leaves, at least: Gu et al. 2025
     * take 0.3 for sinks, in texts so long that chance is nothing. In short ones it alone comes near 0.3.
     */
    public static final double NAMED_FROM = 0.3;

    /**
     * One metric of one head.
     *
     * @param value over texts
     * @param uniform of equal weights
     * @param shuffled of the same tokens in another order
     * @param random of the best head of the model with shuffled weights
     */
    public record Score(HeadMetric metric, Mean value, Mean uniform, Mean shuffled, Mean random) {
        /** The interval lies above those of the baselines; where metrics look at positions, order is none. */
        boolean isAboveBaselines() {
            boolean above = value.low() > uniform.high() && value.low() > random.high();
            return above && (!metric.onRepeats() || value.low() > shuffled.high());
        }

        boolean isNamed() {
            double chance = Math.max(uniform.value(), random.value());
            return value.value() - chance >= NAMED_FROM * (1 - chance) && isAboveBaselines();
        }
    }

    /**
     * One head.
     *
     * @param scores of what is measured of this kind of attention
     * @param copying share of the token attended to in what the head raises; empty where it was not measured because the head
     *     is no candidate or the model predicts no next token
     * @param labels what it may be called; most often nothing
     */
    public record Head(int layer, int head, List<Score> scores, Optional<Mean> copying, List<String> labels) {
        public String name() {
            return "L" + layer + "H" + head;
        }

        /** @throws IllegalArgumentException if it is not measured of this kind of attention */
        public Score score(HeadMetric metric) {
            return scores.stream()
                    .filter(score -> score.metric() == metric)
                    .findFirst()
                    .orElseThrow(() -> new IllegalArgumentException(
                            "HeadReport: " + metric + " is not measured of this kind of attention"));
        }
    }

    /**
     * Measures a model; of an encoder–decoder the encoder.
     *
     * @param texts as people write them; for intervals more than one
     * @param seed of what is drawn at random
     */
    public static HeadReport of(Model model, List<Tokens> texts, long seed) {
        return of(model, HeadTexts.usual(model), texts, seed, Steps.unheard());
    }

    /**
     * Measures one kind of attention of a model. A decoder beside an encoder is measured while it writes its own answers to the
     * texts, cross-attention by those metrics that are {@link HeadMetric#isOfTwoTexts of two texts}, its self-attention by all
     * but those on repeated tokens, which answer nothing.
     *
     * @param kind {@link Kind#SELF} where there is one stack
     * @param steps hears how many texts are measured
     */
    public static HeadReport of(Model model, Kind kind, List<Tokens> texts, long seed, Steps steps) {
        HeadTexts given = HeadTexts.of(model, kind, texts);
        return given.isOfWriter() ? ofWriter(model, given, seed, steps) : ofReader(model, given, seed, steps);
    }

    private static HeadReport ofWriter(Model model, HeadTexts given, long seed, Steps steps) {
        try (Model random = model.shuffled(seed)) {
            Steps.Count count = new Steps.Count(steps, 3L * given.size());
            Scores scores = Scores.of(model, random, given, given.shuffled(seed), Probe.TEXT, count);
            return report(given, Double.NaN, scores, (layer, head) -> scored(scores, layer, head));
        }
    }

    private static Head scored(Scores scores, int layer, int head) {
        List<Score> all = Stream.of(HeadMetric.values())
                .filter(metric -> !metric.onRepeats())
                .filter(metric -> scores.model().kind() != Kind.CROSS || metric.isOfTwoTexts())
                .map(metric -> scores.score(layer, head, metric))
                .toList();
        return new Head(layer, head, all, Optional.empty(), labels(all, Optional.empty(), Double.NaN));
    }

    private static HeadReport ofReader(Model model, HeadTexts given, long seed, Steps steps) {
        RepeatedTexts repeated = RepeatedTexts.of(model, given.read().getFirst(), seed);
        HeadTexts repeats = HeadTexts.of(model, given.kind(), repeated.texts());
        HeadTexts mixed =
                HeadTexts.of(model, given.kind(), repeated.shuffled(seed).texts());
        try (Model random = model.shuffled(seed)) {
            Steps.Count count = new Steps.Count(steps, 3L * (given.size() + repeats.size()));
            Scores ofTexts = Scores.of(model, random, given, given.shuffled(seed), Probe.TEXT, count);
            Scores ofRepeats = Scores.of(model, random, repeats, mixed, repeated.probe(), count);
            return report(
                    given,
                    chance(repeated),
                    ofTexts,
                    (layer, head) -> head(model, repeated, ofTexts, ofRepeats, layer, head, count));
        }
    }

    private interface Measure {
        Head of(int layer, int head);
    }

    private static HeadReport report(HeadTexts given, double copyingByChance, Scores scores, Measure measure) {
        List<Head> heads = new ArrayList<>();
        for (int layer = 0; layer < scores.model().layers(); layer++) {
            for (int head = 0; head < scores.model().heads(layer); head++) {
                heads.add(measure.of(layer, head));
            }
        }
        return new HeadReport(given.kind(), given.size(), given.tokens(), copyingByChance, List.copyOf(heads));
    }

    /** The same texts in the model, in another order, and in the model with shuffled weights. */
    private record Scores(HeadScores model, HeadScores shuffled, HeadScores random) {
        static Scores of(
                Model model, Model random, HeadTexts texts, HeadTexts shuffled, Probe probe, Steps.Count steps) {
            return new Scores(
                    HeadScores.of(model, texts, probe, steps),
                    HeadScores.of(model, shuffled, probe, steps),
                    HeadScores.of(random, texts, probe, steps));
        }

        Score score(int layer, int head, HeadMetric metric) {
            return new Score(
                    metric,
                    model.mean(layer, head, metric),
                    model.uniform(layer, head, metric),
                    shuffled.mean(layer, head, metric),
                    random.largest(metric));
        }
    }

    private static Head head(
            Model model,
            RepeatedTexts repeated,
            Scores ofTexts,
            Scores ofRepeats,
            int layer,
            int head,
            Steps.Count steps) {
        List<Score> scores = new ArrayList<>();
        for (HeadMetric metric : HeadMetric.values()) {
            scores.add((metric.onRepeats() ? ofRepeats : ofTexts).score(layer, head, metric));
        }
        Optional<Mean> copying =
                scores.get(HeadMetric.INDUCTION.ordinal()).isNamed() && model.network() instanceof Network.Decoder
                        ? Optional.of(copying(model, repeated, ofRepeats.model(), layer, head, steps))
                        : Optional.empty();
        return new Head(layer, head, List.copyOf(scores), copying, labels(scores, copying, chance(repeated)));
    }

    private static double chance(RepeatedTexts repeated) {
        return 1.0 / repeated.probe().period();
    }

    private static List<String> labels(List<Score> scores, Optional<Mean> copying, double chance) {
        List<String> labels = new ArrayList<>();
        for (Score score : scores) {
            if (score.isNamed()) {
                switch (score.metric()) {
                    case SELF -> labels.add("own token");
                    case PREVIOUS_TOKEN -> labels.add("previous token");
                    case FIRST_TOKEN -> labels.add("first token");
                    case DUPLICATE_TOKEN -> labels.add("duplicate token");
                    case INDUCTION ->
                        labels.add(copying.map(Mean::low).orElse(0.0) > chance ? "induction" : "prefix matching");
                    case ENTROPY, DISTANCE, DISTANCE_WITHOUT_FIRST -> {} // numbers, not kinds of heads
                }
            }
        }
        return List.copyOf(labels);
    }

    // ---- copying
    // ------------------------------------------------------------------------------------------------------------

    private static Mean copying(
            Model model, RepeatedTexts repeated, HeadScores scores, int layer, int head, Steps.Count steps) {
        List<Intervention> silenced = List.of(new Intervention.Silence(Where.head(scores.kind(), layer, head)));
        double[] shares = new double[repeated.texts().size()];
        steps.expect(shares.length);
        for (int t = 0; t < shares.length; t++) {
            Tokens text = repeated.texts().get(t);
            Tensor whole = logits(model, text, List.of());
            Tensor without = logits(model, text, List.of(silenced));
            int from = repeated.probe().first() + repeated.probe().period();
            int[] ids = text.ids();
            int[] seen =
                    IntStream.of(ids).skip(repeated.probe().first()).distinct().toArray();
            double sum = 0;
            for (int i = from; i < ids.length; i++) {
                int attended = ids[scores.attended(t, layer, head, i)];
                sum += raised(whole.select(0, i), without.select(0, i), seen, attended);
            }
            shares[t] = sum / (ids.length - from);
            steps.add(1);
        }
        return Mean.of(shares).within(0, 1);
    }

    private static Tensor logits(Model model, Tokens text, List<List<Intervention>> changes) {
        return model.runAll(List.of(text), Run.Options.logitsOnly(), changes)
                .getFirst()
                .logits()
                .orElseThrow();
    }

    /** The attended token's share of all that is raised above the mean; 0 where nothing is. */
    private static double raised(Tensor whole, Tensor without, int[] seen, int attended) {
        double mean = IntStream.of(seen)
                .mapToDouble(id -> (double) whole.get(id) - without.get(id))
                .average()
                .orElse(0);
        double all = 0;
        double its = 0;
        for (int id : seen) {
            double above = Math.max(0, (double) whole.get(id) - without.get(id) - mean);
            all += above;
            its += id == attended ? above : 0;
        }
        return all == 0 ? 0 : its / all;
    }
}
