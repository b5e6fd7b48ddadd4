package dev.heed.kernel;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/**
 * Keys and values of a growing sequence in pages of 128: growing adds a page and copies nothing; full pages may be
 * shared between sequences with the same beginning. Keys are kept transposed in groups of 64, values in
 * panels of 64 coordinates ({@link Rows#GROUP}), which is how {@link Decode} reads them.
 */
public final class Pages {
    /** Keys in a page: one block of the softmax. */
    static final int PAGE = ScoreTile.BLOCK;
    /** Numbers of one key of all heads, at most: a page of them must fit one array. */
    public static final int MOST_NUMBERS = (Integer.MAX_VALUE - 8) / PAGE;

    /** How numbers are kept, and the error that brings. */
    public enum Storage {
        /** As they are: none. */
        FLOAT32(4),
        /** The upper half of a float32: relative 2⁻⁸, absolute 2⁻¹³⁴ below 2⁻¹²⁶; beyond 3.39e38 ±∞. */
        BFLOAT16(2),
        /** IEEE 754 binary16: relative 2⁻¹¹, absolute 2⁻²⁵ below 2⁻¹⁴; beyond 65,504 ±∞. */
        FLOAT16(2),
        /**
         * Whole numbers −127..127 and a factor per row of a head: absolute, 1/254 of the row's largest number, and 2⁻¹⁴⁹ more where
         * that is subnormal; a number that is not finite spoils its row.
         */
        INT8(1);

        private final int bytes;

        Storage(int bytes) {
            this.bytes = bytes;
        }
    }

    private static final class Page {
        private final Cells keys;
        private final Cells values;
        /** Another sequence reads this page too: it must not be written any more. */
        private boolean shared;

        Page(Cells keys, Cells values) {
            this.keys = keys;
            this.values = values;
        }

        Cells keys() {
            return keys;
        }

        Cells values() {
            return values;
        }

        Page copy() {
            return new Page(keys.copy(), values.copy());
        }
    }

    private final Storage storage;
    private final int heads;
    private final int width;
    private final int valueWidth;
    private final List<Page> pages;
    private final Cells.Layout keyLayout;
    private final Cells.Layout valueLayout;
    private int length;

    /**
     * @param heads number of sequences times key heads
     * @param width D
     * @param valueWidth Dv
     */
    public Pages(Storage storage, int heads, int width, int valueWidth) {
        this(storage, heads, width, valueWidth, new ArrayList<>(), 0);
    }

    private Pages(Storage storage, int heads, int width, int valueWidth, List<Page> pages, int length) {
        this.storage = storage;
        this.heads = heads;
        this.width = width;
        this.valueWidth = valueWidth;
        this.pages = pages;
        this.keyLayout = new Cells.Layout(width, true);
        this.valueLayout = new Cells.Layout(valueWidth, false);
        this.length = length;
    }

    Storage storage() {
        return storage;
    }

    /** Sequences times key heads. */
    int heads() {
        return heads;
    }

    /** D. */
    public int width() {
        return width;
    }

    /** Dv. */
    public int valueWidth() {
        return valueWidth;
    }

    /** Number of keys. */
    public int length() {
        return length;
    }

    /** Bytes of all pages, shared ones included. */
    public long bytes() {
        long perRow = (long) (width + valueWidth) * storage.bytes + (storage == Storage.INT8 ? 8 : 0);
        return perRow * PAGE * heads * pages.size();
    }

    /** The first {@code keys} keys as a sequence of its own: shares full pages, copies the last one if it is not full. */
    public Pages prefix(int keys) {
        int full = keys / PAGE;
        List<Page> shared = new ArrayList<>(pages.subList(0, full));
        shared.forEach(page -> page.shared = true);
        if (keys % PAGE != 0) {
            shared.add(pages.get(full).copy());
        }
        return new Pages(storage, heads, width, valueWidth, shared, keys);
    }

    /** Forgets all keys from {@code keys} on; copies the page that is then the last only if it is shared and not full. */
    public void truncate(int keys) {
        int last = keys / PAGE;
        pages.subList(Math.ceilDiv(keys, PAGE), pages.size()).clear();
        if (keys % PAGE != 0 && pages.get(last).shared) {
            pages.set(last, pages.get(last).copy());
        }
        length = keys;
    }

    /** Makes room for {@code more} keys; {@link #put} fills it. Returns the index of the first. */
    public int grow(int more) {
        int first = length;
        int grown = length + more;
        while (pages.size() < Math.ceilDiv(grown, PAGE)) {
            pages.add(new Page(Cells.of(storage, heads, keyLayout), Cells.of(storage, heads, valueLayout)));
        }
        length = grown;
        return first;
    }

    /** Writes key number {@code index} of one head: a row of D and one of Dv numbers. */
    public void put(int head, int index, float[] key, int keyAt, float[] value, int valueAt) {
        Page page = pages.get(index / PAGE);
        page.keys().put(head, index % PAGE, key, keyAt);
        page.values().put(head, index % PAGE, value, valueAt);
    }

    /** Writes keys [from, to) of one head as the kernels see them, one row of D after another. */
    public void readKeys(int head, int from, int to, float[] target, int at) {
        read(Page::keys, keyLayout, head, from, to, target, at);
    }

    /** Writes values [from, to) of one head as the kernels see them, one row of Dv after another. */
    public void readValues(int head, int from, int to, float[] target, int at) {
        read(Page::values, valueLayout, head, from, to, target, at);
    }

    private void read(
            Function<Page, Cells> part, Cells.Layout layout, int head, int from, int to, float[] target, int at) {
        float[] room = new float[layout.size()];
        float[] numbers = room;
        for (int index = from; index < to; index++) {
            Cells cells = part.apply(pages.get(index / PAGE));
            numbers = index == from || index % PAGE == 0 ? cells.head(head, room) : numbers;
            int row = at + (index - from) * layout.width();
            copyRow(numbers, cells.offset(head), layout, index % PAGE, target, row);
        }
    }

    private static void copyRow(float[] cells, int at, Cells.Layout layout, int slot, float[] target, int to) {
        for (int d = 0; d < layout.width(); d++) {
            target[to + d] = cells[at + layout.at(slot, d)];
        }
    }

    /** One head's transposed keys of a page, from {@link #keyOffset} on; converted into {@code room} if need be. */
    float[] keys(int head, int page, float[] room) {
        return pages.get(page).keys().head(head, room);
    }

    int keyOffset(int head, int page) {
        return pages.get(page).keys().offset(head);
    }

    /** One head's values of a page, in panels from {@link #valueOffset} on. */
    float[] values(int head, int page, float[] room) {
        return pages.get(page).values().head(head, room);
    }

    int valueOffset(int head, int page) {
        return pages.get(page).values().offset(head);
    }
}
