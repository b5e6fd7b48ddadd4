package dev.heed.model.checkpoint;

import dev.heed.tensor.Tensor;
import dev.heed.text.Visible;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * Collects tensors and writes one safetensors file. The same tensors and metadata give the same bytes, whatever the order in
 * which they were put. A file that is there is replaced as a whole, see {@link WholeFile}.
 *
 * <pre>{@code
 * new SafetensorsWriter().put("weight", tensor).putLongs("ids", ids, 1, ids.length).meta("seed", "7").write(path);
 * }</pre>
 */
public final class SafetensorsWriter {
    private static final int CHUNK_BYTES = 1 << 18;
    /** The header's length is padded to this, so that the data begins where any element type is aligned. */
    private static final int ALIGNMENT = 8;

    private final TreeMap<String, Entry> entries = new TreeMap<>();
    private final TreeMap<String, String> metadata = new TreeMap<>();

    private record Entry(DType dtype, int[] shape, int elements, Fill fill) {
        long bytes() {
            return (long) elements * dtype.bytes();
        }
    }

    /** Writes element {@code index} at the buffer's position. */
    private interface Fill {
        void put(ByteBuffer buffer, int index);
    }

    /** Adds a tensor as F32; its values are read when the file is written. */
    public SafetensorsWriter put(String name, Tensor tensor) {
        Tensor rows = tensor.contiguous();
        float[] values = rows.array();
        int offset = rows.offset();
        return add(
                name,
                new Entry(
                        DType.F32,
                        rows.shape(),
                        rows.elements(),
                        (buffer, index) -> buffer.putFloat(values[offset + index])));
    }

    /** Adds integers as I64. */
    public SafetensorsWriter putLongs(String name, long[] values, int... shape) {
        return add(
                name,
                new Entry(
                        DType.I64,
                        shape.clone(),
                        product(name, shape, values.length),
                        (buffer, index) -> buffer.putLong(values[index])));
    }

    /** Adds a line to the file's metadata. */
    public SafetensorsWriter meta(String key, String value) {
        metadata.put(key, value);
        return this;
    }

    private SafetensorsWriter add(String name, Entry entry) {
        if (name.equals("__metadata__") || entries.putIfAbsent(name, entry) != null) {
            throw new IllegalArgumentException("SafetensorsWriter: each tensor needs a name of its own, got "
                    + Visible.quote(name) + (name.equals("__metadata__") ? ", which is reserved" : " twice"));
        }
        return this;
    }

    private static int product(String name, int[] shape, int length) {
        long product = 1;
        for (int size : shape) {
            product *= size;
        }
        if (product != length) {
            throw new IllegalArgumentException("SafetensorsWriter: tensor " + Visible.quote(name) + " of shape "
                    + Arrays.toString(shape) + " needs " + product + " elements, got " + length);
        }
        return length;
    }

    /**
     * Writes the file, replacing one that is there only when the new one is complete.
     *
     * @throws java.io.UncheckedIOException if it cannot be written
     */
    public void write(Path path) {
        WholeFile.write(path, this::writeTo);
    }

    private void writeTo(FileChannel channel) throws IOException {
        byte[] header = header();
        ByteBuffer buffer = ByteBuffer.allocate(CHUNK_BYTES).order(ByteOrder.LITTLE_ENDIAN);
        drain(buffer.putLong(header.length), channel);
        WholeFile.writeFully(ByteBuffer.wrap(header), channel);
        for (Entry entry : entries.values()) {
            for (int i = 0; i < entry.elements(); i++) {
                if (buffer.remaining() < entry.dtype().bytes()) {
                    drain(buffer, channel);
                }
                entry.fill().put(buffer, i);
            }
        }
        drain(buffer, channel);
    }

    private static void drain(ByteBuffer buffer, FileChannel channel) throws IOException {
        WholeFile.writeFully(buffer.flip(), channel);
        buffer.clear();
    }

    private byte[] header() {
        ObjectNode header = JsonNodeFactory.instance.objectNode();
        if (!metadata.isEmpty()) {
            ObjectNode lines = header.putObject("__metadata__");
            metadata.forEach(lines::put);
        }
        long at = 0;
        for (Map.Entry<String, Entry> named : entries.entrySet()) {
            Entry entry = named.getValue();
            ObjectNode info =
                    header.putObject(named.getKey()).put("dtype", entry.dtype().name());
            Arrays.stream(entry.shape()).forEach(info.putArray("shape")::add);
            info.putArray("data_offsets").add(at).add(at + entry.bytes());
            at += entry.bytes();
        }
        byte[] json = header.toString().getBytes(StandardCharsets.UTF_8);
        byte[] padded = Arrays.copyOf(json, (json.length + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT);
        Arrays.fill(padded, json.length, padded.length, (byte) ' ');
        return padded;
    }
}
