package dev.heed.kernel;

import dev.heed.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * Matrix products in float32. Every 128 products of an element along the inner axis are a chain of fused multiply-adds from 0, first
 * to last, and these sums are added in order, so its bits depend on its own row and column alone: not on other rows, the lane width,
 * the number of threads, or whether the weights were packed.
 *
 * <p>Each element of a result must have its own place, and no operand there: other calls are rejected.
 */
public final class Gemm {
    private static final int PANEL = Product.PANEL;
    private static final int ONE_SUM = Product.ONE_SUM;
    private static final Product PRODUCT = Product.CHOSEN;
    private static final ThreadLocal<Gemm> OF_THREAD = ThreadLocal.withInitial(Gemm::new);
    /** Up to so many rows, reading the weights takes longer than multiplying them. */
    private static final int FEW = 4;
    /** Panels of one task for few rows: 8 of them with 768 inputs are 18 µs of memory traffic. */
    private static final int FEW_PANELS = 8;
    /** Panels that few rows are multiplied with in turns, block by block. */
    private static final int ABREAST = 4;
    /** Reading a weight for few rows costs about as much as seven multiply-adds that find theirs in the cache. */
    private static final long READ_COST = 7;
    /**
     * Most panels that a task multiplies with one block of rows: their results, 128 KB, stay in the second-level cache from one
     * block of the inner axis to the next.
     */
    private static final int GROUP = 8;
    /** Tasks per thread that groups should leave, so that threads end together. */
    private static final int TASKS = 16;
    /** Rows of a packed at a time: 4 MB with {@link Blocks#DEPTH}, a share of the third-level cache. */
    private static final int PACKED = 2048;
    /** Rows of one task: packing its panel of b, 20 multiply-adds an element, then costs 2 %. */
    private static final int ROWS = 1024;
    /** Where there are fewer panels than this, tasks get fewer rows, so that threads share the work evenly. */
    private static final int FEW_TASKS = 4;

    private static final int FEWER_ROWS = 256;

    /** With fewer rows than this, sharing columns is better balanced. */
    private static final int LEAST_ROWS = 64;
    /** Elements of b that are packed at once: 4 MB, a share of the third-level cache. */
    private static final int MOST_PACKED = 1 << 20;
    /** Rows of a tile of a gradient of weights, two panels. */
    private static final int BLOCK = 64;

    private float[] packedA = new float[0];
    private float[] packedB = new float[0];
    private float[] panelB = new float[0];
    /** All of b, for the rows of all threads. */
    private float[] shared = new float[0];

    private Gemm() {}

    /**
     * y = x·Wᵀ + bias, the bias added once, last.
     *
     * @param x [rows, in], last stride 1
     * @param bias [out], or null for none
     * @param y [rows, out], of any strides; overwritten
     */
    public static void linear(Tensor x, PackedMatrix w, @Nullable Tensor bias, Tensor y) {
        checkLinear(x, w, bias, y);
        Apart.check("Gemm.linear", "y", y, x, bias);
        if (x.size(0) == 0 || w.out() == 0) {
            return;
        }
        Tensor added = bias == null ? null : bias.contiguous();
        if (x.size(0) <= FEW && y.stride(1) == 1) {
            fewRows(x, w, added, y);
        } else {
            rows(x, w, added, y);
        }
    }

    private static void rows(Tensor x, PackedMatrix w, @Nullable Tensor bias, Tensor y) {
        Blocks[] blocks = blocks(x, w, bias, y);
        int panels = Panels.count(w.out());
        int rowBlocks = Math.ceilDiv(x.size(0), Blocks.ROWS);
        int group = Math.clamp((long) panels * rowBlocks / (TASKS * Workers.threads()), 1, GROUP);
        int tasks = rowBlocks * Math.ceilDiv(panels, group);
        // Tasks in a row read the same panels, which then come from memory once.
        Workers.run(tasks, (long) x.size(0) * w.in() * w.out(), t -> {
            int first = t / rowBlocks * group;
            int row = t % rowBlocks * panels;
            for (Blocks block : blocks) {
                for (int p = first; p < Math.min(panels, first + group); p++) {
                    block.task(row + p);
                }
            }
        });
    }

