package dev.heed.lens;

import dev.heed.attention.AttentionMap.Kind;
import dev.heed.nn.Intervention;
import dev.heed.nn.Intervention.Where;
import java.util.ArrayList;
import java.util.List;

/**
 * Edges between places, in every head: the way that something known may take.
 *
 * <pre>{@code
 * Route route = new Route(AttentionMap.Kind.SELF, Place.PRONOUN, List.of(Place.REFERENT, Place.OTHER));
 * String said = route.words();
 * }</pre>
 *
 * @param kind which attention
 * @param queries where the edges begin
 * @param keys where they end
 */
public record Route(Kind kind, Place queries, List<Place> keys) {
    /** The edges of a question, cut; a token never loses itself. */
    List<Intervention> cut(Question question) {
        List<Intervention> cuts = new ArrayList<>();
        Where where = Where.everyHead(kind);
        boolean queriesWritten = question.written() != null && kind != Kind.ENCODER;
        boolean keysWritten = queriesWritten && kind == Kind.SELF;
        for (int query : question.at(queries, queriesWritten)) {
            for (Place place : keys) {
                for (int key : question.at(place, keysWritten)) {
                    if (kind == Kind.CROSS || key != query) {
                        cuts.add(new Intervention.Cut(where, query, key));
                    }
                }
            }
        }
        return cuts;
    }

    /** True if this cuts the other's edges and more. */
    boolean contains(Route other) {
        return !equals(other)
                && kind == other.kind
                && (queries == other.queries || queries == Place.ANY)
                && keys.containsAll(other.keys);
    }

    /** "it → referent", with the attention where there are several. */
    public String words() {
        String ends = String.join(" + ", keys.stream().map(Place::words).toList());
        String of = switch (kind) {
            case SELF -> "";
            case ENCODER -> " (encoder)";
            case CROSS -> " (cross)";
        };
        return queries.words() + " → " + ends + of;
    }
}
