package dev.heed.attention;

import dev.heed.kernel.BlockKind;
import dev.heed.kernel.BlockRule;
import dev.heed.kernel.ElementMask;
import dev.heed.kernel.Visibility;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Which keys a query may see. A structural mask is an interval of visible keys per query: causal, padding, sliding window,
 * prefix and packed documents are intervals, and intervals are closed under {@link #and}, so any combination becomes two
 * loop bounds per query and never a branch per element. {@link #dense}, {@link #elements} and {@link #blocks} are the stated
 * exceptions.
 *
 * <p>Legend: N queries, M keys, i query index, j key index, ● visible, · hidden.
 *
 * <pre>
 * causalTopLeft, N=3 M=5     causalBottomRight, N=3 M=5    windowTopLeft(1, 1), N=M=5    documents(2, 3)
 * ● · · · ·                  ● ● ● · ·                     ● ● · · ·                     ● ● · · ·
 * ● ● · · ·                  ● ● ● ● ·                     ● ● ● · ·                     ● ● · · ·
 * ● ● ● · ·                  ● ● ● ● ●                     · ● ● ● ·                     · · ● ● ●
 *                            (offset M − N: keys            · · ● ● ●                     · · ● ● ●
 *                             that were cached before)      · · · ● ●                     · · ● ● ●
 * </pre>
 *
 * <p>A query that sees no key gets an output of zeros, lse = −∞ (its sink, if there is one) and zero gradients. What a hidden
 * key or value holds, NaN and infinity included, never matters. Immutable; safe to share.
 *
 * <pre>{@code
 * Mask seen = Mask.causalTopLeft().and(Mask.windowTopLeft(127, 0)).and(Mask.lengths(512, 300)); // two sequences
 * Attention attention = Attention.scaledDotProduct().mask(seen);
 * }</pre>
 */
public final class Mask {
    private static final Mask NONE = new Mask(List.of(), List.of());
    /** A window without an end on one side; as a number of keys it would end where positions are far away. */
    private static final int ALL = Integer.MAX_VALUE;

    /** Clips the interval {@code [from, to)} of visible keys of one query; the loop bounds of every kernel. */
    private interface Rule {
        /** Rejects shapes that the rule was not made for. */
        @SuppressWarnings("UnusedVariable") // most rules fit every shape
        default void check(int batches, int queries, int keys) {}

        /** True if the interval differs between sequences of a batch. */
        default boolean perBatch() {
            return false;
        }

        int from(int batch, int query, int queries, int keys);

        int to(int batch, int query, int queries, int keys);
    }

    private final List<Rule> rules;
    private final List<Element> elements;

    /** An element-wise part: a dense array with its shape, or a user's function with shape null and perhaps no blocks. */
    private record Element(ElementMask visible, @Nullable BlockRule blocks, int @Nullable [] shape) {}

    private Mask(List<Rule> rules, List<Element> elements) {
        this.rules = List.copyOf(rules);
        this.elements = List.copyOf(elements);
    }

    /** Every query sees every key. */
    public static Mask none() {
        return NONE;
    }

    /** Query i sees keys 0..i: first query and first key are aligned. */
    public static Mask causalTopLeft() {
        return window(ALL, 0, Align.TOP_LEFT);
    }

    /** Query i sees keys 0..i + (M − N): last query and last key are aligned, as when M − N keys were cached before. */
    public static Mask causalBottomRight() {
        return window(ALL, 0, Align.BOTTOM_RIGHT);
    }

    /**
     * Query i sees keys 0..i + offset.
     *
     * @param offsets the position of query 0, one for all sequences or one per sequence of the batch
     */
    public static Mask causalAt(int... offsets) {
        return window(ALL, 0, Align.at(offsets));
    }

    /** Query i sees keys i − left..i + right. */
    public static Mask windowTopLeft(int left, int right) {
        return window(left, right, Align.TOP_LEFT);
    }

    /** Query i, at position p = i + (M − N), sees keys p − left..p + right. */
    public static Mask windowBottomRight(int left, int right) {
        return window(left, right, Align.BOTTOM_RIGHT);
    }

    /**
     * Query i, at position p = i + offset, sees keys p − left..p + right.
     *
     * @param left keys before the query's own position, ≥ 0; {@link Integer#MAX_VALUE} for all
     * @param right keys after it, ≥ 0; {@link Integer#MAX_VALUE} for all
     * @param offsets the position of query 0, one for all sequences or one per sequence of the batch
     */
    public static Mask windowAt(int left, int right, int... offsets) {
        return window(left, right, Align.at(offsets));
    }

    /** Padding on the right: only the first {@code lengths[b]} keys of sequence b are real. */
    public static Mask lengths(int... lengths) {
        int[] to = nonNegative("Mask.lengths", lengths);
        return between("Mask.lengths", new int[to.length], to);
    }

    /** Padding on the left: the first {@code starts[b]} keys of sequence b are padding. */
    public static Mask startsAt(int... starts) {
        int[] from = nonNegative("Mask.startsAt", starts);
        int[] to = new int[from.length];
        Arrays.fill(to, Integer.MAX_VALUE);
        return between("Mask.startsAt", from, to);
    }

    /** Sequence b sees keys {@code from[b]} (inclusive) to {@code to[b]} (exclusive). */
    public static Mask visibleKeys(int[] from, int[] to) {
        int[] first = nonNegative("Mask.visibleKeys", from);
        int[] end = nonNegative("Mask.visibleKeys", to);
        if (first.length != end.length) {
            throw new IllegalArgumentException(
                    "Mask.visibleKeys: one from and one to per sequence, got " + first.length + " and " + end.length);
        }
        return between("Mask.visibleKeys", first, end);
    }

    private static Mask between(String who, int[] first, int[] end) {
        return of(new Rule() {
            @Override
            public void check(int batches, int queries, int keys) {
                checkBatch(who, first.length, batches);
            }

            @Override
            public boolean perBatch() {
                return first.length > 1;
            }

            @Override
            public int from(int batch, int query, int queries, int keys) {
                return first[pick(first, batch)];
            }

            @Override
            public int to(int batch, int query, int queries, int keys) {
                return end[pick(end, batch)];
            }
        });
    }

    /**
     * Prefix language model: the first {@code prefixes[b]} keys are visible to every query, the rest causally (top-left).
     */
    public static Mask prefix(int... prefixes) {
        int[] prefix = nonNegative("Mask.prefix", prefixes);
        return of(new Rule() {
            @Override
            public void check(int batches, int queries, int keys) {
                checkBatch("Mask.prefix", prefix.length, batches);
            }

            @Override
            public boolean perBatch() {
                return prefix.length > 1;
            }

            @Override
            public int from(int batch, int query, int queries, int keys) {
                return 0;
            }

            @Override
            public int to(int batch, int query, int queries, int keys) {
                return Math.max(query + 1, prefix[pick(prefix, batch)]);
            }
        });
    }

    /**
     * Documents packed one after another into one sequence, of the given lengths; each sees itself only. Queries and keys
     * share positions, so N must equal M; positions behind the last document see nothing.
     */
    public static Mask documents(int... lengths) {
        int[] length = nonNegative("Mask.documents", lengths);
        long total = Arrays.stream(length).asLongStream().sum();
        if (total > Integer.MAX_VALUE - 8) {
            throw new IllegalArgumentException(
                    "Mask.documents: lengths sum to " + total + ", more positions than one array holds (2^31 - 9)");
        }
        int[] from = new int[(int) total];
        int[] to = new int[(int) total];
        int at = 0;
        for (int one : length) {
            Arrays.fill(from, at, at + one, at);
            Arrays.fill(to, at, at + one, at + one);
            at += one;
        }
        return of(new Rule() {
            @Override
            public void check(int batches, int queries, int keys) {
                if (queries != keys || from.length > keys) {
                    throw new IllegalArgumentException("Mask.documents: lengths sum to " + from.length
                            + ", which needs as many queries and keys, got N=" + queries + ", M=" + keys);
                }
            }

            @Override
            public int from(int batch, int query, int queries, int keys) {
                return query < from.length ? from[query] : 0;
            }

            @Override
            public int to(int batch, int query, int queries, int keys) {
                return query < to.length ? to[query] : 0;
            }
        });
    }

    /**
     * A dense boolean mask, true = may attend. Blocks of 32 queries × 128 keys that are all true or all false are found
     * once, here, and cost what they would under an interval.
     *
     * @param visible row-major values
     * @param shape up to four axes, each 1 or the size of [B, Hq, N, M]; fewer axes are the last ones
     */
    public static Mask dense(boolean[] visible, int... shape) {
        long expected = 1;
        for (int size : nonNegative("Mask.dense", shape)) {
            expected = size == 0 ? 0 : Math.min(expected, Long.MAX_VALUE / size) * size;
        }
        if (shape.length > 4 || expected != visible.length) {
            throw new IllegalArgumentException("Mask.dense: the values must fill a shape of at most 4 axes, shape "
                    + Arrays.toString(shape) + " needs " + expected + ", got " + visible.length);
        }
        int[] full = {1, 1, 1, 1};
        System.arraycopy(shape, 0, full, 4 - shape.length, shape.length);
        DenseMask dense = new DenseMask(visible.clone(), full);
        return new Mask(List.of(), List.of(new Element(dense, dense, full)));
    }

    /**
     * A user's own rule, asked per element: a pure function, safe to call from several threads. Each element is asked
     * before its block's scores are computed, so a block that turns out empty costs the asking alone; {@link #blocks} spares
     * that too. Answers are not kept: they would cost N·M bits per head, or the promise that heads are alike.
     */
    public static Mask elements(ElementMask visible) {
        Objects.requireNonNull(visible, "Mask.elements: a rule is needed, got null");
        return new Mask(List.of(), List.of(new Element(visible, null, null)));
    }

    /**
     * A user's own rule with a second one that answers for whole blocks, of which only the partial ones are then asked per
     * element (FlexAttention, Dong et al. 2024, arXiv 2412.05496). The bits are those of {@link #elements}.
     *
     * <pre>{@code
     * // a query sees its own 512 tokens and the first 512
     * Mask.blocks(
     *         (b, h, i0, i1, j0, j1) -> {
     *             if (i0 / 512 != (i1 - 1) / 512 || j0 / 512 != (j1 - 1) / 512) {
     *                 return BlockKind.PARTIAL;
     *             }
     *             return j0 < 512 || i0 / 512 == j0 / 512 ? BlockKind.FULL : BlockKind.EMPTY;
     *         },
     *         (b, h, i, j) -> j < 512 || i / 512 == j / 512);
     * }</pre>
     *
     * @param kinds must agree with {@code visible}: EMPTY or FULL only where each element of the block is hidden or visible
     */
    public static Mask blocks(BlockRule kinds, ElementMask visible) {
        Objects.requireNonNull(kinds, "Mask.blocks: a rule of blocks is needed, got null");
        Objects.requireNonNull(visible, "Mask.blocks: a rule of elements is needed, got null");
        return new Mask(List.of(), List.of(new Element(visible, kinds, null)));
    }

    /** Keys visible under both masks. */
    public Mask and(Mask other) {
        List<Rule> bothRules = new ArrayList<>(rules);
        bothRules.addAll(other.rules);
        List<Element> bothElements = new ArrayList<>(elements);
        bothElements.addAll(other.elements);
        return new Mask(bothRules, bothElements);
    }

    /** Resolves the mask for given sizes: O(B·N) memory. */
    Visibility resolve(int batches, int heads, int queries, int keys) {
        for (Rule rule : rules) {
            rule.check(batches, queries, keys);
        }
        for (Element element : elements) {
            checkShape(element, batches, heads, queries, keys);
        }
        boolean perBatch = rules.stream().anyMatch(Rule::perBatch);
        int rows = perBatch ? batches : 1;
        if ((long) rows * queries > Integer.MAX_VALUE - 8) {
            throw new IllegalArgumentException("Mask: the bounds of all queries must fit one array (2^31 - 9), got B="
                    + batches + ", N=" + queries + "; split the batch");
        }
        int[] from = new int[rows * queries];
        int[] to = new int[rows * queries];
        Arrays.fill(to, keys);
        for (Rule rule : rules) {
            for (int at = 0; at < from.length; at++) {
                int batch = at / queries;
                int query = at % queries;
                from[at] = Math.max(from[at], rule.from(batch, query, queries, keys));
                to[at] = Math.min(to[at], rule.to(batch, query, queries, keys));
            }
        }
        for (int at = 0; at < from.length; at++) {
            if (to[at] <= from[at]) {
                from[at] = 0;
                to[at] = 0;
            }
        }
        return new Visibility(perBatch, queries, from, to, elementMask(), blockRule());
    }

    private @Nullable ElementMask elementMask() {
        ElementMask all = null;
        for (Element element : elements) {
            ElementMask before = all;
            ElementMask next = element.visible();
            all = before == null ? next : (b, h, i, j) -> before.visible(b, h, i, j) && next.visible(b, h, i, j);
        }
        return all;
    }

    /** What all parts together say of a block; a part that knows no blocks is partial everywhere. */
    private @Nullable BlockRule blockRule() {
        List<BlockRule> known =
                elements.stream().map(Element::blocks).filter(Objects::nonNull).toList();
        boolean allKnown = known.size() == elements.size();
        return known.isEmpty()
                ? null
                : (b, h, i0, i1, j0, j1) -> {
                    boolean full = allKnown;
                    for (BlockRule one : known) {
                        BlockKind kind = Objects.requireNonNull(
                                one.kind(b, h, i0, i1, j0, j1),
                                "Mask.blocks: the rule must answer EMPTY, FULL or PARTIAL, got null");
                        if (kind == BlockKind.EMPTY) {
                            return kind;
                        }
                        full &= kind == BlockKind.FULL;
                    }
                    return full ? BlockKind.FULL : BlockKind.PARTIAL;
                };
    }

    private static void checkShape(Element element, int batches, int heads, int queries, int keys) {
        int[] shape = element.shape();
        int[] sizes = {batches, heads, queries, keys};
        for (int axis = 0; shape != null && axis < 4; axis++) {
            if (shape[axis] != 1 && shape[axis] != sizes[axis]) {
                throw new IllegalArgumentException("Mask.dense: each axis must be 1 or that of [B, Hq, N, M] = "
                        + Arrays.toString(sizes) + ", got " + Arrays.toString(shape));
            }
        }
    }

    /** Where query 0 stands among the keys. */
    private record Align(boolean bottomRight, int[] offsets) {
        static final Align TOP_LEFT = new Align(false, new int[] {0});
        static final Align BOTTOM_RIGHT = new Align(true, new int[] {0});

        static Align at(int... offsets) {
            if (offsets.length == 0) {
                throw new IllegalArgumentException("Mask: at least one offset is needed, got none");
            }
            return new Align(false, offsets.clone());
        }

        long position(int batch, int query, int queries, int keys) {
            return (long) query + offsets[pick(offsets, batch)] + (bottomRight ? keys - queries : 0);
        }
    }

    private static Mask window(int left, int right, Align align) {
        nonNegative("Mask.window", left, right);
        return of(new Rule() {
            @Override
            public void check(int batches, int queries, int keys) {
                checkBatch("Mask offsets", align.offsets().length, batches);
            }

            @Override
            public boolean perBatch() {
                return align.offsets().length > 1;
            }

            @Override
            public int from(int batch, int query, int queries, int keys) {
                return left == ALL ? 0 : clamp(align.position(batch, query, queries, keys) - left, keys);
            }

            @Override
            public int to(int batch, int query, int queries, int keys) {
                return right == ALL ? keys : clamp(align.position(batch, query, queries, keys) + right + 1L, keys);
            }
        });
    }

    private static int clamp(long key, int keys) {
        return (int) Math.max(0, Math.min(keys, key));
    }

    private static Mask of(Rule rule) {
        return new Mask(List.of(rule), List.of());
    }

    private static int pick(int[] perBatch, int batch) {
        return perBatch.length == 1 ? 0 : batch;
    }

    private static void checkBatch(String who, int given, int batches) {
        if (given != 1 && given != batches) {
            throw new IllegalArgumentException(
                    who + ": one value for all sequences or one for each of B=" + batches + ", got " + given);
        }
    }

    private static int[] nonNegative(String who, int... values) {
        if (values.length == 0) {
            throw new IllegalArgumentException(who + ": at least one value is needed, got none");
        }
        for (int value : values) {
            if (value < 0) {
                throw new IllegalArgumentException(
                        who + ": values must not be negative, got " + Arrays.toString(values));
            }
        }
        return values.clone();
    }
}
