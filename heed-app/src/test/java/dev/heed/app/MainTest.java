package dev.heed.app;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.heed.app.print.Colours;
import dev.heed.app.print.Terminal;
import dev.heed.kernel.Kernels;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class MainTest {
    @Test
    void withoutArgumentsItShowsAttentionAndWhatToTypeNext() {
        Run run = Run.of();
        assertThat(run.code()).isZero();
        assertThat(run.out()).contains("0.3784", "[0.5320, 0.5437, 0.4613]", "heed explain cat-sat");
        assertThat(run.out().lines()).hasSizeLessThan(25);
    }

    @Test
    void versionNamesKernelsAndJdk() {
        assertThat(Run.of("--version").out()).contains("heed ", Kernels.name(), "JDK " + Runtime.version());
    }

    @Test
    void pipedOutputHasNoColour() {
        assertThat(Run.of("explain", "cat-sat").out()).doesNotContain("\u001b");
    }

    @Test
    void aTerminalGetsColourInBothDepths() {
        assertThat(Run.in(Colours.TRUE, 100, "explain", "cat-sat").out()).contains("\u001b[48;2;");
        assertThat(Run.in(Colours.PALETTE, 100, "explain", "cat-sat").out())
                .contains("\u001b[48;5;")
                .doesNotContain("48;2;");
    }

    @ParameterizedTest
    @CsvSource(nullValues = "-", textBlock = """
                    true,  -, -,         PALETTE
                    true,  -, truecolor, TRUE
                    true,  1, truecolor, NONE
                    false, -, truecolor, NONE
                    """)
    void coloursFollowTheTerminalAndNoColor(boolean terminal, String noColor, String colorTerm, Colours expected) {
        Map<String, String> environment = new java.util.HashMap<>();
        if (noColor != null) {
            environment.put("NO_COLOR", noColor);
        }
        if (colorTerm != null) {
            environment.put("COLORTERM", colorTerm);
        }
        assertThat(Colours.of(terminal, environment)).isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource(delimiter = ';', textBlock = """
                    explian;              unknown command 'explian'; did you mean explain?
                    explain --fromat=csv; unknown option '--fromat=csv'
                    explain mixture two;  unexpected 'two'
                    explain nothing;      there is no example 'nothing'
                    explain --format xml; 'xml'
                    --colour;             unknown option '--colour'
                    foo;                  unknown command 'foo'; see 'heed help'
                    help foo;             unknown command 'foo'; see 'heed help'
                    compare recall --distances 1000000; --distances must be 10..100000
                    report heads --planted text; heads of its own
                    report perplexity --context 64; goes with --data
                    look --hlep;          unknown option '--hlep'; did you mean --help?
                    report heads --al;    unknown option '--al'; did you mean --all?
                    compare --quik;       unknown option '--quik'; did you mean --quick?
                    compare nope;         heed: compare: must be recall, got 'nope'; see 'heed help compare'
                    compare recal;        heed: compare: must be recall, got 'recal', did you mean recall?
                    explain mixtur;       there is no example 'mixtur', did you mean mixture?
                    info clze;            no such folder, did you mean cloze?
                    embed --pooling maen; must be mean or cls, got 'maen', did you mean mean?
                    look the cat;         a text of several words stands in quotes
                    generate a b c;       a text of several words stands in quotes
                    look a --query cat;   heed: invalid value for option '--query': must be a whole number, got 'cat'
                    look a --query 1.5;   must be a whole number, got '1.5'
                    look a --width 3000000000; must be from -2147483648 to 2147483647, got 3000000000
                    report heads --seed x; must be a whole number, got 'x'
                    generate a --temperature 1,5; must be a number such as 0.5, got '1,5'
                    compare recall --seeds 0; compare recall: --seeds must be at least 1, got 0
                    compare recall --steps -3; compare recall: --steps must be at least 1, got -3
                    train --recipe cloze --steps -1; train: steps must not be negative, got -1
                    train --from cloze --data pom.xml --out target/none --batch 0; train: batch must be at least 1, got 0
                    train --from cloze --data pom.xml --out target/none --rate -1; train: rate must be above 0 and at most 1, got -1.0
                    attend src;           attend: src is a folder
                    info pom.xml;         pom.xml: is no folder
                    help compare foo;     unexpected 'foo'
                    look -not;            a text that begins so stands behind --
                    """)
    void mistakesAreOneLineAndExitTwo(String line, String said) {
        Run run = Run.of(line.split(" "));
        assertThat(run.code()).isEqualTo(2);
        assertThat(run.out()).isEmpty();
        assertThat(run.err()).startsWith("heed: ").contains(said).hasLineCount(1);
    }

    @Test
    void helpOfACommandMayNameWhatStandsBehindIt() {
        Run compare = Run.of("help", "compare");
        assertThat(compare.out()).startsWith("Usage: heed compare");
        assertThat(Run.of("help", "compare", "recall")).isEqualTo(compare);
        assertThat(Run.of("help", "explain", "mixture").out()).startsWith("Usage: heed explain");
    }

    /** Not within {@code *.safetensors} or {@code .tsv}. */
    @ParameterizedTest
    @ValueSource(ints = {60, 66, 72, 80, 100, 120})
    void linesOfHelpBreakAtBlanks(int width) {
        for (String command : Main.COMMANDS) {
            String help = Run.in(Colours.NONE, width, command, "--help").out();
            assertThat(help).as(command).contains("Usage: heed " + command).doesNotContain("\ua78f");
            for (String name : List.of("*.safetensors", "config.json", ".tsv", ".jpg", "*.txt", ".out.safetensors")) {
                int dot = name.indexOf('.') + 1;
                assertThat(help)
                        .as(command)
                        .doesNotContainPattern(
                                Pattern.quote(name.substring(0, dot)) + "\\R +" + Pattern.quote(name.substring(dot)));
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"- the animal", "-[MASK]", "-5 degrees", "@pom.xml", "-"})
    void aTextMayBeginAsItLikes(String text) {
        Run run = Run.of("look", text);
        assertThat(run.err()).doesNotContain("missing", "unknown option");
    }

    @Test
    void behindTwoDashesEverythingIsText() {
        assertThat(Run.of("look", "--", "--help me").err()).doesNotContain("unknown option");
        assertThat(Run.of("look", "--", "-not").err()).doesNotContain("unknown option");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "models"})
    void wantOfMemoryIsOneSentenceAndExitTwo(String line) {
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        PrintStream full = new PrintStream(OutputStream.nullOutputStream()) {
            @Override
            public void println(String line) {
                throw new OutOfMemoryError("Java heap space");
            }
        };
        Terminal terminal = new Terminal(full, new PrintStream(err, true, UTF_8), Colours.NONE, 80, false, false);
        String[] args = line.isEmpty() ? new String[0] : new String[] {line};
        assertThat(Main.run(args, terminal)).isEqualTo(2);
        assertThat(err.toString(UTF_8))
                .startsWith("heed: out of memory (Java heap space) with a heap of at most ")
                .contains("HEED_JAVA_OPTS=-Xmx")
                .hasLineCount(1);
    }

    @Test
    void outputThatCannotBeWrittenIsSaid() {
        assertThat(written("No space left on device"))
                .isEqualTo(new Run(2, "", "heed: the output could not be written: No space left on device\n"));
    }

    /** As a shell reports tools that SIGPIPE has ended. */
    @Test
    void aReaderThatHasLeftIsNoNewsAndNoSuccess() {
        assertThat(written("Broken pipe")).isEqualTo(new Run(141, "", ""));
    }

    private static Run written(String failure) {
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        OutputStream full = new OutputStream() {
            @Override
            public void write(int b) throws IOException {
                throw new IOException(failure);
            }
        };
        int code = Main.run(new String[] {"models"}, full, new PrintStream(err, true, UTF_8));
        return new Run(code, "", err.toString(UTF_8));
    }

    @Test
    void aMisspeltOptionGetsASuggestion() {
        assertThat(Run.of("explain", "--fromat", "csv").err()).contains("did you mean --format?");
    }

    @Test
    void helpNamesEveryCommandAndEachHasHelp() {
        Run all = Run.of("help");
        assertThat(all.code()).isZero();
        assertThat(all.out()).contains("explain", "completion");
        assertThat(Run.of("help", "explain").out()).contains("--format");
        assertThat(Run.of("explain", "--help").out()).contains("--format");
        assertThat(Run.of("help", "report", "heads").out())
                .isEqualTo(Run.of("report", "heads", "--help").out())
                .contains("--planted");
        assertThat(Run.of("help", "lok").err()).isEqualTo("heed: unknown command 'lok'; did you mean look?\n");
        assertThat(Run.of("help", "report", "head").err())
                .isEqualTo("heed: unknown command 'head'; did you mean heads?\n");
    }

    @Test
    void completionKnowsCommandsAndOptions() {
        String script = Run.of("completion").out();
        assertThat(script).contains("explain", "--format");
        String help = script.substring(script.indexOf("function _picocli_heed_help()"));
        assertThat(help.substring(0, help.indexOf("\n}"))).contains("resolve");
    }
}
