package dev.heed.text;

/**
 * transformers' clean_up_tokenization: blanks before punctuation and shortened words are taken out, where tokenizer_config.json
 * asks for it; of text as it grows, as much is given as no later text changes.
 */
final class Tidying {
    private String waiting = "";

    static String of(String text) {
        return text.replace(" .", ".")
                .replace(" ?", "?")
                .replace(" !", "!")
                .replace(" ,", ",")
                .replace(" ' ", "'")
                .replace(" n't", "n't")
                .replace(" 'm", "'m")
                .replace(" 's", "'s")
                .replace(" 've", "'ve")
                .replace(" 're", "'re");
    }

    /** The tidied text up to the last place where it can be cut. */
    String add(String more) {
        waiting += more;
        int cut = waiting.length() - 2;
        while (cut > 0 && !isPlace(cut)) {
            cut--;
        }
        if (cut <= 0) {
            return "";
        }
        String given = of(waiting.substring(0, cut));
        waiting = waiting.substring(cut);
        return given;
    }

    /** What is left at the end. */
    String finish() {
        return of(waiting);
    }

    /** Before a blank with neither a blank nor an apostrophe beside it: nothing that is replaced reaches over that. */
    private boolean isPlace(int at) {
        return waiting.charAt(at) == ' ' && isOther(waiting.charAt(at - 1)) && isOther(waiting.charAt(at + 1));
    }

    private static boolean isOther(char c) {
        return c != ' ' && c != '\'';
    }
}
