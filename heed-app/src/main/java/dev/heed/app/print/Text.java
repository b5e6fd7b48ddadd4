package dev.heed.app.print;

import java.util.ArrayList;
import java.util.List;

/** Text in columns of a terminal, where a character may take none, one or two of them. */
public final class Text {
    private Text() {}

    /** Columns that a text takes. */
    public static int width(String text) {
        return text.codePoints().map(Text::width).sum();
    }

    private static int width(int point) {
        if (point < 0x300) {
            return 1;
        }
        boolean joinsLetter = point >= 0x1160 && point <= 0x11ff; // vowels and ends of Hangul syllables
        return switch (Character.getType(point)) {
            case Character.NON_SPACING_MARK, Character.ENCLOSING_MARK, Character.FORMAT -> 0;
            default -> joinsLetter ? 0 : isWide(point) ? 2 : 1;
        };
    }

    /** East Asian wide characters by block, and emoji (Unicode Standard Annex 11); of a flag's two letters each takes one. */
    private static boolean isWide(int point) {
        return point >= 0x1100
                && (point <= 0x115f
                        || point >= 0x2e80 && point <= 0xa4cf
                        || point >= 0xac00 && point <= 0xd7a3
                        || point >= 0xf900 && point <= 0xfaff
                        || point >= 0xfe30 && point <= 0xfe6f
                        || point >= 0xff00 && point <= 0xff60
                        || point >= 0xffe0 && point <= 0xffe6
                        || point >= 0x20000 && point <= 0x3fffd
                        || Character.isEmojiPresentation(point) && !isFlagLetter(point));
    }

    private static boolean isFlagLetter(int point) {
        return point >= 0x1f1e6 && point <= 0x1f1ff;
    }

    /** Cut to a width, with an ellipsis where something is missing. */
    public static String cut(String text, int columns) {
        if (width(text) <= columns) {
            return text;
        }
        StringBuilder kept = new StringBuilder();
        int used = 0;
        for (int i = 0; i < text.length(); ) {
            int point = text.codePointAt(i);
            if (used + width(point) > columns - 1) {
                break;
            }
            kept.appendCodePoint(point);
            used += width(point);
            i += Character.charCount(point);
        }
        return kept.append('…').toString();
    }

    /** Breaks a text at its blanks into lines of at most so many columns. */
    public static List<String> wrap(String text, int columns) {
        List<String> lines = new ArrayList<>();
        StringBuilder line = new StringBuilder();
        for (String word : text.split(" ")) {
            if (!line.isEmpty() && width(line.toString()) + 1 + width(word) > columns) {
                lines.add(line.toString());
                line.setLength(0);
            }
            line.append(line.isEmpty() ? "" : " ").append(word);
        }
        lines.add(line.toString());
        return lines;
    }

    public static String left(String text, int columns) {
        return text + " ".repeat(Math.max(0, columns - width(text)));
    }

    public static String right(String text, int columns) {
        return " ".repeat(Math.max(0, columns - width(text))) + text;
    }
}
