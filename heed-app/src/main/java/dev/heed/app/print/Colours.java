package dev.heed.app.print;

import java.util.Locale;
import java.util.Map;

/**
 * What a terminal can show. Weights run from white (0) to dark blue (1): one hue, told apart by lightness, so it reads the
 * same to every kind of colour vision. A cell sets both its colours, so it looks the same on dark and light backgrounds.
 */
public enum Colours {
    /** Not a terminal, or NO_COLOR is set: plain text, weights as digits or as a ramp of characters. */
    NONE,
    /** The 256 colours that every terminal emulator has. */
    PALETTE,
    /** 24-bit colours, announced by COLORTERM. */
    TRUE;

    private static final String RESET = "\u001b[0m";

    /** White to dark blue in equal steps of lightness (ColorBrewer "Blues", Brewer 2003): red, green, blue. */
    private static final int[][] BLUES = {
        {247, 251, 255},
        {222, 235, 247},
        {198, 219, 239},
        {158, 202, 225},
        {107, 174, 214},
        {66, 146, 198},
        {33, 113, 181},
        {8, 81, 156},
        {8, 48, 107}
    };

    /** The nearest of the 256 colours to each of the above. */
    private static final int[] PALETTE_BLUES = {231, 189, 153, 110, 74, 68, 25, 24, 17};

    /** From here on white digits have more contrast than black ones, in both tables. */
    private static final float DARK = 0.69f;

    /** Plain stand-ins for the colours, from nothing to full. */
    private static final String RAMP = " .:-=+*#%@";

    /** By the habits of terminals: NO_COLOR, CLICOLOR_FORCE, TERM, COLORTERM. */
    public static Colours of(boolean terminal, Map<String, String> environment) {
        boolean forced = !environment.getOrDefault("CLICOLOR_FORCE", "0").equals("0");
        boolean refused = !environment.getOrDefault("NO_COLOR", "").isEmpty()
                || environment.getOrDefault("TERM", "").equals("dumb");
        if (refused || (!terminal && !forced)) {
            return NONE;
        }
        return best(environment);
    }

    /** The richest colours that the terminal announces. */
    public static Colours best(Map<String, String> environment) {
        String announced = environment.getOrDefault("COLORTERM", "").toLowerCase(Locale.ROOT);
        return announced.equals("truecolor") || announced.equals("24bit") ? TRUE : PALETTE;
    }

    /** Text on the colour of a weight in 0..1. */
    String cell(float weight, String text) {
        if (this == NONE) {
            return text;
        }
        String ink = weight >= DARK ? foreground(231, 255, 255, 255) : foreground(16, 0, 0, 0);
        return "\u001b[" + background(weight) + ";" + ink + "m" + text + RESET;
    }

    /** A weight too small for its digits: on its colour like any other, the zeros pale. */
    String nothing(String text) {
        if (this == NONE) {
            return text;
        }
        return "\u001b[" + background(0) + ";" + foreground(250, 188, 196, 206) + "m" + text + RESET;
    }

    /** A masked cell: grey, never white, never a weight. */
    String masked(String text) {
        if (this == NONE) {
            return text;
        }
        return "\u001b[" + (this == TRUE ? "48;2;168;168;168" : "48;5;248") + ";" + foreground(245, 132, 132, 132) + "m"
                + text + RESET;
    }

    /** What the colours mean. */
    String scale() {
        StringBuilder scale = new StringBuilder(dim("0 "));
        for (int step = 0; step <= 16; step++) {
            scale.append(cell(step / 16f, " "));
        }
        return scale.append(dim(" 1   "))
                .append(masked(" · "))
                .append(dim(" masked"))
                .toString();
    }

    /** Two rows in one line of text: the upper half in one weight's colour, the lower in another's; NaN is masked. */
    String halves(float upper, float lower) {
        return "\u001b[" + (Float.isNaN(upper) ? maskedInk() : ink(upper)) + ";"
                + (Float.isNaN(lower) ? (this == TRUE ? "48;2;168;168;168" : "48;5;248") : background(lower)) + "m▀"
                + RESET;
    }

    /** The upper half of a cell alone. */
    String upperHalf(float upper) {
        return "\u001b[" + (Float.isNaN(upper) ? maskedInk() : ink(upper)) + "m▀" + RESET;
    }

    /** A weight as one character, for plain text. */
    static char ramp(float weight) {
        int step = (int) Math.ceil(Math.clamp(weight, 0f, 1f) * (RAMP.length() - 1));
        return RAMP.charAt(step);
    }

    /** A bar's colour, readable on dark and light backgrounds. */
    String bar(String text) {
        return this == NONE ? text : "\u001b[" + foreground(68, 66, 146, 198) + "m" + text + RESET;
    }

    public String bold(String text) {
        return this == NONE ? text : "\u001b[1m" + text + RESET;
    }

    public String dim(String text) {
        return this == NONE ? text : "\u001b[2m" + text + RESET;
    }

    /** For what failed. */
    public String red(String text) {
        return this == NONE ? text : "\u001b[" + foreground(160, 205, 49, 49) + "m" + text + RESET;
    }

    private String maskedInk() {
        return foreground(248, 168, 168, 168);
    }

    private String background(float weight) {
        return "48" + colour(weight);
    }

    private String ink(float weight) {
        return "38" + colour(weight);
    }

    private String colour(float weight) {
        float at = Math.clamp(weight, 0f, 1f) * (BLUES.length - 1);
        if (this == PALETTE) {
            return ";5;" + PALETTE_BLUES[Math.round(at)];
        }
        int low = Math.min((int) at, BLUES.length - 2);
        StringBuilder result = new StringBuilder(";2");
        for (int channel = 0; channel < 3; channel++) {
            float mixed = BLUES[low][channel] + (at - low) * (BLUES[low + 1][channel] - BLUES[low][channel]);
            result.append(';').append(Math.round(mixed));
        }
        return result.toString();
    }

    private String foreground(int palette, int red, int green, int blue) {
        return this == TRUE ? "38;2;" + red + ";" + green + ";" + blue : "38;5;" + palette;
    }
}
