package dev.heed.train;

import dev.heed.tensor.Tensor;
import java.util.List;
import java.util.Map;

/**
 * Stochastic gradient descent with momentum (Polyak 1964), in the order of PyTorch's SGD: g += decay·p; m = momentum·m + g;
 * p −= rate·m.
 */
final class Sgd implements Optimizer {
    private final Groups groups;
    private final float momentum;
    private final List<Tensor> moments;
    private final Ranges ranges;

    Sgd(Groups groups, double momentum) {
        this.groups = groups;
        this.momentum = (float) momentum;
        this.moments = groups.zeros();
        this.ranges = new Ranges(groups.values());
    }

    @Override
    public void step(int step, double rate, double factor) {
        float[][] gradients = Ranges.gradients(groups.values());
        ranges.run((index, range) -> {
            int at = range.parameter();
            float[] p = groups.values().get(at).tensor().array();
            float[] g = gradients[at];
            float[] m = moments.get(at).array();
            float decay = (float) groups.decay()[at];
            for (int i = range.from(); i < range.to(); i++) {
                m[i] = momentum * m[i] + (g[i] * (float) factor + decay * p[i]);
                p[i] -= (float) rate * m[i];
            }
        });
    }

    @Override
    public Map<String, Tensor> state() {
        return groups.named("momentum.", moments);
    }
}
