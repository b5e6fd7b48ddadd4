package dev.heed.model.checkpoint;

import dev.heed.text.Json;
import dev.heed.text.Spelling;
import dev.heed.text.Visible;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;

/**
 * Typed access to {@code config.json} or {@code generation_config.json}: what is asked for has the asked type and lies in the
 * asked range, or an {@link IllegalArgumentException} names the file, the key, the rule and the value. A key whose value is
 * null counts as absent, as Python's {@code None} does.
 *
 * <pre>{@code
 * Config config = Config.read(Path.of("models/tiny"));
 * int width = config.requireInt("hidden_size", 1, 1 << 20); // or an error that names file, key, rule and value
 * }</pre>
 */
public final class Config {
    private static final long LARGEST = 4 << 20;

    private final String file;
    private final String within;
    private final JsonNode tree;
    private final Set<String> asked;
    private final Map<String, String> others;

    private Config(String file, String within, JsonNode tree) {
        // A model that several threads use asks from all of them.
        this(file, within, tree, Collections.synchronizedSet(new LinkedHashSet<>()), Map.of());
    }

    private Config(String file, String within, JsonNode tree, Set<String> asked, Map<String, String> others) {
        this.file = file;
        this.within = within;
        this.tree = tree;
        this.asked = asked;
        this.others = others;
    }

    /** Reads a folder's {@code config.json}. */
    public static Config read(Path folder) {
        Path file = folder.resolve("config.json");
        if (!Files.isDirectory(folder)) {
            throw new IllegalArgumentException(folder + (Files.exists(folder) ? ": is no folder" : ": no such folder")
                    + "; expected a Hugging Face model folder, with config.json and *.safetensors");
        }
        if (!Files.isRegularFile(file)) {
            throw new IllegalArgumentException(
                    folder + ": config.json is missing; expected a Hugging Face model folder");
        }
        return parse(file.toString(), Json.readText(file, LARGEST));
    }

    /** Reads a folder's {@code generation_config.json}, if it has one. */
    public static Optional<Config> readGeneration(Path folder) {
        return readIfThere(folder.resolve("generation_config.json"));
    }

    /** Reads a folder's {@code preprocessor_config.json}; where there is none, every key is absent. */
    public static Config readPreprocessor(Path folder) {
        Path file = folder.resolve("preprocessor_config.json");
        return readIfThere(file)
                .orElseGet(() -> new Config(file.toString(), "", JsonNodeFactory.instance.objectNode()));
    }

    private static Optional<Config> readIfThere(Path file) {
        return Files.isRegularFile(file)
                ? Optional.of(parse(file.toString(), Json.readText(file, LARGEST)))
                : Optional.empty();
    }

    /** The same of JSON text; {@code file} begins the messages. */
    public static Config parse(String file, String json) {
        JsonNode tree = Json.parse(file, json);
        if (!tree.isObject()) {
            throw new IllegalArgumentException(file + ": must be a JSON object");
        }
        return new Config(file, "", tree);
    }

    /** The same, in which a key may stand under another name: {@code names} maps the name that is asked for to it. */
    public Config orCalled(Map<String, String> names) {
        return new Config(file, within, tree, asked, Map.copyOf(names));
    }

    /** True if there is no key at all. */
    public boolean isEmpty() {
        return tree.isEmpty();
    }

    /** True if the key is there and not null. */
    public boolean has(String key) {
        return value(key) != null;
    }

    /** True if the key is there with the value null, where a default would stand for an absent one. */
    public boolean isNull(String key) {
        asked.add(key);
        JsonNode value = tree.get(key);
        return value != null && value.isNull();
    }

    /** An integer that must be there, from {@code min} to {@code max}. */
    public int requireInt(String key, int min, int max) {
        return integer(key, required(key, "an integer from " + min + " to " + max), min, max);
    }

    /** An integer from {@code min} to {@code max}, or the default where the key is absent. */
    public int intOr(String key, int absent, int min, int max) {
        JsonNode value = value(key);
        return value == null ? absent : integer(key, value, min, max);
    }

    /** An integer or nothing; also for ids that are given as null. */
    public Optional<Integer> optionalInt(String key, int min, int max) {
        return Optional.ofNullable(value(key)).map(value -> integer(key, value, min, max));
    }

    /** One integer or a list of them, as {@code eos_token_id} may be; empty where absent. */
    public List<Integer> ints(String key, int min, int max) {
        JsonNode value = value(key);
        if (value == null) {
            return List.of();
        }
        List<Integer> all = new ArrayList<>();
        if (value.isArray()) {
            value.forEach(each -> all.add(integer(key, each, min, max)));
        } else {
            all.add(integer(key, value, min, max));
        }
        return List.copyOf(all);
    }

    /** A finite number that must be there, from {@code min} to {@code max}. */
    public double requireDouble(String key, double min, double max) {
        return number(key, required(key, "a number " + within(min, max)), min, max);
    }

    /** A finite number from {@code min} to {@code max}, or the default where the key is absent. */
    public double doubleOr(String key, double absent, double min, double max) {
        JsonNode value = value(key);
        return value == null ? absent : number(key, value, min, max);
    }

