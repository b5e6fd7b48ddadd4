package dev.heed.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.heed.app.print.Colours;
import dev.heed.app.print.Terminal;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class LoadingBarTest {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();
    private final AtomicLong nanos = new AtomicLong(-5);

    private String load(boolean watched, long nanosBetween) {
        Terminal terminal = new Terminal(
                new PrintStream(out, true, StandardCharsets.UTF_8),
                new PrintStream(err, true, StandardCharsets.UTF_8),
                Colours.NONE,
                80,
                true,
                watched);
        try (LoadingBar bar = new LoadingBar(terminal, nanos::get)) {
            for (int part = 1; part <= 4; part++) {
                nanos.addAndGet(nanosBetween);
                bar.read(part * 31_000_000L, 124_000_000L);
            }
        }
        assertThat(out.size()).isZero();
        return err.toString(StandardCharsets.UTF_8);
    }

    @Test
    void aPersonWhoWaitsLongerThanASecondSeesHowFarReadingIs() {
        assertThat(load(true, 600_000_000)).contains("reading weights", "100%", "124/124 M");
    }

    @Test
    void whatIsReadAtOnceShowsNothing() {
        assertThat(load(true, 200_000_000)).isEmpty();
    }

    @Test
    void aFileGetsNothing() {
        assertThat(load(false, 10_000_000_000L)).isEmpty();
    }
}
