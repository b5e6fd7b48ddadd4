package dev.heed.train;

import dev.heed.grad.Value;
import dev.heed.model.arch.Network;
import dev.heed.nn.Pass;
import dev.heed.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * The classes of rows of scores: one row for each text or picture, one for each word, or two for each text, which say where in it
 * an answer stands (Devlin et al. 2019, section 4). The loss is the mean over all labels.
 */
final class Classes implements Task {
    /** Sequences of a pass of an evaluation. */
    private static final int TOGETHER = 32;

    private final Seen seen;
    private final Labels labels;
    private final int[] train;
    private final int[] validation;
    private final Facts facts;

    /**
     * What is right, and what judges.
     *
     * @param rows for each that is seen the labels of its rows of scores, negative for none
     * @param classes how many the model tells apart; of an answer's place the two scores of a token
     * @param judges which of those that are seen judge
     */
    record Labels(int[][] rows, int classes, boolean[] judges) {}

    /**
     * What else there is to say of the data.
     *
     * @param tokenizerJson empty for pictures
     * @param vocabulary ids, 0 for pictures
     * @param sha256 of contents and labels
     * @param prompt see {@link Task#prompt}
     * @param about see {@link Task#about}
     */
    record Facts(String tokenizerJson, int vocabulary, String sha256, String prompt, Optional<String> about) {}

    Classes(Seen seen, Labels labels, Facts facts) {
        this.seen = seen;
        this.labels = labels;
        this.facts = facts;
        this.train = where(labels.judges(), false);
        this.validation = where(labels.judges(), true);
    }

    /** Which judge, where each has one label: of each class the last tenth; of classes so small that none would, the last of the largest. */
    static boolean[] judges(int[][] labels, int classes) {
        boolean[] judges = new boolean[labels.length];
        int[] left = new int[classes];
        for (int[] label : labels) {
            left[label[0]]++;
        }
        int[] sizes = left.clone();
        int largest = IntStream.range(0, classes).reduce(0, (a, b) -> sizes[b] > sizes[a] ? b : a);
        boolean small = Arrays.stream(sizes).allMatch(size -> size < 10);
        for (int i = 0; i < labels.length; i++) {
            int own = labels[i][0];
            int behind = --left[own];
            judges[i] = behind < sizes[own] / 10 || small && own == largest && behind == 0;
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
        int has = Seen.classes(network, seen.head());
        if (has != labels.classes() || has < 2) {
            throw new IllegalArgumentException("train: at least two classes are needed, as many as the model has ("
                    + has + "), got " + labels.classes());
        }
        int longest =
                IntStream.range(0, labels.rows().length).map(seen::tokens).max().orElse(0);
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

        /** Of several that make one answer the answer counts. */
        @Override
        public int labels() {
            return (int) Arrays.stream(expected()).filter(label -> label >= 0).count() / seen.rowsOfAnswer();
        }

        @Override
        public Value loss(Network network, Passes passes) {
            return loss(scores(network, passes), passes);
        }

        private List<Value> scores(Network network, Passes passes) {
            return seen.scores(network, passes, which).orElseThrow();
        }

        /** Of several matrices each has as many labels. */
        private Value loss(List<Value> scores, Passes passes) {
            Pass pass = passes.of(which.length);
            int[] expected = expected();
            int rows = expected.length / scores.size();
            List<Value> losses = new ArrayList<>();
            for (int i = 0; i < scores.size(); i++) {
                losses.add(pass.crossEntropy(scores.get(i), Arrays.copyOfRange(expected, i * rows, (i + 1) * rows)));
            }
            return pass.mean(losses);
        }

        @Override
        public Judgement judged(Network network) {
            List<Value> scores = scores(network, Pass::of);
            return new Judgement(loss(scores, Pass::of).tensor().get(0), OptionalLong.of(right(scores)));
        }

        private long right(List<Value> scores) {
            int[] expected = expected();
            int[] likeliest = scores.stream()
                    .map(Value::tensor)
                    .flatMapToInt(rows -> IntStream.range(0, rows.size(0)).map(i -> likeliest(rows.select(0, i))))
                    .toArray();
            int rows = seen.rowsOfAnswer();
            return IntStream.iterate(0, i -> i < expected.length, i -> i + rows)
                    .filter(i -> Arrays.equals(expected, i, i + rows, likeliest, i, i + rows))
                    .count();
        }

        private int[] expected() {
            return Arrays.stream(which)
                    .mapToObj(i -> labels.rows()[i])
                    .flatMapToInt(Arrays::stream)
                    .toArray();
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
    public String hashed() {
        return "texts, words or questions, or the SHA-256 of pictures, each with its labels, in UTF-8, one after another";
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

    @Override
    public Optional<String> about() {
        return facts.about();
    }
}
