package dev.heed.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.heed.app.print.Colours;
import dev.heed.app.print.Terminal;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class WaitingBarTest {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();
    private final AtomicLong nanos = new AtomicLong(-5);

    private Terminal terminal(boolean watched) {
        return new Terminal(
                new PrintStream(out, true, StandardCharsets.UTF_8),
                new PrintStream(err, true, StandardCharsets.UTF_8),
                Colours.NONE,
                80,
                true,
                watched);
    }

    private String load(boolean watched, long nanosBetween) {
        try (WaitingBar bar = new WaitingBar(WaitingBar.What.WEIGHTS, terminal(watched), nanos::get)) {
            for (int part = 1; part <= 4; part++) {
                nanos.addAndGet(nanosBetween);
                bar.done(part * 31_000_000L, 124_000_000L);
            }
        }
        assertThat(out.size()).isZero();
        return err.toString(StandardCharsets.UTF_8);
    }

    @Test
    void aPersonWhoWaitsLongerThanASecondSeesHowFarReadingIs() {
        assertThat(load(true, 600_000_000)).contains("reading weights", "100%", "124/124 M");
    }

    /** Something may turn out to take longer than was foreseen. */
    @Test
    void whatThereIsToDoMayGrow() {
        WaitingBar.What what = new WaitingBar.What("measuring texts", "", 1);
        try (WaitingBar bar = new WaitingBar(what, terminal(true), nanos::get)) {
            nanos.addAndGet(2_000_000_000);
            bar.done(10, 20);
            bar.done(25, 30);
            bar.done(30, 30);
        }
        assertThat(err.toString(StandardCharsets.UTF_8)).contains("measuring texts", "30/30");
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
