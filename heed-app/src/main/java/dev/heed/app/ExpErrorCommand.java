package dev.heed.app;

import dev.heed.app.print.Format;
import dev.heed.app.print.Table;
import dev.heed.app.print.Terminal;
import dev.heed.kernel.Exp;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code heed exp-error}: how far our exponential is from the true one, over every float that a softmax gives it. */
@Command(name = "exp-error", description = "Measure the kernels' exp against double over every float in [−104, 0].")
final class ExpErrorCommand extends HeedCommand {
    private static final float LOWEST = -104;
    /** exp of anything below is no normal float, so its error is counted in units of the smallest one. */
    private static final double LOWEST_NORMAL = -87.33654;

    @Mixin
    private final FormatOption format = new FormatOption();

    ExpErrorCommand(Terminal terminal) {
        super(terminal);
    }

    @Override
    public Integer call() {
        Worst normal = new Worst("normal results");
        Worst subnormal = new Worst("subnormal results");
        // From −0 to −104 the bits of a float, read as an integer, go up by one from each float to the next.
        int last = Float.floatToRawIntBits(LOWEST);
        for (int bits = Float.floatToRawIntBits(-0f); bits <= last; bits++) {
            float x = Float.intBitsToFloat(bits);
            (x < LOWEST_NORMAL ? subnormal : normal).meet(x);
        }
        Table table = new Table()
                .column("range")
                .column("floats")
                .column("worst ulp", 4)
                .column("at x")
                .column("exp(x)")
                .column("true");
        normal.addTo(table);
        subnormal.addTo(table);
        table.print(terminal, format.value());
        if (format.value() == Format.TEXT) {
            terminal.line(terminal.colours()
                    .dim("ulp: distance between neighbouring floats at the true value; 0.5 is the best possible"));
        }
        return 0;
    }

    /** The largest error so far. */
    private static final class Worst {
        private final String range;
        private long floats;
        private double ulp;
        private float x;

        Worst(String range) {
            this.range = range;
        }

        void meet(float candidate) {
            floats++;
            double truth = Math.exp(candidate);
            double error = Math.abs(Exp.exp(candidate) - truth) / Math.ulp((float) truth);
            if (error > ulp) {
                ulp = error;
                x = candidate;
            }
        }

        void addTo(Table table) {
            table.row(range, floats, ulp, x, Exp.exp(x), Math.exp(x));
        }
    }
}
