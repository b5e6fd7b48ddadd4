package dev.heed.text;

import java.util.Collection;

/**
 * What somebody may have meant.
 *
 * <pre>{@code
 * String meant = Spelling.nearest("--temprature", List.of("--temperature", "--top-k")); // --temperature
 * }</pre>
 */
public final class Spelling {
    private Spelling() {}

    /** The nearest as a question in a message that says what is known; nothing where none is near. */
    public static String question(String typed, Collection<String> known) {
        String near = nearest(typed, known);
        return near.isEmpty() ? "" : ", did you mean " + near + "?";
    }

    /** The known word with the fewest edits, if they are few and most of its letters were typed; else nothing. */
    public static String nearest(String typed, Collection<String> known) {
        String best = "";
        int fewest = Math.max(2, typed.length() / 3) + 1;
        for (String word : known) {
            boolean near = Math.abs(typed.length() - word.length()) < fewest; // a file's key may be as long as the file
            int edits = near ? edits(typed, word) : fewest;
            if (edits < fewest && hasMostOf(word, typed)) {
                fewest = edits;
                best = word;
            }
        }
        return best;
    }

    /** 'foo' is not meant to be 'look'. */
    private static boolean hasMostOf(String word, String typed) {
        long kept = word.chars().filter(letter -> typed.indexOf(letter) >= 0).count();
        return 3 * kept >= 2L * word.length();
    }

    /** Insertions, deletions, replacements and exchanges of neighbours that lead from one word to the other. */
    private static int edits(String a, String b) {
        int[][] edits = new int[a.length() + 1][b.length() + 1];
        for (int i = 0; i <= a.length(); i++) {
            for (int j = 0; j <= b.length(); j++) {
                if (i == 0 || j == 0) {
                    edits[i][j] = i + j;
                    continue;
                }
                int same = a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1;
                edits[i][j] = Math.min(edits[i - 1][j - 1] + same, 1 + Math.min(edits[i - 1][j], edits[i][j - 1]));
                boolean exchanged =
                        i > 1 && j > 1 && a.charAt(i - 1) == b.charAt(j - 2) && a.charAt(i - 2) == b.charAt(j - 1);
                if (exchanged) {
                    edits[i][j] = Math.min(edits[i][j], edits[i - 2][j - 2] + 1);
                }
            }
        }
        return edits[a.length()][b.length()];
    }
}
