package dev.heed.model.arch;

import dev.heed.grad.Value;
import dev.heed.kernel.PackedMatrix;
import dev.heed.model.checkpoint.Checkpoint;
import dev.heed.model.checkpoint.TensorInfo;
import dev.heed.nn.Linear;
import dev.heed.tensor.Tensor;
import dev.heed.text.Visible;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.IntFunction;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Where an architecture takes its parameters from, by their names in checkpoints. An architecture is built twice: once to
 * compare all names and shapes with the checkpoint's header, which allocates nothing, then to load.
 *
 * <pre>{@code
 * Parameters parameters = Parameters.learning(checkpoint, "model.");
 * Network network = Architectures.build(config, checkpoint, parameters); // names what is missing, misshapen or left over
 * parameters.learned().keySet();                                          // model.embed_tokens.weight, …
 * }</pre>
 */
public final class Parameters {
    private static final int NAMED = 4;
    /** What some classes of Llama, Qwen and T5 put before the names of the model below their head, whatever others do. */
    static final String OTHER_BASE = "transformer.";

    /** What to do with a parameter that an architecture asks for. */
    private enum Mode {
        CHECK,
        FREEZE,
        LEARN
    }

    private final Mode mode;
    private final @Nullable Checkpoint checkpoint;
    private final String base;
    private final @Nullable Initializer initializer;
    private final @Nullable NewHead head;
    private final Predicate<String> fixed;
    private final Set<String> used = Collections.synchronizedSet(new LinkedHashSet<>());
    private final List<String> missing = new ArrayList<>();
    private final List<String> misshapen = new ArrayList<>();
    private final Map<String, Value> known = Collections.synchronizedMap(new LinkedHashMap<>());

    /** Numbers for a parameter that nobody has trained yet. */
    @FunctionalInterface
    public interface Initializer {
        /** A contiguous tensor of this shape for the parameter of this name. */
        Tensor create(String name, int... shape);
    }

    private Parameters(Mode mode, Checkpoint checkpoint, String base, @Nullable NewHead head) {
        this.mode = mode;
        this.checkpoint = checkpoint;
        this.base = base;
        this.initializer = head == null ? null : head.initializer();
        this.head = head;
        this.fixed = name -> false;
    }

    private Parameters(Initializer initializer, Predicate<String> fixed) {
        this.mode = Mode.LEARN;
        this.checkpoint = null;
        this.base = "";
        this.initializer = initializer;
        this.head = null;
        this.fixed = fixed;
    }

    /** Compares with the checkpoint's header; what is built from it must not be used. */
    static Parameters checking(Checkpoint checkpoint, String base) {
        return new Parameters(Mode.CHECK, checkpoint, base, null);
    }

    /**
     * Loads parameters that stay as they are.
     *
     * @param base prefix that a checkpoint of the model without its head leaves out, such as {@code model.}
     */
    static Parameters loading(Checkpoint checkpoint, String base) {
        return new Parameters(Mode.FREEZE, checkpoint, base, null);
    }

    /** Loads parameters that may be learned. */
    public static Parameters learning(Checkpoint checkpoint, String base) {
        return new Parameters(Mode.LEARN, checkpoint, base, null);
    }

    /** Loads parameters that may be learned, below a new head. */
    public static Parameters learning(Checkpoint checkpoint, String base, NewHead head) {
        return new Parameters(Mode.LEARN, checkpoint, base, head);
    }

    /** New parameters that are to be learned. */
    public static Parameters fresh(Initializer initializer) {
        return fresh(initializer, name -> false);
    }

    /** New parameters that are to be learned, but for those that stay as they are made, such as biases of 0. */
    public static Parameters fresh(Initializer initializer, Predicate<String> fixed) {
        return new Parameters(initializer, fixed);
    }

    /** The parameters to be learned, by name, in the order of building, in the layout of checkpoints. */
    public Map<String, Value> learned() {
        Map<String, Value> learned = new LinkedHashMap<>(known);
        learned.values().removeIf(value -> !value.isWanted());
        return Collections.unmodifiableMap(learned);
    }

    /** As {@link #learned}, with those that stay as they are made: all that a checkpoint holds. */
    public Map<String, Value> known() {
        return Collections.unmodifiableMap(known);
    }

    // ---- what architectures ask for
    // ----------------------------------------------------------------------------------

    /** {@code name.weight} [out, in], and {@code name.bias} [out] if there is to be one. */
    Linear linear(String name, int out, int in, boolean bias) {
        Value added = bias ? value(name + ".bias", out) : null;
        if (mode == Mode.FREEZE) {
            return frozen(packed(name + ".weight", out, in, false), added);
        }
        return Linear.learned(value(name + ".weight", out, in), added);
    }

