package dev.heed.lens;

import dev.heed.model.Model;
import dev.heed.model.Probabilities;
import dev.heed.model.Run;
import dev.heed.nn.Intervention;
import dev.heed.tensor.Tensor;
import dev.heed.text.Tokens;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/** Asks a model questions, some of them with something cut, and reads its answers off the logits. */
final class Answers {
    /** Questions of one pass: enough for whole tiles, few enough for the cache. */
    private static final int TOGETHER = 32;

    private Answers() {}

    /**
     * An answer.
     *
     * @param right the likeliest token at each step is the right one, so this is what the model would write
     * @param chooses at the step where the two answers differ, the right one is likelier
     * @param probability of the right answer
     */
    record Answer(boolean right, boolean chooses, double probability) {
        static Answer of(Question question, Tensor logits) {
            boolean right = true;
            boolean chooses = false;
            double probability = 1;
            for (int s = 0; s < question.steps().length; s++) {
                Tensor row = logits.select(0, question.steps()[s]);
                float wanted = row.get(question.right()[s]);
                right &= isLargest(row, question.right()[s]);
                chooses |= s == question.decidingStep() && wanted > row.get(question.wrong()[s]);
                probability *= StrictMath.exp(wanted - Probabilities.logSum(row));
            }
            return new Answer(right, chooses, probability);
        }

        private static boolean isLargest(Tensor row, int id) {
            for (int i = 0; i < row.size(0); i++) {
                if (i != id && row.get(i) >= row.get(id)) {
                    return false;
                }
            }
            return true;
        }
    }

    /** Answers with what is cut for each question, or with nothing cut. */
    static List<Answer> of(Model model, List<Question> questions, List<List<Intervention>> cuts) {
        List<Run> runs = runs(model, questions, Run.Options.logitsOnly(), cuts);
        List<Answer> answers = new ArrayList<>();
        for (int i = 0; i < questions.size(); i++) {
            answers.add(Answer.of(questions.get(i), runs.get(i).logits().orElseThrow()));
        }
        return answers;
    }

    static List<Run> runs(Model model, List<Question> questions, Run.Options keep, List<List<Intervention>> cuts) {
        List<Run> runs = new ArrayList<>();
        for (int from = 0; from < questions.size(); from += TOGETHER) {
            int to = Math.min(questions.size(), from + TOGETHER);
            List<Question> some = questions.subList(from, to);
            List<List<Intervention>> their = cuts.isEmpty() ? List.of() : cuts.subList(from, to);
            List<Tokens> read = some.stream().map(Question::read).toList();
            runs.addAll(
                    some.getFirst().written() == null
                            ? model.runAll(read, keep, their)
                            : model.runAll(
                                    read,
                                    some.stream()
                                            .map(question -> Objects.requireNonNull(question.written()))
                                            .toList(),
                                    keep,
                                    their));
        }
        return runs;
    }

    /** The mean of ln p over what is written, given what is read. */
    static double likelihood(Model model, List<Tokens> read, List<Tokens> written) {
        List<Run> runs = model.runAll(read, written, Run.Options.logitsOnly(), List.of());
        double sum = 0;
        int count = 0;
        for (int s = 0; s < runs.size(); s++) {
            Tensor logits = runs.get(s).logits().orElseThrow();
            for (int i = 0; i + 1 < written.get(s).size(); i++) {
                Tensor row = logits.select(0, i);
                sum += row.get(written.get(s).get(i + 1).id()) - Probabilities.logSum(row);
                count++;
            }
        }
        return sum / count;
    }
}