    /** The inner axis in blocks, each adding to the sums of the one before. */
    private static Blocks[] blocks(Tensor x, PackedMatrix w, @Nullable Tensor bias, Tensor y) {
        int in = w.in();
        int step = Blocks.depth(x.size(0), in);
        Blocks[] blocks = new Blocks[Math.max(1, Math.ceilDiv(in, step))];
        for (int i = 0; i < blocks.length; i++) {
            int k = i * step;
            int depth = Math.min(step, in - k);
            Blocks.Left a = new Blocks.Left(x.array(), x.offset() + k, x.stride(0), false);
            Tensor added = k + depth == in ? bias : null;
            blocks[i] = new Blocks(a, w.panels(), k * PANEL, in * PANEL, depth, y, k > 0, added);
        }
        return blocks;
    }

    private static void fewRows(Tensor x, PackedMatrix w, @Nullable Tensor bias, Tensor y) {
        int panels = Panels.count(w.out());
        if (panels <= FEW_PANELS) {
            fewRows(x, w, bias, y, 0, panels);
            return;
        }
        int tasks = Math.ceilDiv(panels, FEW_PANELS);
        Workers.run(tasks, READ_COST * w.out() * w.in(), t -> {
            int first = t * FEW_PANELS;
            fewRows(x, w, bias, y, first, Math.min(panels, first + FEW_PANELS));
        });
    }

    /** Panels [first, end). */
    private static void fewRows(Tensor x, PackedMatrix w, @Nullable Tensor bias, Tensor y, int first, int end) {
        int in = w.in();
        int rows = x.size(0);
        int whole = Math.min(end, w.out() / PANEL);
        int to = y.offset() + first * PANEL;
        float[] panels = w.panels();
        int perRow = y.stride(0);
        for (int p = first; p < whole; p += ABREAST) {
            fewRows(x, panels, p, Math.min(ABREAST, whole - p), y.array(), y.offset() + p * PANEL, perRow);
        }
        if (end > whole) {
            float[] tile = Blocks.tile();
            fewRows(x, panels, whole, 1, tile, 0, PANEL);
            int last = y.offset() + whole * PANEL;
            for (int r = 0; r < rows; r++) {
                System.arraycopy(tile, r * PANEL, y.array(), last + r * perRow, w.out() - whole * PANEL);
            }
        }
        if (bias != null) {
            int count = Math.min(w.out(), end * PANEL) - first * PANEL;
            for (int r = 0; r < rows; r++) {
                PRODUCT.addBias(y.array(), to + r * perRow, bias.array(), bias.offset() + first * PANEL, count);
            }
        }
    }

    /** Panels next to each other, block by block of the inner axis. */
    private static void fewRows(Tensor x, float[] b, int panel, int panels, float[] c, int to, int perRow) {
        int in = x.size(1);
        int rows = x.size(0);
        int columns = panels * PANEL;
        float[] sums = Blocks.sums();
        for (int k = 0; k == 0 || k < in; k += ONE_SUM) {
            int at = x.offset() + k;
            int from = (panel * in + k) * PANEL;
            int depth = Math.min(ONE_SUM, in - k);
            if (k == 0) {
                PRODUCT.fewRows(x.array(), at, x.stride(0), rows, b, from, panels, in * PANEL, depth, c, to, perRow);
            } else {
                PRODUCT.fewRows(x.array(), at, x.stride(0), rows, b, from, panels, in * PANEL, depth, sums, 0, columns);
                PRODUCT.add(sums, rows, columns, c, to, perRow);
            }
        }
    }

    /**
     * c = a·b, or c + a·b. The products of a linear layer's gradient are views away:
     *
     * <pre>
     *   y   = x·Wᵀ       multiply(x, w.transpose(0, 1), y, false)
     *   dx  = dy·W       multiply(dy, w, dx, false)
     *   dW += dyᵀ·x      multiply(dy.transpose(0, 1), x, dW, true)
     * </pre>
     *
     * @param a [m, k] of any strides
     * @param b [k, n] of any strides
     * @param c [m, n] of any strides; must not share memory with a or b
     * @param accumulate whether the blocks' sums are added to c
     */
    public static void multiply(Tensor a, Tensor b, Tensor c, boolean accumulate) {
        check("Gemm.multiply", a, b, c);
        Apart.check("Gemm.multiply", "c", c, a, b);
        if (c.elements() == 0) {
            return;
        }
        if (isAlong(a)) {
            OF_THREAD.get().run(a, b, null, c, accumulate);
        } else {
            packed(a, b, c, accumulate, null);
        }
    }

