package dev.heed.train.recall;

import dev.heed.grad.Value;
import dev.heed.nn.Embedding;
import dev.heed.nn.Linear;
import dev.heed.nn.Normalization;
import dev.heed.tensor.Tensor;
import dev.heed.train.Draws;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * New parameters by name, drawn alike for all readers: matrices normal with deviation 1/√in, so that what goes in and what comes
 * out vary alike; embeddings with deviation 1; biases 0.
 */
final class Weights {
    private final long seed;
    private final Map<String, Value> known = new LinkedHashMap<>();

    Weights(long seed) {
        this.seed = seed;
    }

    Map<String, Value> all() {
        return known;
    }

    Embedding embedding(String name, int ids, int width) {
        return Embedding.of(normal(name, 1, ids, width));
    }

    Linear linear(String name, int out, int in) {
        return Linear.learned(matrix(name + ".weight", out, in), full(name + ".bias", 0, out));
    }

    Value matrix(String name, int out, int in) {
        return normal(name, 1 / Math.sqrt(in), out, in);
    }

    Value normal(String name, double deviation, int... shape) {
        Tensor tensor = Tensor.zeros(shape);
        Draws draws = Draws.of(seed, name);
        for (int i = 0; i < tensor.elements(); i++) {
            tensor.array()[i] = (float) (deviation * draws.normal(i));
        }
        return learned(name, tensor);
    }

    Value full(String name, float value, int... shape) {
        return learned(name, Tensor.full(value, shape));
    }

    Normalization norm(String name, int width) {
        return new Normalization.Layer(full(name + ".weight", 1, width), full(name + ".bias", 0, width), 1e-5f);
    }

    private Value learned(String name, Tensor tensor) {
        Value value = Value.parameter(tensor);
        if (known.putIfAbsent(name, value) != null) {
            throw new IllegalStateException("Weights: two parameters are called " + name);
        }
        return value;
    }
}
