package dev.heed.model;

import dev.heed.grad.Value;
import dev.heed.model.arch.Network;
import dev.heed.nn.Pass;
import dev.heed.tensor.Tensor;
import dev.heed.text.SpecialToken;
import dev.heed.text.Tokens;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/** What is read off one pass: words for masks, vectors, classes. */
final class Predictions {
    /** In tokens, as question answering pipelines bound it. */
    private static final int LONGEST_ANSWER = 15;

    private Predictions() {}

    static List<FilledMask> fill(Model model, String text, int k) {
        requireSome("fill", k);
        if (!(model.network() instanceof Network.Encoder)) {
            throw new IllegalArgumentException("fill: " + model.sizes().modelType()
                    + " does not predict masked words; use an encoder such as BERT");
        }
        int mask = model.tokenizer()
                .id(SpecialToken.MASK)
                .orElseThrow(() ->
                        new IllegalArgumentException("fill: a vocabulary with a mask token is needed, got one without;"
                                + " use a model of masked words such as BERT"));
        Tokens tokens = model.tokenizer().encode(text);
        int[] places = IntStream.range(0, tokens.size())
                .filter(i -> tokens.get(i).id() == mask)
                .toArray();
        if (places.length == 0) {
            throw new IllegalArgumentException("fill: the text must hold the mask token "
                    + model.tokenizer().piece(mask) + " at least once");
        }
        Tensor logits = model.run(tokens, Run.Options.logitsOnly())
                .logits()
                .orElseThrow(() -> new IllegalArgumentException(
                        "fill: the checkpoint has no head that predicts words; one of a masked-word model is needed"));
        return Arrays.stream(places)
                .mapToObj(place -> new FilledMask(place, words(model, Probabilities.of(logits.select(0, place)), k)))
                .toList();
    }

    private static void requireSome(String who, int k) {
        if (k < 1) {
            throw new IllegalArgumentException(who + ": at least one result must be asked for, got " + k);
        }
    }

    private static List<FilledMask.Word> words(Model model, double[] probabilities, int k) {
        return order(probabilities)
                .limit(k)
                .mapToObj(id -> new FilledMask.Word(id, model.tokenizer().label(id), probabilities[id]))
                .toList();
    }

    static List<Tensor> embed(Model model, List<Tokens> texts, Pooling pooling) {
        if (model.network() instanceof Network.EncoderDecoder pair) {
            return embedMemory(model, pair, texts, pooling);
        }
        return model.runAll(texts, Run.Options.hiddenOnly()).stream()
                .map(run -> pooling == Pooling.MEAN ? run.meanVector() : run.firstVector())
                .toList();
    }

    private static List<Tensor> embedMemory(
            Model model, Network.EncoderDecoder pair, List<Tokens> texts, Pooling pooling) {
        List<Tensor> vectors = new ArrayList<>();
        for (Tokens text : texts) {
            model.check(text);
            Value rows = pair.encode(Pass.of(text.size()), text.ids()).rows();
            vectors.add(
                    pooling == Pooling.MEAN
                            ? Run.mean(rows.tensor())
                            : rows.tensor().select(0, 0).contiguous());
        }
        return List.copyOf(vectors);
    }

    static List<ClassScore> classify(Model model, Run run) {
        Tensor scores = run.classes()
                .orElseThrow(
                        () -> new IllegalArgumentException(
                                "classify: the checkpoint has no head that classifies; one of a classification model is needed"));
        double[] values = scores(model, scores);
        return order(values)
                .mapToObj(i -> new ClassScore(ClassScore.label(model.config(), i), values[i]))
                .toList();
    }

    static List<TokenClass> classifyTokens(Model model, Run run) {
        Tensor scores = run.tokenClasses()
                .orElseThrow(() -> new IllegalArgumentException("classify: the checkpoint has no head that classifies"
                        + " tokens; one of a token classification model is needed"));
        List<TokenClass> all = new ArrayList<>();
        for (int i = 0; i < run.tokens().size(); i++) {
            double[] probabilities = Probabilities.of(scores.select(0, i));
            int best = order(probabilities).findFirst().orElseThrow();
            all.add(new TokenClass(run.tokens().get(i), ClassScore.label(model.config(), best), probabilities[best]));
        }
        return List.copyOf(all);
    }

    /** Answers begin and end in the second text; the score is the product of both probabilities there. */
    static List<Answer> answer(Model model, String question, String text, int k) {
        requireSome("answer", k);
        Tokens tokens = model.tokenizer().encode(question, text);
        Run run = model.runToClassify(tokens, Run.Options.classesOnly());
        Tensor scores = run.tokenClasses()
                .filter(head -> head.size(1) == 2)
                .orElseThrow(() -> new IllegalArgumentException("answer: the checkpoint has no head that finds answers"
                        + " (qa_outputs); one of a question answering model is needed"));
        int[] places = IntStream.range(0, tokens.size())
                .filter(i -> !tokens.get(i).special() && tokens.get(i).sequence() == 1)
                .toArray();
        double[] begins = softmax(scores, places, 0);
        double[] ends = softmax(scores, places, 1);
        List<Answer> all = new ArrayList<>();
        for (int i = 0; i < places.length; i++) {
            for (int j = i; j < Math.min(places.length, i + LONGEST_ANSWER); j++) {
                int start = tokens.get(places[i]).start();
                int end = tokens.get(places[j]).end();
                all.add(new Answer(text.substring(start, end).strip(), start, end, begins[i] * ends[j]));
            }
        }
        all.sort(Comparator.comparingDouble((Answer answer) -> -answer.score()));
        return all.stream().limit(k).toList();
    }

    private static double[] softmax(Tensor scores, int[] rows, int column) {
        Tensor some = Tensor.zeros(rows.length);
        for (int i = 0; i < rows.length; i++) {
            some.set(scores.get(rows[i], column), i);
        }
        return Probabilities.of(some);
    }

    private static double[] scores(Model model, Tensor classes) {
        String kind = model.config()
                .oneOfOr(
                        "problem_type",
                        classes.elements() == 1 ? "multi_label_classification" : "single_label_classification",
                        "regression",
                        "single_label_classification",
                        "multi_label_classification");
        return switch (kind) {
            case "regression" -> doubles(classes);
            case "multi_label_classification" ->
                Arrays.stream(doubles(classes))
                        .map(x -> 1 / (1 + StrictMath.exp(-x)))
                        .toArray();
            default -> Probabilities.of(classes);
        };
    }

    /** Indexes of the largest values first, of equal ones the lower index. */
    private static IntStream order(double[] values) {
        return IntStream.range(0, values.length)
                .boxed()
                .sorted(Comparator.comparingDouble((Integer i) -> -values[i]).thenComparingInt(i -> i))
                .mapToInt(i -> i);
    }

    private static double[] doubles(Tensor row) {
        float[] values = row.toArray();
        return IntStream.range(0, values.length).mapToDouble(i -> values[i]).toArray();
    }
}
