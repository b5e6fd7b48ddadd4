package dev.heed.model.checkpoint;

import dev.heed.kernel.PackedMatrix;
import dev.heed.tensor.Tensor;
import dev.heed.text.Visible;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * The tensors of a checkpoint on disk: one safetensors file, or a folder with {@code model.safetensors} or with shards and
 * {@code model.safetensors.index.json}. Opening reads and checks the headers; a tensor's data is read when asked for.
 *
 * <p>Every message names the file, the tensor, what was expected and what was got. Errors of content are
 * {@link IllegalArgumentException}, errors of reading {@link java.io.UncheckedIOException}. Tensors may be asked for from
 * several threads.
 *
 * <pre>{@code
 * try (Checkpoint checkpoint = Checkpoint.open(Path.of("models/tiny"))) {
 *     Tensor table = checkpoint.tensor("model.embed_tokens.weight"); // [vocabulary, width]
 * }
 * }</pre>
 */
public final class Checkpoint implements AutoCloseable {
    private static final String SINGLE = "model.safetensors";
    private static final String INDEX = "model.safetensors.index.json";

    private final Path path;
    private final boolean rejectNotFinite;
    private final List<Safetensors> files;
    private final Map<String, Safetensors> homes;
    /** Threads that load layers tell in any order. */
    private final Set<String> warnings = new ConcurrentSkipListSet<>();

    private Progress progress = (read, all) -> {};
    private long read;
    private long all;

    /** Is told how far reading is. */
    @FunctionalInterface
    public interface Progress {
        /**
         * Called after each tensor, never by two threads at once.
         *
         * @param read elements read so far
         * @param all elements of the checkpoint; a tensor read twice counts twice, but never beyond all
         */
        void read(long read, long all);
    }

    private Checkpoint(Path path, boolean rejectNotFinite, List<Safetensors> files, Map<String, Safetensors> homes) {
        this.path = path;
        this.rejectNotFinite = rejectNotFinite;
        this.files = files;
        this.homes = homes;
    }

    /** Opens a file or folder; weights that are NaN or infinite load and are told by {@link #warnings}. */
    public static Checkpoint open(Path path) {
        return open(path, false);
    }

    /** As {@link #open}, but a tensor that holds NaN or infinity is an error when it is asked for. */
    public static Checkpoint openFiniteOnly(Path path) {
        return open(path, true);
    }

    private static Checkpoint open(Path path, boolean finiteOnly) {
        if (Files.isDirectory(path)) {
            Path index = path.resolve(INDEX);
            if (Files.exists(path.resolve(SINGLE))) {
                return single(path, new Folder(path).inside(SINGLE), finiteOnly);
            }
            if (Files.exists(index)) {
                return sharded(path, index, finiteOnly);
            }
            throw OtherFormats.refusal(path);
        }
        if (OtherFormats.isOne(path)) {
            throw OtherFormats.refusal(path);
        }
        return single(path, path, finiteOnly);
    }

    private static Checkpoint single(Path path, Path file, boolean finiteOnly) {
        Safetensors only = Safetensors.open(file);
        Map<String, Safetensors> homes = new LinkedHashMap<>();
        only.names().forEach(name -> homes.put(name, only));
        return new Checkpoint(path, finiteOnly, List.of(only), homes);
    }

    private static Checkpoint sharded(Path path, Path index, boolean finiteOnly) {
        List<Safetensors> files = new ArrayList<>();
        try {
            Map<String, Safetensors> homes = ShardIndex.open(new Folder(path), index, files);
            return new Checkpoint(path, finiteOnly, List.copyOf(files), homes);
        } catch (RuntimeException e) {
            files.forEach(Safetensors::close);
            throw e;
        }
    }

    /** The file or folder it was opened from. */
    public Path path() {
        return path;
    }

    /** The tensors' names, in the order of the files. */
    public Set<String> names() {
        return Collections.unmodifiableSet(homes.keySet());
    }

    /** Free text of the files' headers; of two shards' values for one key the first's. */
    public Map<String, String> metadata() {
        Map<String, String> all = new LinkedHashMap<>();
        files.forEach(file -> file.metadata().forEach(all::putIfAbsent));
        return all;
    }

    /** From now on, tells how far reading is. */
    public synchronized void tell(Progress listener) {
        all = elements();
        progress = listener;
    }

    private synchronized void haveRead(TensorInfo info) {
        read = Math.min(all, read + info.elements());
        progress.read(read, all);
    }

    /** Element type and shape of a tensor, from the header alone. */
    public TensorInfo info(String name) {
        return home(name).info(name);
    }

    /** The number of elements of all tensors together. */
    public long elements() {
        return names().stream().mapToLong(name -> info(name).elements()).sum();
    }

