package dev.heed.text;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * What a folder says of its tokenizer beside tokenizer.json, or beside the older files of a vocabulary: how parts of it work,
 * tokens that were added later, and tokens that play a part. All that stands in tokenizer_config.json, in older folders also in
 * special_tokens_map.json and added_tokens.json, and counts where tokenizer.json says otherwise.
 */
final class TokenizerOptions {
    private static final JsonNodeFactory NODES = JsonNodeFactory.instance;
    private static final String FILE = "tokenizer_config.json";
    private static final long LARGEST_FILE = 8 << 20;
    private static final List<String> FLAGS = List.of("single_word", "lstrip", "rstrip", "normalized", "special");

    /** Parts of a tokenizer, kinds of them, their fields and the options that set these. */
    private static final Map<String, Map<String, Map<String, String>>> PARTS = Map.of(
            "normalizer",
            Map.of(
                    "BertNormalizer",
                    Map.of(
                            "lowercase", "do_lower_case",
                            "strip_accents", "strip_accents",
                            "handle_chinese_chars", "tokenize_chinese_chars")),
            "pre_tokenizer",
            Map.of("ByteLevel", Map.of("add_prefix_space", "add_prefix_space")),
            "post_processor",
            Map.of(
                    "RobertaProcessing",
                    Map.of("add_prefix_space", "add_prefix_space", "trim_offsets", "trim_offsets")));

    /** Classes that take tokenizer.json as it is. */
    private static final Set<String> PLAIN =
            Set.of("PreTrainedTokenizerFast", "PreTrainedTokenizer", "TokenizersBackend", "PythonBackend");

    private final Path folder;
    private final JsonNode options;
    private final JsonNode names;

    private TokenizerOptions(Path folder, JsonNode options, JsonNode names) {
        this.folder = folder;
        this.options = options;
        this.names = names;
    }

    /** A folder with none of these files has no options. */
    static TokenizerOptions read(Path folder) {
        JsonNode options = optional(folder.resolve(FILE));
        ObjectNode names = NODES.objectNode();
        options.properties().forEach(entry -> names.set(entry.getKey(), entry.getValue()));
        if (!options.has("added_tokens_decoder")) {
            optional(folder.resolve("special_tokens_map.json"))
                    .properties()
                    .forEach(entry -> names.set(entry.getKey(), entry.getValue()));
        }
        return new TokenizerOptions(folder, options, names);
    }

    static JsonNode optional(Path file) {
        return Files.isRegularFile(file) ? Json.read(file, LARGEST_FILE) : NODES.objectNode();
    }

    /** What tokenizer_config.json says. */
    JsonNode all() {
        return options;
    }

    /** The spelling of the token that plays a part, or an empty text. */
    String spelling(SpecialToken role) {
        return content(names.path(role.key()));
    }

    /** A text, or a token with flags; anything else, such as {@code add_bos_token}, is none. */
    private static String content(JsonNode token) {
        JsonNode content = token.isObject() ? token.path("content") : token;
        return content.isString() ? content.asString() : "";
    }

    /**
     * Changes a tokenizer.json accordingly.
     *
     * @param rows of the model's embedding: a token without one is not added
     */
    void applyTo(ObjectNode root, int rows) {
        if (!PLAIN.contains(options.path("tokenizer_class").asString(""))) {
            PARTS.forEach((part, kinds) -> set(root.path(part), kinds));
        }
        add(root, rows);
    }

    /** In this part and all within it. */
    private void set(JsonNode part, Map<String, Map<String, String>> kinds) {
        if (part instanceof ObjectNode fields) {
            kinds.getOrDefault(part.path("type").asString(""), Map.of()).forEach((field, option) -> {
                if (options.path(option).isBoolean()) {
                    fields.set(field, options.path(option));
                }
            });
        }
        part.forEach(inner -> set(inner, kinds));
    }

    // ---- tokens

