package dev.heed.train;

import dev.heed.model.arch.Head;
import dev.heed.text.IoFailure;
import dev.heed.text.Json;
import dev.heed.text.Visible;
import dev.heed.train.worlds.Span;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.function.BiFunction;
import java.util.stream.Stream;

/**
 * What a user gives to learn from; the last tenth judges.
 *
 * <pre>
 *   FILE.jsonl  a JSON object a line, see {@link JsonLines}
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

    /** What has labels, for a head that classifies. */
    sealed interface Labelled extends Given {
        List<? extends Item> all();

        /** What a head must say to learn it. */
        Head head();

        /** The names of all classes, in order: by number if all are whole numbers. */
        default List<String> classes() {
            List<String> names = all().stream()
                    .flatMap(each -> each.labels().stream())
                    .distinct()
                    .toList();
            boolean numbers = names.stream().allMatch(name -> name.matches("\\d{1,9}"));
            Comparator<String> order = numbers ? Comparator.comparingInt(Integer::parseInt) : Comparator.naturalOrder();
            return names.stream().sorted(order).toList();
        }
    }

    /** Texts with the class of each. */
    record ClassedTexts(List<Example> all) implements Labelled {
        @Override
        public Head head() {
            return Head.WHOLE;
        }

        /** The texts, for who learns no classes. */
        Texts texts() {
            return new Texts(all.stream().map(Example::content).toList());
        }
    }

    /** Files of pictures with the class of each. */
    record ClassedPictures(List<Example> all) implements Labelled {
        @Override
        public Head head() {
            return Head.WHOLE;
        }
    }

    /** Texts as words, each with the class it belongs to. */
    record Tagged(List<TaggedWords> all) implements Labelled {
        @Override
        public Head head() {
            return Head.TOKENS;
        }
    }

    /** Questions with the places of their answers. */
    record Asked(List<Question> all) implements Labelled {
        @Override
        public Head head() {
            return Head.PLACES;
        }
    }

    /** Something with its labels. */
    sealed interface Item {
        List<String> labels();

        /** Where it is from, for messages. */
        String where();
    }

    /**
     * Something with its class.
     *
     * @param content the text, or the picture's path
     */
    record Example(String content, String label, String where) implements Item {
        @Override
        public List<String> labels() {
            return List.of(label);
        }
    }

    /** Words, and the class of each. */
    record TaggedWords(List<String> words, List<String> labels, String where) implements Item {}

    /**
     * A question to a text.
     *
     * @param answer its place in the text, empty where the text holds none
     */
    record Question(String question, String context, Span answer, String where) implements Item {
        /** What transformers calls the scores of beginning and end. */
        @Override
        public List<String> labels() {
            return List.of("LABEL_0", "LABEL_1");
        }

        boolean hasAnswer() {
            return answer.end() > answer.start();
        }
    }

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
            return JsonLines.read(path);
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
    static <T> List<T> lines(Path file, BiFunction<String, String, T> made) {
        List<String> lines = readText(file, MOST_BYTES).lines().toList();
        List<T> all = new ArrayList<>();
        for (int i = 0; i < lines.size(); i++) {
            if (!lines.get(i).isBlank()) {
                all.add(made.apply(file + ", line " + (i + 1), lines.get(i)));
            }
        }
        return all;
    }

    static <T> List<T> atLeastTwo(Path path, String what, List<T> all) {
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

    /** Of so many which are the last tenth. */
    static boolean[] lastTenth(int size) {
        boolean[] last = new boolean[size];
        Arrays.fill(last, cut(size), size, true);
        return last;
    }

    private static int cut(int size) {
        return Math.min(size - 1, (int) (size * 0.9));
    }
}
