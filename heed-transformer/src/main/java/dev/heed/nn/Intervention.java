package dev.heed.nn;

import dev.heed.attention.AttentionMap.Kind;
import dev.heed.tensor.Tensor;
import java.util.OptionalInt;

/**
 * Something that a forward pass is made to do without, so that what it caused can be measured. The pass is otherwise the
 * same, with or without a tape and a listener; a listener hears attention as it was changed.
 *
 * <pre>{@code
 * Intervention.Where head = Intervention.Where.head(AttentionMap.Kind.SELF, 2, 1);
 * Pass changed = Pass.of(ids.length).changedBy(List.of(List.of(new Intervention.Cut(head, 7, 1))));
 * }</pre>
 */
public sealed interface Intervention {
    Where where();

    /**
     * In which heads.
     *
     * @param layer zero-based, or empty for every layer of that kind
     * @param head zero-based query head, or empty for every head
     */
    record Where(Kind kind, OptionalInt layer, OptionalInt head) {
        /** One head. */
        public static Where head(Kind kind, int layer, int head) {
            return new Where(kind, OptionalInt.of(layer), OptionalInt.of(head));
        }

        /** Every head of one layer. */
        public static Where layer(Kind kind, int layer) {
            return new Where(kind, OptionalInt.of(layer), OptionalInt.empty());
        }

        /** Every head of every layer. */
        public static Where everyHead(Kind kind) {
            return new Where(kind, OptionalInt.empty(), OptionalInt.empty());
        }

        boolean isIn(Listener.Site site) {
            return kind == site.kind() && layer.orElse(site.layer()) == site.layer();
        }

        boolean is(int ofHead) {
            return head.orElse(ofHead) == ofHead;
        }
    }

    /**
     * Cuts an edge: the key is hidden from the query, whose other weights share what it had (the softmax runs over the rest).
     * A query left without keys gets zeros.
     *
     * @param query position in its sequence, those that are cached counted
     * @param key position in the sequence of keys
     */
    record Cut(Where where, int query, int key) implements Intervention {}

    /** The heads give zeros at every query. */
    record Silence(Where where) implements Intervention {}

    /**
     * The heads give the same vector at every query, such as their mean over other texts.
     *
     * @param output [Dv], before the heads are joined
     */
    record Replace(Where where, Tensor output) implements Intervention {}
}