    /**
     * c = a·b + bias, the bias added to every row, once, last.
     *
     * @param a [m, k], last stride 1
     * @param b [k, n] of any strides
     * @param bias [n], or null for none
     * @param c [m, n] of any strides; must not share memory with a or b
     */
    public static void multiplyAndAdd(Tensor a, Tensor b, @Nullable Tensor bias, Tensor c) {
        check("Gemm.multiplyAndAdd", a, b, c);
        if (!isAlong(a) || bias != null && (bias.rank() != 1 || bias.size(0) != c.size(1))) {
            throw new IllegalArgumentException(
                    "Gemm.multiplyAndAdd: a with last stride 1 and a bias [n] are needed, got a " + a.describe()
                            + ", c " + c.describe() + ", bias " + (bias == null ? "none" : bias.describe()));
        }
        Apart.check("Gemm.multiplyAndAdd", "c", c, a, b, bias);
        if (c.elements() > 0) {
            OF_THREAD.get().run(a, b, bias == null ? null : bias.contiguous(), c, false);
        }
    }

    /**
     * Both products of a linear layer's gradient, dX = dy·W and dW = dyᵀ·x, as one call: a thread whose part of dW waits for
     * another's computes its rows of dX meanwhile. The bits are those of two calls of {@link #multiply}.
     *
     * @param dy [rows, out] of any strides; in one call only with last stride 1
     * @param x [rows, in] of any strides
     * @param w [out, in] of any strides
     * @param dX [rows, in]; must not share memory with anything else
     * @param ontoX whether dX is added to
     * @param dW [out, in]; must not share memory with anything else
     * @param ontoW whether dW is added to
     */
    public static void gradients(Tensor dy, Tensor x, Tensor w, Tensor dX, boolean ontoX, Tensor dW, boolean ontoW) {
        check("Gemm.gradients", dy, w, dX);
        check("Gemm.gradients", dy.transpose(0, 1), x, dW);
        Apart.check("Gemm.gradients", "dX", dX, dy, x, w, dW);
        Apart.check("Gemm.gradients", "dW", dW, dy, x, w);
        boolean along = dW.stride(1) == 1;
        Tensor a = (along ? dy : x).transpose(0, 1);
        Tensor b = along ? x : dy;
        Tensor c = along ? dW : dW.transpose(0, 1);
        if (dX.elements() == 0 || c.elements() == 0 || isAlong(a) || !isAlong(dy) || !takesRows(w, dX)) {
            multiply(dy, w, dX, ontoX);
            multiply(a, b, c, ontoW);
        } else {
            packed(a, b, c, ontoW, OF_THREAD.get().byRows(dy, w, null, dX, ontoX));
        }
    }

    /** Whether numbers of a row lie side by side. */
    private static boolean isAlong(Tensor a) {
        return a.stride(1) == 1 || a.size(1) <= 1;
    }

    /** @param beside another product that is computed in the same call, or null */
    private static void packed(Tensor a, Tensor b, Tensor c, boolean accumulate, @Nullable ByRows beside) {
        ByRows left = beside;
        for (int m = 0; m < a.size(0); m += PACKED) {
            int end = Math.min(a.size(0), m + PACKED);
            int step = Blocks.depth(end - m, a.size(1));
            for (int k = 0; k < a.size(1); k += step) {
                int last = Math.min(a.size(1), k + step);
                Tensor part = a.slice(0, m, end).slice(1, k, last);
                runPacked(part, b.slice(0, k, last), c.slice(0, m, end), accumulate || k > 0, left);
                left = null;
            }
        }
    }

    /** c (+)= a·b for rows of a that lie side by side. */
    private void run(Tensor a, Tensor b, @Nullable Tensor bias, Tensor c, boolean onto) {
        if (takesRows(b, c)) {
            ByRows rows = byRows(a, b, bias, c, onto);
            Workers.run(rows.work, new Workers.Phase(rows.packing), new Workers.Phase(rows.blocks));
        } else {
            byPanels(a, b, bias, c, onto);
        }
    }

