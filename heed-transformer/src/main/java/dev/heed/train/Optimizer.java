package dev.heed.train;

import dev.heed.grad.Value;
import dev.heed.tensor.Tensor;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/**
 * Changes parameters by their gradients.
 *
 * <pre>{@code
 * Optimizer optimizer = new Optimizer.AdamWSettings(0.9, 0.99, 1e-8, 0.1).over(parameters.learned());
 * optimizer.step(0, 1e-3, 1); // after backward
 * }</pre>
 */
public sealed interface Optimizer permits AdamW, Sgd {
    /**
     * One step.
     *
     * @param step counted from 0
     * @param rate the learning rate
     * @param factor that gradients are multiplied by first: less than 1 where they are clipped
     */
    void step(int step, double rate, double factor);

    /** What it remembers between steps, by the name of the parameter: live memory, to be saved and restored in place. */
    Map<String, Tensor> state();

    /**
     * A kind of optimiser with its settings.
     *
     * <p>Matrices decay, vectors (norms and biases) do not, as in GPT-3 and nanoGPT.
     */
    sealed interface Settings {
        /** One for these parameters. */
        Optimizer over(Map<String, Value> parameters);
    }

    /** Adam with decoupled weight decay. */
    record AdamWSettings(double beta1, double beta2, double epsilon, double decay) implements Settings {
        @Override
        public Optimizer over(Map<String, Value> parameters) {
            return new AdamW(Groups.of(parameters, matricesDecay(decay)), beta1, beta2, epsilon);
        }
    }

    /** Stochastic gradient descent with momentum. */
    record SgdSettings(double momentum, double decay) implements Settings {
        @Override
        public Optimizer over(Map<String, Value> parameters) {
            return new Sgd(Groups.of(parameters, matricesDecay(decay)), momentum);
        }
    }

    private static ToDoubleFunction<Value> matricesDecay(double decay) {
        return value -> value.tensor().rank() >= 2 ? decay : 0;
    }

    /**
     * Parameters and how much each decays.
     *
     * @param names in a fixed order
     * @param values of the same order
     * @param decay of the same order
     */
    record Groups(List<String> names, List<Value> values, double[] decay) {
        static Groups of(Map<String, Value> parameters, ToDoubleFunction<Value> decay) {
            List<Value> values = List.copyOf(new ArrayList<>(parameters.values()));
            return new Groups(
                    List.copyOf(parameters.keySet()),
                    values,
                    values.stream().mapToDouble(decay).toArray());
        }

        /** Zeros of each parameter's shape. */
        List<Tensor> zeros() {
            return values.stream()
                    .map(value -> Tensor.zeros(value.tensor().shape()))
                    .toList();
        }

        void put(Map<String, Tensor> to, String prefix, List<Tensor> tensors) {
            for (int i = 0; i < tensors.size(); i++) {
                to.put(prefix + names.get(i), tensors.get(i));
            }
        }

        Map<String, Tensor> named(String prefix, List<Tensor> tensors) {
            Map<String, Tensor> named = new LinkedHashMap<>();
            put(named, prefix, tensors);
            return named;
        }
    }
}
