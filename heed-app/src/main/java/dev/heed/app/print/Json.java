package dev.heed.app.print;

import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.NullNode;

/** Records, lists and maps as JSON; loaded only when JSON is asked for. */
public final class Json {
    /** The JSON null, for maps that hold no Java null. */
    public static final Object NULL = NullNode.getInstance();

    private static final JsonMapper MAPPER =
            JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

    private Json() {}

    /** On one line. */
    public static void printLine(Terminal terminal, Object value) {
        terminal.line(
                MAPPER.writer().without(SerializationFeature.INDENT_OUTPUT).writeValueAsString(value));
    }

    public static void print(Terminal terminal, Object value) {
        terminal.line(MAPPER.writeValueAsString(value));
    }
}
