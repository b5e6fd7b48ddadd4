package dev.heed.grad;

import dev.heed.attention.Attention;
import dev.heed.attention.AttentionGradients;
import dev.heed.attention.AttentionOutput;
import dev.heed.kernel.Activation;
import dev.heed.kernel.Elements;
import dev.heed.kernel.Gemm;
import dev.heed.kernel.Norm;
import dev.heed.kernel.PackedMatrix;
import dev.heed.kernel.Rotary;
import dev.heed.kernel.Softmax;
import dev.heed.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The ops that transformers are made of, each with its backward step beside its forward step; a backward line quotes the
 * forward line that it differentiates. Matrices are [rows, width], a row per token.
 *
 * <pre>
 * linear     y = x·Wᵀ + b          embedding  y[r] = W[ids[r]]        attention  softmax(q·kᵀ)·v
 * add        y = a + b             layerNorm, rmsNorm                 dropout    y = x·keep/(1 − p)
 * multiply   y = a·b               activate   y = f(x)                crossEntropy  −log softmax(x·Wᵀ + b)[label], mean
 * scale      y = c·x               gated      y = f(gate)·up          rotate     in place
 * rows, columns, heads: views, without memory or steps of their own
 * what came before attention: {@link SequenceOps}
 * </pre>
 *
 * <pre>{@code
 * Value hidden = Ops.gated(tape, Activation.SILU, Ops.linear(tape, x, gate, null), Ops.linear(tape, x, up, null));
 * }</pre>
 */
public final class Ops {
    /** Elements of the logits that exist at once: 4 MB, a share of the third-level cache. */
    private static final int LOGITS = 1 << 20;

    private Ops() {}

    // ---- linear
    // ------------------------------------------------------------------------------------------------------

    /**
     * y = x·Wᵀ + b with frozen weights, packed for speed.
     *
     * @param x [rows, in]
     * @param bias [out] or null
     * @return [rows, out]
     */
    public static Value linear(Tape tape, Value x, PackedMatrix w, @Nullable Value bias) {
        Tensor y = tape.room(x.tensor().size(0), w.out());
        Gemm.linear(x.tensor(), w, bias == null ? null : bias.tensor(), y);
        Value result = Value.result(tape, y, tape.wants(x));
        if (result.isWanted()) {
            tape.add(result, () -> addProduct(result.gradient(), w.unpack(), x)); // y = x·Wᵀ
        }
        return result;
    }

    /**
     * y = x·Wᵀ + b with weights that may be learned.
     *
     * @param x [rows, in]
     * @param w [out, in]
     * @param bias [out] or null
     * @return [rows, out]
     */
    public static Value linear(Tape tape, Value x, Value w, @Nullable Value bias) {
        Tensor y = tape.room(x.tensor().size(0), w.tensor().size(0));
        Gemm.multiplyAndAdd(x.tensor(), w.tensor().transpose(0, 1), bias == null ? null : bias.tensor(), y);
        Value learnedBias = bias != null && tape.wants(bias) ? bias : null;
        Value result = Value.result(tape, y, tape.wants(x, w) || learnedBias != null);
        if (result.isWanted()) {
            tape.add(result, () -> linearBackward(x, w, learnedBias, result.gradient()));
        }
        return result;
    }

    private static void linearBackward(Value x, Value w, @Nullable Value bias, Tensor dy) {
        if (x.isWanted() && w.isWanted() && !x.root().equals(w.root())) {
            boolean ontoX = x.hasGradient();
            boolean ontoW = w.hasGradient();
            Gemm.gradients( // y = x·Wᵀ
                    dy, x.tensor(), w.tensor(), x.gradientRoom(), ontoX, w.gradientRoom(), ontoW);
        } else {
            if (x.isWanted()) {
                addProduct(dy, w.tensor(), x); // y = x·Wᵀ
            }
            if (w.isWanted()) {
                addWeightGradient(dy, x.tensor(), w); // y = x·Wᵀ
            }
        }
        if (bias != null) {
            Elements.addRows(dy, bias.gradient()); // y += b in every row
        }
    }

    /** dW += dyᵀ·x, written along the rows that memory has: weights kept as [in, out] come as transposed views. */
    private static void addWeightGradient(Tensor dy, Tensor x, Value w) {
        boolean onto = w.hasGradient();
        Tensor dW = w.gradientRoom();
        if (dW.stride(1) == 1) {
            Gemm.multiply(dy.transpose(0, 1), x, dW, onto);
        } else {
            Gemm.multiply(x.transpose(0, 1), dy, dW.transpose(0, 1), onto);
        }
    }

