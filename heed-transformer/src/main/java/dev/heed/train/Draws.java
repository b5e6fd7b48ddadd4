package dev.heed.train;

/**
 * Random numbers by their index: number n of a stream depends on seed, purpose and n alone, so nothing has to be remembered to
 * go on after a pause, and threads may draw in any order. SplitMix64 (Steele, Lea and Flood 2014) as a counter-based generator.
 *
 * <pre>{@code
 * Draws draws = Draws.of(1, "batches");
 * int one = draws.below(7, 100); // the same whenever it is asked for
 * }</pre>
 */
public record Draws(long key) {
    private static final long GOLDEN_GAMMA = 0x9E3779B97F4A7C15L;

    /** The stream of a seed for one purpose. */
    public static Draws of(long seed, String purpose) {
        long key = mix(seed + GOLDEN_GAMMA);
        for (int i = 0; i < purpose.length(); i++) {
            key = mix(key + GOLDEN_GAMMA + purpose.charAt(i));
        }
        return new Draws(key);
    }

    /** 64 random bits. */
    public long bits(long n) {
        return mix(key + (n + 1) * GOLDEN_GAMMA);
    }

    /** Uniform in [0, 1). */
    public double uniform(long n) {
        return (bits(n) >>> 11) * 0x1.0p-53;
    }

    /** Uniform over 0 … bound − 1 (bias below bound / 2³², by multiplication). */
    public int below(long n, int bound) {
        return (int) (((bits(n) >>> 32) * bound) >>> 32);
    }

    /** Normal with mean 0 and deviation 1 (Box and Muller 1958); StrictMath gives the same bits on every machine. */
    public double normal(long n) {
        double radius = Math.sqrt(-2 * StrictMath.log(1 - uniform(2 * n)));
        return radius * StrictMath.cos(2 * Math.PI * uniform(2 * n + 1));
    }

    private static long mix(long value) {
        long z = (value ^ (value >>> 30)) * 0xBF58476D1CE4E5B9L;
        z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
        return z ^ (z >>> 31);
    }
}
