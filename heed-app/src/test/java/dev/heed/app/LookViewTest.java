package dev.heed.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.heed.app.LookView.Choice;
import dev.heed.app.print.Colours;
import dev.heed.app.print.Terminal;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class LookViewTest {
    private static final List<String> WORDS =
            List.of("=the", "␣cat", "␣sat", "␣on", "␣a", "␣\"mat\",", "↵", "␣\u202eevil");

    @Test
    void theChosenHeadIsTheOneWithLowestRelativeEntropyThatLooksAtMoreThanOneOffset() {
        Choice choice = new LookView(new PlantedHeads(WORDS), terminal(Colours.NONE, 100, new ByteArrayOutputStream()))
                .sharpest(null);
        assertThat(choice.head()).isEqualTo(PlantedHeads.FIRST);
        assertThat(choice.why())
                .contains("the lowest of 2 heads", "relative to uniform", "leaving out those that look at one offset");
    }

    @Test
    void maskedCellsAreMarkedAndNeverNumbers() {
        List<String> lines = text(100, view -> view.printHead(new Choice(0, PlantedHeads.UNIFORM, "")))
                .lines()
                .toList();
        List<String> rows =
                lines.stream().filter(line -> line.matches(".*\\(\\d\\) .*")).toList();
        assertThat(rows).hasSize(8);
        for (int i = 0; i < 8; i++) {
            assertThat(rows.get(i).chars().filter(c -> c == '·').count())
                    .as(rows.get(i))
                    .isEqualTo(7 - i);
        }
        assertThat(rows.get(3)).contains("0.2500  0.2500  0.2500  0.2500");
    }

    @Test
    void maskedCellsAreGreyInColour() {
        String out = print(Colours.TRUE, 100, view -> view.printHead(new Choice(0, PlantedHeads.UNIFORM, "")));
        assertThat(out).contains("\u001b[48;2;168;168;168;38;2;132;132;132m");
        assertThat(out.split("48;2;168;168;168", -1)).hasSize(28 + 1 + 1); // 28 hidden pairs and the legend
    }

    @Test
    void thePictureChecksItself() {
        assertThat(text(100, view -> view.printHead(new Choice(0, 3, ""))))
                .containsPattern(
                        "largest \\|row sum − 1\\| (0|\\d\\.\\de-0[678]), largest \\|Σ α·v − output\\| (0|\\d\\.\\de-0[678])");
    }

    @Test
    void aLongTextIsCutAndSaysHowMuch() {
        List<String> many = new ArrayList<>();
        for (int i = 0; i < 300; i++) {
            many.add("w" + i);
        }
        LookView[] views = new LookView[1];
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        Terminal terminal = terminal(Colours.NONE, 80, out);
        views[0] = new LookView(new PlantedHeads(many), terminal);
        views[0].printHead(new Choice(0, PlantedHeads.FIRST, ""));
        terminal.out().flush();
        String text = out.toString(StandardCharsets.UTF_8);
        assertThat(text).contains("The last 20 of 300 queries and 20 of 300 keys; on average 100.0 %");
        assertThat(text.lines().mapToInt(String::length).max().orElse(0)).isLessThanOrEqualTo(80);
    }

    @Test
    void aQuerysKeysAreSortedByWeight() {
        String out = text(100, view -> view.printQuery(new Choice(0, 3, ""), 4));
        List<String> lines = out.lines()
                .filter(line -> line.matches(".*\\(\\d\\) .*0\\.\\d{4} .*"))
                .toList();
        assertThat(lines).hasSize(5);
        assertThat(lines.getFirst()).contains("␣a (4)", "0.5000", "████████████");
        assertThat(out).contains("3 keys are masked");
    }

    @Test
    void aQueryOutsideTheTextIsRefused() {
        assertThatThrownBy(() -> text(100, view -> view.printQuery(new Choice(0, 0, ""), 8)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("--query must be 0..7");
    }

    @Test
    void theGridShowsEveryHeadInBothModes() {
        assertThat(text(100, view -> view.printGrid(null))).contains("L0H0", "L0H1", "L0H2", "L0H3", "~ masked");
        assertThat(print(Colours.PALETTE, 60, view -> view.printGrid(null))).contains("L0H3", "▀");
    }

    @Test
    void jsonHasNullWhereMasked() {
        JsonNode json = JsonMapper.shared().readTree(text(100, view -> view.printJson(new Choice(0, 0, ""), null)));
        assertThat(json.get("weights").get(1).get(1).asDouble()).isEqualTo(0.5);
        assertThat(json.get("weights").get(1).get(2).isNull()).isTrue();
        assertThat(json.get("keyTokens").get(5).asString()).isEqualTo("␣\"mat\",");
    }

    @Test
    void csvQuotesNeutralisesFormulasAndLeavesMaskedEmpty() {
        List<String> lines = text(100, view -> view.printCsv(new Choice(0, 0, ""), null))
                .lines()
                .toList();
        assertThat(lines).hasSize(1 + 64);
        assertThat(lines.get(1)).isEqualTo("self,0,0,0,'=the,0,'=the,1.0");
        assertThat(lines.get(2)).isEqualTo("self,0,0,0,'=the,1,␣cat,");
        assertThat(lines.get(1 + 5 * 8 + 5)).startsWith("self,0,0,5,\"␣\"\"mat\"\",\",5,\"␣\"\"mat\"\",\",0.1666");
    }

    @Test
    void labelsCannotReorderTheirLine() {
        assertThat(text(100, view -> view.printHead(new Choice(0, 0, "")))).doesNotContain("\u202e");
    }

    private static String text(int width, Consumer<LookView> action) {
        return print(Colours.NONE, width, action);
    }

    private static String print(Colours colours, int width, Consumer<LookView> action) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        Terminal terminal = terminal(colours, width, out);
        action.accept(new LookView(new PlantedHeads(WORDS), terminal));
        terminal.out().flush();
        return out.toString(StandardCharsets.UTF_8);
    }

    private static Terminal terminal(Colours colours, int width, ByteArrayOutputStream out) {
        PrintStream stream = new PrintStream(out, false, StandardCharsets.UTF_8);
        return new Terminal(stream, stream, colours, width, false, false);
    }
}
