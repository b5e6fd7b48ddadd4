package dev.heed.lens;

import dev.heed.attention.AttentionMap.Kind;
import dev.heed.model.Generation;
import dev.heed.model.Model;
import dev.heed.model.Steps;
import dev.heed.model.arch.Network;
import dev.heed.text.Tokens;
import dev.heed.train.worlds.Sentence;
import dev.heed.train.worlds.Split;
import dev.heed.train.worlds.Worlds;
import java.util.List;
import java.util.Optional;

/**
 * Whether a model's attention goes from "it" to what "it" stands for, and whether that is why it answers as it does: measured
 * on sentences with combinations of words that training never saw, with sample sizes and 95 % intervals. Such combinations are
 * two nouns, or a noun in a turn of phrase (stories: a noun and a property); in sentences the property that decides may have
 * been said of that noun in training. A weight is not an explanation: beside each weight stands what happens to the answer when its
 * edge is cut.
 *
 * <pre>{@code
 * RoutingReport report = RoutingReport.of(model, RoutingReport.Settings.usual());
 * report.tasks().getFirst().prefers().value(); // share of sentences in which the head prefers the referent
 * }</pre>
 *
 * @param tasks one per way of asking this model
 * @param exact of held-out sentences of all worlds: translated exactly; empty for models that do not translate
 */
public record RoutingReport(List<Task> tasks, Optional<Share> exact) {
    /**
     * What to measure.
     *
     * @param training sentences that the head is chosen on
     * @param heldOut sentences that are reported
     * @param toChooseRoutes of the training sentences, for choosing routes
     * @param routes how many to report at most
     * @param seed of all drawing
     */
    public record Settings(int training, int heldOut, int toChooseRoutes, int routes, long seed) {
        public Settings {
            if (training < 1 || heldOut < 1 || toChooseRoutes < 1 || routes < 0) {
                throw new IllegalArgumentException("report routing: at least one sentence of each kind is needed, got "
                        + training + " to choose by and " + heldOut + " held out");
            }
        }

        /** 400 sentences of each kind. */
        public static Settings usual() {
            return new Settings(400, 400, 150, 6, 2026);
        }
    }

    /**
     * The head that was chosen.
     *
     * @param of how many heads
     * @param onTraining how often it prefers the referent on the sentences that it was chosen on
     */
    public record Head(int layer, int head, int of, Share onTraining) {
        public String name() {
            return "L" + layer + "H" + head;
        }
    }

    /** How often something that does not understand prefers the referent. */
    public record Baseline(String name, Share prefers) {}

    /**
     * Answers when something is cut.
     *
     * @param right answers that are right
     * @param chooses answers that are at least likelier than that of the other noun
     * @param changed answers that were right and are wrong, or the other way round
     * @param probability of the right answer
     */
    public record Cut(String what, Share right, Share chooses, Share changed, Mean probability) {}

    /**
     * Edges from "it", or from the answer, that are cut, and the head itself; each on all held-out sentences.
     *
     * @param referent to the referent, in the head alone
     * @param referentEverywhere in every head
     * @param others as many random other ones, in the head alone
     * @param othersEverywhere in every head
     * @param otherNounEverywhere to the other noun, in every head
     * @param silenced the head as a whole
     * @param held the head as a whole, held at its mean
     */
    public record Cuts(
            Cut referent,
            Cut referentEverywhere,
            Cut others,
            Cut othersEverywhere,
            Cut otherNounEverywhere,
            Cut silenced,
            Cut held) {
        /** In this order. */
        public List<Cut> all() {
            return List.of(referent, referentEverywhere, others, othersEverywhere, otherNounEverywhere, silenced, held);
        }
    }

    /**
     * One way of asking.
     *
     * @param asked in words
     * @param kind whose weights are looked at
     * @param training sentences that the head was chosen on
     * @param heldOut sentences of every number below, if it does not say otherwise
     * @param prefers the head sends more weight to the referent than to the other noun
     * @param onReferent the weight that it sends there
     * @param onOther the weight that it sends to the other noun
     * @param most the head that sends most weight to the referent on training sentences, whatever else it sends
     * @param mostOnReferent the weight that it sends there
     * @param mostOnOther the weight that it sends to the other noun
     * @param right answers that are right among all words
     * @param chooses answers that are likelier than that of the other noun
     * @param probability of the right answer
     * @param twinsLookedAt of sentence and twin: the head prefers the right noun in both
     * @param twinsChosen of sentence and twin: the answer of the right noun is the likelier in both
     * @param cuts the edge and others cut, in the head and in every head, and the head as a whole
     * @param routes ways whose cutting changed most on training sentences, strongest first
     */
    public record Task(
            String asked,
            Kind kind,
            int training,
            int heldOut,
            Head head,
            Share prefers,
            Mean onReferent,
            Mean onOther,
            Head most,
            Mean mostOnReferent,
            Mean mostOnOther,
            List<Baseline> baselines,
            Share right,
            Share chooses,
            Mean probability,
            Share twinsLookedAt,
            Share twinsChosen,
            Cuts cuts,
            List<Cut> routes) {}

    /** Longer than any sentence. */
    private static final int MOST_WORDS = 64;

    /**
     * Measures a model that was trained on the worlds.
     *
     * @throws IllegalArgumentException if it knows other words, or reads pictures
     */
    public static RoutingReport of(Model model, Settings settings) {
        return of(model, settings, Steps.unheard());
    }

    /**
     * The same for somebody who waits.
     *
     * @param steps hears how many questions are answered
     */
    public static RoutingReport of(Model model, Settings settings, Steps steps) {
        List<Questions> ways = Questions.of(model, settings.seed());
        Steps.Count count = new Steps.Count(steps, 0);
        List<Routing> routings =
                ways.stream().map(way -> new Routing(way, settings, count)).toList();
        routings.forEach(routing -> count.expect(routing.questions()));
        List<Task> tasks = routings.stream().map(Routing::measure).toList();
        count.finish();
        return new RoutingReport(tasks, exact(model, ways.getFirst(), settings));
    }

    /** As {@code heed translate} does it, over all worlds. */
    private static Optional<Share> exact(Model model, Questions way, Settings settings) {
        if (!(model.network() instanceof Network.EncoderDecoder) || !(way instanceof Questions.Translated style)) {
            return Optional.empty();
        }
        List<Sentence> sentences = Worlds.evaluation(Split.HELDOUT, settings.heldOut(), settings.seed());
        List<Tokens> english = sentences.stream()
                .map(sentence -> model.tokenizer().encode(sentence.english().text()))
                .toList();
        List<Generation> german = model.generateAll(english, Generation.Options.greedy(MOST_WORDS));
        int exact = 0;
        for (int i = 0; i < sentences.size(); i++) {
            Sentence sentence = sentences.get(i);
            String wanted = (style.names() ? sentence.named() : sentence.pronoun()).text();
            exact += isWritten(model, wanted, german.get(i)) ? 1 : 0;
        }
        return Optional.of(new Share(exact, sentences.size()));
    }

    /** Token by token, the end included. */
    private static boolean isWritten(Model model, String wanted, Generation german) {
        int[] given = model.toWrite(wanted).ids();
        int[] written = german.ids();
        if (written.length != given.length || !model.endIds().contains(written[written.length - 1])) {
            return false;
        }
        for (int i = 1; i < given.length; i++) {
            if (written[i - 1] != given[i]) {
                return false;
            }
        }
        return true;
    }
}
