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
        } else {
            addTo(to, to.offset(), from, from.offset(), 0);
        }
    }

    /** Plain loops: heads have so few and short rows that a view or a call into the kernels for each costs more than its sum. */
    private static void addTo(Tensor to, int toAt, Tensor from, int fromAt, int axis) {
        int toStep = to.stride(axis);
        int fromStep = from.stride(axis);
        int size = to.size(axis);
        if (axis + 1 < to.rank()) {
            for (int i = 0; i < size; i++) {
                addTo(to, toAt + i * toStep, from, fromAt + i * fromStep, axis + 1);
            }
        } else if (toStep == 1 && fromStep == 1) {
            addRow(to.array(), toAt, from.array(), fromAt, size);
        } else {
            for (int i = 0; i < size; i++) {
                to.array()[toAt + i * toStep] += from.array()[fromAt + i * fromStep];
            }
        }
    }

    /** to += from, both of stride 1. */
    static void addRow(float[] to, int toAt, float[] from, int fromAt, int count) {
        for (int i = 0; i < count; i++) {
            to[toAt + i] += from[fromAt + i];
        }
    }
}