    /** dX += a·b. */
    private static void addProduct(Tensor a, Tensor b, Value x) {
        boolean onto = x.hasGradient();
        Gemm.multiply(a, b, x.gradientRoom(), onto);
    }

    // ---- element by element
    // ------------------------------------------------------------------------------------------

    /** y = a + b, of one shape, contiguous. */
    public static Value add(Tape tape, Value a, Value b) {
        Tensor y = tape.room(a.tensor().shape());
        requireAlike("Ops.add", a.tensor(), b.tensor());
        Elements.add(
                a.tensor().array(),
                a.tensor().offset(),
                b.tensor().array(),
                b.tensor().offset(),
                y.array(),
                0,
                y.elements());
        Value result = Value.result(tape, y, tape.wants(a, b));
        if (result.isWanted()) {
            tape.add(result, () -> {
                if (a.isWanted()) {
                    addTo(a, result.gradient()); // y = a + b
                }
                if (b.isWanted() && !result.passGradientTo(b)) {
                    addTo(b, result.gradient()); // y = a + b
                }
            });
        }
        return result;
    }

    /** dX += added. */
    static void addTo(Value x, Tensor added) {
        boolean onto = x.hasGradient();
        Tensor dx = x.gradientRoom();
        if (added.isContiguous() && dx.isContiguous()) {
            Elements.addOrCopy(onto, added.array(), added.offset(), dx.array(), dx.offset(), dx.elements());
        } else if (!onto && dx.isContiguous()) {
            added.copyTo(dx.array(), dx.offset());
        } else {
            if (!onto) {
                Arrays.fill(dx.array(), 0); // not begun: x is all that its memory holds, in another order
            }
            Strided.addTo(dx, added);
        }
    }

    /** y = a·b element by element, of one shape, contiguous. */
    public static Value multiply(Tape tape, Value a, Value b) {
        requireAlike("Ops.multiply", a.tensor(), b.tensor());
        Tensor y = tape.room(a.tensor().shape());
        Elements.multiply(
                a.tensor().array(),
                a.tensor().offset(),
                b.tensor().array(),
                b.tensor().offset(),
                y.array(),
                0,
                y.elements());
        Value result = Value.result(tape, y, tape.wants(a, b));
        if (result.isWanted()) {
            tape.add(result, () -> {
                if (a.isWanted()) {
                    addElements(result.gradient(), b.tensor(), a); // y = a·b
                }
                if (b.isWanted()) {
                    addElements(result.gradient(), a.tensor(), b); // y = a·b
                }
            });
        }
        return result;
    }

    /** dX += a·b element by element. */
    private static void addElements(Tensor a, Tensor b, Value x) {
        boolean onto = x.hasGradient();
        Tensor dx = x.gradientRoom();
        int count = dx.elements();
        if (onto) {
            Elements.addProduct(a.array(), a.offset(), b.array(), b.offset(), dx.array(), dx.offset(), count);
        } else {
            Elements.multiply(a.array(), a.offset(), b.array(), b.offset(), dx.array(), dx.offset(), count);
        }
    }

    /** y = factor·x, contiguous. */
    public static Value scale(Tape tape, Value x, float factor) {
        Tensor y = tape.room(x.tensor().shape());
        Elements.scale(factor, x.tensor().array(), x.tensor().offset(), y.array(), 0, y.elements());
        Value result = Value.result(tape, y, tape.wants(x));
        if (result.isWanted()) {
            tape.add(result, () -> {
                Tensor dy = result.gradient();
                Tensor dx = x.gradient();
                Elements.addScaled(factor, dy.array(), dy.offset(), dx.array(), dx.offset(), dx.elements()); // y = c·x
            });
        }
        return result;
    }

    /** y = f(x), contiguous. */
    public static Value activate(Tape tape, Activation f, Value x) {
        Tensor y = tape.room(x.tensor().shape());
        int count = y.elements();
        if (!tape.wants(x)) {
            f.apply(x.tensor().array(), x.tensor().offset(), y.array(), 0, count);
            return Value.result(tape, y, false);
        }
        Tensor slope = tape.room(x.tensor().shape());
        f.applyWithSlope(x.tensor().array(), x.tensor().offset(), y.array(), 0, slope.array(), 0, count);
        Value result = Value.result(tape, y, true);
        tape.add(result, () -> addElements(result.gradient(), slope, x), slope); // y = f(x)
        return result;
    }

