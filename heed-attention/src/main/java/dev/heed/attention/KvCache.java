package dev.heed.attention;

import dev.heed.kernel.Pages;
import dev.heed.kernel.Problem;
import dev.heed.tensor.Tensor;

/**
 * The keys and values of tokens already seen, so that a new token costs one pass over them instead of a full forward.
 * Token by token gives the bits of the full pass. Grows by pages of 128 keys without copying; {@link #prefix} shares full
 * pages between sequences that begin alike.
 *
 * <pre>{@code
 * KvCache cache = new KvCache(1, 8, 64, 64);                 // B, Hkv, D, Dv
 * cache.append(key, value);                                  // [1, 8, n, 64] each
 * AttentionOutput next = Attention.scaledDotProduct()
 *         .mask(Mask.causalBottomRight())
 *         .apply(query, cache);                              // query [1, Hq, n, 64]
 * }</pre>
 *
 * <p>{@link Pages.Storage} says what each kind of storage loses; weights and outputs are exact for the stored numbers. Not
 * thread-safe for writes.
 */
public final class KvCache {
    private final int batches;
    private final int keyHeads;
    private final Pages pages;

    /** An empty cache in float32 for [B, Hkv, ·, D] keys and [B, Hkv, ·, Dv] values. */
    public KvCache(int batches, int keyHeads, int width, int valueWidth) {
        this(batches, keyHeads, width, valueWidth, Pages.Storage.FLOAT32);
    }

    /** An empty cache that keeps numbers as {@code storage} says. */
    public KvCache(int batches, int keyHeads, int width, int valueWidth, Pages.Storage storage) {
        this(
                batches,
                keyHeads,
                new Pages(storage, checkedHeads(batches, keyHeads, width, valueWidth), width, valueWidth));
    }

    private static int checkedHeads(int batches, int keyHeads, int width, int valueWidth) {
        String got = ", got B=" + batches + ", Hkv=" + keyHeads + ", D=" + width + ", Dv=" + valueWidth;
        if (batches < 0 || keyHeads < 0 || width < 0 || valueWidth < 0) {
            throw new IllegalArgumentException("KvCache: sizes must not be negative" + got);
        }
        long heads = (long) batches * keyHeads;
        if (heads > 0 && Math.max(1, Math.max(width, valueWidth)) > Pages.MOST_NUMBERS / heads) {
            throw new IllegalArgumentException(
                    "KvCache: B · Hkv · D numbers of one key must be at most " + Pages.MOST_NUMBERS
                            + ", so that a page fits one array" + got + "; use a cache for some of the heads");
        }
        return (int) heads;
    }

    private KvCache(int batches, int keyHeads, Pages pages) {
        this.batches = batches;
        this.keyHeads = keyHeads;
        this.pages = pages;
    }

    /** Adds n keys and values behind those there: [B, Hkv, n, D] and [B, Hkv, n, Dv]. */
    public void append(Tensor key, Tensor value) {
        check("key", key, pages.width());
        check("value", value, pages.valueWidth());
        if (key.size(2) != value.size(2)) {
            throw new IllegalArgumentException("KvCache.append: value rows must equal key rows, got key "
                    + key.describe() + ", value " + value.describe());
        }
        if (key.size(2) > Problem.MOST_ROWS - length()) {
            throw new IllegalArgumentException("KvCache.append: a cache holds at most " + Problem.MOST_ROWS
                    + " keys, got " + key.size(2) + " beside " + length());
        }
        Tensor keys = Attention.rows(key);
        Tensor values = Attention.rows(value);
        int first = pages.grow(key.size(2));
        for (int head = 0; head < batches * keyHeads; head++) {
            int keyAt = keys.offset() + head / keyHeads * keys.stride(0) + head % keyHeads * keys.stride(1);
            int valueAt = values.offset() + head / keyHeads * values.stride(0) + head % keyHeads * values.stride(1);
            for (int i = 0; i < key.size(2); i++) {
                pages.put(
                        head,
                        first + i,
                        keys.array(),
                        keyAt + i * keys.stride(2),
                        values.array(),
                        valueAt + i * values.stride(2));
            }
        }
    }

    private void check(String name, Tensor tensor, int width) {
        if (tensor.rank() != 4 || tensor.size(0) != batches || tensor.size(1) != keyHeads || tensor.size(3) != width) {
            throw new IllegalArgumentException("KvCache.append: " + name + " must be [B=" + batches + ", Hkv="
                    + keyHeads + ", n, " + width + "], got " + tensor.describe());
        }
    }

    /** Keys held. */
    public int length() {
        return pages.length();
    }

    /** B. */
    public int batches() {
        return batches;
    }

    /** Hkv. */
    public int keyHeads() {
        return keyHeads;
    }

    /** Bytes of keys and values, pages shared with other caches included. */
    public long bytes() {
        return pages.bytes();
    }

    /** A cache of the first {@code length} keys that shares full pages with this one; either may grow on. */
    public KvCache prefix(int length) {
        checkLength("KvCache.prefix", length);
        return new KvCache(batches, keyHeads, pages.prefix(length));
    }

    /** Forgets all keys from {@code length} on. */
    public void truncate(int length) {
        checkLength("KvCache.truncate", length);
        pages.truncate(length);
    }

    private void checkLength(String who, int length) {
        if (length < 0 || length > pages.length()) {
            throw new IllegalArgumentException(
                    who + ": the length must be within 0.." + pages.length() + ", got " + length);
        }
    }

    /** A copy of all keys as the kernels see them, [B, Hkv, M, D]. */
    public Tensor keys() {
        Tensor copy = Tensor.zeros(batches, keyHeads, length(), pages.width());
        for (int head = 0; head < batches * keyHeads; head++) {
            pages.readKeys(head, 0, length(), copy.array(), head * length() * pages.width());
        }
        return copy;
    }

    /** A copy of all values as the kernels see them, [B, Hkv, M, Dv]. */
    public Tensor values() {
        Tensor copy = Tensor.zeros(batches, keyHeads, length(), pages.valueWidth());
        for (int head = 0; head < batches * keyHeads; head++) {
            pages.readValues(head, 0, length(), copy.array(), head * length() * pages.valueWidth());
        }
        return copy;
    }

    Pages pages() {
        return pages;
    }
}