    private static boolean takesRows(Tensor b, Tensor c) {
        long packed = (long) Panels.count(b.size(1)) * PANEL * b.size(0);
        return c.size(0) >= LEAST_ROWS && packed <= MOST_PACKED;
    }

    /** A product by blocks of rows: what packs b, then the blocks. */
    private record ByRows(Workers.Numbered packing, Workers.Numbered blocks, long work) {}

    /**
     * All of b is packed first; tasks are blocks of rows. A thread then reads the rows that it wrote in the op before, and
     * writes those that it reads in the next.
     */
    private ByRows byRows(Tensor a, Tensor b, @Nullable Tensor bias, Tensor c, boolean onto) {
        int inner = b.size(0);
        int panels = Panels.count(b.size(1));
        shared = room(shared, panels * PANEL * inner);
        float[] packed = shared;
        int rows = rowsOfTask(c.size(0));
        int tasks = Math.ceilDiv(c.size(0), rows);
        Workers.Numbered packing =
                new Workers.Numbered(panels, p -> Panels.packOne(b, p * PANEL, packed, p * PANEL * inner));
        Workers.Numbered blocks = new Workers.Numbered(tasks, t -> {
            int first = t * rows;
            int end = first + Math.min(rows, c.size(0) - first);
            rowBlock(a.slice(0, first, end), packed, inner, bias, c.slice(0, first, end), onto);
        });
        return new ByRows(packing, blocks, work(a, c));
    }

    private static int rowsOfTask(int rows) {
        int even = rows / (TASKS * Workers.threads());
        return Math.clamp(even / 8 * 8, 8, Blocks.ROWS);
    }

    private static void rowBlock(Tensor a, float[] packed, int inner, @Nullable Tensor bias, Tensor c, boolean onto) {
        int step = Blocks.depth(c.size(0), inner);
        for (int k = 0; k == 0 || k < inner; k += step) {
            int depth = Math.min(step, inner - k);
            Blocks.Left rows = new Blocks.Left(a.array(), a.offset() + k, a.stride(0), false);
            Tensor added = k + depth < inner ? null : bias;
            new Blocks(rows, packed, k * PANEL, inner * PANEL, depth, c, onto || k > 0, added).runHere();
        }
    }

    private static void byPanels(Tensor a, Tensor b, @Nullable Tensor bias, Tensor c, boolean accumulate) {
        int panels = Panels.count(c.size(1));
        int chunk = panels < FEW_TASKS ? FEWER_ROWS : ROWS;
        int chunks = Math.ceilDiv(c.size(0), chunk);
        Workers.run(panels * chunks, work(a, c), t -> {
            int first = t / panels * chunk;
            int end = first + Math.min(chunk, c.size(0) - first);
            Tensor some = a.slice(0, first, end);
            panel(some, b, bias, c.slice(0, first, end), accumulate, t % panels);
        });
    }

    /** One panel of b, packed into this thread's room block by block of the inner axis, for all rows of a. */
    private static void panel(Tensor a, Tensor b, @Nullable Tensor bias, Tensor c, boolean accumulate, int panel) {
        int inner = a.size(1);
        int step = Blocks.depth(a.size(0), inner);
        float[] packed = OF_THREAD.get().panelRoom(step);
        Tensor columns = columns(c, panel);
        for (int k = 0; k == 0 || k < inner; k += step) {
            int end = Math.min(inner, k + step);
            Panels.packOne(b.slice(0, k, end), panel * PANEL, packed, 0);
            Blocks.Left rows = new Blocks.Left(a.array(), a.offset() + k, a.stride(0), false);
            Tensor added = bias == null || end < inner ? null : columns(bias, panel);
            new Blocks(rows, packed, 0, 0, end - k, columns, accumulate || k > 0, added).runHere();
        }
    }

    private static Tensor columns(Tensor of, int panel) {
        int axis = of.rank() - 1;
        return of.slice(axis, panel * PANEL, Math.min(of.size(axis), (panel + 1) * PANEL));
    }

