package dev.heed.nn;

import dev.heed.attention.Attention;
import dev.heed.attention.AttentionOutput;
import dev.heed.attention.KvCache;
import dev.heed.attention.Mask;
import dev.heed.grad.Ops;
import dev.heed.grad.Tape;
import dev.heed.grad.Value;
import dev.heed.kernel.Rotary;
import dev.heed.tensor.Tensor;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Multi-head attention (Vaswani et al. 2017, section 3.2.2): queries, keys and values are linear projections, cut into heads
 * that attend by themselves; a last projection joins them. Self-attention if queries and memory are the same sequence,
 * cross-attention if not; that is the only difference. Heads are strided views of the projections, never copies.
 *
 * <p>Legend: E model width, Hq query heads, Hkv key and value heads (fewer for grouped heads), D head width.
 *
 * <pre>{@code
 * MultiHeadAttention layer = MultiHeadAttention.of(new Listener.Site(AttentionMap.Kind.SELF, 0), 8, 4)
 *         .projections(query, key, value, output)   // [Hq·D, E], [Hkv·D, E], [Hkv·D, E], [E, Hq·D]
 *         .causal()
 *         .rotary(RotaryPositions.of(Rotary.Layout.HALVES, Rotary.frequencies(64, 10000), 1))
 *         .build();
 * Value y = layer.forward(Pass.of(5), x);           // x, y [5, E]
 * }</pre>
 */
public final class MultiHeadAttention {
    private final Listener.Site site;
    private final int heads;
    private final int keyHeads;
    private final Projections projections;
    private final Linear output;
    private final @Nullable Normalization queryNorm;
    private final @Nullable Normalization keyNorm;
    private final @Nullable RotaryPositions rotary;
    private final Attention attention;

    private MultiHeadAttention(Builder made) {
        site = made.site;
        heads = made.heads;
        keyHeads = made.keyHeads;
        projections = Objects.requireNonNull(made.projections);
        output = Objects.requireNonNull(made.output);
        queryNorm = made.queryNorm;
        keyNorm = made.keyNorm;
        rotary = made.rotary;
        attention = made.attention;
    }

    /** What makes queries, keys and values. */
    private sealed interface Projections {
        /** Those of rows [rows, E], before they are normed. */
        Projected of(Tape tape, Value x);
    }

    /** Queries [rows, Hq·D], keys and values [rows, Hkv·D]. */
    private record Projected(Value query, Value key, Value value) {}

    private record Separate(Linear query, Linear key, Linear value) implements Projections {
        @Override
        public Projected of(Tape tape, Value x) {
            return new Projected(query.forward(tape, x), key.forward(tape, x), value.forward(tape, x));
        }
    }

    /** One product in place of three. */
    private record Joined(Linear all, int heads, int keyHeads) implements Projections {
        @Override
        public Projected of(Tape tape, Value x) {
            Value y = all.forward(tape, x);
            int width = all.out() / (heads + 2 * keyHeads);
            int key = heads * width;
            int value = key + keyHeads * width;
            return new Projected(Ops.columns(y, 0, key), Ops.columns(y, key, value), Ops.columns(y, value, all.out()));
        }
    }

    /** Biases that depend on positions, as in T5: for N queries, the last ones, of M keys. */
    @FunctionalInterface
    public interface PositionBias {
        /** [1, Hq, N, M] or what broadcasts to it. */
        Value of(int queries, int keys);
    }

    /** A layer at this place with so many heads. */
    public static Builder of(Listener.Site site, int heads, int keyHeads) {
        return new Builder(site, heads, keyHeads);
    }

    /** Self-attention: x [rows, E] to the same shape. */
    public Value forward(Pass pass, Value x) {
        return forward(pass, x, (PositionBias) null);
    }

    /** Self-attention with a bias, or null. */
    public Value forward(Pass pass, Value x, @Nullable PositionBias bias) {
        Tape tape = pass.tape();
        Projected made = projections.of(tape, x);
        Value q = normed(tape, queryNorm, made.query(), heads);
        Value k = normed(tape, keyNorm, made.key(), keyHeads);
        Value v = made.value();
        Value mixed = room(tape, q, k, v);
        int together = pass.isUniform() ? Math.max(1, pass.sequences()) : 1;
        for (int s = 0; s < pass.sequences(); s += together) {
            attendSelf(pass, s, together, q, k, v, mixed, bias);
        }
        return output.forward(tape, mixed);
    }

    private void attendSelf(
            Pass pass, int s, int b, Value q, Value k, Value v, Value mixed, @Nullable PositionBias bias) {
        int from = pass.firstRow(s);
        int n = pass.length(s);
        int past = pass.past(s);
        Value qs = Ops.heads(q, from, b, n, heads);
        Value ks = Ops.heads(k, from, b, n, keyHeads);
        Value vs = Ops.heads(v, from, b, n, keyHeads);
        if (rotary != null) {
            Rotary tables = rotary.upTo(past + n);
            Ops.rotate(pass.tape(), qs, tables, past);
            Ops.rotate(pass.tape(), ks, tables, past);
        }
        Value added = bias == null ? null : bias.of(n, past + n);
        Interventions changes = pass.interventions(site, s);
        Attention described = changes.on(added == null ? attention : attention.bias(added.tensor()));
        Value out = Ops.heads(mixed, from, b, n, heads);
        Context context = pass.context(s);
        KvCache cache = context == null ? null : context.append(site.layer(), ks.tensor(), vs.tensor());
        AttentionOutput result = cache == null || past == 0
                ? Ops.attention(pass.tape(), described, qs, ks, vs, added, out)
                : cached(described, qs.tensor(), cache, out.tensor());
        changes.replace(out.tensor());
        pass.attended(site, s, described, qs, ks, vs, result);
    }