    /** A list of finite numbers, such as the factors of {@code rope_scaling}; empty where absent. */
    public List<Double> doubles(String key, double min, double max) {
        JsonNode value = value(key);
        if (value == null) {
            return List.of();
        }
        if (!value.isArray()) {
            throw wrong(key, "a list of numbers", value);
        }
        List<Double> all = new ArrayList<>();
        value.forEach(each -> all.add(number(key, each, min, max)));
        return List.copyOf(all);
    }

    /** True or false, or the default where the key is absent. */
    public boolean booleanOr(String key, boolean absent) {
        JsonNode value = value(key);
        if (value != null && !value.isBoolean()) {
            throw wrong(key, "true or false", value);
        }
        return value == null ? absent : value.asBoolean();
    }

    /** A text that must be there. */
    public String requireString(String key) {
        return text(key, required(key, "a string"));
    }

    /** A text that must be there and be one of these; the error lists them. */
    public String requireOneOf(String key, String... allowed) {
        return oneOf(key, required(key, "one of " + Arrays.toString(allowed)), allowed);
    }

    /** One of these texts, or the default where the key is absent. */
    public String oneOfOr(String key, String absent, String... allowed) {
        JsonNode value = value(key);
        return value == null ? absent : oneOf(key, value, allowed);
    }

    /** A list of texts, such as {@code architectures} or {@code layer_types}; empty where absent. */
    public List<String> strings(String key) {
        JsonNode value = value(key);
        if (value == null) {
            return List.of();
        }
        if (!value.isArray()) {
            throw wrong(key, "a list of strings", value);
        }
        List<String> all = new ArrayList<>();
        value.forEach(each -> all.add(text(key, each)));
        return List.copyOf(all);
    }

    /** An object within this one, such as {@code rope_scaling} or {@code text_config}; messages name its keys with a dot. */
    public Optional<Config> within(String key) {
        JsonNode value = value(key);
        if (value != null && !value.isObject()) {
            throw wrong(key, "an object", value);
        }
        return Optional.ofNullable(value).map(object -> new Config(file, within + key + ".", object));
    }

    /** The raw value, or nothing where absent or null. */
    public Optional<JsonNode> raw(String key) {
        return Optional.ofNullable(value(key));
    }

    /** Keys of the file with a value that nobody has asked for yet: options that may matter and are not honoured. */
    public List<String> unread() {
        return tree.propertyNames().stream()
                .filter(key -> !asked.contains(key) && !tree.path(key).isNull())
                .toList();
    }

    /** Keys that were asked for, whether the file has them or not. */
    public Set<String> asked() {
        return Collections.unmodifiableSet(asked);
    }

    /** Refuses every key but these, with the nearest of them. */
    public void refuseAllBut(String... known) {
        for (String key : tree.propertyNames()) {
            if (!List.of(known).contains(key)) {
                String near = Spelling.nearest(key, List.of(known));
                throw error(
                        key,
                        "is no key here; "
                                + (near.isEmpty()
                                        ? "known are " + String.join(", ", known)
                                        : "did you mean " + near + "?"));
            }
        }
    }

    /** An error of this file: its name, this key, and what is wrong. */
    public IllegalArgumentException error(String key, String what) {
        return new IllegalArgumentException(file + ": " + Visible.quote(within + key) + " " + what);
    }

    private @Nullable JsonNode value(String key) {
        asked.add(key);
        JsonNode value = tree.get(key);
        String other = others.get(key);
        if (value == null && other != null) {
            asked.add(other);
            value = tree.get(other);
        }
        return value == null || value.isNull() ? null : value;
    }

    private JsonNode required(String key, String rule) {
        JsonNode value = value(key);
        if (value == null) {
            throw error(key, "must be " + rule + ", but is missing");
        }
        return value;
    }

    private int integer(String key, JsonNode value, int min, int max) {
        if (!value.isIntegralNumber() || !value.canConvertToInt() || value.asInt() < min || value.asInt() > max) {
            throw wrong(key, "an integer from " + min + " to " + max, value);
        }
        return value.asInt();
    }

    /** Bounds in words; the smallest and the largest double stand for none. */
    private static String within(double min, double max) {
        String from = min == Double.MIN_VALUE ? "above 0" : "from " + min;
        return max < Double.MAX_VALUE ? from + " to " + max : min == Double.MIN_VALUE ? from : from + " on";
    }

    private double number(String key, JsonNode value, double min, double max) {
        double number = value.isNumber() ? value.doubleValue() : Double.NaN;
        if (!(number >= min && number <= max) || Double.isInfinite(number)) { // also refuses NaN
            throw wrong(key, "a finite number " + within(min, max), value);
        }
        return number;
    }

    private String text(String key, JsonNode value) {
        if (!value.isString()) {
            throw wrong(key, "a string", value);
        }
        return value.asString();
    }

    private String oneOf(String key, JsonNode value, String... allowed) {
        String text = text(key, value);
        if (!List.of(allowed).contains(text)) {
            throw wrong(key, "one of " + Arrays.toString(allowed), value);
        }
        return text;
    }

    private IllegalArgumentException wrong(String key, String rule, JsonNode got) {
        return error(key, "must be " + rule + ", got " + Visible.quote(got.isContainer() ? kind(got) : got.toString()));
    }

    private static String kind(JsonNode container) {
        return container.isArray() ? "a list" : "an object";
    }
}
