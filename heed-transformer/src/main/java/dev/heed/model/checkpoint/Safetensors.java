package dev.heed.model.checkpoint;

import dev.heed.kernel.PackedMatrix;
import dev.heed.kernel.Workers;
import dev.heed.tensor.Tensor;
import dev.heed.text.IoFailure;
import dev.heed.text.Visible;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Collections;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * One safetensors file, read strictly: [8 bytes: header length][header: JSON][data]. Tensors are read on request, in parallel
 * chunks that are converted on the way, so that the only large memory is the result itself. The file is read, not mapped: one
 * that shrinks meanwhile gives an error instead of a crash.
 */
final class Safetensors implements AutoCloseable {
    /** The reference implementation's own limit. */
    static final long LONGEST_HEADER = 100_000_000;
    /** "version ", with which such files begin, read as a length. */
    private static final long GIT_LFS = 0x206e6f6973726576L;
    /** Large enough that a read call costs nothing beside its bytes, small enough to stay in the second-level cache. */
    private static final int CHUNK_BYTES = 1 << 18;
    /** Reading and converting one element costs about this many multiply-adds; decides when threads are worth waking. */
    private static final int WORK_PER_ELEMENT = 8;

    private final String file;
    private final FileChannel channel;
    private final Header header;
    private final long dataStart;
    private final Queue<ByteBuffer> buffers = new ConcurrentLinkedQueue<>();
    private final Queue<float[]> rooms = new ConcurrentLinkedQueue<>();

    private Safetensors(String file, FileChannel channel, Header header, long dataStart) {
        this.file = file;
        this.channel = channel;
        this.header = header;
        this.dataStart = dataStart;
    }

    static Safetensors open(Path path) {
        FileChannel channel = null;
        try {
            channel = FileChannel.open(path, StandardOpenOption.READ);
            Safetensors opened = read(path.toString(), channel);
            channel = null; // now its owner closes it
            return opened;
        } catch (IOException e) {
            throw IoFailure.cannot(path, "read", e);
        } finally {
            closeQuietly(channel);
        }
    }

