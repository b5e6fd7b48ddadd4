package dev.heed.lens;

import dev.heed.attention.AttentionMap;
import dev.heed.attention.AttentionMap.Kind;
import dev.heed.lens.Answers.Answer;
import dev.heed.lens.RoutingReport.Baseline;
import dev.heed.lens.RoutingReport.Cut;
import dev.heed.lens.RoutingReport.Head;
import dev.heed.lens.RoutingReport.Settings;
import dev.heed.model.Model;
import dev.heed.model.Recording;
import dev.heed.model.Run;
import dev.heed.model.Steps;
import dev.heed.nn.Intervention;
import dev.heed.nn.Intervention.Where;
import dev.heed.tensor.Tensor;
import dev.heed.train.worlds.Split;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.function.Predicate;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** Measures what {@link RoutingReport} says of one kind of question. Heads and routes are chosen on training sentences alone. */
final class Routing {
    /** The probability that a route must take, and a wider one beyond a narrower one. */
    private static final double WORTH = 0.05;

    private final Questions questions;
    private final Model model;
    private final Settings settings;
    private final List<Question> training;
    private final List<Question.Pair> pairs;
    private final List<Question> heldOut;

    private final Steps.Count count;

    /** @param count of questions that are answered */
    Routing(Questions questions, Settings settings, Steps.Count count) {
        this.questions = questions;
        this.model = questions.model();
        this.settings = settings;
        this.count = count;
        this.training = questions.draw(Split.TRAIN, settings.training(), settings.seed()).stream()
                .map(Question.Pair::question)
                .toList();
        this.pairs = questions.draw(Split.HELDOUT, settings.heldOut(), settings.seed());
        this.heldOut = pairs.stream().map(Question.Pair::question).toList();
    }

    RoutingReport.Task measure() {
        Head best = best(model);
        List<Looks> looks = looks(model, best, heldOut);
        Head most = most();
        List<Looks> mostLooks = looks(model, most, heldOut);
        List<Answer> answers = answers(heldOut, List.of());
        return new RoutingReport.Task(
                questions.task(),
                questions.kind(),
                training.size(),
                heldOut.size(),
                best,
                share(looks, Looks::prefersReferent),
                mean(looks, Looks::onReferent),
                mean(looks, Looks::onOther),
                most,
                mean(mostLooks, Looks::onReferent),
                mean(mostLooks, Looks::onOther),
                baselines(),
                share(answers, Answer::right),
                share(answers, Answer::chooses),
                probability(answers),
                twinsLookedAt(best, looks),
                twinsChosen(answers),
                cuts(best, answers),
                routes(answers));
    }

    /** How many questions {@link #measure} answers, at most: fewer if fewer routes matter. */
    long questions() {
        int toChooseHeads = 3 * training.size(); // best, most, and best of shuffled weights
        int looks = 3 * heldOut.size() + twins().size();
        int answers = heldOut.size() + twins().size();
        int cuts = 7 * heldOut.size() + training.size(); // these give the mean
        long routes = (1L + candidates().size()) * toChooseRoutes() + (long) settings.routes() * heldOut.size();
        return toChooseHeads + looks + answers + cuts + routes;
    }

    private List<Run> recorded(Model of, List<Question> asked) {
        List<Run> runs = Answers.runs(of, asked, Run.Options.attentionOnly(), List.of());
        count.add(asked.size());
        return runs;
    }

    private List<Answer> answers(List<Question> asked, List<List<Intervention>> cuts) {
        List<Answer> answers = Answers.of(model, asked, cuts);
        count.add(asked.size());
        return answers;
    }

    // ---- looking
    // ------------------------------------------------------------------------------------------------------------

    /** A row's weight on the mentions of the referent, and on those of the other noun. */
    private record Looks(double onReferent, double onOther) {
        boolean prefersReferent() {
            return onReferent > onOther;
        }
    }

    /** One head on the training sentences: how often it prefers the referent, and the weight that it sends there. */
    private record Candidate(int layer, int head, Share prefers, double weight) {}

