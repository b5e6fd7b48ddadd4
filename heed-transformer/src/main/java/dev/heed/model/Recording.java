package dev.heed.model;

import dev.heed.attention.Attention;
import dev.heed.attention.AttentionMap;
import dev.heed.attention.AttentionMap.Kind;
import dev.heed.nn.Listener;
import dev.heed.tensor.Tensor;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/**
 * What the attention layers of one sequence were computed from: queries, keys, values and lse, per layer. Weights are
 * recomputed from them when asked for, a tile at a time; nothing N×M exists unless all of it is asked for. The numbers are
 * those that gave the answer: a pass that is recorded is the same pass.
 *
 * <pre>{@code
 * Recording recording = model.run("The cat sat.").recording();
 * AttentionMap map = recording.map(AttentionMap.Kind.SELF, 2, 3);               // layer 2, head 3: all of it
 * AttentionMap row = recording.map(AttentionMap.Kind.SELF, 2, 3, 4, 5, 0, 5);   // query 4, keys 0 to 4
 * }</pre>
 */
public final class Recording {
    private final Map<Listener.Site, Layer> layers = new LinkedHashMap<>();
    private final List<String> tokens = new ArrayList<>();
    private final List<String> memoryTokens = new ArrayList<>();

    Recording() {}

    /** Labels of the queries and keys: of the text, or of the text that a decoder writes. */
    void label(List<String> more) {
        tokens.addAll(more);
    }

    /** Labels of the text that an encoder beside a decoder reads. */
    void labelMemory(List<String> more) {
        memoryTokens.addAll(more);
    }

    void add(Listener.Site site, Attention attention, Listener.Heads heads) {
        layers.computeIfAbsent(site, Layer::new).add(attention, heads);
    }

    /** Kinds of attention recorded. */
    public List<Kind> kinds() {
        return layers.keySet().stream()
                .map(Listener.Site::kind)
                .distinct()
                .sorted()
                .toList();
    }

    /** How many layers of a kind were recorded. */
    public int layers(Kind kind) {
        return (int)
                layers.keySet().stream().filter(site -> site.kind() == kind).count();
    }

    /** Query heads of a layer. */
    public int heads(Kind kind, int layer) {
        return at(kind, layer).first().query().size(1);
    }

    /** Key and value heads of a layer. */
    public int keyHeads(Kind kind, int layer) {
        return at(kind, layer).first().key().size(1);
    }

    /** N: rows of the maps of a layer. */
    public int queries(Kind kind, int layer) {
        return at(kind, layer).queries;
    }

    /** M: columns of the maps of a layer. */
    public int keys(Kind kind, int layer) {
        return at(kind, layer).keys().size(2);
    }

    /** Labels of the rows. */
    public List<String> queryTokens(Kind kind) {
        return List.copyOf(kind == Kind.ENCODER ? memoryTokens : tokens);
    }

    /** Labels of the columns. */
    public List<String> keyTokens(Kind kind) {
        return List.copyOf(kind == Kind.SELF ? tokens : memoryTokens);
    }

    /** Queries of a layer as compared with keys, [1, Hq, N, D]. */
    public Tensor query(Kind kind, int layer) {
        return at(kind, layer).joined(Listener.Heads::query);
    }

    /** Keys of a layer, [1, Hkv, M, D]. */
    public Tensor key(Kind kind, int layer) {
        return at(kind, layer).keys();
    }

    /** Values of a layer, [1, Hkv, M, Dv]. */
    public Tensor value(Kind kind, int layer) {
        return at(kind, layer).values();
    }

    /** What attention gave before the heads are joined, [1, Hq, N, Dv]. */
    public Tensor output(Kind kind, int layer) {
        return at(kind, layer).joined(Listener.Heads::output);
    }

    /** [1, Hq, N]. */
    public Tensor lse(Kind kind, int layer) {
        return at(kind, layer).joined(Listener.Heads::lse);
    }

    /** The description of a layer's attention: for all queries at once, where they were computed at once. */
    public Attention attention(Kind kind, int layer) {
        return at(kind, layer).attentions.getLast();
    }

    /** A whole head: N×M weights. */
    public AttentionMap map(Kind kind, int layer, int head) {
        return map(kind, layer, head, 0, queries(kind, layer), 0, keys(kind, layer));
    }