    /** {@code name.weight}, kept as [in, out] (GPT-2's Conv1D), with its bias. */
    Linear transposed(String name, int in, int out) {
        Value bias = value(name + ".bias", out);
        if (mode == Mode.FREEZE) {
            return frozen(packed(name + ".weight", out, in, true), bias);
        }
        return Linear.learned(value(name + ".weight", in, out).view(t -> t.transpose(0, 1)), bias);
    }

    /** {@code name.weight} [out, …] seen as [out, in], with its bias: a convolution whose steps are as long as its window. */
    Linear flattened(String name, int out, int... window) {
        int[] shape = new int[window.length + 1];
        shape[0] = out;
        System.arraycopy(window, 0, shape, 1, window.length);
        int in = Arrays.stream(window).reduce(1, Math::multiplyExact);
        Value bias = value(name + ".bias", out);
        Value whole = value(name + ".weight", shape);
        Value matrix = mode == Mode.CHECK ? Value.constant(nothing(out, in)) : whole.view(t -> t.reshape(out, in));
        return mode == Mode.FREEZE ? frozen(matrix.tensor(), bias) : Linear.learned(matrix, bias);
    }

    /**
     * A layer that shares a table's rows. A checkpoint may hold them a second time, as {@code copy.weight}; where those are
     * other numbers the two are not tied, as transformers 5 has it, and that is told.
     *
     * @param name of the table
     */
    Linear tied(Linear table, String name, String copy) {
        if (checkpoint == null || copy.equals(name)) {
            return table;
        }
        Optional<String> second = find(copy + ".weight");
        if (second.isEmpty()) {
            return table;
        }
        if (mode == Mode.CHECK) {
            tensor(copy + ".weight", table.out(), table.in());
            return table;
        }
        if (checkpoint.same(find(name + ".weight").orElse(name), second.get())) {
            return table;
        }
        checkpoint.warn(checkpoint.path() + ": " + copy + ".weight holds other numbers than " + name
                + ".weight, so the two are not tied, although config.json ties them (tie_word_embeddings)");
        return linear(copy, table.out(), table.in(), false);
    }

    /** A layer that predicts words: {@link #tied}, or with rows of its own, and no bias yet. */
    Linear head(Linear table, String name, String own, boolean tied) {
        return tied ? tied(table, name, own) : linear(own, table.out(), table.in(), false);
    }

    /**
     * Rows of {@code name.weight} [all, in], and of {@code name.bias} if there is one: several layers in one tensor.
     *
     * @param rows a view of the rows wanted, of a tensor [all, …]
     */
    Linear rowsOf(String name, int all, int in, boolean bias, UnaryOperator<Tensor> rows) {
        Value weights = value(name + ".weight", all, in);
        Value added = bias ? value(name + ".bias", all) : null;
        if (mode == Mode.LEARN) {
            return Linear.gathered(weights, added, order(all, rows));
        }
        return mode == Mode.FREEZE
                ? frozen(rows.apply(weights.tensor()), added == null ? null : added.view(rows))
                : Linear.learned(weights.view(rows), added == null ? null : added.view(rows));
    }

    /** Which rows are wanted, in their order. */
    private static int[] order(int all, UnaryOperator<Tensor> rows) {
        Tensor numbers = Tensor.zeros(all); // below 2²⁴, so exact
        for (int i = 0; i < all; i++) {
            numbers.set(i, i);
        }
        float[] wanted = rows.apply(numbers).toArray();
        int[] order = new int[wanted.length];
        Arrays.setAll(order, i -> (int) wanted[i]);
        return order;
    }

    private static Linear frozen(Tensor weights, @Nullable Value bias) {
        return frozen(PackedMatrix.pack(weights), bias);
    }

    private static Linear frozen(PackedMatrix weights, @Nullable Value bias) {
        return Linear.frozen(weights, bias == null ? null : bias.tensor());
    }

    private PackedMatrix packed(String name, int out, int in, boolean transposed) {
        if (checkpoint == null) {
            return PackedMatrix.pack(transposed ? created(name, in, out).transpose(0, 1) : created(name, out, in));
        }
        Optional<String> found = find(name);
        found.ifPresent(used::add);
        return checkpoint.packed(found.orElse(name), out, in, transposed);
    }

    /** A parameter as it stands in the checkpoint. */
    Value value(String name, int... shape) {
        if (mode != Mode.LEARN) {
            return Value.constant(tensor(name, shape));
        }
        Value before = known.get(name);
        if (before != null) {
            return before;
        }
        Tensor tensor = tensor(name, shape);
        Value parameter = fixed.test(name) ? Value.constant(tensor) : Value.parameter(tensor);
        known.put(name, parameter);
        return parameter;
    }

    /** A table that a checkpoint may hold although it is known: read as it stands there, computed where a network learns. */
    Optional<Value> table(String name, int... shape) {
        return checkpoint != null && mode != Mode.LEARN && has(name)
                ? Optional.of(Value.constant(tensor(name, shape)))
                : Optional.empty();
    }

