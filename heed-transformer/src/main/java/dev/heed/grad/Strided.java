package dev.heed.grad;

import dev.heed.kernel.Elements;
import dev.heed.tensor.Tensor;

/** Sums of tensors of any strides. */
final class Strided {
    private Strided() {}

    /** to += from, of the same shape. */
    static void addTo(Tensor to, Tensor from) {
        if (to.isContiguous() && from.isContiguous()) {
            Elements.add(to.array(), to.offset(), from.array(), from.offset(), to.array(), to.offset(), to.elements());
        } else if (to.rank() > 1) {
            for (int i = 0; i < to.size(0); i++) {
                addTo(to.select(0, i), from.select(0, i));
            }
        } else {
            for (int i = 0; i < to.size(0); i++) {
                to.array()[to.offset() + i * to.stride(0)] += from.array()[from.offset() + i * from.stride(0)];
            }
        }
    }
}
