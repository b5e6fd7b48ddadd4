package dev.heed.lens;

/**
 * How many of how many, with its 95 % interval by Wilson's score (Wilson 1927; it stays within 0 and 1, also for few and for
 * extreme counts).
 *
 * <pre>{@code
 * Share right = new Share(197, 200);
 * System.out.println(right.value() + " (" + right.low() + " to " + right.high() + ")");
 * }</pre>
 */
public record Share(int count, int of) {
    /** The 0.975 quantile of the normal distribution. */
    static final double Z = 1.959963984540054;

    public Share {
        if (count < 0 || count > of) {
            throw new IllegalArgumentException(
                    "Share: a count must be from 0 to the whole, got " + count + " of " + of);
        }
    }

    /** NaN of nothing. */
    public double value() {
        return (double) count / of;
    }

    public double low() {
        return of == 0 ? 0 : Math.max(0, centre() - half());
    }

    public double high() {
        return of == 0 ? 1 : Math.min(1, centre() + half());
    }

    private double centre() {
        return (value() + Z * Z / (2 * of)) / (1 + Z * Z / of);
    }

    private double half() {
        return Z / (1 + Z * Z / of) * Math.sqrt(value() * (1 - value()) / of + Z * Z / (4.0 * of * of));
    }
}
