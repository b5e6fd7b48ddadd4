package dev.heed.train;

import dev.heed.model.arch.Parameters;
import dev.heed.tensor.Tensor;
import java.util.regex.Pattern;

/**
 * The first numbers of a model, as GPT-2 and nanoGPT draw them: matrices normal with a small deviation, those that write to the
 * residual stream smaller by √(2·layers), so that its variance does not grow with depth (Radford et al. 2019, section 2.3);
 * factors of norms 1, biases 0. Each parameter has a stream of its own, named as in the checkpoint.
 *
 * <pre>{@code
 * Parameters parameters = Parameters.fresh(new Initialization(1, 0.02, 4)); // seed, deviation, layers
 * }</pre>
 */
public final class Initialization implements Parameters.Initializer {
    /** The last matrix of attention and of the feed-forward layer, in the names of GPT-2 and of Llama. */
    private static final Pattern RESIDUAL = Pattern.compile("\\.(c_proj|o_proj|down_proj)\\.weight$");

    private final long seed;
    private final double deviation;
    private final double residualDeviation;

    /**
     * @param deviation of matrices, 0.02 for GPT-2
     * @param layers of the model
     */
    public Initialization(long seed, double deviation, int layers) {
        this.seed = seed;
        this.deviation = deviation;
        this.residualDeviation = deviation / Math.sqrt(2.0 * layers);
    }

    @Override
    public Tensor create(String name, int... shape) {
        if (name.endsWith("_bias")) {
            return Tensor.zeros(shape); // final_logits_bias [1, vocabulary] of BART and Marian
        }
        if (shape.length == 1) {
            return Tensor.full(name.endsWith(".bias") ? 0 : 1, shape);
        }
        Tensor matrix = Tensor.zeros(shape);
        double scale = RESIDUAL.matcher(name).find() ? residualDeviation : deviation;
        Draws draws = Draws.of(seed, name);
        for (int i = 0; i < matrix.elements(); i++) {
            matrix.array()[i] = (float) (scale * draws.normal(i));
        }
        return matrix;
    }
}
