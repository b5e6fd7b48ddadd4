package dev.heed.app;

import dev.heed.app.print.Terminal;
import dev.heed.model.checkpoint.Checkpoint;
import java.util.function.LongSupplier;
import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import org.jspecify.annotations.Nullable;

/** Shows a person how far a model is read, once that takes longer than a second. */
final class LoadingBar implements Checkpoint.Progress, AutoCloseable {
    private static final long PATIENCE_NANOS = 1_000_000_000;

    private final Terminal terminal;
    private final LongSupplier clock;
    private final long start;
    private @Nullable ProgressBar bar;

    /** @param clock nanoseconds since any moment */
    LoadingBar(Terminal terminal, LongSupplier clock) {
        this.terminal = terminal;
        this.clock = clock;
        this.start = clock.getAsLong();
    }

    @Override
    public synchronized void read(long elements, long all) {
        if (bar == null && terminal.watched() && clock.getAsLong() - start > PATIENCE_NANOS) {
            bar = new ProgressBarBuilder()
                    .setTaskName("reading weights")
                    .setInitialMax(all)
                    .setUnit(" M", 1_000_000)
                    .setConsumer(new ConsoleProgressBarConsumer(terminal.err(), terminal.width()))
                    .build();
        }
        if (bar != null) {
            bar.stepTo(elements);
        }
    }

    @Override
    public synchronized void close() {
        if (bar != null) {
            bar.close();
        }
    }
}
