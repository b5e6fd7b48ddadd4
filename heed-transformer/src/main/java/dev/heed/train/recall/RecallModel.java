package dev.heed.train.recall;

import dev.heed.grad.Tape;
import dev.heed.grad.Value;
import dev.heed.nn.Linear;
import dev.heed.nn.Pass;
import dev.heed.tensor.Tensor;
import java.util.Arrays;
import java.util.Map;

/** A reader and the layer that turns what it says into an answer. */
final class RecallModel {
    /** Beyond this a reader has far more parameters than any comparison here asks for. */
    private static final int MOST_SIZE = 1 << 12;

    private final Weights weights;
    private final Reader reader;
    private final Linear answer;

    RecallModel(ReaderKind kind, RecallTask task, int width, int size, long seed) {
        weights = new Weights(seed);
        reader = kind.reader(weights, task.vocabulary(), width, size);
        answer = weights.linear("answer", task.values(), reader.width());
    }

    /** The one whose number of parameters is nearest. */
    static RecallModel nearest(ReaderKind kind, RecallTask task, int width, long parameters, long seed) {
        int low = 1;
        int high = MOST_SIZE;
        while (low < high) { // the smallest that is not below
            int middle = (low + high) / 2;
            if (new RecallModel(kind, task, width, middle, seed).parameters() < parameters) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        RecallModel above = new RecallModel(kind, task, width, low, seed);
        RecallModel below = new RecallModel(kind, task, width, Math.max(1, low - 1), seed);
        return above.parameters() - parameters < parameters - below.parameters() ? above : below;
    }

    Map<String, Value> learned() {
        return weights.all();
    }

    long parameters() {
        return weights.all().values().stream()
                .mapToLong(value -> value.tensor().elements())
                .sum();
    }

    /** Mean of −log p(answer) over texts. */
    Value loss(Tape tape, RecallTask.Batch batch) {
        Pass pass = pass(batch).recording(tape);
        return answer.crossEntropy(pass, reader.read(pass, batch.ids()), batch.answers());
    }

    /** How many answers are right. */
    int right(RecallTask.Batch batch) {
        Tensor logits = answer.forward(Tape.off(), reader.read(pass(batch), batch.ids()))
                .tensor();
        int right = 0;
        for (int t = 0; t < batch.answers().length; t++) {
            right += best(logits.select(0, t)) == batch.answers()[t] ? 1 : 0;
        }
        return right;
    }

    private static int best(Tensor row) {
        int best = 0;
        for (int i = 1; i < row.size(0); i++) {
            best = row.get(i) > row.get(best) ? i : best;
        }
        return best;
    }

    private static Pass pass(RecallTask.Batch batch) {
        int[] lengths = new int[batch.answers().length];
        Arrays.fill(lengths, batch.length());
        return Pass.of(lengths);
    }
}
