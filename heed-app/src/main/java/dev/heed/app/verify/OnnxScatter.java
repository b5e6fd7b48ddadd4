package dev.heed.app.verify;

import dev.heed.tensor.Tensor;
import java.util.Arrays;
import java.util.Map;

/**
 * ONNX's operator TensorScatter (opset 24): a cache with new rows written over old ones, in each sequence from its own place on;
 * beyond the end, if the mode is circular, from the beginning.
 */
final class OnnxScatter {
    private final OnnxInputs inputs;

    OnnxScatter(OnnxInputs inputs) {
        this.inputs = inputs;
    }

    Map<String, Tensor> outputs() {
        Tensor past = inputs.tensor("past_cache");
        Tensor update = inputs.tensor("update");
        int axis = inputs.axis(past, -2);
        inputs.require(axis > 0, "axis must not be that of the sequences", axis);
        int[] fitting = past.shape();
        fitting[axis] = update.rank() == past.rank() ? Math.min(update.size(axis), past.size(axis)) : -1;
        inputs.require(
                Arrays.equals(update.shape(), fitting),
                "update must have the shape of the cache " + past.describe() + ", with no more on axis " + axis,
                update.describe());
        Tensor present = Tensor.of(past.toArray(), past.shape());
        write(update, present, axis, starts(past, update, axis));
        return Map.of("present_cache", present);
    }

    /** Where each sequence is written from. */
    private int[] starts(Tensor past, Tensor update, int axis) {
        String mode = inputs.word("mode", "linear");
        boolean circular = mode.equals("circular");
        inputs.require(circular || mode.equals("linear"), "mode must be linear or circular", mode);
        if (!inputs.has("write_indices")) {
            return new int[past.size(0)];
        }
        int last = circular ? Integer.MAX_VALUE - update.size(axis) : past.size(axis) - update.size(axis);
        int[] starts = inputs.integers("write_indices", 0, last);
        inputs.require(starts.length == past.size(0), "write_indices must have one number per sequence", starts.length);
        return starts;
    }

    /** The cache is [before, length, after], and the new rows are [before, count, after]. */
    private static void write(Tensor update, Tensor present, int axis, int[] starts) {
        int length = present.size(axis);
        int count = update.size(axis);
        int before = OnnxArray.size(Arrays.copyOf(present.shape(), axis));
        int after = OnnxArray.size(Arrays.copyOfRange(present.shape(), axis + 1, present.rank()));
        for (int row = 0; row < before * count; row++) {
            int prefix = row / count;
            int at = (starts[prefix / (before / starts.length)] + row % count) % length;
            System.arraycopy(update.array(), row * after, present.array(), (prefix * length + at) * after, after);
        }
    }
}
