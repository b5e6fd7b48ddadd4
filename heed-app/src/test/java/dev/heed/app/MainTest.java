package dev.heed.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.heed.app.print.Colours;
import dev.heed.kernel.Kernels;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

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
                    """)
    void mistakesAreOneLineAndExitTwo(String line, String said) {
        Run run = Run.of(line.split(" "));
        assertThat(run.code()).isEqualTo(2);
        assertThat(run.out()).isEmpty();
        assertThat(run.err()).startsWith("heed: ").contains(said).hasLineCount(1);
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
    }

    @Test
    void completionKnowsCommandsAndOptions() {
        assertThat(Run.of("completion").out()).contains("explain", "--format");
    }
}
