package dev.heed.text;

import java.util.Locale;

/**
 * Text from files and users as it may be shown on one line: nothing invisible, nothing that steers a terminal.
 *
 * <pre>{@code
 * String shown = Visible.quote("a line\n and a tab\t"); // one line, nothing that steers a terminal
 * }</pre>
 */
public final class Visible {
    private static final int LONGEST_QUOTE = 120;

    private Visible() {}

    /** The text in single quotes, harmless and at most 120 characters: for messages. */
    public static String quote(String text) {
        return "'" + escape(cut(text, LONGEST_QUOTE)) + "'";
    }

    /** At most so many characters, none of them halved, with an ellipsis where something is missing. */
    static String cut(String text, int characters) {
        boolean fits = text.codePointCount(0, text.length()) <= characters;
        return fits ? text : text.substring(0, text.offsetByCodePoints(0, characters)) + '…';
    }

    /** Controls, invisible and direction-changing characters and lone surrogates become \\u{HEX}; the rest stays. */
    public static String escape(String text) {
        StringBuilder out = new StringBuilder(text.length());
        text.codePoints().forEach(c -> appendEscaped(out, c));
        return out.toString();
    }

    /** Running text: controls become \\u{HEX}, but line ends and tabs stay, and so does what has a part in spelling. */
    public static String running(String text) {
        StringBuilder out = new StringBuilder(text.length());
        text.codePoints().forEach(c -> {
            if (c == '\n' || c == '\t' || !Character.isISOControl(c)) {
                out.appendCodePoint(c);
            } else {
                appendEscaped(out, c);
            }
        });
        return out.toString();
    }

    /** As {@link #escape}, and spaces show as ␣, line ends as ↵, tabs as ⇥: for the labels of tokens. */
    public static String label(String text) {
        StringBuilder out = new StringBuilder(text.length());
        text.codePoints().forEach(c -> {
            switch (c) {
                case ' ' -> out.append('␣');
                case '\n' -> out.append('↵');
                case '\t' -> out.append('⇥');
                default -> appendEscaped(out, c);
            }
        });
        return out.toString();
    }

    private static void appendEscaped(StringBuilder out, int codePoint) {
        if (isShowable(codePoint)) {
            out.appendCodePoint(codePoint);
        } else {
            out.append("\\u{")
                    .append(Integer.toHexString(codePoint).toUpperCase(Locale.ROOT))
                    .append('}');
        }
    }

    private static boolean isShowable(int codePoint) {
        return switch (Character.getType(codePoint)) {
            case Character.CONTROL, Character.SURROGATE, Character.UNASSIGNED -> false;
            case Character.LINE_SEPARATOR, Character.PARAGRAPH_SEPARATOR -> false;
            case Character.FORMAT -> codePoint == 0x200D; // zero-width joiner: part of emoji
            default -> true;
        };
    }
}
