package dev.heed.nn;

import dev.heed.attention.Attention;
import dev.heed.attention.AttentionOutput;
import dev.heed.attention.Score;
import dev.heed.grad.Ops;
import dev.heed.grad.SequenceOps;
import dev.heed.grad.Tape;
import dev.heed.grad.Value;

/**
 * Additive attention (Bahdanau, Cho and Bengio 2014, arXiv 1409.0473, section 3.1 and appendix A.1.2): a decoder's state asks all
 * of an encoder's states, and one hidden layer of tanh says how well each answers. Costs O(N·M·A), a tanh for each
 * coordinate, 16 to 18 times a dot product.
 *
 * <pre>{@code
 * AdditiveAttention layer = new AdditiveAttention(site, query, key, v);     // query [A, E], key [A, H], v [A]
 * Value context = layer.forward(Pass.of(1, 1), state, new Memory(encoded, lengths)); // state [2, E], context [2, H]
 * }</pre>
 *
 * @param site what listeners and interventions know it as
 * @param query from a decoder's state to width A
 * @param key from an encoder's state to width A
 * @param v [A]
 */
public record AdditiveAttention(Listener.Site site, Linear query, Linear key, Value v) {
    /** x [rows, E], a row per query, to weighted averages of the memory's rows, [rows, H]. */
    public Value forward(Pass pass, Value x, Memory memory) {
        Tape tape = pass.tape();
        Value q = query.forward(tape, x);
        Memory.Projected kv = memory.projected(
                site.layer(), () -> new Memory.Projected(key.forward(tape, memory.rows()), memory.rows()));
        Value mixed = Ops.room(
                tape,
                q.isWanted() || kv.key().isWanted() || kv.value().isWanted() || v.isWanted(),
                x.tensor().size(0),
                kv.value().tensor().size(1));
        Attention attention = Attention.scaledDotProduct().score(Score.additive(v.tensor()));
        int together = pass.isUniform() && memory.isUniform() ? Math.max(1, pass.sequences()) : 1;
        for (int s = 0; s < pass.sequences(); s += together) {
            attend(pass, s, together, attention, q, memory, kv, mixed);
        }
        return mixed;
    }

    private void attend(
            Pass pass, int s, int b, Attention attention, Value q, Memory memory, Memory.Projected kv, Value mixed) {
        Value qs = Ops.heads(q, pass.firstRow(s), b, pass.length(s), 1);
        Value ks = Ops.heads(kv.key(), memory.firstRow(s), b, memory.length(s), 1);
        Value vs = Ops.heads(kv.value(), memory.firstRow(s), b, memory.length(s), 1);
        Value out = Ops.heads(mixed, pass.firstRow(s), b, pass.length(s), 1);
        Interventions changes = pass.interventions(site, s);
        Attention described = changes.on(attention);
        AttentionOutput result = SequenceOps.additive(pass.tape(), described, qs, ks, vs, v, out);
        changes.replace(out.tensor());
        pass.attended(site, s, described, qs, ks, vs, result);
    }
}
