package dev.heed.train;

/**
 * The learning rate of each step, steps counted from 0.
 *
 * <pre>{@code
 * Schedule schedule = new Schedule.WarmUpCosine(1e-3, 1e-4, 100, 2000); // peak, floor, warm-up, end
 * double rate = schedule.rate(50);
 * }</pre>
 */
public sealed interface Schedule {
    double rate(int step);

    /** The same rate always. */
    record Constant(double value) implements Schedule {
        @Override
        public double rate(int step) {
            return value;
        }
    }

    /**
     * Rises in a line to the peak, falls along half a cosine to the floor (Loshchilov and Hutter 2017, arXiv 1608.03983), stays
     * there. Numbers are those of nanoGPT's get_lr.
     *
     * @param warmUp steps before the peak
     * @param end the step from which on the rate is the floor
     */
    record WarmUpCosine(double peak, double floor, int warmUp, int end) implements Schedule {
        @Override
        public double rate(int step) {
            if (step < warmUp) {
                return peak * (step + 1) / (warmUp + 1);
            }
            if (step >= end) {
                return floor;
            }
            double done = (double) (step - warmUp) / (end - warmUp);
            return floor + 0.5 * (1 + StrictMath.cos(Math.PI * done)) * (peak - floor);
        }
    }
}
