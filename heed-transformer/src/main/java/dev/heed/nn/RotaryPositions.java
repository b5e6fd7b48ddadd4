package dev.heed.nn;

import dev.heed.kernel.Rotary;
import java.util.function.IntFunction;

/**
 * Rotary tables that grow with the text: a context of 128k positions costs memory only when it is used.
 *
 * <pre>{@code
 * RotaryPositions rotary = RotaryPositions.of(Rotary.Layout.HALVES, Rotary.frequencies(64, 10000), 1);
 * rotary.upTo(100); // tables for at least 100 positions
 * }</pre>
 *
 * <p>Safe for use by several threads.
 */
public final class RotaryPositions {
    private static final int FEWEST = 256;

    private final Rotary.Layout layout;
    private final float scale;
    private final IntFunction<float[]> frequencies;
    private final int fixedUpTo;
    private volatile Rotary tables;

    private RotaryPositions(Rotary.Layout layout, IntFunction<float[]> frequencies, float scale, int fixedUpTo) {
        this.layout = layout;
        this.scale = scale;
        this.frequencies = frequencies;
        this.fixedUpTo = fixedUpTo;
        this.tables = new Rotary(layout, frequencies.apply(1), scale, 0); // memory when first used
    }

    /** Frequencies that do not depend on the length of the text; scale is the factor of YaRN, else 1. */
    public static RotaryPositions of(Rotary.Layout layout, float[] frequencies, float scale) {
        return new RotaryPositions(layout, length -> frequencies, scale, Integer.MAX_VALUE);
    }

    /**
     * Frequencies that stay up to a length and then depend on it, as dynamic scaling wants.
     *
     * @param frequencies by the number of tokens of the text
     * @param fixedUpTo up to this many tokens they are those of length 1
     */
    public static RotaryPositions byLength(
            Rotary.Layout layout, IntFunction<float[]> frequencies, float scale, int fixedUpTo) {
        return new RotaryPositions(layout, frequencies, scale, fixedUpTo);
    }

    /** Tables for a text of {@code length} tokens. */
    public Rotary upTo(int length) {
        Rotary now = tables;
        if (length <= now.positions()) {
            return now;
        }
        if (length > fixedUpTo) {
            return new Rotary(layout, frequencies.apply(length), scale, length);
        }
        int positions = (int) Math.min(fixedUpTo, Math.max(Math.max(length, FEWEST), 2L * now.positions()));
        Rotary more = new Rotary(layout, frequencies.apply(1), scale, positions);
        tables = more;
        return more;
    }
}
