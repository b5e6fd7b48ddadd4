package dev.heed.train;

import dev.heed.text.IoFailure;
import dev.heed.text.Json;
import dev.heed.text.Visible;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.function.BiFunction;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;

/**
 * What a user gives to learn from; the last tenth judges.
 *
 * <pre>
 *   FILE.jsonl  a JSON object a line: {"text": "…"}, or pairs {"read": "…", "written": "…"}, or {"text": "…", "label": "…"}
 *   FILE.tsv    a pair a line: what is read, a tab, what is written
 *   FOLDER      its *.txt files, those of folders inside too, in the order of their names: each is a text by itself;
 *               if it has none, the *.png, *.jpg and *.jpeg files of the folders inside, which are named as their classes
 *   any other   one running text, UTF-8; not FILE.json
 * </pre>
 */
sealed interface Given {
    /** The largest file, and the largest folder. */
    long MOST_BYTES = 1L << 30;

    List<String> PICTURES = List.of(".png", ".jpg", ".jpeg");

    /** Texts of less than this many are not worth a tenth. */
    int LEAST = 2;

    /** One text from beginning to end. */
    record Running(String text) implements Given {}

    /** Texts, each by itself. */
    record Texts(List<String> all) implements Given {}

    /** Texts with what is to be written for each. */
    record Paired(List<Pairs.Texts> all) implements Given {}

    /** Texts or pictures, each with the class it belongs to. */
    sealed interface Classed extends Given {
        List<Example> all();

        /** The names of all classes, in order: by number if all are whole numbers. */
        default List<String> classes() {
            List<String> names = all().stream().map(Example::label).distinct().toList();
            boolean numbers = names.stream().allMatch(name -> name.matches("\\d{1,9}"));
            Comparator<String> order = numbers ? Comparator.comparingInt(Integer::parseInt) : Comparator.naturalOrder();
            return names.stream().sorted(order).toList();
        }
    }

    /** Texts with the class of each. */
    record ClassedTexts(List<Example> all) implements Classed {
        /** The texts, for who learns no classes. */
        Texts texts() {
            return new Texts(all.stream().map(Example::content).toList());
        }
    }

    /** Files of pictures with the class of each. */
    record ClassedPictures(List<Example> all) implements Classed {}

    /**
     * Something with its class.
     *
     * @param content the text, or the picture's path
     * @param where it is from, for messages
     */
    record Example(String content, String label, String where) {}

    /** By what the path is. */
    static Given read(Path path) {
        String name = path.toString().toLowerCase(Locale.ROOT);
        if (Files.isDirectory(path)) {
            List<Path> files = files(path);
            return files.stream().noneMatch(Given::isText) && files.stream().anyMatch(file -> isPicture(path, file))
                    ? new ClassedPictures(atLeastTwo(path, "pictures", pictures(path, files)))
                    : new Texts(atLeastTwo(path, "*.txt files", texts(files)));
        }
        if (name.endsWith(".jsonl")) {
            return json(path);
        }
        if (name.endsWith(".tsv")) {
            return new Paired(atLeastTwo(path, "pairs", lines(path, Given::pair)));
        }
        if (name.endsWith(".json")) {
            throw new IllegalArgumentException(path
                    + ": data in JSON must be lines, an object each, in a file that ends with .jsonl (jq -c '.[]' makes"
                    + " them of a list); give a text that only looks like JSON another name");
        }
        return new Running(readText(path, MOST_BYTES));
    }

    /** The text of a file; a byte order mark before it is no part of it. */
    static String readText(Path file, long maxBytes) {
        String text = Json.readText(file, maxBytes);
        return text.startsWith("\ufeff") ? text.substring(1) : text;
    }

    private static List<Path> files(Path folder) {
        try (Stream<Path> files = Files.walk(folder)) {
            return files.filter(Files::isRegularFile).sorted().toList();
        } catch (IOException e) {
            throw IoFailure.cannot(folder, "read", e);
        }
    }

    private static boolean isText(Path file) {
        return file.getFileName().toString().endsWith(".txt");
    }

    private static List<String> texts(List<Path> files) {
        return files.stream()
                .filter(Given::isText)
                .map(file -> readText(file, MOST_BYTES))
                .filter(text -> !text.isBlank())
                .toList();
    }

