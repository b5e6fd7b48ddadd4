package dev.heed.model.checkpoint;

import java.util.Arrays;

/**
 * What a checkpoint's header says of one tensor.
 *
 * <pre>{@code
 * try (Checkpoint checkpoint = Checkpoint.open(Path.of("models/tiny"))) {
 *     checkpoint.names().forEach(name -> System.out.println(checkpoint.info(name).describe())); // F32 [512, 64]
 * }
 * }</pre>
 *
 * @param name as in the file
 * @param dtype its element type
 * @param shape sizes per axis; empty for a scalar
 * @param begin first byte, counted from the end of the header
 * @param end byte after the last
 */
public record TensorInfo(String name, DType dtype, long[] shape, long begin, long end) {
    /** The number of elements: the product of the shape. */
    public long elements() {
        long product = 1;
        for (long size : shape) {
            product *= size; // checked against overflow when the header was read
        }
        return product;
    }

    /** {@code F32 [512, 64]}, for messages. */
    public String describe() {
        return dtype + " " + Arrays.toString(shape);
    }
}
