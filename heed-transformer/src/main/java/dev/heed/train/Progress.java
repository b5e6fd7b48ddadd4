package dev.heed.train;

import java.util.Optional;
import tools.jackson.databind.JsonNode;

/** Hears how a run goes. */
public interface Progress {
    /** A step is done. */
    void stepped(Trainer.Step step, double millis);

    /** An evaluation is done and its checkpoint is written. */
    void evaluated(Evaluation evaluation);

    /** What was measured of the heads of a checkpoint that is written: kept in metrics.jsonl, after {@link #evaluated}. */
    default Optional<JsonNode> heads(Evaluation evaluation) {
        return Optional.empty();
    }

    /**
     * An evaluation.
     *
     * @param step steps before it
     * @param trainLoss mean loss of a fixed sample of the training part, in nats
     * @param validationLoss mean loss of the whole validation part, in nats
     */
    record Evaluation(int step, double trainLoss, double validationLoss) {}

    /**
     * The best evaluation so far.
     *
     * @param loss its validation loss
     * @param since evaluations after it
     */
    record Best(double loss, int since) {
        static Best none() {
            return new Best(Double.POSITIVE_INFINITY, 0);
        }

        Best and(double next) {
            return next < loss ? new Best(next, 0) : new Best(loss, since + 1);
        }
    }
}
