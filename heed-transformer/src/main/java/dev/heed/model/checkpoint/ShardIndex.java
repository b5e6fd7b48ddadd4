package dev.heed.model.checkpoint;

import dev.heed.text.Json;
import dev.heed.text.Visible;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.JsonNode;

/** {@code model.safetensors.index.json}: which shard holds which tensor. Index and shards must agree exactly. */
final class ShardIndex {
    private static final long LARGEST = 64 << 20;
    private static final int MOST_SHARDS = 10_000;

    private ShardIndex() {}

    /** @param opened receives every shard as it is opened, so that the caller can close them, also after an error */
    static Map<String, Safetensors> open(Folder folder, Path index, List<Safetensors> opened) {
        Map<String, String> listed = listed(index);
        Map<String, Safetensors> shards = new LinkedHashMap<>();
        listed.values()
                .forEach(shard -> shards.computeIfAbsent(shard, name -> {
                    Safetensors file = Safetensors.open(folder.inside(name));
                    opened.add(file);
                    return file;
                }));
        checkAgreement(index, listed, shards);
        Map<String, Safetensors> homes = new LinkedHashMap<>();
        shards.forEach((name, shard) -> shard.names().forEach(tensor -> homes.put(tensor, shard)));
        return homes;
    }

    private static Map<String, String> listed(Path index) {
        JsonNode map = Json.read(index, LARGEST).path("weight_map");
        if (!map.isObject() || map.isEmpty()) {
            throw new IllegalArgumentException(index + ": 'weight_map' must be an object from tensor names to files");
        }
        Map<String, String> listed = new LinkedHashMap<>();
        map.properties().forEach(entry -> {
            if (!entry.getValue().isString()) {
                throw new IllegalArgumentException(
                        index + ": 'weight_map' must give a file's name for tensor " + Visible.quote(entry.getKey()));
            }
            listed.put(entry.getKey(), entry.getValue().asString());
        });
        long shards = listed.values().stream().distinct().count();
        if (shards > MOST_SHARDS) {
            throw new IllegalArgumentException(
                    index + ": at most " + MOST_SHARDS + " shards are opened, got " + shards);
        }
        return listed;
    }

    private static void checkAgreement(Path index, Map<String, String> listed, Map<String, Safetensors> shards) {
        shards.forEach((file, shard) -> shard.names().forEach(tensor -> {
            String expected = listed.get(tensor);
            if (!file.equals(expected)) {
                throw new IllegalArgumentException(index + ": tensor " + Visible.quote(tensor) + " is in shard "
                        + Visible.quote(file) + ", but the index "
                        + (expected == null ? "does not list it" : "says " + Visible.quote(expected)));
            }
        }));
        listed.forEach((tensor, file) -> {
            Safetensors shard = shards.get(file);
            if (shard == null || !shard.names().contains(tensor)) {
                throw new IllegalArgumentException(index + ": tensor " + Visible.quote(tensor) + " must be in shard "
                        + Visible.quote(file) + ", but is not there");
            }
        });
    }
}