    /** y = f(x) of an x that nobody else reads, contiguous: its memory takes the slope, then its gradient. */
    public static Value activateLast(Tape tape, Activation f, Value x) {
        Tensor from = x.tensor();
        if (!tape.wants(x)) {
            f.apply(from.array(), from.offset(), from.array(), from.offset(), from.elements());
            return x;
        }
        Tensor y = tape.room(from.shape());
        f.applyWithSlope(from.array(), from.offset(), y.array(), 0, from.array(), from.offset(), y.elements());
        Value result = Value.result(tape, y, true);
        tape.add(result, () -> {
            Tensor dy = result.gradient();
            Elements.multiply( // y = f(x)
                    from.array(), from.offset(), dy.array(), dy.offset(), from.array(), from.offset(), dy.elements());
            if (!x.takeOver(from)) {
                addTo(x, from);
            }
        });
        return result;
    }

    /** y = cap·tanh(x/cap), contiguous. */
    public static Value softcap(Tape tape, Value x, float cap) {
        return scale(tape, activate(tape, Activation.TANH, scale(tape, x, 1 / cap)), cap);
    }

    /** y = f(gate)·up: with SILU it is SwiGLU, with GELU GeGLU (Shazeer 2020, arXiv 2002.05202). */
    public static Value gated(Tape tape, Activation f, Value gate, Value up) {
        requireAlike("Ops.gated", gate.tensor(), up.tensor());
        Value open = activate(tape, f, gate);
        return tape.wants(gate, up) ? multiply(tape, open, up) : multiplied(open, up);
    }

    /** y = a·b in the memory of a, which nobody else needs. */
    private static Value multiplied(Value a, Value b) {
        Tensor y = a.tensor();
        Elements.multiply(y.array(), 0, b.tensor().array(), b.tensor().offset(), y.array(), 0, y.elements());
        return a;
    }

    // ---- rows
    // --------------------------------------------------------------------------------------------------------

    /** y[r] = table[ids[r]]. */
    public static Value embedding(Tape tape, Value table, int[] ids) {
        Tensor w = table.tensor();
        int width = w.size(1);
        Tensor y = tape.room(ids.length, width);
        for (int r = 0; r < ids.length; r++) {
            copyRow(w, ids[r], y.array(), r * width);
        }
        Value result = Value.result(tape, y, tape.wants(table));
        if (result.isWanted()) {
            tape.add(result, () -> addToNamedRows(table.gradient(), ids, result.gradient())); // y[r] = W[ids[r]]
        }
        return result;
    }

    /** A view of each row would be most of what a step allocates. */
    private static void copyRow(Tensor table, int row, float[] to, int at) {
        if (table.stride(1) == 1 && row >= 0 && row < table.size(0)) {
            System.arraycopy(table.array(), table.offset() + row * table.stride(0), to, at, table.size(1));
        } else {
            table.select(0, row).copyTo(to, at);
        }
    }

    private static void addToNamedRows(Tensor dTable, int[] ids, Tensor dy) {
        if (dTable.stride(1) == 1 && dy.stride(1) == 1) {
            Elements.addToRows(dy, ids, dTable);
            return;
        }
        for (int r = 0; r < ids.length; r++) {
            Strided.addTo(dTable.select(0, ids[r]), dy.select(0, r));
        }
    }

    /** y[r] = W[ids[r]] from frozen, packed weights: an embedding tied to the output layer. */
    public static Value embedding(PackedMatrix table, int[] ids) {
        Tensor y = Tensor.zeros(ids.length, table.in());
        for (int r = 0; r < ids.length; r++) {
            table.copyRow(ids[r], y.array(), r * table.in());
        }
        return Value.constant(y);
    }

    /** (x − mean)/√(variance + ε)·gamma + beta along each row. */
    public static Value layerNorm(Tape tape, Value x, Value gamma, @Nullable Value beta, float epsilon) {
        return norm(tape, Norm.LAYER, x, gamma, beta, epsilon);
    }

    /** x/√(mean square + ε)·gamma along each row. */
    public static Value rmsNorm(Tape tape, Value x, Value gamma, float epsilon) {
        return norm(tape, Norm.RMS, x, gamma, null, epsilon);
    }

