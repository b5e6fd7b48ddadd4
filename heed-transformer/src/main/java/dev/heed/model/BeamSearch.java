package dev.heed.model;

import dev.heed.kernel.Softmax;
import dev.heed.nn.Context;
import dev.heed.tensor.Tensor;
import dev.heed.text.Tokens;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Follows several texts beside each other and gives the one with the best score, as transformers defines it: in each step the
 * 2·B likeliest continuations of B running texts (more where there are several end tokens) are looked at; those of the B
 * likeliest that end are kept with their scores, the B likeliest that do not end go on. A text that goes on from another's
 * beginning shares the full pages of its cache. All texts of all prompts share each pass.
 */
final class BeamSearch {
    /** What transformers takes for a score that nothing is below: of texts that do not exist or may not go on. */
    private static final double NOTHING = -1e9;

    private final Model model;
    private final Generation.Options options;
    private final Generation.Beams beams;
    private final List<Tokens> prompts;
    private final Consumer<String> out;
    private final Decoding decoding;
    private final List<Search> all;

    BeamSearch(Model model, Generation.Options options, List<Tokens> prompts, Consumer<String> out) {
        this.model = model;
        this.options = options;
        this.beams = options.beams();
        this.prompts = prompts;
        this.out = out;
        this.decoding = new Decoding(model, prompts, null);
        this.all = IntStream.range(0, prompts.size()).mapToObj(Search::new).toList();
    }

    /**
     * A running text.
     *
     * @param ids the prompt's and those written
     * @param sum of the log-probabilities of those written
     * @param context what the model has seen of it, all but its last ids
     */
    private record Text(int[] ids, double sum, Context context) {}

    /** A text and one more id. */
    private record Candidate(Text text, int id, double sum) {
        int[] ids() {
            int[] more = Arrays.copyOf(text.ids, text.ids.length + 1);
            more[text.ids.length] = id;
            return more;
        }
    }

    private record Ended(int[] ids, double score, Generation.End end) {}

    /** The search for the best text behind one prompt. */
    private final class Search {
        final int number;
        final int[] prompt;
        final int most;
        final Generation.End atMost;
        /** At the best as many as there are beams, best first. */
        final List<Ended> ended = new ArrayList<>();
        /** At first as many copies of the prompt, all but one worth nothing. */
        List<Text> running = new ArrayList<>();

        int written;
        boolean done;

        Search(int number) {
            this.number = number;
            prompt = decoding.begin(number);
            most = Math.min(options.maxTokens(), decoding.room(number));
            atMost = most < options.maxTokens() ? Generation.End.CONTEXT_FULL : Generation.End.MAX_TOKENS;
            Context context = new Context();
            for (int i = 0; i < beams.count(); i++) {
                running.add(new Text(prompt, i == 0 ? 0 : NOTHING, context));
            }
            done = most == 0;
        }

        /** Texts of which the model must be asked what follows: copies of the prompt need one answer. */
        List<Text> asked() {
            return written == 0 ? running.subList(0, 1) : running;
        }

        int[] next(Text text) {
            return written == 0 ? prompt : new int[] {text.ids[text.ids.length - 1]};
        }

        /** @param scores log-probabilities of what follows each text that was asked about, after the rules */
        void advance(List<float[]> scores) {
            List<Candidate> likeliest = likeliest(scores);
            written++;
            List<Generation.@Nullable End> ends = new ArrayList<>();
            likeliest.forEach(each -> ends.add(end(each)));
            for (int i = 0; i < Math.min(beams.count(), likeliest.size()); i++) {
                Generation.End end = ends.get(i);
                if (end != null) {
                    keep(likeliest.get(i), end);
                }
            }
            List<Candidate> going = going(likeliest, ends);
            done = ends.stream().allMatch(end -> end != null)
                    || isFull() && beams.stopping() == Generation.Stopping.WHEN_FULL
                    || !canImprove(going.getFirst().sum);
            running = done ? List.of() : continued(going);
        }

        /** The likeliest continuations of all texts, best first; of equal ones the first text's and lowest id. */
        private List<Candidate> likeliest(List<float[]> scores) {
            int count = Math.max(2, 1 + model.endIds().size()) * beams.count();
            List<Candidate> best = new ArrayList<>();
            for (int i = 0; i < running.size(); i++) {
                Text text = running.get(i);
                float[] row = scores.get(scores.size() == 1 ? 0 : i);
                for (int id = 0; id < row.length; id++) {
                    double sum = text.sum + row[id];
                    if (best.size() < count || sum > best.getLast().sum) {
                        insert(best, new Candidate(text, id, sum), count);
                    }
                }
            }
            return best;
        }

        private void insert(List<Candidate> best, Candidate one, int count) {
            int at = best.size();
            while (at > 0 && one.sum > best.get(at - 1).sum) {
                at--;
            }
            best.add(at, one);
            if (best.size() > count) {
                best.removeLast();
            }
        }

        private Generation.@Nullable End end(Candidate one) {
            if (model.endIds().contains(one.id)) {
                return Generation.End.END_TOKEN;
            }
            if (!options.stop().isEmpty() && text(one.ids(), text -> {}).stopped) {
                return Generation.End.STOP_STRING;
            }
            return written >= most ? atMost : null;
        }

