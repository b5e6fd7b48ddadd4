package dev.heed.app;

import dev.heed.app.print.Terminal;
import dev.heed.model.Steps;
import java.util.function.LongSupplier;
import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import org.jspecify.annotations.Nullable;

/** Shows a person how far something is, once that takes longer than a second. */
final class WaitingBar implements Steps, AutoCloseable {
    private static final long PATIENCE_NANOS = 1_000_000_000;

    private final What what;
    private final Terminal terminal;
    private final LongSupplier clock;
    private final long start;
    private @Nullable ProgressBar bar;

    /**
     * What is waited for, in a few words.
     *
     * @param unit what steps are counted in, and how many of them make one
     */
    record What(String words, String unit, long size) {
        static final What WEIGHTS = new What("reading weights", " M", 1_000_000);
    }

    WaitingBar(String words, Terminal terminal) {
        this(new What(words, "", 1), terminal, System::nanoTime);
    }

    /** @param clock nanoseconds since any moment */
    WaitingBar(What what, Terminal terminal, LongSupplier clock) {
        this.what = what;
        this.terminal = terminal;
        this.clock = clock;
        this.start = clock.getAsLong();
    }

    @Override
    public synchronized void done(long done, long all) {
        if (bar == null && terminal.watched() && clock.getAsLong() - start > PATIENCE_NANOS) {
            bar = new ProgressBarBuilder()
                    .setTaskName(what.words())
                    .setInitialMax(all)
                    .setUnit(what.unit(), what.size())
                    .setConsumer(new ConsoleProgressBarConsumer(terminal.err(), terminal.width()))
                    .build();
        }
        if (bar != null) {
            bar.maxHint(all);
            bar.stepTo(done);
        }
    }

    @Override
    public synchronized void close() {
        if (bar != null) {
            bar.close();
        }
    }
}
