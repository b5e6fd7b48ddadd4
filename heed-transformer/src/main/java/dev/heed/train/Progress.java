package dev.heed.train;

import java.util.Optional;
import java.util.OptionalDouble;
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
     * @param accuracy the share of the validation part whose likeliest class is right, where classes are learned
     */
    record Evaluation(int step, double trainLoss, double validationLoss, OptionalDouble accuracy) {
        /** The one number that people judge by: accuracy where there is one, else perplexity. */
        String metric() {
            return accuracy.isPresent() ? "accuracy" : "perplexity";
        }

        /** Its value. */
        double value() {
            return accuracy.orElse(Math.exp(validationLoss));
        }
    }

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