    /** In a folder inside, which names the class. */
    private static boolean isPicture(Path folder, Path file) {
        String name = file.getFileName().toString().toLowerCase(Locale.ROOT);
        return PICTURES.stream().anyMatch(name::endsWith)
                && folder.relativize(file).getNameCount() > 1;
    }

    private static List<Example> pictures(Path folder, List<Path> files) {
        return files.stream()
                .filter(file -> isPicture(folder, file))
                .map(file -> new Example(
                        file.toString(), folder.relativize(file).getName(0).toString(), file.toString()))
                .toList();
    }

    private static Given json(Path file) {
        List<JsonNode> all = lines(file, Json::parse);
        if (!all.isEmpty() && all.getFirst().has("read")) {
            return new Paired(atLeastTwo(file, "pairs", lines(file, (where, line) -> {
                JsonNode object = Json.parse(where, line);
                return new Pairs.Texts(text(where, object, "read"), text(where, object, "written"), where);
            })));
        }
        if (!all.isEmpty() && all.getFirst().has("label")) {
            return new ClassedTexts(atLeastTwo(file, "texts", lines(file, (where, line) -> {
                JsonNode object = Json.parse(where, line);
                return new Example(text(where, object, "text"), label(where, object), where);
            })));
        }
        return new Texts(atLeastTwo(
                file, "texts", lines(file, (where, line) -> text(where, Json.parse(where, line), "text"))));
    }

    /** A name, or a number, which many data sets have. */
    private static String label(String where, JsonNode object) {
        JsonNode label = object.path("label");
        if (label.isString() && !label.asString().isBlank() || label.isIntegralNumber()) {
            return label.asString();
        }
        throw new IllegalArgumentException(where
                + ": must be an object with a text in 'text' and its class in 'label', a name or a whole number, got "
                + Visible.quote(object.toString()));
    }

    private static String text(String where, JsonNode object, String field) {
        JsonNode text = object.path(field);
        if (!text.isString() || text.asString().isBlank()) {
            throw new IllegalArgumentException(where + ": must be an object with a text in '" + field
                    + "' ({\"text\": \"…\"}, or {\"read\": \"…\", \"written\": \"…\"} in every line), got "
                    + Visible.quote(object.toString()));
        }
        if (!StandardCharsets.UTF_8.newEncoder().canEncode(text.asString())) {
            throw new IllegalArgumentException(where + ": '" + field
                    + "' must be a text of whole characters, got half of one (a \\ud800 to \\udfff without its other half) in "
                    + Visible.quote(text.asString()));
        }
        return text.asString();
    }

    private static Pairs.Texts pair(String where, String line) {
        String[] columns = line.split("\t", -1);
        if (columns.length != 2 || columns[0].isBlank() || columns[1].isBlank()) {
            throw new IllegalArgumentException(where
                    + ": must have two columns with a tab between, what is read and what is written, got "
                    + Visible.quote(line));
        }
        return new Pairs.Texts(columns[0], columns[1], where);
    }

    /** Each line that is not blank, made into something; messages begin with file and line number. */
    private static <T> List<T> lines(Path file, BiFunction<String, String, T> made) {
        List<String> lines = readText(file, MOST_BYTES).lines().toList();
        List<T> all = new ArrayList<>();
        for (int i = 0; i < lines.size(); i++) {
            if (!lines.get(i).isBlank()) {
                all.add(made.apply(file + ", line " + (i + 1), lines.get(i)));
            }
        }
        return all;
    }

    private static <T> List<T> atLeastTwo(Path path, String what, List<T> all) {
        if (all.size() < LEAST) {
            throw new IllegalArgumentException(path + ": at least two " + what
                    + " are needed, to learn from and to be judged by, got " + all.size());
        }
        return all;
    }

    /** All but the last tenth; of few all but one. */
    static <T> List<T> first(List<T> all) {
        return all.subList(0, cut(all.size()));
    }

    /** The last tenth, at least one. */
    static <T> List<T> last(List<T> all) {
        return all.subList(cut(all.size()), all.size());
    }

    private static int cut(int size) {
        return Math.min(size - 1, (int) (size * 0.9));
    }
}
