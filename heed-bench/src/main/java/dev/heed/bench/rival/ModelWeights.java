package dev.heed.bench.rival;

import dev.heed.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Function;

/**
 * The weights of a transformer, and its cached keys and values. Legend as in {@link ModelCase}.
 *
 * @param <T> a tensor of whichever library
 * @param tokens [V, E]
 * @param positions [rows, E]
 * @param norm after the last layer (GPT-2) or after the embeddings (BERT)
 * @param layers in order
 */
public record ModelWeights<T>(T tokens, T positions, Norm<T> norm, List<Layer<T>> layers) {
    /** Scale and shift, [E] each. */
    public record Norm<T>(T scale, T shift) {
        <U> Norm<U> map(Function<T, U> to) {
            return new Norm<>(to.apply(scale), to.apply(shift));
        }
    }

    /** y = x · weight + bias; weight [in, out], bias [out]. */
    public record Linear<T>(T weight, T bias) {
        <U> Linear<U> map(Function<T, U> to) {
            return new Linear<>(to.apply(weight), to.apply(bias));
        }
    }

    /**
     * One layer.
     *
     * @param queryKeyValue [E, 3·E], the three side by side
     * @param cachedKey [B, H, P + T, D], its last T rows are the step's own; no rows without a past
     * @param cachedValue like cachedKey
     */
    public record Layer<T>(
            Norm<T> first,
            Linear<T> queryKeyValue,
            Linear<T> output,
            Norm<T> second,
            Linear<T> up,
            Linear<T> down,
            T cachedKey,
            T cachedValue) {
        <U> Layer<U> map(Function<T, U> to) {
            return new Layer<>(
                    first.map(to),
                    queryKeyValue.map(to),
                    output.map(to),
                    second.map(to),
                    up.map(to),
                    down.map(to),
                    to.apply(cachedKey),
                    to.apply(cachedValue));
        }
    }

    /** The same weights in another library's tensors. */
    <U> ModelWeights<U> map(Function<T, U> to) {
        return new ModelWeights<>(
                to.apply(tokens),
                to.apply(positions),
                norm.map(to),
                layers.stream().map(layer -> layer.map(to)).toList());
    }

    /** Random weights as GPT-2 and BERT start from (normal, deviation 0.02), from a fixed seed. */
    public static ModelWeights<Tensor> of(ModelCase question) {
        SplittableRandom random = new SplittableRandom(20_261_121);
        int width = question.width();
        List<Layer<Tensor>> layers = new ArrayList<>();
        for (int layer = 0; layer < question.layers(); layer++) {
            layers.add(layer(random, question));
        }
        return new ModelWeights<>(
                normal(random, 0.02, question.vocabulary(), width),
                normal(random, 0.02, question.positions(), width),
                norm(random, width),
                layers);
    }

    private static Layer<Tensor> layer(SplittableRandom random, ModelCase question) {
        int width = question.width();
        int rows = question.past() == 0 ? 0 : question.past() + question.tokens();
        return new Layer<>(
                norm(random, width),
                linear(random, width, 3 * width),
                linear(random, width, width),
                norm(random, width),
                linear(random, width, 4 * width),
                linear(random, 4 * width, width),
                normal(random, 1, question.batch(), question.heads(), rows, question.headWidth()),
                normal(random, 1, question.batch(), question.heads(), rows, question.headWidth()));
    }

    private static Linear<Tensor> linear(SplittableRandom random, int in, int out) {
        return new Linear<>(normal(random, 0.02, in, out), normal(random, 0.02, out));
    }

    private static Norm<Tensor> norm(SplittableRandom random, int width) {
        Tensor scale = normal(random, 0.1, width);
        for (int i = 0; i < width; i++) {
            scale.array()[i] += 1;
        }
        return new Norm<>(scale, normal(random, 0.02, width));
    }

    private static Tensor normal(SplittableRandom random, double deviation, int... shape) {
        Tensor tensor = Tensor.zeros(shape);
        float[] values = tensor.array();
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) (deviation * random.nextGaussian());
        }
        return tensor;
    }
}
