package dev.heed.nn;

import dev.heed.attention.KvCache;
import dev.heed.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/**
 * What one sequence has seen so far: a cache of keys and values per attention layer. Given to a {@link Pass}, the pass goes
 * on from there and leaves its own tokens behind.
 *
 * <pre>{@code
 * Context context = new Context();
 * Pass.continuing(new int[] {promptIds.length}, List.of(context));
 * context.length(); // tokens seen after the pass
 * }</pre>
 *
 * <p>For one thread at a time.
 */
public final class Context {
    private final List<KvCache> caches = new ArrayList<>();
    private int length;

    /**
     * A context that goes on from caches made elsewhere, one per attention layer, all of one length.
     *
     * @throws IllegalArgumentException if lengths differ
     */
    public static Context of(List<KvCache> caches) {
        Context context = new Context();
        context.caches.addAll(caches);
        context.length = caches.isEmpty() ? 0 : caches.getFirst().length();
        for (KvCache cache : caches) {
            if (cache.length() != context.length) {
                throw new IllegalArgumentException("Context.of: all caches must hold as many keys, got "
                        + context.length + " and " + cache.length());
            }
        }
        return context;
    }

    /** Tokens seen. */
    public int length() {
        return length;
    }

    /** Bytes of cached keys and values. */
    public long bytes() {
        return caches.stream().mapToLong(KvCache::bytes).sum();
    }

    /** A context that goes on from here by itself; full pages of the caches are shared. */
    public Context fork() {
        return of(caches.stream().map(cache -> cache.prefix(length)).toList());
    }

    /** Forgets everything from {@code to} on, so that a text can go on differently. */
    public void truncate(int to) {
        caches.forEach(cache -> cache.truncate(to));
        length = to;
    }

    /** The cache of a layer after its new keys and values: [1, Hkv, n, D] and [1, Hkv, n, Dv]. */
    KvCache append(int layer, Tensor key, Tensor value) {
        while (caches.size() <= layer) {
            caches.add(new KvCache(1, key.size(1), key.size(3), value.size(3)));
        }
        caches.get(layer).append(key, value);
        return caches.get(layer);
    }

    void advance(int tokens) {
        length += tokens;
    }
}
