package dev.heed.grad;

import dev.heed.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Arrays that one op after another uses, pass after pass. A pass of training mostly asks for the lengths of the pass before; where
 * batches are ragged it does not, so what a whole pass had no use for is dropped.
 */
final class Memory {
    /** Of the pass before, not asked for yet. */
    private Map<Integer, List<float[]>> left = new HashMap<>();
    /** Of this pass, given back. */
    private Map<Integer, List<float[]>> free = new HashMap<>();

    private final Set<float[]> lent = Collections.newSetFromMap(new IdentityHashMap<>());

    /** A contiguous tensor that holds anything. */
    Tensor room(int... shape) {
        int length = length(shape);
        float[] array = taken(free, length);
        array = array == null ? taken(left, length) : array;
        array = array == null ? new float[length] : array;
        lent.add(array);
        return Tensor.of(array, shape);
    }

    private static int length(int... shape) {
        long length = 1;
        for (int size : shape) {
            length *= size;
            if (length > Integer.MAX_VALUE - 8) {
                throw new IllegalArgumentException(
                        "Tape: a result must fit one Java array (2^31 - 9 elements), got shape "
                                + Arrays.toString(shape) + "; take fewer or shorter sequences at once");
            }
        }
        return (int) length;
    }

    private static float @Nullable [] taken(Map<Integer, List<float[]>> from, int length) {
        List<float[]> fitting = from.get(length);
        return fitting == null || fitting.isEmpty() ? null : fitting.removeLast();
    }

    /** The tensor's memory may be used again; of one that is not from here nothing happens. */
    void takeBack(Tensor tensor) {
        if (lent.remove(tensor.array())) {
            keep(tensor.array());
        }
    }

    /** A pass is over. */
    void takeAllBack() {
        lent.forEach(this::keep);
        lent.clear();
        left = free;
        free = new HashMap<>();
    }

    private void keep(float[] array) {
        free.computeIfAbsent(array.length, length -> new ArrayList<>()).add(array);
    }
}