    private static Value norm(Tape tape, Norm norm, Value x, Value gamma, @Nullable Value beta, float epsilon) {
        Value learnedBeta = beta != null && tape.wants(beta) ? beta : null;
        boolean wanted = tape.wants(x, gamma) || learnedBeta != null;
        Tensor y = tape.room(x.tensor().shape());
        Tensor stats = wanted ? tape.room(x.tensor().size(0), 2) : null;
        norm.forward(x.tensor(), gamma.tensor(), beta == null ? null : beta.tensor(), epsilon, y, stats);
        Value result = Value.result(tape, y, wanted);
        if (stats != null) {
            tape.add(result, () -> normBackward(norm, x, gamma, learnedBeta, stats, result.gradient()), stats);
        }
        return result;
    }

    /** y = norm(x)·gamma + beta. */
    private static void normBackward(Norm norm, Value x, Value gamma, @Nullable Value beta, Tensor stats, Tensor dy) {
        Tensor dGamma = gamma.isWanted() ? gamma.gradient() : null;
        Tensor dBeta = beta == null ? null : beta.gradient();
        boolean onto = x.isWanted() && x.hasGradient();
        Tensor dX = x.isWanted() ? x.gradientRoom() : null;
        norm.backward(x.tensor(), gamma.tensor(), stats, dy, new Norm.Gradients(dX, onto, dGamma, dBeta));
    }

    /**
     * Turns x in place by its positions; its gradient is turned back. Nothing before may have kept x's numbers, as linear
     * and norms do not.
     *
     * @param x [..., T, D]
     */
    public static void rotate(Tape tape, Value x, Rotary rotary, int first) {
        turn(rotary, x.tensor(), first);
        if (tape.wants(x)) {
            tape.add(() -> rotary.turnBack(x.gradient(), first)); // x = R(position)·x
        }
    }

    /** A few vectors, as in decoding, are turned without a view of each head. */
    private static void turn(Rotary rotary, Tensor x, int first) {
        if (x.rank() != 4 || x.size(2) != 1) {
            rotary.turn(x, first);
            return;
        }
        for (int b = 0; b < x.size(0); b++) {
            for (int h = 0; h < x.size(1); h++) {
                rotary.turn(x.array(), x.offset() + b * x.stride(0) + h * x.stride(1), first);
            }
        }
    }

    /** Elements survive with probability 1 − p and grow by 1/(1 − p); which ones, the seed says (Srivastava et al. 2014). */
    public static Value dropout(Tape tape, Value x, double p, long seed) {
        if (p == 0) {
            return x;
        }
        Tensor y = tape.room(x.tensor().shape());
        Dropout.apply(x.tensor(), p, seed, y);
        Value result = Value.result(tape, y, tape.wants(x));
        if (result.isWanted()) {
            tape.add(result, () -> dropoutBackward(tape, x, p, seed, result.gradient()));
        }
        return result;
    }

    /** y = x·keep/(1 − p); which elements stay is drawn again. */
    private static void dropoutBackward(Tape tape, Value x, double p, long seed, Tensor dy) {
        if (!x.hasGradient()) {
            Dropout.apply(dy, p, seed, x.gradientRoom());
            return;
        }
        Tensor kept = tape.room(dy.shape());
        Dropout.apply(dy, p, seed, kept);
        addTo(x, kept);
        tape.takeBack(kept);
    }

    // ---- views
    // -------------------------------------------------------------------------------------------------------

    /** Rows [from, to): a view. */
    public static Value rows(Value x, int from, int to) {
        return from == 0 && to == x.tensor().size(0) ? x : x.view(t -> t.slice(0, from, to));
    }

    /** Columns [from, to): a view. */
    public static Value columns(Value x, int from, int to) {
        return from == 0 && to == x.tensor().size(1) ? x : x.view(t -> t.slice(1, from, to));
    }

    /** The rows of several matrices of one width, one below the other: a copy. */
    public static Value stack(Tape tape, List<Value> parts) {
        int width = parts.getFirst().tensor().size(1);
        int rows = parts.stream().mapToInt(part -> part.tensor().size(0)).sum();
        boolean wanted = tape.records() && parts.stream().anyMatch(Value::isWanted);
        Value y = room(tape, wanted, rows, width);
        int at = 0;
        for (Value part : parts) {
            int from = at;
            int to = from + part.tensor().size(0);
            part.tensor().copyTo(y.tensor().array(), from * width);
            if (tape.wants(part)) {
                tape.add(() -> addTo(part, y.gradient().slice(0, from, to))); // y[from, to) = part
            }
            at = to;
        }
        return y;
    }

