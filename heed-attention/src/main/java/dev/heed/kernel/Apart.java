package dev.heed.kernel;

import dev.heed.tensor.Tensor;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** That results lie where nothing else does, which kernels trust. */
public final class Apart {
    private Apart() {}

    /**
     * Refuses a result whose elements share a place, or that lies where another tensor does.
     *
     * @param who is called, for the message
     * @param name of the result
     * @param others what is read and the other results; null for none
     */
    public static void check(String who, String name, Tensor written, @Nullable Tensor... others) {
        if (written.mayRepeat()) {
            int[] strides = written.shape();
            Arrays.setAll(strides, written::stride);
            throw new IllegalArgumentException(who + ": each element of " + name
                    + " must have its own place in memory, got " + written.describe() + " with strides "
                    + Arrays.toString(strides) + "; write to a tensor of its own");
        }
        for (Tensor other : others) {
            if (other != null && written.mayOverlap(other)) {
                throw new IllegalArgumentException(who + ": " + name
                        + " must not share memory with what is read or with the other result, got " + name + " "
                        + written.describe() + " in the memory of a tensor " + other.describe()
                        + "; write to a tensor of its own");
            }
        }
    }
}
