package dev.heed.attention;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A server that was started with a wrong property is told what is wrong by every call, not by the first alone. */
class WrongPropertiesTest {
    @ParameterizedTest
    @CsvSource(quoteCharacter = '"', textBlock = """
            heed.threads, two, "heed.threads: the property must be a number from 1 on, got 'two'"
            heed.threads, 0,   "heed.threads: the property must be a number from 1 on, got '0'"
            heed.threads, -1,  "heed.threads: the property must be a number from 1 on, got '-1'"
            heed.kernels, gpu, "heed.kernels: the property must be auto, vector or scalar, got 'gpu'"
            """)
    void areNamedEachTime(String property, String value, String message) throws Exception {
        assertThat(FreshJvm.run(WrongProperties.class, List.of("-D" + property + "=" + value), List.of())
                        .lines())
                .containsExactly(message, message);
    }
}