    /** The head that prefers the referent most often; of equal ones that which sends more weight there. */
    private Head best(Model of) {
        return chosen(
                of,
                Comparator.comparingInt((Candidate each) -> each.prefers().count())
                        .thenComparingDouble(Candidate::weight));
    }

    /** The head that sends the largest mean weight to the referent, preferred or not. */
    private Head most() {
        return chosen(model, Comparator.comparingDouble(Candidate::weight));
    }

    /** The largest by an order, of equal ones the first. */
    private Head chosen(Model of, Comparator<Candidate> order) {
        List<Run> runs = recorded(of, training);
        Recording first = runs.getFirst().recording();
        List<Candidate> all = new ArrayList<>();
        for (int layer = 0; layer < first.layers(questions.kind()); layer++) {
            for (int head = 0; head < first.heads(questions.kind(), layer); head++) {
                List<Looks> looks = looks(runs, layer, head, training);
                double weight = looks.stream().mapToDouble(Looks::onReferent).sum();
                all.add(new Candidate(layer, head, share(looks, Looks::prefersReferent), weight));
            }
        }
        Candidate largest = all.getFirst();
        for (Candidate each : all) {
            largest = order.compare(each, largest) > 0 ? each : largest;
        }
        return new Head(largest.layer(), largest.head(), all.size(), largest.prefers());
    }

    private List<Looks> looks(Model of, Head head, List<Question> asked) {
        List<Run> runs = recorded(of, asked);
        return looks(runs, head.layer(), head.head(), asked);
    }

    private List<Looks> looks(List<Run> runs, int layer, int head, List<Question> asked) {
        List<Looks> looks = new ArrayList<>();
        for (int i = 0; i < asked.size(); i++) {
            Question question = asked.get(i);
            Recording recording = runs.get(i).recording();
            int query = question.query();
            int keys = recording.keys(questions.kind(), layer);
            AttentionMap row = recording.map(questions.kind(), layer, head, query, query + 1, 0, keys);
            looks.add(new Looks(
                    weight(row, question.at(Place.REFERENT, false)), weight(row, question.at(Place.OTHER, false))));
        }
        return looks;
    }

    private static double weight(AttentionMap row, int[] keys) {
        return IntStream.of(keys).mapToDouble(key -> row.weight(0, key)).sum();
    }

    /** What heads and rules that do not understand would reach. */
    private List<Baseline> baselines() {
        return List.of(
                new Baseline("its best head with shuffled weights", ofShuffledWeights()),
                new Baseline("always the noun named first", share(heldOut, Question::referentFirst)),
                new Baseline("always the noun named last", share(heldOut, Question::referentLast)),
                new Baseline("the noun named more often, else a coin", share(heldOut, coin(settings.seed()))));
    }

    private Share ofShuffledWeights() {
        try (Model random = model.shuffled(settings.seed())) {
            return share(looks(random, best(random), heldOut), Looks::prefersReferent);
        }
    }

    /** Equal weights prefer the noun that is named more often; where both are named as often, neither. */
    private static Predicate<Question> coin(long seed) {
        Random random = new Random(seed);
        return question -> {
            int more = question.at(Place.REFERENT, false).length - question.at(Place.OTHER, false).length;
            boolean heads = random.nextBoolean();
            return more > 0 || more == 0 && heads;
        };
    }

    // ---- twins
    // --------------------------------------------------------------------------------------------------------------

    private List<Question> twins() {
        return pairs.stream().map(Question.Pair::twin).flatMap(Optional::stream).toList();
    }

    /** Of sentences and twins, whose right nouns differ: the head prefers the right one in both. */
    private Share twinsLookedAt(Head best, List<Looks> looks) {
        List<Looks> ofTwins = looks(model, best, twins());
        return both(pairs, looks, ofTwins, Looks::prefersReferent);
    }

    private Share twinsChosen(List<Answer> answers) {
        return both(pairs, answers, answers(twins(), List.of()), Answer::chooses);
    }