        /** Keeps a text that has ended, if it is among the best. */
        private void keep(Candidate one, Generation.End end) {
            double score = one.sum / StrictMath.pow(written, beams.lengthPenalty());
            if (!(score > (isFull() ? ended.getLast().score : NOTHING))) {
                return;
            }
            int at = ended.size();
            while (at > 0 && score > ended.get(at - 1).score) {
                at--;
            }
            ended.add(at, new Ended(one.ids(), score, end));
            if (ended.size() > beams.count()) {
                ended.removeLast();
            }
        }

        private boolean isFull() {
            return ended.size() == beams.count();
        }

        /** Those that go on, best first: one that has ended does only where there are too few others. */
        private List<Candidate> going(List<Candidate> likeliest, List<Generation.@Nullable End> ends) {
            List<Candidate> going = new ArrayList<>();
            for (int i = 0; i < likeliest.size(); i++) {
                Candidate one = likeliest.get(i);
                going.add(ends.get(i) == null ? one : new Candidate(one.text, one.id, one.sum + NOTHING));
            }
            going.sort(Comparator.comparingDouble((Candidate one) -> -one.sum)); // stable
            return going.subList(0, Math.min(beams.count(), going.size()));
        }

        private boolean canImprove(double bestSum) {
            boolean grows = beams.stopping() == Generation.Stopping.WHEN_HOPELESS && beams.lengthPenalty() > 0;
            double possible = bestSum / StrictMath.pow(grows ? most : written, beams.lengthPenalty());
            return possible > (isFull() ? ended.getLast().score : NOTHING);
        }

        /** The first that goes on from a text takes its context, the others share its pages. */
        private List<Text> continued(List<Candidate> going) {
            Set<Context> taken = Collections.newSetFromMap(new IdentityHashMap<>());
            List<Text> texts = new ArrayList<>();
            for (Candidate one : going) {
                Context context = one.text.context;
                texts.add(new Text(one.ids(), one.sum, taken.add(context) ? context : context.fork()));
            }
            return texts;
        }

        private Spelled text(int[] ids, Consumer<String> to) {
            Growing growing = decoding.growing(number, options.stop(), to);
            boolean stopped = false;
            for (int i = prompt.length; i < ids.length && !stopped; i++) {
                stopped = !model.endIds().contains(ids[i]) && growing.add(ids[i]);
            }
            return new Spelled(growing.finish(stopped), stopped);
        }

        Generation result() {
            Ended best = ended.isEmpty() ? new Ended(prompt, 0, atMost) : ended.getFirst();
            int[] ids = Arrays.copyOfRange(best.ids, prompt.length, best.ids.length);
            String text = text(best.ids, out).text;
            return new Generation(prompt, ids, text, best.end, recorded(best.ids));
        }

        /** One more pass over the best text alone: its rows are the same bits as when it was written. */
        private Recording recorded(int[] ids) {
            if (!options.records() || ids.length == prompt.length) {
                return new Recording();
            }
            Recorder recorder = new Recorder(1, true, false);
            int[] seen = Arrays.copyOf(ids, ids.length - 1);
            new Decoding(model, List.of(prompts.get(number)), recorder)
                    .logits(List.of(new Context()), List.of(seen), new int[] {0});
            return recorder.recording(0);
        }
    }

    private record Spelled(String text, boolean stopped) {}

    List<Generation> run() {
        for (List<Search> open = open(); !open.isEmpty(); open = open()) {
            step(open);
        }
        return all.stream().map(Search::result).toList();
    }

    private List<Search> open() {
        return all.stream().filter(search -> !search.done).toList();
    }

    private void step(List<Search> open) {
        List<Context> contexts = new ArrayList<>();
        List<int[]> next = new ArrayList<>();
        List<Integer> numbers = new ArrayList<>();
        for (Search search : open) {
            for (Text text : search.asked()) {
                contexts.add(text.context);
                next.add(search.next(text));
                numbers.add(search.number);
            }
        }
        Tensor logits = decoding.logits(
                contexts, next, numbers.stream().mapToInt(i -> i).toArray());
        requireNumbers(logits);
        Tensor scores = Tensor.zeros(logits.shape());
        Softmax.logRows(logits, scores);
        int row = 0;
        for (Search search : open) {
            List<float[]> ruled = new ArrayList<>();
            for (Text text : search.asked()) {
                ruled.add(ruled(search, text, scores.select(0, row++).toArray()));
            }
            search.advance(ruled);
        }
    }

    private static void requireNumbers(Tensor logits) {
        for (float logit : logits.toArray()) {
            if (Float.isNaN(logit)) {
                throw Sampler.notANumber();
            }
        }
    }

    /** Log-probabilities after the rules of the model's files, in the order of transformers. */
    private float[] ruled(Search search, Text text, float[] scores) {
        Rules rules = model.rules();
        OptionalInt forced = rules.forcedAfter(text.ids.length, search.written == options.maxTokens() - 1);
        if (forced.isPresent()) {
            Arrays.fill(scores, Float.NEGATIVE_INFINITY);
            scores[forced.getAsInt()] = 0;
            return scores;
        }
        rules.apply(scores, text.ids, search.written, options.minTokens());
        if (rules.renormalizes()) {
            Tensor row = Tensor.of(scores, 1, scores.length);
            Softmax.logRows(row, row);
        }
        return scores;
    }
}
