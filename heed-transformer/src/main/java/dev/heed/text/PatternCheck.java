package dev.heed.text;

/**
 * Refuses regular expressions whose search may take exponential or high polynomial time: a repetition inside a repetition,
 * references back, recursion, and more than a few open-ended repetitions in one alternative. The patterns of the published
 * tokenizers need none of these.
 */
final class PatternCheck {
    private static final int LONGEST = 8192;
    private static final int DEEPEST = 16;
    /** GPT-4o's longest alternative has three. */
    private static final int MOST_OPEN_REPETITIONS = 4;

    private static final int LARGEST_COUNT = 1000;

    private final String who;
    private final String pattern;
    private int at;

    private PatternCheck(String who, String pattern) {
        this.who = who;
        this.pattern = pattern;
    }

    /** @throws IllegalArgumentException naming {@code who} and what the pattern must not contain */
    static void check(String who, String pattern) {
        if (pattern.isEmpty() || pattern.length() > LONGEST) {
            throw new IllegalArgumentException(
                    who + ": a pattern must have 1 to " + LONGEST + " characters, got " + pattern.length());
        }
        PatternCheck check = new PatternCheck(who, pattern);
        check.alternatives(0);
        if (check.at < pattern.length()) {
            throw check.refused("an unmatched ')'");
        }
    }

    /** Returns the largest number of repetitions in one alternative up to the closing parenthesis or the end. */
    private int alternatives(int depth) {
        if (depth > DEEPEST) {
            throw refused("more than " + DEEPEST + " nested groups");
        }
        int most = 0;
        int here = 0;
        while (at < pattern.length() && pattern.charAt(at) != ')') {
            if (pattern.charAt(at) == '|') {
                at++;
                here = 0;
                continue;
            }
            int inside = atom(depth);
            boolean open = quantifier(inside);
            here += inside + (open ? 1 : 0);
            if (here > MOST_OPEN_REPETITIONS) {
                throw refused("more than " + MOST_OPEN_REPETITIONS + " open-ended repetitions in one alternative");
            }
            most = Math.max(most, here);
        }
        return most;
    }

    private int atom(int depth) {
        char c = pattern.charAt(at++);
        switch (c) {
            case '\\' -> escape();
            case '[' -> characterClass();
            case '(' -> {
                return group(depth);
            }
            default -> {}
        }
        return 0;
    }

    private int group(int depth) {
        if (pattern.startsWith("?", at)) {
            at++;
            while (at < pattern.length() && "imsx-<!=:>^".indexOf(pattern.charAt(at)) >= 0) {
                at++;
                if (":>=!".indexOf(pattern.charAt(at - 1)) >= 0 || peek() == ')') {
                    break;
                }
            }
            if (":>=!)".indexOf(peek()) < 0 && ":>=!".indexOf(pattern.charAt(at - 1)) < 0) {
                throw refused("a group of the unknown kind '(?" + peek() + "'");
            }
        }
        int inside = alternatives(depth + 1);
        if (at >= pattern.length()) {
            throw refused("an unclosed '('");
        }
        at++;
        return inside;
    }

    private char peek() {
        return at < pattern.length() ? pattern.charAt(at) : 0;
    }

    private void escape() {
        char c = peek();
        if (c >= '1' && c <= '9' || c == 'k' || c == 'g') {
            throw refused("a reference back to a group");
        }
        if (c == 0 && at >= pattern.length()) {
            throw refused("a lone backslash at its end");
        }
        at++;
        if (peek() == '{' && (c == 'p' || c == 'P' || c == 'x')) {
            int close = pattern.indexOf('}', at);
            if (close < 0) {
                throw refused("an unclosed '{'");
            }
            at = close + 1;
        }
    }

    private void characterClass() {
        int depth = 1;
        boolean first = true;
        while (at < pattern.length() && depth > 0) {
            char c = pattern.charAt(at++);
            if (c == '\\') {
                escapeInClass();
            } else if (c == '[') {
                depth++;
            } else if (c == ']' && !first) {
                depth--;
            }
            first = first && c == '^';
        }
        if (depth > 0) {
            throw refused("an unclosed '['");
        }
    }

    private void escapeInClass() {
        if (at >= pattern.length()) {
            throw refused("a lone backslash at its end");
        }
        at++;
    }

    /** True if a repetition without an upper bound follows; {@code inside}: such repetitions within what it repeats. */
    private boolean quantifier(int inside) {
        boolean open = false;
        boolean repeats = false;
        while (at < pattern.length()) {
            char c = pattern.charAt(at);
            if (c == '*' || c == '+' && !repeats) {
                open = true;
                repeats = true;
                at++;
            } else if (c == '?' || c == '+') {
                at++; // optional once, or lazy, or possessive
            } else if (c == '{') {
                int most = count();
                repeats |= most > 1;
                open |= most > LARGEST_COUNT;
            } else {
                break;
            }
        }
        if (repeats && inside > 0) {
            throw refused("a repetition inside a repetition");
        }
        return open;
    }

    /** The upper count of {n}, {n,}, {n,m}; without one, more than the largest. */
    private int count() {
        int close = pattern.indexOf('}', at);
        String inside = close < 0 ? "" : pattern.substring(at + 1, close);
        if (!inside.matches("\\d{1,4}(,\\d{0,4})?|,\\d{1,4}")) {
            throw refused("a '{' that is not a count up to " + LARGEST_COUNT);
        }
        at = close + 1;
        String upper = inside.substring(inside.indexOf(',') + 1);
        int most = upper.isEmpty() ? Integer.MAX_VALUE : Integer.parseInt(upper);
        if (!upper.isEmpty() && most > LARGEST_COUNT) {
            throw refused("a count above " + LARGEST_COUNT);
        }
        return most;
    }

    private IllegalArgumentException refused(String what) {
        return new IllegalArgumentException(who + ": the pattern " + Visible.quote(pattern)
                + " is refused, since it may take very long: it has " + what + " near character " + at);
    }
}
