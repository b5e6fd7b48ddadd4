package dev.heed.app.print;

import java.util.regex.Pattern;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.NullNode;

/** Records, lists and maps as JSON; loaded only when JSON is asked for. */
public final class Json {
    /** The JSON null, for maps that hold no Java null. */
    public static final Object NULL = NullNode.getInstance();

    private static final JsonMapper MAPPER =
            JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

    private static final Pattern HIGH_CONTROL = Pattern.compile("[\\x7f-\\x9f]");

    private Json() {}

    /** On one line. */
    public static void printLine(Terminal terminal, Object value) {
        terminal.line(harmless(
                MAPPER.writer().without(SerializationFeature.INDENT_OUTPUT).writeValueAsString(value)));
    }

    public static void print(Terminal terminal, Object value) {
        terminal.line(harmless(MAPPER.writeValueAsString(value)));
    }

    /** Within texts, the only place where they can stand, the controls that JSON leaves as they are and terminals obey. */
    private static String harmless(String json) {
        return HIGH_CONTROL
                .matcher(json)
                .replaceAll(control ->
                        "\\\\u00" + Integer.toHexString(control.group().charAt(0)));
    }
}
