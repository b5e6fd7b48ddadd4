package dev.heed.text;

import java.util.LinkedHashMap;
import java.util.Map;
import org.snakeyaml.engine.v2.api.Dump;
import org.snakeyaml.engine.v2.api.DumpSettings;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.common.FlowStyle;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.schema.CoreSchema;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * YAML 1.2 with its core schema, of what JSON can say: one document, no name twice, no aliases, no tags. ({@code 1e-5} is a
 * number, as in JSON and unlike YAML 1.1; {@code no} is a text.)
 *
 * <pre>{@code
 * JsonNode recipe = Yaml.parse("recipe", "steps: 100\nrate: 1e-3\n");
 * String again = Yaml.write(recipe);
 * }</pre>
 */
public final class Yaml {
    private static final int MOST_CHARACTERS = 1 << 20;
    private static final JsonMapper TREES = JsonMapper.builder().build();

    private static final LoadSettings STRICT = LoadSettings.builder()
            .setSchema(new CoreSchema())
            .setAllowDuplicateKeys(false)
            .setMaxAliasesForCollections(0)
            .setCodePointLimit(MOST_CHARACTERS)
            .build();

    private static final DumpSettings BLOCKS = DumpSettings.builder()
            .setSchema(new CoreSchema())
            .setDefaultFlowStyle(FlowStyle.BLOCK)
            .build();

    private Yaml() {}

    /** The tree of one document; {@code who} begins every message. */
    public static JsonNode parse(String who, String text) {
        try {
            return TREES.valueToTree(new Load(STRICT).loadFromString(text));
        } catch (MarkedYamlEngineException e) {
            String where = e.getProblemMark()
                    .map(mark -> "line " + (mark.getLine() + 1) + ": ")
                    .orElse("");
            throw new IllegalArgumentException(who + ": bad YAML, " + where + Visible.escape(e.getProblem()), e);
        } catch (YamlEngineException | StackOverflowError e) {
            throw new IllegalArgumentException(
                    who + ": bad YAML, " + Visible.escape(String.valueOf(e.getMessage())), e);
        }
    }

    /** A tree as a document, a key a line. */
    public static String write(JsonNode tree) {
        return new Dump(BLOCKS).dumpToString(plain(tree));
    }

    private static Object plain(JsonNode tree) {
        if (tree.isObject()) {
            Map<String, Object> map = new LinkedHashMap<>();
            tree.properties().forEach(each -> map.put(each.getKey(), plain(each.getValue())));
            return map;
        }
        return tree.isArray() ? tree.valueStream().map(Yaml::plain).toList() : TREES.treeToValue(tree, Object.class);
    }
}
