package dev.heed.grad;

import dev.heed.tensor.Tensor;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Arrays that one op after another uses, pass after pass: a pass of training asks for the same lengths every time. */
final class Memory {
    private final Map<Integer, List<float[]>> free = new HashMap<>();
    private final Set<float[]> lent = Collections.newSetFromMap(new IdentityHashMap<>());

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

    /** The tensor's memory may be used again; of one that is not from here nothing happens. */
    void takeBack(Tensor tensor) {
        if (lent.remove(tensor.array())) {
            keep(tensor.array());
        }
    }

    void takeAllBack() {
        lent.forEach(this::keep);
        lent.clear();
    }

    private void keep(float[] array) {
        free.computeIfAbsent(array.length, length -> new ArrayList<>()).add(array);
    }
}
