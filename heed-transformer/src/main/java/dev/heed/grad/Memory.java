package dev.heed.grad;

import dev.heed.tensor.Tensor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Arrays that one pass after another uses: a pass of training asks for the same lengths every time. */
final class Memory {
    private final Map<Integer, List<float[]>> free = new HashMap<>();
    private final List<float[]> lent = new ArrayList<>();

    /** A contiguous tensor that holds anything. */
    Tensor room(int... shape) {
        int length = 1;
        for (int size : shape) {
            length = Math.multiplyExact(length, size);
        }
        List<float[]> fitting = free.get(length);
        float[] array = fitting == null || fitting.isEmpty() ? new float[length] : fitting.removeLast();
        lent.add(array);
        return Tensor.of(array, shape);
    }

    void takeBack() {
        for (float[] array : lent) {
            free.computeIfAbsent(array.length, length -> new ArrayList<>()).add(array);
        }
        lent.clear();
    }
}