    private static AttentionOutput cached(Attention attention, Tensor query, KvCache cache, Tensor out) {
        AttentionOutput result = attention.apply(query, cache);
        Tensor from = result.output();
        int width = from.size(3);
        for (int h = 0; h < from.size(1); h++) {
            for (int i = 0; i < from.size(2); i++) {
                System.arraycopy(
                        from.array(),
                        from.offset() + h * from.stride(1) + i * from.stride(2),
                        out.array(),
                        out.offset() + h * out.stride(1) + i * out.stride(2),
                        width);
            }
        }
        return new AttentionOutput(out, result.lse());
    }

    /** Cross-attention: queries from x [rows, E], keys and values from the memory. */
    public Value forward(Pass pass, Value x, Memory memory) {
        if (!(projections instanceof Separate separate)) {
            throw new IllegalStateException("MultiHeadAttention: joined projections are for self-attention");
        }
        Tape tape = pass.tape();
        Value q = normed(tape, queryNorm, separate.query().forward(tape, x), heads);
        Memory.Projected kv = memory.projected(
                site.layer(),
                () -> new Memory.Projected(
                        normed(tape, keyNorm, separate.key().forward(tape, memory.rows()), keyHeads),
                        separate.value().forward(tape, memory.rows())));
        Value mixed = room(tape, q, kv.key(), kv.value());
        int together = pass.isUniform() && memory.isUniform() ? Math.max(1, pass.sequences()) : 1;
        for (int s = 0; s < pass.sequences(); s += together) {
            Value qs = Ops.heads(q, pass.firstRow(s), together, pass.length(s), heads);
            Value ks = Ops.heads(kv.key(), memory.firstRow(s), together, memory.length(s), keyHeads);
            Value vs = Ops.heads(kv.value(), memory.firstRow(s), together, memory.length(s), keyHeads);
            Value out = Ops.heads(mixed, pass.firstRow(s), together, pass.length(s), heads);
            Interventions changes = pass.interventions(site, s);
            Attention described = changes.on(attention);
            AttentionOutput result = Ops.attention(tape, described, qs, ks, vs, null, out);
            changes.replace(out.tensor());
            pass.attended(site, s, described, qs, ks, vs, result);
        }
        return output.forward(tape, mixed);
    }

    private Value room(Tape tape, Value q, Value k, Value v) {
        boolean wanted = q.isWanted() || k.isWanted() || v.isWanted();
        int valueWidth = v.tensor().size(1) / keyHeads;
        return Ops.room(tape, wanted, q.tensor().size(0), heads * valueWidth);
    }

    /** Norms of queries and keys act on each head by itself. */
    private static Value normed(Tape tape, @Nullable Normalization norm, Value x, int heads) {
        if (norm == null) {
            return x;
        }
        int rows = x.tensor().size(0);
        int width = x.tensor().size(1);
        Value perHead = x.view(t -> t.reshape(rows * heads, width / heads));
        return norm.forward(tape, perHead).view(t -> t.reshape(rows, width));
    }

    /** Collects what a layer is made of; projections are required. */
    public static final class Builder {
        private final Listener.Site site;
        private final int heads;
        private final int keyHeads;
        private @Nullable Projections projections;
        private @Nullable Linear output;
        private @Nullable Normalization queryNorm;
        private @Nullable Normalization keyNorm;
        private @Nullable RotaryPositions rotary;
        private Attention attention = Attention.scaledDotProduct();

        private Builder(Listener.Site site, int heads, int keyHeads) {
            if (heads < 1 || keyHeads < 1 || heads % keyHeads != 0) {
                throw new IllegalArgumentException(
                        "MultiHeadAttention: query heads must be a multiple of key heads, got Hq=" + heads + ", Hkv="
                                + keyHeads);
            }
            this.site = site;
            this.heads = heads;
            this.keyHeads = keyHeads;
        }

        /** The four matrices. */
        public Builder projections(Linear ofQuery, Linear ofKey, Linear ofValue, Linear ofOutput) {
            projections = new Separate(ofQuery, ofKey, ofValue);
            output = ofOutput;
            return this;
        }

        /** The matrices of queries, keys and values in one, [(Hq + 2·Hkv)·D, E], for self-attention; and the fourth. */
        public Builder joined(Linear ofAll, Linear ofOutput) {
            projections = new Joined(ofAll, heads, keyHeads);
            output = ofOutput;
            return this;
        }

        /** Norms of each head's queries and keys before they are rotated; not with {@link #joined}. */
        public Builder norms(Normalization ofQuery, Normalization ofKey) {
            queryNorm = ofQuery;
            keyNorm = ofKey;
            return this;
        }

        /** Rotates queries and keys by their positions. */
        public Builder rotary(RotaryPositions positions) {
            rotary = positions;
            return this;
        }

        /** A query sees its own token and those before. */
        public Builder causal() {
            attention = attention.mask(Mask.causalBottomRight());
            return this;
        }

        /** A query sees at most so many tokens, its own included. */
        public Builder window(int tokens) {
            attention = attention.mask(Mask.windowBottomRight(tokens - 1, Integer.MAX_VALUE));
            return this;
        }

        /** A factor in place of 1/√D. */
        public Builder scale(double factor) {
            attention = attention.scale(factor);
            return this;
        }

        /** Bounds scores to ±cap; 0 for none. */
        public Builder softcap(double cap) {
            attention = attention.softcap(cap);
            return this;
        }

        public MultiHeadAttention build() {
            return new MultiHeadAttention(this);
        }
    }
}