    /**
     * Part of a head.
     *
     * @param head query head
     * @throws IndexOutOfBoundsException if there is no such head, row or column
     */
    public AttentionMap map(Kind kind, int layer, int head, int queryFrom, int queryTo, int keyFrom, int keyTo) {
        Layer at = at(kind, layer);
        int heads = at.first().query().size(1);
        if (head < 0 || head >= heads) {
            throw new IndexOutOfBoundsException("Recording: layer " + layer + " has " + heads
                    + " heads, numbered from 0; there is no head " + head);
        }
        checkPart("queries", queryFrom, queryTo, at.queries);
        checkPart("keys", keyFrom, keyTo, at.keys().size(2));
        Tensor weights = Tensor.zeros(queryTo - queryFrom, keyTo - keyFrom);
        boolean[] visible = new boolean[weights.elements()];
        int first = 0;
        for (int i = 0; i < at.parts.size(); i++) {
            int rows = at.parts.get(i).query().size(2);
            int from = Math.max(queryFrom, first);
            int to = Math.min(queryTo, first + rows);
            if (from < to) {
                fill(
                        at,
                        i,
                        first,
                        new AttentionMap.Tile(0, head, from, to, keyFrom, keyTo),
                        queryFrom,
                        weights,
                        visible);
            }
            first += rows;
        }
        return new AttentionMap(
                layer,
                head,
                head / (at.first().query().size(1) / at.first().key().size(1)),
                kind,
                queryFrom,
                keyFrom,
                queryTokens(kind).subList(queryFrom, queryTo),
                keyTokens(kind).subList(keyFrom, keyTo),
                weights,
                visible);
    }

    private static void checkPart(String what, int from, int to, int size) {
        if (from < 0 || from > to || to > size) {
            throw new IndexOutOfBoundsException("Recording: " + what + " " + from + ".." + to
                    + " were asked for; they must lie within 0.." + size + ", the end excluded");
        }
    }

    /** Rows of one pass: it saw the keys up to its own last one. */
    private static void fill(
            Layer layer, int part, int first, AttentionMap.Tile tile, int rowZero, Tensor weights, boolean[] visible) {
        Listener.Heads heads = layer.parts.get(part);
        boolean cross = layer.site.kind() == Kind.CROSS;
        int seen = cross ? layer.keys().size(2) : first + heads.query().size(2);
        int keyTo = Math.min(tile.keyTo(), seen);
        if (keyTo <= tile.keyFrom()) {
            return;
        }
        AttentionMap map = AttentionMap.of(
                layer.attentions.get(part),
                heads.query(),
                layer.keys().slice(2, 0, seen),
                heads.lse(),
                new AttentionMap.Tile(
                        0, tile.head(), tile.queryFrom() - first, tile.queryTo() - first, tile.keyFrom(), keyTo));
        for (int row = 0; row < map.rows(); row++) {
            int to = tile.queryFrom() - rowZero + row;
            for (int column = 0; column < map.columns(); column++) {
                weights.set(map.weight(row, column), to, column);
                visible[to * weights.size(1) + column] = map.visible(row, column);
            }
        }
    }

    private Layer at(Kind kind, int layer) {
        Layer found = layers.get(new Listener.Site(kind, layer));
        if (found == null) {
            throw new IllegalArgumentException("Recording: " + kind + " attention has " + layers(kind)
                    + " recorded layers, numbered from 0; there is no layer " + layer);
        }
        return found;
    }

    /** One layer's passes: one, or one per step of a generation. */
    private static final class Layer {
        private final Listener.Site site;
        private final List<Listener.Heads> parts = new ArrayList<>();
        private final List<Attention> attentions = new ArrayList<>();
        private int queries;
        private int joinedParts;
        private Tensor keys = Tensor.zeros(0);
        private Tensor values = Tensor.zeros(0);

        Layer(Listener.Site site) {
            this.site = site;
        }

        void add(Attention attention, Listener.Heads heads) {
            parts.add(heads);
            attentions.add(attention);
            queries += heads.query().size(2);
        }

        Listener.Heads first() {
            return parts.getFirst();
        }

        Tensor keys() {
            join();
            return keys;
        }

        Tensor values() {
            join();
            return values;
        }

        /** Keys of all passes, joined once; in cross attention each pass has the same. */
        private synchronized void join() {
            if (joinedParts == parts.size()) {
                return;
            }
            boolean same = site.kind() == Kind.CROSS;
            keys = same ? first().key() : joined(Listener.Heads::key);
            values = same ? first().value() : joined(Listener.Heads::value);
            joinedParts = parts.size();
        }

        Tensor joined(Function<Listener.Heads, Tensor> which) {
            return Join.along(2, parts.stream().map(which).toList());
        }
    }
}
