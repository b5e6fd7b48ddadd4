package dev.heed.app;

import dev.heed.app.print.Numbers;
import dev.heed.app.print.Table;
import dev.heed.attention.Attention;
import dev.heed.attention.Reference;
import dev.heed.attention.SoftLookup;
import dev.heed.tensor.Tensor;
import dev.heed.text.Spelling;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * A worked example: a query, keys and values small enough to follow with a pencil. It holds what is given; every result is
 * computed.
 *
 * @param given how the example is set up
 * @param scoring where the scores come from
 * @param query [1, 1, N, D]
 * @param key [1, 1, M, D]
 * @param value [1, 1, M, Dv]
 * @param row the query that is followed
 * @param showsKeys false where only the weights are given, so that the keys are empty
 * @param digits behind the point, as many as the example is stated with
 * @param comparison the same row computed or printed otherwise; empty if there is none
 */
record Example(
        String name,
        String title,
        String given,
        String scoring,
        Attention attention,
        Tensor query,
        Tensor key,
        Tensor value,
        int row,
        List<String> queryNames,
        List<String> keyNames,
        boolean showsKeys,
        int digits,
        List<String> notes,
        Table comparison) {

    /** An example that needs no model, and its line in the list. */
    record Entry(String name, String says) {}

    /** Those that are computed here. */
    static final List<Entry> HERE = List.of(
            new Entry("average", "a weighted average of three numbers"),
            new Entry("bank", "which words give \"bank\" its sense"),
            new Entry("it-cat", "\"it\" takes on the vector of what it stands for"),
            new Entry("mixture", "one query and three keys: scores, softmax, mixture"),
            new Entry("cat-sat", "self-attention of three words, and an often printed slip"),
            new Entry("books", "a soft look-up: asked, advertised, returned"));

    /**
     * An example that is a question to a bundled model, by a command.
     *
     * @param says its line in the list
     * @param next what to look at in the answer, or to ask next
     */
    record Question(String name, String says, String model, String next, List<String> arguments) {
        /** As it is typed. */
        String command() {
            return "heed "
                    + String.join(
                            " ",
                            arguments.stream()
                                    .map(each -> each.contains(" ") ? '"' + each + '"' : each)
                                    .toList());
        }
    }

    static final List<Question> WITH_MODEL = List.of(
            resolve(
                    "trophy",
                    "what \"it\" stands for: the trophy or the suitcase",
                    "And with \"small\" in place of \"big\"?",
                    "The trophy wouldn't fit in the suitcase because it was too big."),
            resolve(
                    "animal",
                    "what \"it\" stands for: the animal or the road",
                    "And with \"wide\" in place of \"tired\"?",
                    "The animal didn't cross the road because it was too tired."),
            resolve(
                    "warm-mat",
                    "what \"it\" stands for: the cat or the mat",
                    "And with \"hungry\" in place of \"warm\"?",
                    "the cat sat on the mat because it was warm"),
            new Question(
                    "hund",
                    "which words of \"The dog is black.\" are translated",
                    "translator",
                    "A row is the word that was written last, and looks at the one that is translated next: behind \"Der\" that"
                            + " is \"dog\".",
                    List.of("look", "--model", "translator", "--head", "L0H2", "The dog is black.")));

    private static Question resolve(String name, String says, String next, String sentence) {
        return new Question(name, says, "cloze", next, List.of("resolve", sentence));
    }

    /** The question of that name, if it is one. */
    static Optional<Question> question(String name) {
        return WITH_MODEL.stream()
                .filter(question -> question.name().equals(name))
                .findFirst();
    }

    /** All that can be asked for. */
    static List<String> names() {
        return Stream.concat(HERE.stream().map(Entry::name), WITH_MODEL.stream().map(Question::name))
                .toList();
    }

    static Example named(String name) {
        return switch (name) {
            case "average" -> average();
            case "bank" -> bank();
            case "it-cat" -> itCat();
            case "mixture" -> mixture();
            case "cat-sat" -> catSat();
            case "books" -> books();
            default ->
                throw new IllegalArgumentException("explain: there is no example '" + name + "'"
                        + Spelling.question(name, names()) + "; 'heed explain' lists them: "
                        + String.join(", ", names()));
        };
    }

    private static Example average() {
        return weighted(
                "average",
                "attention in its simplest form: 0.5 · 3 + 0.3 · 7 + 0.2 · 5",
                List.of("3", "7", "5"),
                new double[] {0.5, 0.3, 0.2},
                new float[][] {{3}, {7}, {5}},
                4,
                List.of(
                        "The output can never leave the range of the values, here 3 to 7. Equal weights would give the mean, 5;"
                                + " one weight of 1 a look-up."));
    }

    private static Example bank() {
        return weighted(
                "bank",
                "\"I went to the bank to deposit money\": the row of \"bank\"",
                List.of("I", "went", "to (2)", "the", "bank", "to (5)", "deposit", "money"),
                new double[] {0.04, 0.04, 0.04, 0.04, 0.15, 0.04, 0.35, 0.30},
                new float[][] {{0}, {0}, {0}, {0}, {0}, {0}, {1}, {1}},
                4,
                List.of(
                        "The value is 1 for the words about money, so the output is their share of the blend: \"deposit\" and \"money\""
                                + " make up 0.65 of what \"bank\" becomes, \"bank\" itself 0.15, the other five words together 0.20. That is"
                                + " how a word takes its sense from its neighbours: beside \"river\" it would blend otherwise."));
    }

    private static Example itCat() {
        return weighted(
                "it-cat",
                "\"it\" looks back at \"cat\" and \"mat\"",
                List.of("cat", "mat", "others"),
                new double[] {0.7, 0.2, 0.1},
                new float[][] {{0.8f, 0.2f, 0.1f}, {0.1f, 0.9f, 0.3f}, {0, 0, 0}},
                4,
                List.of(
                        "\"cat\" and \"mat\" alone contribute this; the vectors of the other words are not given, and count as zero."
                                + " \"it\" was [0.7, 0.3, 0.2] before: most of what it becomes is \"cat\"."));
    }

    private static Example mixture() {
        return new Example(
                "mixture",
                "one query, three keys",
                "q = [1, 0]",
                "q · k, times 1/√d with d = 1",
                Attention.scaledDotProduct().scale(1),
                rows(new float[][] {{1, 0}}),
                rows(new float[][] {{1, 0}, {0, 0}, {-1, 0}}),
                rows(new float[][] {{1, 0}, {0, 1}, {1, 1}}),
                0,
                List.of("q"),
                List.of("k0", "k1", "k2"),
                true,
                6,
                List.of("The first key points where the query points, the second is neutral, the third points away:"
                        + " each step of 1 in score divides the weight by e."),
                new Table());
    }

    private static Example catSat() {
        Tensor words = rows(new float[][] {{0.2f, 0.8f, 0.1f}, {0.9f, 0.3f, 0.7f}, {0.4f, 0.6f, 0.5f}});
        List<String> names = List.of("The", "cat", "sat");
        Attention unscaled = Attention.scaledDotProduct().scale(1);
        return new Example(
                "cat-sat",
                "self-attention of three words, queries = keys = values, without the √d",
                "the last of the three",
                "q · k, not divided by √d",
                unscaled,
                words,
                words,
                words,
                2,
                names,
                names,
                true,
                4,
                List.of(
                        "A published version of this example prints other weights: they are not the softmax of those scores."
                                + " With the division by √3 the row is flatter."),
                catSatRows(words, names, unscaled));
    }

    /** The row of "sat" three ways. */
    private static Table catSatRows(Tensor words, List<String> names, Attention unscaled) {
        Table table = new Table().column("row of sat");
        names.forEach(name -> table.column(name, 4));
        table.column("output");
        catSatRow(table, "exact, without √d", Reference.steps(unscaled, words, words, words, 0, 0));
        table.row("as published", 0.26, 0.39, 0.35, "[0.55, 0.50, 0.48]");
        Attention scaled = Attention.scaledDotProduct();
        catSatRow(table, "exact, scaled by 1/√3", Reference.steps(scaled, words, words, words, 0, 0));
        return table;
    }

    private static void catSatRow(Table table, String name, Reference.Steps steps) {
        double[] weights = steps.weights()[2];
        String output = Numbers.vector(steps.output()[2], 4);
        table.row(name, weights[0], weights[1], weights[2], output);
    }

    private static Example books() {
        List<String> titles = List.of("ML algorithms Python", "Web development JavaScript", "Deep learning PyTorch");
        double[] weights = {0.6, 0.05, 0.35};
        return weighted(
                "books",
                "a library that answers \"machine learning Python\" with a blend",
                titles,
                weights,
                new float[][] {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}},
                4,
                List.of(
                        "The query is what is asked, a key what a book advertises, a value what it returns. A database returns the one"
                                + " book that matches; attention returns a blend of all, each in proportion to its match.",
                        "A temperature divides the scores. Towards 0 the blend becomes a look-up of the best match, at a high one the"
                                + " plain average:"),
                temperatures(titles, weights));
    }

    /** The same scores, from exact look-up to average. */
    private static Table temperatures(List<String> titles, double[] weights) {
        double[] temperatures = {0, 0.5, 1, 2, 100};
        SoftLookup.Builder<Integer> library = SoftLookup.builder();
        Table table = new Table().column("temperature");
        for (double temperature : temperatures) {
            table.column(Numbers.shortest(temperature), 4);
        }
        for (int book = 0; book < titles.size(); book++) {
            library.add(titles.get(book), new float[1], book);
        }
        Object[][] rows = new Object[titles.size()][1 + temperatures.length];
        for (int t = 0; t < temperatures.length; t++) {
            SoftLookup<Integer> asked = library.build().temperature(temperatures[t]);
            for (SoftLookup.Match<Integer> match :
                    asked.weigh(logarithms(weights)).matches()) {
                rows[match.value()][0] = match.name();
                rows[match.value()][1 + t] = match.weight();
            }
        }
        for (Object[] row : rows) {
            table.row(row);
        }
        return table;
    }

    private static Example weighted(
            String name,
            String title,
            List<String> keyNames,
            double[] weights,
            float[][] values,
            int digits,
            List<String> notes) {
        return weighted(name, title, keyNames, weights, values, digits, notes, new Table());
    }

    private static float[] logarithms(double[] weights) {
        float[] logarithms = new float[weights.length];
        for (int j = 0; j < weights.length; j++) {
            logarithms[j] = (float) Math.log(weights[j]);
        }
        return logarithms;
    }

    /** Only weights are given: scores that give them are their logarithms, up to a constant. */
    private static Example weighted(
            String name,
            String title,
            List<String> keyNames,
            double[] weights,
            float[][] values,
            int digits,
            List<String> notes,
            Table comparison) {
        return new Example(
                name,
                title,
                "given are the values and the weights",
                "scores that give these weights: their logarithms, up to a constant",
                Attention.scaledDotProduct().bias(Tensor.of(logarithms(weights), weights.length)),
                Tensor.zeros(1, 1, 1, 1),
                Tensor.zeros(1, 1, weights.length, 1),
                rows(values),
                0,
                Collections.nCopies(1, "the query"),
                keyNames,
                false,
                digits,
                notes,
                comparison);
    }

    private static Tensor rows(float[][] rows) {
        Tensor tensor = Tensor.zeros(1, 1, rows.length, rows[0].length);
        for (int i = 0; i < rows.length; i++) {
            for (int d = 0; d < rows[i].length; d++) {
                tensor.set(rows[i][d], 0, 0, i, d);
            }
        }
        return tensor;
    }
}
