package dev.heed.app;

import dev.heed.attention.AttentionMap;
import dev.heed.model.Recording;
import java.util.List;

/** The heads of one kind of attention in a recording. */
record RecordedHeads(Recording recording, AttentionMap.Kind kind) implements Heads {
    @Override
    public int layers() {
        return recording.layers(kind);
    }

    @Override
    public int heads() {
        return recording.heads(kind, 0);
    }

    @Override
    public List<String> queryTokens() {
        return recording.queryTokens(kind);
    }

    @Override
    public List<String> keyTokens() {
        return recording.keyTokens(kind);
    }

    @Override
    public AttentionMap rows(int layer, int head, int queryFrom, int queryTo) {
        return recording.map(kind, layer, head, queryFrom, queryTo, 0, recording.keys(kind, layer));
    }

    @Override
    public double outputError(AttentionMap rows) {
        return rows.largestOutputError(
                recording.value(kind, rows.layer()).select(0, 0).select(0, rows.keyValueHead()),
                recording.output(kind, rows.layer()).select(0, 0).select(0, rows.head()));
    }
}
