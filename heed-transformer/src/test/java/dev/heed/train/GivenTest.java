package dev.heed.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GivenTest {
    private static final Path NONE = Path.of("");

    @TempDir
    private Path folder = NONE; // set by JUnit

    private Given read(String name, String text) throws IOException {
        return Given.read(Files.writeString(folder.resolve(name), text));
    }

    @Test
    void aTextFileIsOneRunningText() throws IOException {
        assertThat(read("a.txt", "one\n\ntwo\n")).isEqualTo(new Given.Running("one\n\ntwo\n"));
    }

    @Test
    void aFolderIsItsTextFilesInTheOrderOfTheirNames() throws IOException {
        Files.createDirectory(folder.resolve("b"));
        Files.writeString(folder.resolve("b/z.txt"), "third");
        Files.writeString(folder.resolve("a.txt"), "first");
        Files.writeString(folder.resolve("aa.txt"), "second");
        Files.writeString(folder.resolve("notes.md"), "left out");
        Files.writeString(folder.resolve("empty.txt"), " \n");
        assertThat(Given.read(folder)).isEqualTo(new Given.Texts(List.of("first", "second", "third")));
    }

    @Test
    void jsonLinesAreTextsOrPairs() throws IOException {
        assertThat(read("t.jsonl", "{\"text\": \"a\\tb\"}\n\n{\"text\": \"c\", \"more\": 1}\n"))
                .isEqualTo(new Given.Texts(List.of("a\tb", "c")));
        assertThat(read("p.jsonl", "{\"read\":\"a\",\"written\":\"b\"}\r\n{\"read\":\"c\",\"written\":\"d\"}"))
                .isEqualTo(new Given.Paired(List.of(pair("a", "b", "p.jsonl", 1), pair("c", "d", "p.jsonl", 2))));
    }

    @Test
    void tabsSeparatePairs() throws IOException {
        assertThat(read("p.TSV", "The dog\tDer Hund\nThe cat\tDie Katze\n"))
                .isEqualTo(new Given.Paired(
                        List.of(pair("The dog", "Der Hund", "p.TSV", 1), pair("The cat", "Die Katze", "p.TSV", 2))));
    }

    private Pairs.Texts pair(String read, String written, String file, int line) {
        return new Pairs.Texts(read, written, folder.resolve(file) + ", line " + line);
    }

    @Test
    void aByteOrderMarkIsNoPartOfAText() throws IOException {
        assertThat(read("a.txt", "\ufeffone\n")).isEqualTo(new Given.Running("one\n"));
        assertThat(read("t.jsonl", "\ufeff{\"text\": \"a\"}\n{\"text\": \"c\"}\n"))
                .isEqualTo(new Given.Texts(List.of("a", "c")));
    }

    @Test
    void jsonThatIsNotLinesIsRefusedWithAWayOut() {
        assertThatThrownBy(() -> read("list.json", "[{\"text\": \"a\"}, {\"text\": \"b\"}]"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("list.json: data in JSON must be lines")
                .hasMessageContaining(".jsonl");
    }

    @Test
    void halfACharacterIsNamedWithItsLine() {
        assertThatThrownBy(() -> read("t.jsonl", "{\"text\": \"\\ud83d\\ude00\"}\n{\"text\": \"a\\ud83d\"}\n"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("t.jsonl, line 2: 'text' must be a text of whole characters");
    }

    @Test
    void whatDoesNotFitIsNamedWithItsLine() {
        assertThatThrownBy(() -> read("p.tsv", "a\tb\n\na b\n"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("p.tsv, line 3: must have two columns with a tab between")
                .hasMessageContaining("'a b'");
        assertThatThrownBy(() -> read("t.jsonl", "{\"text\": \"a\"}\n{\"txt\": \"b\"}\n"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("t.jsonl, line 2: must be an object with a text in 'text'");
        assertThatThrownBy(() -> read("u.jsonl", "{\"text\": \"a\"}\n{\n"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("u.jsonl, line 2: bad JSON");
        assertThatThrownBy(() -> read("one.tsv", "a\tb\n"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageEndingWith("at least two pairs are needed, to learn from and to be judged by, got 1");
        assertThatThrownBy(() -> Given.read(folder.resolve("none.txt"))).hasMessageContaining("none.txt");
    }

    @Test
    void theLastTenthJudgesAndNothingIsInBothParts() {
        for (int size = 2; size < 40; size++) {
            List<Integer> all = IntStream.range(0, size).boxed().toList();
            assertThat(Given.first(all)).as("%d", size).isNotEmpty();
            assertThat(Given.last(all)).as("%d", size).hasSizeBetween(1, size / 10 + 1);
            assertThat(Given.first(all).size() + Given.last(all).size()).isEqualTo(size);
        }
    }
}