    /**
     * Of the pairs that have a twin: what holds of the sentence and of its own twin.
     *
     * @param ofSentences one per pair
     * @param ofTwins one per pair that has a twin
     */
    static <T> Share both(List<Question.Pair> pairs, List<T> ofSentences, List<T> ofTwins, Predicate<T> holds) {
        int count = 0;
        Iterator<T> twins = ofTwins.iterator();
        for (int i = 0; i < pairs.size(); i++) {
            if (pairs.get(i).twin().isPresent()) {
                boolean ofTwin = holds.test(twins.next());
                count += ofTwin && holds.test(ofSentences.get(i)) ? 1 : 0;
            }
        }
        return new Share(count, ofTwins.size());
    }

    // ---- cutting
    // ------------------------------------------------------------------------------------------------------------

    private RoutingReport.Cuts cuts(Head best, List<Answer> whole) {
        Where one = Where.head(questions.kind(), best.layer(), best.head());
        Where every = Where.everyHead(questions.kind());
        Random random = new Random(settings.seed());
        List<int[]> others =
                heldOut.stream().map(question -> otherKeys(question, random)).toList();
        List<int[]> referents = heldOut.stream()
                .map(question -> question.at(Place.REFERENT, false))
                .toList();
        List<int[]> otherNouns = heldOut.stream()
                .map(question -> question.at(Place.OTHER, false))
                .toList();
        return new RoutingReport.Cuts(
                cut("referent, in " + best.name() + " alone", one, referents, whole),
                cut("referent, in every head", every, referents, whole),
                cut("random others, in " + best.name() + " alone", one, others, whole),
                cut("random others, in every head", every, others, whole),
                cut("other noun, in every head", every, otherNouns, whole),
                without(best.name() + " silenced", new Intervention.Silence(one), whole),
                without(best.name() + " held at its mean", new Intervention.Replace(one, mean(best)), whole));
    }

    private Cut without(String words, Intervention change, List<Answer> whole) {
        List<List<Intervention>> changes =
                heldOut.stream().map(question -> List.of(change)).toList();
        return compared(words, whole, answers(heldOut, changes));
    }

    /** What a head gives on average over all queries of the training sentences, [Dv]. */
    private Tensor mean(Head head) {
        List<Run> runs = recorded(model, training);
        double[] sums = new double[0];
        int rows = 0;
        for (Run run : runs) {
            Tensor output =
                    run.recording().output(questions.kind(), head.layer()).select(1, head.head());
            sums = sums.length == 0 ? new double[output.size(2)] : sums;
            for (int i = 0; i < output.size(1); i++, rows++) {
                for (int d = 0; d < sums.length; d++) {
                    sums[d] += output.get(0, i, d);
                }
            }
        }
        Tensor mean = Tensor.zeros(sums.length);
        for (int d = 0; d < sums.length; d++) {
            mean.set((float) (sums[d] / rows), d);
        }
        return mean;
    }

    private Cut cut(String words, Where where, List<int[]> keys, List<Answer> whole) {
        List<List<Intervention>> cuts = new ArrayList<>();
        for (int i = 0; i < heldOut.size(); i++) {
            List<Intervention> ofOne = new ArrayList<>();
            for (int step : heldOut.get(i).steps()) {
                for (int key : keys.get(i)) {
                    ofOne.add(new Intervention.Cut(where, step, key));
                }
            }
            cuts.add(ofOne);
        }
        return compared(words, whole, answers(heldOut, cuts));
    }

    /** As many keys as the referent has, drawn from the others that the query sees. */
    private int[] otherKeys(Question question, Random random) {
        int[] referent = question.at(Place.REFERENT, false);
        int seen = questions.kind() == Kind.CROSS ? question.read().size() : lastSeen(question) + 1;
        List<Integer> others = new ArrayList<>(IntStream.range(0, seen)
                .filter(key -> !Question.contains(referent, key))
                .filter(key -> questions.kind() == Kind.CROSS || key != question.query())
                .boxed()
                .toList());
        Collections.shuffle(others, random);
        return others.stream().limit(referent.length).mapToInt(key -> key).toArray();
    }

