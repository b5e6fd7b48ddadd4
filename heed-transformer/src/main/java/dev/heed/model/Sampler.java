package dev.heed.model;

import dev.heed.tensor.Tensor;
import java.util.Arrays;
import java.util.SplittableRandom;

/** Picks the next id from a row of logits. Same seed, same picks, on every machine. */
final class Sampler {
    private final Generation.Options options;
    private final SplittableRandom random;

    Sampler(Generation.Options options, long stream) {
        this.options = options;
        this.random = new SplittableRandom(options.seed() + stream * 0x9E3779B97F4A7C15L);
    }

    /**
     * @param logits [vocabulary], contiguous
     */
    int pick(Tensor logits) {
        float[] all = logits.array();
        int from = logits.offset();
        int best = best(all, from, logits.elements());
        return options.temperature() == 0 ? best : drawn(all, from, logits.elements(), all[from + best]);
    }

    /** The first of the largest. */
    private static int best(float[] all, int from, int count) {
        int best = 0;
        for (int i = 0; i < count; i++) {
            float logit = all[from + i];
            if (Float.isNaN(logit)) {
                throw notANumber();
            }
            best = logit > all[from + best] ? i : best;
        }
        return best;
    }

    static IllegalArgumentException notANumber() {
        return new IllegalArgumentException(
                "generate: the model gave NaN; its weights hold NaN or numbers too large for float32");
    }

    /** Temperature, then top-k, then top-p, as transformers does. */
    private int drawn(float[] all, int from, int count, float most) {
        Integer[] order = new Integer[count];
        Arrays.setAll(order, i -> i);
        Arrays.sort(order, (a, b) -> Float.compare(all[from + b], all[from + a])); // stable: ties by id
        int kept = options.topK() == 0 ? count : Math.min(count, options.topK());
        while (kept < count && all[from + order[kept]] == all[from + order[kept - 1]]) {
            kept++; // what is as likely as the last stays, too
        }
        double[] weights = new double[kept];
        double sum = 0;
        for (int i = 0; i < kept; i++) {
            weights[i] = StrictMath.exp(((double) all[from + order[i]] - most) / options.temperature());
            sum += weights[i];
        }
        kept = nucleus(weights, sum);
        double within = 0;
        for (int i = 0; i < kept; i++) {
            within += weights[i];
        }
        double left = random.nextDouble() * within;
        for (int i = 0; i < kept; i++) {
            left -= weights[i];
            if (left < 0) {
                return order[i];
            }
        }
        return order[kept - 1];
    }

    /** The fewest likeliest whose probabilities reach top-p. */
    private int nucleus(double[] weights, double sum) {
        double reached = 0;
        for (int i = 0; i < weights.length; i++) {
            reached += weights[i];
            if (reached >= options.topP() * sum) {
                return i + 1;
            }
        }
        return weights.length;
    }
}