    /** What the vocabulary has keeps its id, another gets the next one, as the native library counts. */
    private void add(ObjectNode root, int rows) {
        Map<String, Integer> ids = ids(root.path("model").path("vocab"));
        Map<String, ObjectNode> known = new HashMap<>();
        ArrayNode added = NODES.arrayNode();
        for (JsonNode token : root.path("added_tokens")) {
            added.add(token);
            ids.putIfAbsent(content(token), ids.size());
            if (token instanceof ObjectNode fields) {
                known.put(content(token), fields);
            }
        }
        Set<Integer> used = new HashSet<>(ids.values());
        for (ObjectNode token : later(known.keySet())) {
            String content = content(token);
            int id = ids.getOrDefault(content, ids.size());
            if (known.containsKey(content)) {
                FLAGS.forEach(flag -> known.get(content).set(flag, token.get(flag)));
            } else if (ids.containsKey(content) || id < rows && used.add(id)) {
                ids.put(content, id);
                added.add(token.put("id", id));
                known.put(content, token);
            }
        }
        root.set("added_tokens", added);
    }

    private static Map<String, Integer> ids(JsonNode vocabulary) {
        Map<String, Integer> ids = new HashMap<>();
        vocabulary
                .properties()
                .forEach(entry -> ids.put(entry.getKey(), entry.getValue().asInt(-1)));
        if (vocabulary.isArray()) {
            vocabulary.forEach(entry -> ids.put(entry.path(0).asString(""), ids.size()));
        }
        return ids;
    }

    /** Those that files list with an id, in the order of ids, then what plays a part or is called special and stands nowhere yet. */
    private List<ObjectNode> later(Set<String> known) {
        Map<String, ObjectNode> special = special();
        List<ObjectNode> later = new ArrayList<>(listed(special.keySet()).values());
        Set<String> before = new HashSet<>(known);
        later.forEach(token -> before.add(content(token)));
        special.forEach((content, token) -> {
            if (!before.contains(content)) {
                later.add(token);
            }
        });
        later.removeIf(token -> content(token).isEmpty());
        return later;
    }

    private Map<Integer, ObjectNode> listed(Set<String> special) {
        Map<Integer, ObjectNode> listed = new TreeMap<>();
        Path file = folder.resolve("added_tokens.json");
        if (options.path("added_tokens_decoder") instanceof ObjectNode decoder) {
            decoder.properties().forEach(entry -> listed.put(id(entry.getKey()), token(entry.getValue(), false)));
        } else if (Files.isRegularFile(file)) {
            if (!(Json.read(file, Tokenizer.LARGEST_FILE) instanceof ObjectNode contents)) {
                throw new IllegalArgumentException(file + ": must be an object from tokens to ids");
            }
            contents.properties().forEach(entry -> {
                JsonNode content = NODES.stringNode(entry.getKey());
                listed.put(entry.getValue().asInt(-1), token(content, special.contains(entry.getKey())));
            });
        }
        return listed;
    }

    private int id(String written) {
        try {
            return Integer.parseInt(written);
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException(
                    folder.resolve(FILE) + ": a key of 'added_tokens_decoder' must be an id, got "
                            + Visible.quote(written),
                    e);
        }
    }

    /** By their spelling: the parts that every tokenizer has, those of this one, then what has no part. */
    private Map<String, ObjectNode> special() {
        Map<String, ObjectNode> special = new LinkedHashMap<>();
        for (String role : List.of("bos", "eos", "unk", "sep", "pad", "cls", "mask")) {
            putSpecial(special, names.path(role + "_token"));
        }
        names.properties().stream()
                .filter(entry -> entry.getKey().endsWith("_token"))
                .forEach(entry -> putSpecial(special, entry.getValue()));
        JsonNode extra = names.path("extra_special_tokens");
        (extra.isEmpty() ? names.path("additional_special_tokens") : extra)
                .forEach(token -> putSpecial(special, token));
        return special;
    }

    private static void putSpecial(Map<String, ObjectNode> special, JsonNode named) {
        if (!content(named).isEmpty()) {
            special.putIfAbsent(content(named), token(named, true));
        }
    }

    /** A text, or a token with flags, as an entry of added_tokens without its id. */
    private static ObjectNode token(JsonNode named, boolean special) {
        boolean isSpecial = special || named.path("special").asBoolean(false);
        ObjectNode token = NODES.objectNode().put("content", content(named));
        for (String flag : FLAGS) {
            token.put(flag, named.path(flag).asBoolean(flag.equals("normalized") && !isSpecial));
        }
        return token.put("special", isSpecial);
    }
}
