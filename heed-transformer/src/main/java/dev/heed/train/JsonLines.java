package dev.heed.train;

import dev.heed.text.Json;
import dev.heed.text.Visible;
import dev.heed.train.worlds.Span;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.function.BiFunction;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;

/**
 * A user's data as a JSON object a line; the first line tells which they are.
 *
 * <pre>
 *   {"text": "…"}                                            texts
 *   {"read": "…", "written": "…"}                            one text from another
 *   {"text": "…", "label": "…"}                              the class of each text, a name or a whole number
 *   {"tokens": ["Ada", "came"], "tags": ["B-PER", "O"]}      the class of each word; ner_tags is read, too, as CoNLL-2003 has it
 *   {"question": "…", "context": "…", "answers": {"text": ["…"], "answer_start": [17]}}
 *                                                            where the first answer stands, as SQuAD has it; [] for none
 * </pre>
 */
final class JsonLines {
    private JsonLines() {}

    /**
     * A line.
     *
     * @param where file and number, for messages
     */
    private record Line(String where, JsonNode object) {}

    static Given read(Path file) {
        List<Line> all = Given.lines(file, (where, line) -> new Line(where, Json.parse(where, line)));
        JsonNode first = all.isEmpty()
                ? JsonNodeFactory.instance.objectNode()
                : all.getFirst().object();
        if (first.has("read")) {
            return new Given.Paired(made(file, "pairs", all, JsonLines::pair));
        }
        if (first.has("label")) {
            return new Given.ClassedTexts(made(file, "texts", all, JsonLines::example));
        }
        if (first.has("tokens") && !first.has("text")) {
            return new Given.Tagged(made(file, "texts", all, JsonLines::tagged));
        }
        if (first.has("question") && !first.has("text")) {
            return new Given.Asked(made(file, "questions", all, JsonLines::question));
        }
        return new Given.Texts(made(file, "texts", all, (where, object) -> text(where, object, "text")));
    }

    private static <T> List<T> made(Path file, String what, List<Line> all, BiFunction<String, JsonNode, T> made) {
        return Given.atLeastTwo(
                file,
                what,
                all.stream()
                        .map(line -> made.apply(line.where(), line.object()))
                        .toList());
    }

    private static Pairs.Texts pair(String where, JsonNode object) {
        return new Pairs.Texts(text(where, object, "read"), text(where, object, "written"), where);
    }

    private static Given.Example example(String where, JsonNode object) {
        return new Given.Example(text(where, object, "text"), label(where, object), where);
    }

    /** A name, or a number, which many data sets have. */
    private static String label(String where, JsonNode object) {
        JsonNode label = object.path("label");
        if (isLabel(label)) {
            return label.asString();
        }
        throw new IllegalArgumentException(where
                + ": must be an object with a text in 'text' and its class in 'label', a name or a whole number, got "
                + Visible.quote(object.toString()));
    }

    private static boolean isLabel(JsonNode label) {
        return label.isString() && !label.asString().isBlank() || label.isIntegralNumber();
    }

    private static Given.TaggedWords tagged(String where, JsonNode object) {
        JsonNode words = object.path("tokens");
        JsonNode tags = object.path(object.has("tags") ? "tags" : "ner_tags");
        boolean fits = words.isArray()
                && tags.isArray()
                && !words.isEmpty()
                && words.size() == tags.size()
                && words.valueStream().allMatch(JsonNode::isString)
                && tags.valueStream().allMatch(tag -> isLabel(tag) && !(tag.isNumber() && tag.asDouble() < 0));
        if (!fits) {
            throw new IllegalArgumentException(where
                    + ": must be an object with words in 'tokens' and as many classes in"
                    + " 'tags' or 'ner_tags', names or whole numbers from 0, got " + Visible.quote(object.toString()));
        }
        return new Given.TaggedWords(
                words.valueStream()
                        .map(word -> whole(where, "tokens", word.asString()))
                        .toList(),
                tags.valueStream().map(JsonNode::asString).toList(),
                where);
    }

    /** Blanks before a question are left out, as SQuAD has some and nobody asks so. */
    private static Given.Question question(String where, JsonNode object) {
        String question = text(where, object, "question").stripLeading();
        String context = text(where, object, "context");
        JsonNode texts = object.path("answers").path("text");
        JsonNode starts = object.path("answers").path("answer_start");
        if (!texts.isArray() || !starts.isArray() || texts.size() != starts.size()) {
            throw new IllegalArgumentException(where
                    + ": must have in 'answers' a list 'text' and one 'answer_start' that"
                    + " is as long, both empty where the text has no answer, got " + Visible.quote(object.toString()));
        }
        Span answer = texts.isEmpty() ? new Span(0, 0) : place(where, context, texts.path(0), starts.path(0));
        return new Given.Question(question, context, answer, where);
    }

    /** Data sets count characters of Unicode, Java counts units of UTF-16. */
    private static Span place(String where, String context, JsonNode text, JsonNode start) {
        String answer = text.asString("");
        int characters = context.codePointCount(0, context.length());
        int from = start.isIntegralNumber() && start.canConvertToInt() ? start.asInt() : -1;
        int at = from < 0 || from > characters ? -1 : context.offsetByCodePoints(0, from);
        if (answer.isEmpty() || at < 0 || !context.startsWith(answer, at)) {
            throw new IllegalArgumentException(where + ": the answer " + Visible.quote(answer)
                    + " must stand in 'context' at 'answer_start', counted in characters of Unicode from 0, got "
                    + start
                    + (at < 0 || at == context.length()
                            ? " of " + characters
                            : ", where " + Visible.quote(beginning(context.substring(at), answer)) + " stands"));
        }
        return new Span(at, at + answer.length());
    }

    private static String beginning(String text, String answer) {
        int most = Math.max(1, answer.codePointCount(0, answer.length()));
        return text.substring(0, text.offsetByCodePoints(0, Math.min(most, text.codePointCount(0, text.length()))));
    }

    private static String text(String where, JsonNode object, String field) {
        JsonNode text = object.path(field);
        if (!text.isString() || text.asString().isBlank()) {
            throw new IllegalArgumentException(where + ": must be an object with a text in '" + field
                    + "' ({\"text\": \"…\"}, or {\"read\": \"…\", \"written\": \"…\"} in every line), got "
                    + Visible.quote(object.toString()));
        }
        return whole(where, field, text.asString());
    }

    /** A text, of which no character is half. */
    private static String whole(String where, String field, String text) {
        if (!StandardCharsets.UTF_8.newEncoder().canEncode(text)) {
            throw new IllegalArgumentException(where + ": '" + field
                    + "' must be a text of whole characters, got half of one (a \\ud800 to \\udfff without its other half) in "
                    + Visible.quote(text));
        }
        return text;
    }
}
