package dev.heed.train;

import dev.heed.tensor.Tensor;
import java.util.List;
import java.util.Map;

/**
 * Adam (Kingma and Ba 2015, arXiv 1412.6980) with decoupled weight decay (Loshchilov and Hutter 2019, arXiv 1711.05101), in
 * the order of PyTorch's AdamW:
 *
 * <pre>
 *   p −= rate·decay·p
 *   m += (1 − β₁)·(g − m)
 *   v  = β₂·v + (1 − β₂)·g²
 *   p −= rate/(1 − β₁ᵗ) · m / (√v/√(1 − β₂ᵗ) + ε)          t = step + 1
 * </pre>
 *
 * Every element is computed by itself in float32, so threads and lanes change no bit.
 */
final class AdamW implements Optimizer {
    private final Groups groups;
    private final double beta1;
    private final double beta2;
    private final double epsilon;
    private final List<Tensor> first;
    private final List<Tensor> second;
    private final Ranges ranges;

    AdamW(Groups groups, double beta1, double beta2, double epsilon) {
        this.groups = groups;
        this.beta1 = beta1;
        this.beta2 = beta2;
        this.epsilon = epsilon;
        this.first = groups.zeros();
        this.second = groups.zeros();
        this.ranges = new Ranges(groups.values());
    }

    @Override
    public void step(int step, double rate, double factor) {
        double size = rate / (1 - StrictMath.pow(beta1, step + 1));
        double root = Math.sqrt(1 - StrictMath.pow(beta2, step + 1));
        float[][] gradients = Ranges.gradients(groups.values());
        ranges.run((index, range) -> {
            int p = range.parameter();
            update(
                    new Memory(
                            groups.values().get(p).tensor().array(),
                            gradients[p],
                            first.get(p).array(),
                            second.get(p).array()),
                    range,
                    new Numbers(
                            (float) factor,
                            (float) (1 - rate * groups.decay()[p]),
                            (float) (1 - beta1),
                            (float) beta2,
                            (float) (1 - beta2),
                            (float) size,
                            (float) root,
                            (float) epsilon));
        });
    }

    private record Memory(float[] p, float[] g, float[] m, float[] v) {}

    private record Numbers(
            float factor, float keep, float rest1, float beta2, float rest2, float size, float root, float epsilon) {}

    private static void update(Memory memory, Ranges.Range range, Numbers n) {
        float[] p = memory.p;
        float[] g = memory.g;
        float[] m = memory.m;
        float[] v = memory.v;
        float factor = n.factor;
        float keep = n.keep;
        float rest1 = n.rest1;
        float beta2 = n.beta2;
        float rest2 = n.rest2;
        float size = n.size;
        float root = n.root;
        float epsilon = n.epsilon;
        for (int i = range.from(); i < range.to(); i++) {
            float gradient = g[i] * factor;
            float mean = m[i] + rest1 * (gradient - m[i]);
            float square = beta2 * v[i] + rest2 * (gradient * gradient);
            m[i] = mean;
            v[i] = square;
            p[i] = p[i] * keep - size * (mean / ((float) Math.sqrt(square) / root + epsilon));
        }
    }

    @Override
    public Map<String, Tensor> state() {
        Map<String, Tensor> state = groups.named("first.", first);
        groups.put(state, "second.", second);
        return state;
    }
}