    /** True if the checkpoint has it, or a new head; new models have everything. */
    boolean has(String name) {
        return checkpoint == null || isNew(name) || find(name).isPresent();
    }

    /** The first of two names if the checkpoint has it, else the second, which new models have, too. */
    String either(String name, String other) {
        return checkpoint != null && has(name) ? name : other;
    }

    /** Of layers that share their rows the first that the checkpoint holds, which may be any; else the first. */
    String holder(String... layers) {
        return Arrays.stream(layers)
                .filter(layer -> has(layer + ".weight"))
                .findFirst()
                .orElse(layers[0]);
    }

    /** False for a new model. */
    boolean hasCheckpoint() {
        return checkpoint != null;
    }

    /** The first size of a tensor of the checkpoint, or the classes of a new head. */
    int rows(String name) {
        if (head != null && isNew(name)) {
            return head.classes();
        }
        long[] shape = open().info(find(name).orElse(name)).shape();
        return shape.length == 0 ? 1 : (int) Math.min(shape[0], Options.MOST_IDS); // of another shape, which is told
    }

    /** The checkpoint may have what begins so, of parts that the model does without. */
    void leaveOut(String... parts) {
        if (mode == Mode.CHECK) {
            open().names().stream()
                    .filter(name -> Arrays.stream(parts)
                            .anyMatch(part -> name.startsWith(part) || name.startsWith(OTHER_BASE + part)))
                    .forEach(used::add);
        }
    }

    /** Builds layers 0..count−1, loading them at the same time where order does not matter. */
    <T> List<T> layers(int count, IntFunction<T> layer) {
        IntStream indexes = IntStream.range(0, count);
        return (mode == Mode.FREEZE ? indexes.parallel() : indexes)
                .mapToObj(layer)
                .toList();
    }

    // ---- the checkpoint
    // ----------------------------------------------------------------------------------------------

    private Tensor tensor(String name, int... shape) {
        if (checkpoint == null || isNew(name)) {
            return created(name, shape);
        }
        Optional<String> found = find(name);
        found.ifPresent(used::add);
        if (mode == Mode.CHECK) {
            compare(name, found, shape);
            return nothing(shape);
        }
        return checkpoint.tensor(found.orElse(name), shape);
    }

    private Tensor created(String name, int... shape) {
        if (initializer == null) {
            throw new IllegalStateException("Parameters: neither checkpoint nor initializer");
        }
        return initializer.create(name, shape);
    }

    private void compare(String name, Optional<String> found, int... shape) {
        if (found.isEmpty()) {
            missing.add(name + " " + Arrays.toString(shape));
            return;
        }
        TensorInfo info = open().info(found.get());
        if (!Arrays.equals(info.shape(), Arrays.stream(shape).asLongStream().toArray())) {
            misshapen.add(
                    found.get() + " must be " + Arrays.toString(shape) + ", got " + Arrays.toString(info.shape()));
        }
    }

    /** A shape without memory. */
    private static Tensor nothing(int... shape) {
        return Tensor.zeros(1).broadcastTo(shape);
    }

    private boolean isNew(String name) {
        return head != null && head.has(name) && find(name).isEmpty();
    }

    private Optional<String> find(String name) {
        if (head != null && NewHead.replaces(name)) {
            return Optional.empty();
        }
        Optional<String> found = open().find(name, "");
        if (found.isEmpty() && name.startsWith(base)) {
            String below = name.substring(base.length());
            found = open().find(below, "").or(() -> open().find(OTHER_BASE + below, ""));
        }
        return found;
    }

    private Checkpoint open() {
        if (checkpoint == null) {
            throw new IllegalStateException("Parameters: no checkpoint");
        }
        return checkpoint;
    }

    /**
     * After checking: everything asked for is there, and nothing else.
     *
     * @param harmless names of tensors that a checkpoint may have besides, such as the masks of older files
     * @throws IllegalArgumentException naming the first few that are missing, misshapen or left over
     */
    void finish(Pattern harmless) {
        List<String> extra = open().names().stream()
                .filter(name -> !used.contains(name) && !harmless.matcher(name).find())
                .map(Visible::quote)
                .toList();
        List<String> wrong = new ArrayList<>();
        say(wrong, "missing", missing);
        say(wrong, "of another shape", misshapen);
        say(wrong, "not part of the model", extra);
        if (!wrong.isEmpty()) {
            throw new IllegalArgumentException(open().path() + ": the weights do not fit config.json: "
                    + String.join("; ", wrong) + "; one of the two files belongs to another model");
        }
    }

    private static void say(List<String> wrong, String what, List<String> names) {
        if (!names.isEmpty()) {
            String more = names.size() > NAMED ? " and " + (names.size() - NAMED) + " more" : "";
            wrong.add(names.size() + " tensors " + what + " ("
                    + String.join(", ", names.subList(0, Math.min(NAMED, names.size()))) + more + ")");
        }
    }
}
