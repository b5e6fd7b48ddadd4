package dev.heed.text;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class VisibleTest {
    @Test
    void aQuoteNeverHalvesACharacter() {
        assertThat(Visible.quote("a".repeat(119) + "🐱")).isEqualTo("'" + "a".repeat(119) + "🐱'");
        assertThat(Visible.quote("a".repeat(119) + "🐱b")).isEqualTo("'" + "a".repeat(119) + "🐱…'");
        assertThat(Visible.quote("🐱".repeat(121))).isEqualTo("'" + "🐱".repeat(120) + "…'");
    }

    @Test
    void whatSteersATerminalIsSpelledOut() {
        assertThat(Visible.escape("\u001b[2J\u009b\u007f\u202e\n\ud800"))
                .isEqualTo("\\u{1B}[2J\\u{9B}\\u{7F}\\u{202E}\\u{A}\\u{D800}");
    }

    /** Persian needs the zero-width non-joiner. */
    @Test
    void runningTextKeepsItsLinesAndItsSpelling() {
        String text = "می\u200cخواهم\tnaïve e\u0301\n👩\u200d👧";
        assertThat(Visible.running(text)).isEqualTo(text);
        assertThat(Visible.running("a\u001b]0;b\u0007\rc\u009b")).isEqualTo("a\\u{1B}]0;b\\u{7}\\u{D}c\\u{9B}");
    }
}