    /**
     * The tensor in float32: F64 rounded, F16, BF16, BOOL and integers up to 16 bits exactly. Wider integers are refused; read
     * them with {@link #longs}.
     */
    public Tensor tensor(String name) {
        Safetensors home = home(name);
        AtomicBoolean notFinite = new AtomicBoolean();
        Tensor tensor = home.tensor(home.info(name), notFinite);
        finish(home, name, notFinite);
        return tensor;
    }

    private void finish(Safetensors home, String name, AtomicBoolean notFinite) {
        haveRead(home.info(name));
        if (notFinite.get()) {
            String finding = home.file() + ": tensor " + Visible.quote(name) + " holds NaN or infinity";
            if (rejectNotFinite) {
                throw new IllegalArgumentException(finding + ", but only finite weights were asked for");
            }
            warnings.add(finding);
        }
    }

    /**
     * As {@link #tensor(String, int...)}, a matrix packed for products as it is read, so that it exists once only.
     *
     * @param transposed whether it is kept as [in, out], as GPT-2 does; else [out, in]
     */
    public PackedMatrix packed(String name, int out, int in, boolean transposed) {
        requireShape(name, transposed ? new int[] {in, out} : new int[] {out, in});
        Safetensors home = home(name);
        AtomicBoolean notFinite = new AtomicBoolean();
        PackedMatrix packed = home.packed(home.info(name), transposed, notFinite);
        finish(home, name, notFinite);
        return packed;
    }

    /**
     * As {@link #tensor(String)}, of exactly this shape.
     *
     * @throws IllegalArgumentException naming the tensor, the expected and the found shape
     */
    public Tensor tensor(String name, int... shape) {
        requireShape(name, shape);
        return tensor(name);
    }

    private void requireShape(String name, int... shape) {
        TensorInfo info = info(name);
        if (!Arrays.equals(info.shape(), Arrays.stream(shape).asLongStream().toArray())) {
            throw new IllegalArgumentException(home(name).file() + ": tensor " + Visible.quote(name)
                    + " must have shape " + Arrays.toString(shape) + ", got " + Arrays.toString(info.shape()));
        }
    }

    /** A floating-point tensor in double, row-major: F64 exactly. */
    public double[] doubles(String name) {
        return home(name).doubles(info(name));
    }

    /** An integer or BOOL tensor, row-major; true is 1. */
    public long[] longs(String name) {
        return home(name).longs(info(name));
    }

    /** A BOOL or U8 tensor, row-major; any byte but 0 is true. */
    public boolean[] booleans(String name) {
        return home(name).booleans(info(name));
    }

    /** Whether two tensors hold the same numbers in the same shape. */
    public boolean same(String name, String other) {
        Safetensors here = home(name);
        Safetensors there = home(other);
        TensorInfo one = here.info(name);
        TensorInfo two = there.info(other);
        if (!Arrays.equals(one.shape(), two.shape())) {
            return false;
        }
        return one.dtype() == two.dtype()
                ? here.sameBytes(one, there, two)
                : Arrays.equals(
                        here.tensor(one, new AtomicBoolean()).array(),
                        there.tensor(two, new AtomicBoolean()).array());
    }

    /** Adds to {@link #warnings}. */
    public void warn(String finding) {
        warnings.add(finding);
    }

    /** What was odd in the tensors read so far, one sentence each, in alphabetical order. */
    public List<String> warnings() {
        return List.copyOf(warnings);
    }

    /**
     * The name under which this checkpoint holds a parameter: {@code name} behind the first of the prefixes that gives one,
     * also with the older endings {@code .gamma} and {@code .beta} of {@code .weight} and {@code .bias}.
     *
     * @param prefixes tried in order; give "" for none
     */
    public Optional<String> find(String name, String... prefixes) {
        for (String prefix : prefixes) {
            for (String spelling : List.of(prefix + name, olderSpelling(prefix + name))) {
                if (homes.containsKey(spelling)) {
                    return Optional.of(spelling);
                }
            }
        }
        return Optional.empty();
    }

    private static String olderSpelling(String name) {
        if (name.endsWith(".weight")) {
            return name.substring(0, name.length() - ".weight".length()) + ".gamma";
        }
        if (name.endsWith(".bias")) {
            return name.substring(0, name.length() - ".bias".length()) + ".beta";
        }
        return name;
    }

    private Safetensors home(String name) {
        Safetensors home = homes.get(name);
        if (home == null) {
            throw new IllegalArgumentException(path + ": no tensor " + Visible.quote(name) + "; it has " + homes.size()
                    + (homes.isEmpty() ? "" : ", such as " + some(homes.keySet())));
        }
        return home;
    }

    private static String some(Set<String> names) {
        return String.join(", ", names.stream().limit(3).map(Visible::quote).toList());
    }

    @Override
    public void close() {
        files.forEach(Safetensors::close);
    }
}