    /**
     * Rows of B sequences of N tokens from row {@code from} on, seen as heads: a view.
     *
     * @param x [rows, H·D], the last stride 1
     * @return [B, H, N, D]
     */
    public static Value heads(Value x, int from, int b, int n, int h) {
        return x.isWanted()
                ? x.view(t -> headsOf(t, from, b, n, h))
                : Value.constant(headsOf(x.tensor(), from, b, n, h));
    }

    private static Tensor headsOf(Tensor x, int from, int b, int n, int h) {
        int d = x.size(1) / h;
        int row = x.stride(0);
        return Tensor.view(x.array(), x.offset() + from * row, new int[] {b, h, n, d}, new int[] {n * row, d, row, 1});
    }

    // ---- attention
    // ---------------------------------------------------------------------------------------------------

    /**
     * Attention into {@code output}, a view of the rows that the heads' outputs are merged in.
     *
     * @param query [B, Hq, N, D]
     * @param key [B, Hkv, M, D]
     * @param value [B, Hkv, M, Dv]
     * @param bias what the description's bias was made of, if its gradient is wanted, else null
     * @param output [B, Hq, N, Dv], overwritten
     */
    public static AttentionOutput attention(
            Tape tape, Attention attention, Value query, Value key, Value value, @Nullable Value bias, Value output) {
        AttentionOutput result = applied(tape, attention, query, key, value, output);
        if (output.isWanted()) {
            tape.add(() -> attentionBackward(attention, query, key, value, bias, result, output.gradient()));
        }
        return result;
    }

    /** The forward step alone. */
    static AttentionOutput applied(Tape tape, Attention attention, Value query, Value key, Value value, Value output) {
        Tensor q = query.tensor();
        Tensor lse = tape.room(q.size(0), q.size(1), q.size(2));
        attention.applyInto(q, key.tensor(), value.tensor(), output.tensor(), lse);
        return new AttentionOutput(output.tensor(), lse);
    }

    private static void attentionBackward(
            Attention attention,
            Value query,
            Value key,
            Value value,
            @Nullable Value bias,
            AttentionOutput result,
            Tensor dOutput) {
        Tensor q = query.tensor();
        Tensor k = key.tensor();
        Tensor v = value.tensor();
        if (isAll(query, key, value) && attention.comparesAsTheyAre()) {
            attention.gradientsInto( // output = softmax(q·kᵀ)·v
                    q, k, v, result, dOutput, query.gradientRoom(), key.gradientRoom(), value.gradientRoom());
        } else {
            AttentionGradients d = attention.gradients(q, k, v, result, dOutput); // output = softmax(q·kᵀ)·v
            addIfWanted(query, d.dQuery());
            addIfWanted(key, d.dKey());
            addIfWanted(value, d.dValue());
        }
        if (bias != null) {
            addIfWanted(bias, attention.biasGradient(q, k, v, result, dOutput));
        }
    }

    /**
     * True if the values are all of what they are views of, have no element in common, and none of it has a gradient yet: then
     * theirs may be overwritten.
     */
    private static boolean isAll(Value... values) {
        for (int i = 0; i < values.length; i++) {
            Value value = values[i];
            Value root = value.root();
            int elements = 0;
            for (int j = 0; j < values.length; j++) {
                Tensor other = values[j].tensor();
                if (i != j && value.tensor().mayOverlap(other)) {
                    return false;
                }
                elements += values[j].root().equals(root) ? other.elements() : 0;
            }
            if (!value.isWanted()
                    || root.hasGradient()
                    || elements != root.tensor().elements()) {
                return false;
            }
        }
        return true;
    }

    static void addIfWanted(Value x, Tensor added) {
        if (x.isWanted()) {
            addTo(x, added);
        }
    }

    /** Room for results that ops like {@link #attention} fill part by part. */
    public static Value room(Tape tape, boolean wanted, int rows, int width) {
        Value result = Value.result(tape, tape.room(rows, width), tape.records() && wanted);
        if (result.isWanted()) {
            tape.add(result, () -> {}); // behind the steps of all parts
        }
        return result;
    }

    // ---- loss
    // --------------------------------------------------------------------------------------------------------

    /**
     * The mean over rows of −log softmax(x·Wᵀ + b)[label]. Logits exist a tile of rows at a time and are computed anew for
     * the backward pass.
     *
     * @param x [rows, in]
     * @param w [vocabulary, in]
     * @param bias [vocabulary] or null
     * @param labels one per row; rows with a negative one are left out
     * @return one element; 0 if no row has a label
     */
    public static Value crossEntropy(Tape tape, Value x, Value w, @Nullable Value bias, int[] labels) {
        return crossEntropy(tape, x, w, bias, labels, Likelihood.PLAIN);
    }

