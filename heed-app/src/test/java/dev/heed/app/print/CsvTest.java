package dev.heed.app.print;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CsvTest {
    @ParameterizedTest
    @ValueSource(strings = {"-5.848642", "+3", "-.5e-39", "-1.", "-", "=", "@", "", "a-b", "−1"})
    void numbersAndSingleSignsStayWhatTheyAre(String text) {
        assertThat(Csv.line(text)).isEqualTo(text);
    }

    @ParameterizedTest
    @ValueSource(strings = {"=1+1", "-2+3", "--", "@SUM(A1)", "+cmd", "\tx", "-year"})
    void whatASpreadsheetWouldRunIsNeutralised(String text) {
        assertThat(Csv.line(text)).isEqualTo("'" + text);
    }
}
