package dev.heed.model;

import dev.heed.tensor.Tensor;
import java.util.List;

/** Tensors put one behind another. */
final class Join {
    private Join() {}

    /** A single tensor stays as it is, more are copied. */
    static Tensor along(int axis, List<Tensor> parts) {
        if (parts.size() == 1) {
            return parts.getFirst();
        }
        int[] shape = parts.getFirst().shape();
        shape[axis] = parts.stream().mapToInt(part -> part.size(axis)).sum();
        Tensor all = Tensor.zeros(shape);
        int at = 0;
        for (Tensor part : parts) {
            copy(part, all.slice(axis, at, at + part.size(axis)));
            at += part.size(axis);
        }
        return all;
    }

    private static void copy(Tensor from, Tensor to) {
        if (to.isContiguous()) {
            from.copyTo(to.array(), to.offset());
            return;
        }
        for (int i = 0; i < from.size(0); i++) {
            copy(from.select(0, i), to.select(0, i));
        }
    }
}