    /** The same by a rule: logits bounded, labels smoothed. */
    public static Value crossEntropy(Tape tape, Value x, Value w, @Nullable Value bias, int[] labels, Likelihood rule) {
        int rows = x.tensor().size(0);
        int tile = tileRows(w.tensor().size(0));
        int counted = counted(labels);
        Value learnedBias = bias != null && tape.wants(bias) ? bias : null;
        boolean wanted = (tape.wants(x, w) || learnedBias != null) && counted > 0;
        Tensor kept = wanted && rows <= tile && rule.cap() == 0
                ? tape.room(rows, w.tensor().size(0))
                : null;
        double sum = 0;
        for (int from = 0; from < rows; from += tile) {
            int to = Math.min(rows, from + tile);
            float[] loss = new float[to - from];
            Tensor logits =
                    kept != null ? kept : tape.room(to - from, w.tensor().size(0));
            logits(x, w, bias, from, to, logits);
            rule.bound(logits);
            Softmax.crossEntropy(logits, slice(labels, from, to), rule.smoothing(), loss);
            for (float each : loss) {
                sum += each;
            }
            if (kept == null) {
                tape.takeBack(logits);
            }
        }
        Tensor mean = Tensor.full(counted == 0 ? 0 : (float) (sum / counted), 1);
        Value result = Value.result(tape, mean, wanted);
        if (wanted) {
            tape.add(result, () -> {
                float scale = result.gradient().get(0) / counted;
                for (int from = 0; from < rows; from += tile) {
                    int to = Math.min(rows, from + tile);
                    Tensor d = kept != null
                            ? kept
                            : tape.room(to - from, w.tensor().size(0));
                    if (kept == null) {
                        logits(x, w, bias, from, to, d);
                    }
                    rule.backward(tape, d, slice(labels, from, to), scale);
                    linearBackward(rows(x, from, to), w, learnedBias, d);
                    tape.takeBack(d);
                }
            });
        }
        return result;
    }

    /**
     * The mean over rows of −log softmax(x)[label], of logits that exist anyway: classes of whole texts.
     *
     * @param x [rows, classes]
     * @param labels one per row; rows with a negative one are left out
     * @param smoothing the share of each label that all labels share evenly
     * @return one element; 0 if no row has a label
     */
    public static Value crossEntropy(Tape tape, Value x, int[] labels, double smoothing) {
        int counted = counted(labels);
        float[] loss = new float[labels.length];
        Softmax.crossEntropy(x.tensor(), labels, smoothing, loss);
        double sum = 0;
        for (float each : loss) {
            sum += each;
        }
        Tensor mean = Tensor.full(counted == 0 ? 0 : (float) (sum / counted), 1);
        Value result = Value.result(tape, mean, tape.wants(x) && counted > 0);
        if (result.isWanted()) {
            tape.add(result, () -> {
                float scale = result.gradient().get(0) / counted;
                Tensor d = tape.room(x.tensor().shape());
                Softmax.crossEntropyBackward(x.tensor(), labels, smoothing, scale, d);
                addTo(x, d);
                tape.takeBack(d);
            });
        }
        return result;
    }

    /** Labels that count: a negative one leaves its row out. */
    private static int counted(int[] labels) {
        return (int) Arrays.stream(labels).filter(label -> label >= 0).count();
    }

    private static int tileRows(int vocabulary) {
        return Math.max(1, LOGITS / Math.max(1, vocabulary));
    }

    private static void logits(Value x, Value w, @Nullable Value bias, int from, int to, Tensor logits) {
        Tensor some = x.tensor().slice(0, from, to);
        Gemm.multiplyAndAdd(some, w.tensor().transpose(0, 1), bias == null ? null : bias.tensor(), logits);
    }

    private static int[] slice(int[] all, int from, int to) {
        return Arrays.copyOfRange(all, from, to);
    }

    private static void requireAlike(String who, Tensor a, Tensor b) {
        if (a.elements() != b.elements() || !a.isContiguous() || !b.isContiguous()) {
            throw new IllegalArgumentException(
                    who + ": contiguous tensors of one shape are needed, got " + a.describe() + " and " + b.describe());
        }
    }
}