    /**
     * c (+)= a·b for columns of a that lie side by side, as in the gradient of weights: they are packed, too. Threads share the
     * inner axis.
     */
    private static void runPacked(Tensor a, Tensor b, Tensor c, boolean onto, @Nullable ByRows beside) {
        Workers.Numbered parts = Chain.of(b.size(0), part -> {
            Tensor left = a.slice(1, part.from(), part.end());
            Tensor right = b.slice(0, part.from(), part.end());
            OF_THREAD.get().part(left, right, c, onto || !part.isFirst(), part);
        });
        if (beside == null) {
            Workers.run(work(a, c), new Workers.Phase(parts));
        } else {
            long work = work(a, c) + beside.work;
            Workers.run(work, new Workers.Phase(beside.packing), new Workers.Phase(parts, beside.blocks));
        }
    }

    /** Tiles of 64 × 32; the narrower matrix is packed first, the other as it is needed. */
    private void part(Tensor a, Tensor b, Tensor c, boolean onto, Chain.Part chain) {
        int depth = b.size(0);
        int panels = Panels.count(b.size(1));
        int blocks = Math.ceilDiv(a.size(0), BLOCK);
        boolean tall = a.size(0) > b.size(1);
        Tensor left = a.transpose(0, 1);
        packedA = room(packedA, (tall ? BLOCK : blocks * BLOCK) * depth);
        packedB = room(packedB, (tall ? panels : 1) * PANEL * depth);
        packAll(tall ? b : left, tall ? packedB : packedA);
        for (int tile = 0; tile < panels * blocks; tile++) {
            int block = tall ? tile / panels : tile % blocks;
            int panel = tall ? tile % panels : tile / blocks;
            int end = Math.min(c.size(0), (block + 1) * BLOCK);
            if (tall && panel == 0) {
                packAll(left.slice(1, block * BLOCK, end), packedA);
            } else if (!tall && block == 0) {
                Panels.packOne(b, panel * PANEL, packedB, 0);
            }
            Blocks.Left rows = new Blocks.Left(packedA, tall ? 0 : block * BLOCK * depth, depth * PANEL, true);
            Tensor some = columns(c, panel).slice(0, block * BLOCK, end);
            Blocks product = new Blocks(rows, packedB, tall ? panel * depth * PANEL : 0, 0, depth, some, onto, null);
            chain.add(tile, product::runHere);
        }
    }

    /** Every panel of a matrix [k, n], on this thread. */
    private static void packAll(Tensor matrix, float[] to) {
        for (int p = 0; p < Panels.count(matrix.size(1)); p++) {
            Panels.packOne(matrix, p * PANEL, to, p * PANEL * matrix.size(0));
        }
    }

    private static long work(Tensor a, Tensor c) {
        return (long) c.size(0) * c.size(1) * a.size(1);
    }

    /** This thread's room for one panel of b. */
    private float[] panelRoom(int depth) {
        panelB = room(panelB, depth * PANEL);
        return panelB;
    }

    private static float[] room(float[] array, int size) {
        return array.length < size ? new float[size] : array;
    }

    private static void checkLinear(Tensor x, PackedMatrix w, @Nullable Tensor bias, Tensor y) {
        boolean shapes = x.rank() == 2
                && y.rank() == 2
                && x.size(1) == w.in()
                && y.size(1) == w.out()
                && x.size(0) == y.size(0)
                && (bias == null || bias.rank() == 1 && bias.size(0) == w.out());
        if (!shapes) {
            throw new IllegalArgumentException(
                    "Gemm.linear: x [rows, in], W [out, in], bias [out], y [rows, out] do not fit: x "
                            + x.describe() + ", W [" + w.out() + ", " + w.in() + "], bias "
                            + (bias == null ? "none" : bias.describe()) + ", y " + y.describe());
        }
        if (!isAlong(x)) {
            throw new IllegalArgumentException(
                    "Gemm.linear: the last axis of x must have stride 1, got " + x.stride(1) + "; pass x.contiguous()");
        }
    }

    private static void check(String who, Tensor a, Tensor b, Tensor c) {
        boolean shapes = a.rank() == 2
                && b.rank() == 2
                && c.rank() == 2
                && a.size(1) == b.size(0)
                && c.size(0) == a.size(0)
                && c.size(1) == b.size(1);
        if (!shapes) {
            throw new IllegalArgumentException(who + ": a [m, k], b [k, n], c [m, n] do not fit: a " + a.describe()
                    + ", b " + b.describe() + ", c " + c.describe());
        }
    }
}
