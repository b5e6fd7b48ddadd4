package dev.heed.train;

import dev.heed.grad.Value;
import dev.heed.model.arch.Network;
import dev.heed.nn.Pass;
import dev.heed.tensor.Tensor;
import dev.heed.text.Visible;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalLong;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** One class for each text or picture (Devlin et al. 2019, section 4.1). The last tenth of each class judges. */
final class Classes implements Task {
    /** Sequences of a pass of an evaluation. */
    private static final int TOGETHER = 32;

    private final Seen seen;
    private final int[] labels;
    private final int classes;
    private final int[] train;
    private final int[] validation;
    private final Facts facts;

    /**
     * What else there is to say of the data.
     *
     * @param tokenizerJson empty for pictures
     * @param vocabulary ids, 0 for pictures
     * @param sha256 of contents and labels
     * @param prompt see {@link Task#prompt}
     */
    record Facts(String tokenizerJson, int vocabulary, String sha256, String prompt) {}

    /** @param names of the model's classes, in order */
    Classes(Given.Classed given, List<String> names, Seen seen, Facts facts) {
        this.seen = seen;
        this.labels =
                given.all().stream().mapToInt(example -> index(example, names)).toArray();
        this.classes = names.size();
        this.facts = facts;
        boolean[] judges = judges(labels, classes);
        this.train = where(judges, false);
        this.validation = where(judges, true);
    }

    /** By its name; a whole number that is no name counts from 0. */
    private static int index(Given.Example example, List<String> names) {
        int index = names.indexOf(example.label());
        if (index < 0 && example.label().matches("\\d{1,9}")) {
            index = Integer.parseInt(example.label());
        }
        if (index < 0 || index >= names.size()) {
            throw new IllegalArgumentException(example.where() + ": its class must be one that the model has ("
                    + names.stream().limit(10).map(Visible::escape).collect(Collectors.joining(", "))
                    + (names.size() > 10 ? ", …" : "") + "), got " + Visible.quote(example.label())
                    + "; to teach other classes begin with a model without a head that classifies");
        }
        return index;
    }

    /** Which examples judge: of each class the last tenth; of classes so small that none would, the last of the largest. */
    private static boolean[] judges(int[] labels, int classes) {
        boolean[] judges = new boolean[labels.length];
        int[] left = new int[classes];
        for (int label : labels) {
            left[label]++;
        }
        int[] sizes = left.clone();
        int largest = IntStream.range(0, classes).reduce(0, (a, b) -> sizes[b] > sizes[a] ? b : a);
        boolean small = Arrays.stream(sizes).allMatch(size -> size < 10);
        for (int i = 0; i < labels.length; i++) {
            int behind = --left[labels[i]];
            judges[i] = behind < sizes[labels[i]] / 10 || small && labels[i] == largest && behind == 0;
        }
        return judges;
    }

    private static int[] where(boolean[] judges, boolean wanted) {
        return IntStream.range(0, judges.length)
                .filter(i -> judges[i] == wanted)
                .toArray();
    }

    @Override
    public void check(Network network, Recipe recipe) {
        int has = Seen.classes(network);
        if (has != classes || classes < 2) {
            throw new IllegalArgumentException(
                    "train: at least two classes are needed, as many as the model has (" + has + "), got " + classes);
        }
        int longest = IntStream.range(0, labels.length).map(seen::tokens).max().orElse(0);
        Sequences.requirePositions(network, longest);
    }

    @Override
    public Batch batch(Recipe recipe, long number) {
        Draws places = Draws.of(recipe.seed(), "places");
        return new Some(IntStream.range(0, recipe.batch())
                .map(s -> train[places.below(number * recipe.batch() + s, train.length)])
                .toArray());
    }

    @Override
    public Stream<Batch> evaluation(int context, Split split) {
        int[] judging = split == Split.VALIDATION ? validation : spread();
        return IntStream.iterate(0, from -> from < judging.length, from -> from + TOGETHER)
                .mapToObj(
                        from -> new Some(Arrays.copyOfRange(judging, from, Math.min(from + TOGETHER, judging.length))));
    }

    /** As many of the training part as judge, from all over it: data are often in the order of their classes. */
    private int[] spread() {
        int count = Math.min(validation.length, train.length);
        return IntStream.range(0, count)
                .map(i -> train[(int) ((long) i * train.length / count)])
                .toArray();
    }

    /** Some of all, by their numbers. */
    private final class Some implements Batch {
        private final int[] which;

        Some(int[] which) {
            this.which = which;
        }

        @Override
        public int tokens() {
            return Arrays.stream(which).map(seen::tokens).sum();
        }

        @Override
        public int labels() {
            return which.length;
        }

        @Override
        public Value loss(Network network, Passes passes) {
            return loss(scores(network, passes), passes);
        }

        private Value scores(Network network, Passes passes) {
            return seen.scores(network, passes, which).orElseThrow();
        }

        private Value loss(Value scores, Passes passes) {
            return passes.of(which.length).crossEntropy(scores, expected());
        }

        @Override
        public Judgement judged(Network network) {
            Value scores = scores(network, Pass::of);
            int[] expected = expected();
            long right = IntStream.range(0, which.length)
                    .filter(i -> likeliest(scores.tensor().select(0, i)) == expected[i])
                    .count();
            return new Judgement(loss(scores, Pass::of).tensor().get(0), OptionalLong.of(right));
        }

        private int[] expected() {
            return Arrays.stream(which).map(i -> labels[i]).toArray();
        }

        private static int likeliest(Tensor scores) {
            return IntStream.range(0, scores.size(0)).reduce(0, (a, b) -> scores.get(b) > scores.get(a) ? b : a);
        }
    }

    @Override
    public String tokenizerJson() {
        return facts.tokenizerJson();
    }

    @Override
    public int vocabulary() {
        return facts.vocabulary();
    }

    @Override
    public String sha256() {
        return facts.sha256();
    }

    @Override
    public long size(Split split) {
        return Arrays.stream(split == Split.TRAIN ? train : validation)
                .mapToLong(seen::tokens)
                .sum();
    }

    @Override
    public String prompt() {
        return facts.prompt();
    }
}
