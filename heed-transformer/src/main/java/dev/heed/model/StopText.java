package dev.heed.model;

import java.util.List;
import java.util.function.Consumer;

/** Text as it grows, given out as soon as it cannot be part of a stop string. */
final class StopText {
    private final List<String> stops;
    private final Consumer<String> out;
    private final StringBuilder text = new StringBuilder();
    private int given;

    StopText(List<String> stops, Consumer<String> out) {
        this.stops = stops;
        this.out = out;
    }

    /** Adds text; true if a stop string has appeared, which is cut off with what follows. */
    boolean add(String more) {
        int from = text.length();
        text.append(more);
        int stop = Integer.MAX_VALUE;
        for (String each : stops) {
            int at = text.indexOf(each, Math.max(0, from - each.length()));
            stop = at >= 0 ? Math.min(stop, at) : stop;
        }
        if (stop < Integer.MAX_VALUE) {
            text.setLength(stop);
            give(stop);
            return true;
        }
        give(text.length() - held());
        return false;
    }

    void finish() {
        give(text.length());
    }

    String text() {
        return text.toString();
    }

    private void give(int to) {
        if (to > given) {
            out.accept(text.substring(given, to));
            given = to;
        }
    }

    /** Length of the longest end of the text that may be the beginning of a stop string. */
    private int held() {
        int most = 0;
        for (String each : stops) {
            for (int length = Math.min(each.length() - 1, text.length()); length > most; length--) {
                if (each.startsWith(text.substring(text.length() - length))) {
                    most = length;
                }
            }
        }
        return most;
    }
}
