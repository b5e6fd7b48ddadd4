package dev.heed.bench.rival;

import dev.heed.train.Recipe;
import java.util.List;
import java.util.SplittableRandom;

/**
 * A GPT-2 without biases that learns, as in nanoGPT's character examples: one step is forward, backward, clipping and AdamW.
 * Dropout is that of embeddings and residual branches; nobody drops attention weights, which keeps PyTorch on its fast
 * attention.
 *
 * @param layers how many
 * @param heads per layer
 * @param width E
 * @param context tokens of a sequence
 * @param batch sequences of a step
 * @param passes in which Heed takes them, as its recipe of this model does; PyTorch takes them all at once, as nanoGPT does
 * @param dropout probability
 */
public record TrainCase(int layers, int heads, int width, int context, int batch, int passes, double dropout) {
    /** Characters of tinyshakespeare. */
    static final int VOCABULARY = 65;
    /** Weights are drawn wider than nanoGPT's 0.02, so that the losses of the first steps differ from chance. */
    private static final double DEVIATION = 0.05;

    /** nanoGPT's example for CPUs and its larger setting. */
    public static List<TrainCase> all() {
        return List.of(new TrainCase(4, 4, 128, 64, 12, 1, 0), new TrainCase(6, 6, 384, 256, 64, 8, 0.2));
    }

    /** A small, awkward one that is only verified. */
    public static TrainCase awkward() {
        return new TrainCase(2, 3, 36, 17, 6, 2, 0);
    }

    public String name() {
        return "gpt2 " + layers + "×" + width + ", " + batch + "×" + context + " tokens";
    }

    /** The same without dropout, whose losses can be compared. */
    TrainCase certain() {
        return new TrainCase(layers, heads, width, context, batch, passes, 0);
    }

    int tokens() {
        return batch * context;
    }

    /** What Heed is told: AdamW as nanoGPT sets it, decay on matrices, gradients no longer than 1. */
    Recipe recipe() {
        return Recipe.parse(name(), """
                name: %s
                learns: text
                model: {model_type: gpt2, architectures: [GPT2LMHeadModel], activation_function: gelu,
                  n_layer: %d, n_head: %d, n_embd: %d, n_positions: %d, layer_norm_epsilon: 1e-5,
                  attn_pdrop: 0.0, embd_pdrop: 0.0, resid_pdrop: 0.0,
                  tie_word_embeddings: true, bos_token_id: null, eos_token_id: null}
                biases: false
                deviation: %s
                context: %d
                batch: %d
                accumulation: %d
                steps: 1000000
                rate: 1e-3
                clip: 1
                dropout: %s
                evaluate_every: 1000000
                seed: 1337
                """.formatted(
                        name(), layers, heads, width, context, DEVIATION, context, batch / passes, passes, dropout));
    }

    /** Token ids of step {@code number}, [batch, context + 1]; the last of each row is only predicted. */
    int[] ids(long number) {
        return new SplittableRandom(number)
                .ints((long) batch * (context + 1), 0, VOCABULARY)
                .toArray();
    }

    /** Multiply-adds count two: three products per weight and token, forward and backward; attention's two and five. */
    public double operations() {
        double perToken = 6.0 * (12.0 * layers * width * width + (double) VOCABULARY * width);
        double pairs = context * (context + 1) / 2.0;
        double perPair = 14.0 * width / heads + 80;
        return tokens() * perToken + (double) batch * layers * heads * pairs * perPair;
    }

    /** What a step must read of parameters, gradients and the two moments. */
    public long bytes() {
        return 16L * (12L * layers * width * width + (long) (VOCABULARY + context) * width);
    }
}
