package dev.heed.app.print;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/** Texts of untrusted files, before a person and in a pipe. */
class TerminalTest {
    private static final String HOSTILE = "\u001b]0;owned\u0007";

    @Test
    void whatAModelWritesSteersNoTerminalAndIsExactInAPipe() {
        String text = "one\n\ttwo " + HOSTILE;
        assertThat(printed(true, terminal -> terminal.line(terminal.written(text))))
                .isEqualTo("one\n\ttwo \\u{1B}]0;owned\\u{7}\n");
        assertThat(printed(false, terminal -> terminal.line(terminal.written(text))))
                .isEqualTo(text + "\n");
    }

    @Test
    void aWarningIsOneHarmlessLine() {
        assertThat(printed(false, terminal -> terminal.warn("key\n" + HOSTILE)))
                .isEqualTo("heed: warning: key\\u{A}\\u{1B}]0;owned\\u{7}\n");
    }

    @Test
    void aCellIsOneHarmlessLineAlsoWhereItIsBroken() {
        Table table = new Table().column("n").column("label");
        table.row(1, "two\nlines");
        table.row(2, HOSTILE + " and words ".repeat(20));
        for (boolean person : new boolean[] {false, true}) {
            String printed = printed(person, terminal -> table.printText(terminal, ""));
            assertThat(printed)
                    .contains("two\\u{A}lines", "\\u{1B}]0;owned\\u{7}")
                    .doesNotContain("\u001b", "\u0007");
            assertThat(printed.lines().count()).isEqualTo(person ? 6 : 3);
        }
    }

    @Test
    void jsonIsTheSameTextAndHarmless() {
        String text = HOSTILE + "\u009b2J\u007f é";
        String json = printed(true, terminal -> Json.printLine(terminal, List.of(text)));
        assertThat(json).isEqualTo("[\"\\u001B]0;owned\\u0007\\u009b2J\\u007f é\"]\n");
        assertThat(dev.heed.text.Json.parse("json", json).path(0).asString()).isEqualTo(text);
    }

    @Test
    void csvSteersNoTerminalAndIsExactInAPipe() {
        String text = "two\nlines\tand " + HOSTILE;
        Table table = new Table().column("text");
        table.row(text);
        assertThat(printed(true, terminal -> table.print(terminal, Format.CSV)))
                .isEqualTo("text\n\"two\nlines\tand \\u{1B}]0;owned\\u{7}\"\n");
        assertThat(printed(false, terminal -> table.print(terminal, Format.CSV)))
                .isEqualTo("text\n\"" + text + "\"\n");
        assertThat(printed(true, terminal -> Csv.printLine(terminal, HOSTILE, 1.5)))
                .isEqualTo("\\u{1B}]0;owned\\u{7},1.5\n");
    }

    private static String printed(boolean interactive, Consumer<Terminal> action) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        PrintStream stream = new PrintStream(bytes, true, StandardCharsets.UTF_8);
        action.accept(new Terminal(stream, stream, Colours.NONE, 80, interactive, interactive));
        return bytes.toString(StandardCharsets.UTF_8);
    }
}