    private static int lastSeen(Question question) {
        return question.read().size() - 1; // stories end at "it", and encoders see all
    }

    private static Cut compared(String words, List<Answer> whole, List<Answer> cut) {
        int changed = 0;
        for (int i = 0; i < whole.size(); i++) {
            changed += whole.get(i).right() != cut.get(i).right() ? 1 : 0;
        }
        return new Cut(
                words,
                share(cut, Answer::right),
                share(cut, Answer::chooses),
                new Share(changed, whole.size()),
                probability(cut));
    }

    private static Mean probability(List<Answer> answers) {
        return mean(answers, Answer::probability);
    }

    /** Of weights or probabilities. */
    private static <T> Mean mean(List<T> all, ToDoubleFunction<T> number) {
        return Mean.of(all.stream().mapToDouble(number).toArray()).within(0, 1);
    }

    // ---- routes
    // -------------------------------------------------------------------------------------------------------------

    /**
     * The routes without which the right answer keeps least of its probability in training sentences, measured on those held
     * out; one that takes next to nothing is none.
     */
    private List<Cut> routes(List<Answer> whole) {
        List<Question> some = training.subList(0, toChooseRoutes());
        List<Answer> before = answers(some, List.of());
        double uncut = probability(before).value();
        record Tried(Route route, double left) {}
        List<Tried> tried = new ArrayList<>();
        for (Route route : candidates()) {
            double left = cut(route, some, before).probability().value();
            if (left <= uncut - WORTH) {
                tried.add(new Tried(route, left));
            }
        }
        tried.sort(Comparator.comparingDouble(Tried::left));
        return tried.stream()
                .filter(each -> tried.stream() // a wider route must take more to be worth a line
                        .noneMatch(less -> each.route().contains(less.route()) && less.left() < each.left() + WORTH))
                .limit(settings.routes())
                .map(each -> cut(each.route(), heldOut, whole))
                .toList();
    }

    private int toChooseRoutes() {
        return Math.min(training.size(), settings.toChooseRoutes());
    }

    private Cut cut(Route route, List<Question> asked, List<Answer> before) {
        List<List<Intervention>> cuts = asked.stream().map(route::cut).toList();
        return compared(route.words(), before, answers(asked, cuts));
    }

    private List<Route> candidates() {
        List<Place> words = List.of(Place.PRONOUN, Place.REFERENT, Place.OTHER, Place.PROPERTY);
        Kind reading = questions.kind() == Kind.CROSS ? Kind.ENCODER : Kind.SELF;
        List<Route> routes = new ArrayList<>();
        for (Place query : List.of(Place.PRONOUN, Place.REFERENT, Place.OTHER, Place.PROPERTY, Place.ANY)) {
            words.stream()
                    .filter(key -> key != query)
                    .forEach(key -> routes.add(new Route(reading, query, List.of(key))));
        }
        routes.add(new Route(reading, Place.PRONOUN, List.of(Place.REST)));
        if (questions.kind() == Kind.CROSS) {
            Stream.concat(words.stream(), Stream.of(Place.REST))
                    .forEach(key -> routes.add(new Route(Kind.CROSS, Place.ANSWER, List.of(key))));
            for (int i = 0; i < words.size(); i++) {
                for (int j = i + 1; j < words.size(); j++) {
                    routes.add(new Route(Kind.CROSS, Place.ANSWER, List.of(words.get(i), words.get(j))));
                }
            }
            routes.add(new Route(Kind.CROSS, Place.ANSWER, words));
            routes.add(new Route(Kind.SELF, Place.ANSWER, List.of(Place.WRITTEN_REFERENT)));
            routes.add(new Route(Kind.SELF, Place.ANSWER, List.of(Place.WRITTEN_OTHER)));
            routes.add(new Route(Kind.SELF, Place.ANSWER, List.of(Place.WRITTEN_REFERENT, Place.WRITTEN_OTHER)));
        }
        return routes;
    }

    private static <T> Share share(List<T> all, Predicate<T> holds) {
        return new Share((int) all.stream().filter(holds).count(), all.size());
    }
}