    private static Safetensors read(String file, FileChannel channel) throws IOException {
        long size = channel.size();
        if (size < 8) {
            throw new IllegalArgumentException(
                    file + ": not a safetensors file: " + size + " bytes, need at least 8 for the header's length");
        }
        ByteBuffer length = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN);
        readFully(file, channel, length, 0);
        long headerBytes = length.getLong(0);
        if (headerBytes == GIT_LFS) {
            throw new IllegalArgumentException(
                    file + ": is a stand-in of Git LFS, not the weights; 'git lfs pull' in its folder fetches them");
        }
        if (headerBytes < 0 || headerBytes > LONGEST_HEADER) {
            throw new IllegalArgumentException(file + ": header length " + Long.toUnsignedString(headerBytes)
                    + " exceeds the limit of " + LONGEST_HEADER + ": not a safetensors file?");
        }
        if (headerBytes > size - 8) {
            throw new IllegalArgumentException(file + ": header says " + headerBytes + " bytes, file has " + (size - 8)
                    + " after its length: is it truncated?");
        }
        ByteBuffer header = ByteBuffer.allocate((int) headerBytes);
        readFully(file, channel, header, 8);
        Header parsed = Header.parse(file, header.flip(), size - 8 - headerBytes);
        return new Safetensors(file, channel, parsed, 8 + headerBytes);
    }

    String file() {
        return file;
    }

    Set<String> names() {
        return Collections.unmodifiableSet(header.tensors().keySet());
    }

    Map<String, String> metadata() {
        return Collections.unmodifiableMap(header.metadata());
    }

    TensorInfo info(String name) {
        TensorInfo info = header.tensors().get(name);
        if (info == null) {
            throw new IllegalArgumentException(file + ": no tensor " + Visible.quote(name) + "; the file has "
                    + header.tensors().size() + " others");
        }
        return info;
    }

    /**
     * @param notFinite set to true where an element is NaN or infinite
     */
    Tensor tensor(TensorInfo info, AtomicBoolean notFinite) {
        requireFloats(info);
        int[] shape = new int[info.shape().length];
        for (int axis = 0; axis < shape.length; axis++) {
            shape[axis] = (int) Math.min(info.shape()[axis], Integer.MAX_VALUE); // a larger one only beside a 0
        }
        float[] values = new float[arrayLength(info)];
        eachChunk(info, (bytes, from, count) -> {
            Convert.floats(info.dtype(), bytes, values, from, count);
            if (!Convert.allFinite(values, from, count)) {
                notFinite.set(true);
            }
        });
        return Tensor.of(values, shape);
    }

    /**
     * A matrix of layers, packed as it is read: no second copy of it exists at any time.
     *
     * @param transposed whether it is kept as [in, out]
     * @param notFinite set to true where an element is NaN or infinite
     */
    PackedMatrix packed(TensorInfo info, boolean transposed, AtomicBoolean notFinite) {
        requireFloats(info);
        arrayLength(info);
        int rows = (int) info.shape()[0];
        int columns = (int) info.shape()[1];
        PackedMatrix.Builder builder =
                transposed ? PackedMatrix.builder(columns, rows) : PackedMatrix.builder(rows, columns);
        // Whole panels of 32 rows, so that no two tasks write to one.
        int perTask = Math.max(1, CHUNK_BYTES / Float.BYTES / 32 / Math.max(1, columns)) * 32;
        int tasks = Math.ceilDiv(rows, perTask);
        Workers.run(tasks, info.elements() * WORK_PER_ELEMENT, index -> {
            int from = index * perTask;
            int count = Math.min(perTask, rows - from);
            float[] room = room(perTask * columns);
            read(info, (long) from * columns, count * columns, room);
            if (!Convert.allFinite(room, 0, count * columns)) {
                notFinite.set(true);
            }
            Tensor some =
                    Tensor.of(room, room.length).slice(0, 0, count * columns).reshape(count, columns);
            if (transposed) {
                builder.packInputs(from, some);
            } else {
                builder.packRows(from, some);
            }
            rooms.add(room);
        });
        return builder.build();
    }

    private float[] room(int least) {
        float[] free = rooms.poll();
        return free != null && free.length >= least ? free : new float[least];
    }

    /** Elements first .. first + count − 1 to the beginning of {@code to}. */
    private void read(TensorInfo info, long first, int count, float[] to) {
        int width = info.dtype().bytes();
        int perChunk = CHUNK_BYTES / width;
        ByteBuffer buffer = take();
        try {
            for (int from = 0; from < count; from += perChunk) {
                int some = Math.min(perChunk, count - from);
                buffer.clear().limit(some * width);
                readFully(file, channel, buffer, dataStart + info.begin() + (first + from) * width);
                Convert.floats(info.dtype(), buffer.flip(), to, from, some);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(who(info) + ": cannot be read: " + IoFailure.reason(e), e);
        } finally {
            buffers.add(buffer);
        }
    }

    private void requireFloats(TensorInfo info) {
        if (!info.dtype().isFloat() && info.dtype().bytes() > 2 || !isReadable(info)) {
            throw unsupported(info, "float32");
        }
    }

    double[] doubles(TensorInfo info) {
        if (!info.dtype().isFloat()) {
            throw unsupported(info, "double");
        }
        double[] values = new double[arrayLength(info)];
        eachChunk(info, (bytes, from, count) -> Convert.doubles(info.dtype(), bytes, values, from, count));
        return values;
    }

    long[] longs(TensorInfo info) {
        if (!info.dtype().isInteger()) {
            throw unsupported(info, "integers");
        }
        long[] values = new long[arrayLength(info)];
        eachChunk(info, (bytes, from, count) -> Convert.longs(info.dtype(), bytes, values, from, count));
        if (info.dtype() == DType.U64 && Arrays.stream(values).anyMatch(value -> value < 0)) {
            throw new IllegalArgumentException(who(info) + ": holds U64 values above 2^63 - 1, which no long holds");
        }
        return values;
    }

    /** Any byte but 0 is true, as in the reference implementation's readers. */
    boolean[] booleans(TensorInfo info) {
        if (info.dtype() != DType.BOOL && info.dtype() != DType.U8) {
            throw unsupported(info, "booleans");
        }
        boolean[] values = new boolean[arrayLength(info)];
        eachChunk(info, (bytes, from, count) -> {
            for (int i = 0; i < count; i++) {
                values[from + i] = bytes.get(i) != 0;
            }
        });
        return values;
    }

    private static boolean isReadable(TensorInfo info) {
        return info.dtype().isFloat() || info.dtype().isInteger();
    }

    private IllegalArgumentException unsupported(TensorInfo info, String as) {
        String hint =
                isReadable(info) ? "" : ": unsupported dtype " + info.dtype() + "; convert it to F32, F16 or BF16";
        return new IllegalArgumentException(who(info) + ": " + info.dtype() + " cannot be read as " + as + hint);
    }

    private int arrayLength(TensorInfo info) {
        long elements = info.elements();
        if (elements > Integer.MAX_VALUE - 8) {
            throw new IllegalArgumentException(who(info) + ": " + info.describe() + " has " + elements
                    + " elements, more than one Java array holds (2^31 - 9); split it along an axis");
        }
        return (int) elements;
    }

    private String who(TensorInfo info) {
        return file + ": tensor " + Visible.quote(info.name());
    }

    /** Whether a tensor of the same type and shape has the same bytes in another file. */
    boolean sameBytes(TensorInfo info, Safetensors other, TensorInfo there) {
        AtomicBoolean same = new AtomicBoolean(true);
        eachChunk(info, (bytes, from, count) -> {
            if (same.get()
                    && !other.startsWith(there, (long) from * info.dtype().bytes(), bytes)) {
                same.set(false);
            }
        });
        return same.get();
    }

    /** Whether a tensor has these bytes from {@code at} on. */
    private boolean startsWith(TensorInfo info, long at, ByteBuffer bytes) throws IOException {
        ByteBuffer buffer = take();
        try {
            buffer.clear().limit(bytes.remaining());
            readFully(file, channel, buffer, dataStart + info.begin() + at);
            return buffer.flip().equals(bytes);
        } finally {
            buffers.add(buffer);
        }
    }

    private interface Chunk {
        /** @param bytes from position 0 the bytes of elements from .. from + count − 1 */
        void convert(ByteBuffer bytes, int from, int count) throws IOException;
    }

    private void eachChunk(TensorInfo info, Chunk chunk) {
        int elements = arrayLength(info);
        int width = info.dtype().bytes();
        int perChunk = CHUNK_BYTES / width;
        int chunks = Math.ceilDiv(elements, perChunk);
        Workers.run(chunks, (long) elements * WORK_PER_ELEMENT, index -> {
            int from = index * perChunk;
            int count = Math.min(perChunk, elements - from);
            ByteBuffer buffer = take();
            try {
                buffer.clear().limit(count * width);
                readFully(file, channel, buffer, dataStart + info.begin() + (long) from * width);
                chunk.convert(buffer.flip(), from, count);
            } catch (IOException e) {
                throw new UncheckedIOException(who(info) + ": cannot be read: " + IoFailure.reason(e), e);
            } finally {
                buffers.add(buffer);
            }
        });
    }

    private ByteBuffer take() {
        ByteBuffer free = buffers.poll();
        return free != null ? free : ByteBuffer.allocateDirect(CHUNK_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    }

    private static void readFully(String file, FileChannel channel, ByteBuffer into, long at) throws IOException {
        long position = at;
        while (into.hasRemaining()) {
            int read = channel.read(into, position);
            if (read < 0) {
                throw new IOException(file + " ended at byte " + position + ", expected " + into.remaining()
                        + " more: was it truncated while being read?");
            }
            position += read;
        }
    }

    private static void closeQuietly(@Nullable FileChannel channel) {
        if (channel != null) {
            try {
                channel.close();
            } catch (IOException e) {
                // the error that led here is the one to report
            }
        }
    }

    @Override
    public void close() {
        closeQuietly(channel);
    }
}
