package dev.heed.train;

import dev.heed.grad.Value;
import dev.heed.kernel.Workers;
import java.util.ArrayList;
import java.util.List;

/** Parameters cut into ranges, always the same ones, that threads share. */
final class Ranges {
    /** Elements of one range: 64 KB each of parameter, gradient and two moments stay in the second-level cache. */
    private static final int LENGTH = 16384;
    /** An element of an optimiser's step costs about as much as 32 multiply-adds of a matrix product. */
    private static final long COST = 32;

    private final List<Range> ranges = new ArrayList<>();
    private final long elements;

    /** Elements [from, to) of one parameter. */
    record Range(int parameter, int from, int to) {}

    /** Work on one range. */
    @FunctionalInterface
    interface Body {
        void run(int index, Range range);
    }

    Ranges(List<Value> parameters) {
        long sum = 0;
        for (int p = 0; p < parameters.size(); p++) {
            int count = parameters.get(p).tensor().elements();
            sum += count;
            for (int from = 0; from < count; from += LENGTH) {
                ranges.add(new Range(p, from, Math.min(count, from + LENGTH)));
            }
        }
        elements = sum;
    }

    /** The gradients' memory; asked for before threads share it, because one that got no contribution is set to zero then. */
    static float[][] gradients(List<Value> parameters) {
        return parameters.stream().map(value -> value.gradient().array()).toArray(float[][]::new);
    }

    int count() {
        return ranges.size();
    }

    void run(Body body) {
        Workers.run(ranges.size(), COST * elements, t -> body.run(t, ranges.get(t)));
    }
}
