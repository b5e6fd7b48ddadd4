package dev.heed.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is said about files that are no JSON, no text or not there. */
class JsonTest {
    @TempDir
    private Path folder = Path.of(""); // set by JUnit

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
                    {"a": 1             | ends too early
                    {"a": [1, 2         | ends too early
                    {"a": "on           | ends too early
                    {"a":~ nul}         | in line 2, column 2: Unrecognized token 'nul'
                    {"a": 1,, }         | in line 1, column 9: Unexpected character ',': was expecting double-quote
                    """)
    void whatIsNoJsonSaysWhereAndNothingAboutTheParser(String text, String said) {
        assertThatThrownBy(() -> Json.parse("config.json", text.replace('~', '\n')))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("config.json: bad JSON in line ")
                .hasMessageContaining(said)
                .message()
                .doesNotContain("REDACTED", "#UNKNOWN", "(code ", "'NaN'");
    }

    @Test
    void whatIsNotUtf8IsSaidByByteAndLine() throws IOException {
        Path file = Files.write(folder.resolve("latin1.txt"), new byte[] {'a', '\n', '\n', 'b', (byte) 0xE9, '\n'});
        assertThatThrownBy(() -> Json.readText(file, 100))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(file + ": must be UTF-8, but byte 4, in line 3, is not: save it as UTF-8");
    }

    @Test
    void aFileThatIsTooLargeIsRefusedAlsoWhereItsSizeIsUnknown() throws IOException {
        Path file = Files.writeString(folder.resolve("large.txt"), "x".repeat(101));
        assertThat(Json.readText(file, 101)).hasSize(101);
        assertThat(Json.readText(file, Long.MAX_VALUE)).hasSize(101);
        assertThatThrownBy(() -> Json.readText(file, 100))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(file + ": at most 100 bytes are read of such a file, got 101");
        Path endless = Path.of("/dev/zero");
        assumeTrue(Files.exists(endless), "no device without an end");
        assertThatThrownBy(() -> Json.readText(endless, 100))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("/dev/zero: at most 100 bytes are read of such a file, got more");
    }

    @Test
    void aFileThatCannotBeUsedHasAReason() {
        assertThat(IoFailure.reason(new NoSuchFileException("f"))).isEqualTo("there is no such file or folder");
        assertThat(IoFailure.reason(new AccessDeniedException("f"))).isEqualTo("permission denied");
        assertThat(IoFailure.reason(new FileAlreadyExistsException("f")))
                .isEqualTo("it is there already and is no folder");
        assertThat(IoFailure.reason(new FileSystemException("f", null, "Read-only file system")))
                .isEqualTo("Read-only file system");
        assertThat(IoFailure.reason(new IOException("Is a directory"))).isEqualTo("it is a folder");
        assertThat(IoFailure.cannot(Path.of("f"), "written", new AccessDeniedException("f")))
                .hasMessage("f: cannot be written: permission denied");
    }
}
