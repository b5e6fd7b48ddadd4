package dev.heed.bench.rival;

import dev.heed.tensor.Tensor;
import java.util.List;

/** One library that trains. */
public interface TrainRival {
    /** Steps whose losses are compared: the second depends on every gradient of the first, and on AdamW. */
    int COMPARED = 4;

    /** Short and fixed: it names the column. */
    String name();

    String version();

    /**
     * Makes ready. Timed is one step after another; the output is the losses of the first {@link #COMPARED} steps of the same
     * model without dropout.
     */
    Contestant prepare(TrainCase question, int threads);

    /** Everyone who takes part. */
    static List<TrainRival> all() {
        return List.of(new HeedTrainer(), new TorchTrainer());
    }

    /** Expected losses: PyTorch in double. */
    static Tensor reference(TrainCase question) {
        return TorchTrainer.lossesInDouble(question);
    }
}
