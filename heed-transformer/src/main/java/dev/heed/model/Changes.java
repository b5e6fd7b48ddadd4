package dev.heed.model;

import dev.heed.attention.AttentionMap.Kind;
import dev.heed.model.arch.Network;
import dev.heed.nn.Intervention;
import dev.heed.nn.Intervention.Where;
import dev.heed.text.Tokens;
import java.util.List;

/**
 * What is left out of a pass must be there: a change of nothing would be read as "it does not matter".
 *
 * @param read texts that are read
 * @param written what is given to the stack that self-attention is of: the same, or what a decoder beside an encoder is given
 */
record Changes(Network network, List<Tokens> read, List<Tokens> written) {
    void check(List<List<Intervention>> changes) {
        for (int s = 0; s < Math.min(changes.size(), read.size()); s++) {
            for (Intervention each : changes.get(s)) {
                check(each, read.get(s).size(), written.get(s).size());
            }
        }
    }

    private void check(Intervention change, int reads, int writes) {
        Where where = change.where();
        boolean pair = network instanceof Network.EncoderDecoder;
        if (!pair && where.kind() != Kind.SELF) {
            throw new IllegalArgumentException("run: " + network.sizes().modelType()
                    + " has self-attention only, got a change of " + where.kind() + " attention");
        }
        boolean encoder = where.kind() == Kind.ENCODER;
        int layers = pair && !encoder
                ? network.sizes().decoderLayers()
                : network.sizes().layers();
        int heads = pair && !encoder
                ? network.sizes().decoderHeads()
                : network.sizes().heads();
        int queries = encoder ? reads : writes;
        int keys = where.kind() == Kind.SELF ? writes : reads;
        require("layer", where.layer().orElse(0), layers, change);
        require("head", where.head().orElse(0), heads, change);
        if (change instanceof Intervention.Cut cut) {
            require("query", cut.query(), queries, change);
            require("key", cut.key(), keys, change);
        }
    }

    private static void require(String what, int got, int count, Intervention change) {
        if (got < 0 || got >= count) {
            throw new IllegalArgumentException("run: the " + what + " of a change of "
                    + change.where().kind() + " attention must be 0.." + (count - 1) + ", got " + got);
        }
    }
}
