package dev.heed.train;

import java.nio.file.Path;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * What a recipe teaches: which data, and what is to be predicted of it.
 *
 * <pre>{@code
 * for (Lesson lesson : Lesson.values()) {
 *     System.out.println(lesson);
 * }
 * }</pre>
 */
public enum Lesson {
    /** What a model that was trained before learns from data: its architecture and the data tell, see {@link FineTuning}. */
    OF_THE_MODEL {
        @Override
        Task task(Tokenization tokens, int context, @Nullable Path data) {
            throw new IllegalArgumentException("train: to go on with a model that was trained before, give --from DIR");
        }
    },
    /** The next token of the user's text or texts. */
    TEXT {
        @Override
        Task task(Tokenization tokens, int context, @Nullable Path data) {
            Path file = required(data, "a text: give --data FILE, UTF-8");
            Given given = Given.read(file);
            if (tokens instanceof Tokenization.Characters && given instanceof Given.Running running) {
                return Corpus.characters(file.toString(), running.text());
            }
            return new Learned(given, file.toString(), context).next(tokens::written);
        }
    },
    /** Masked words of the user's texts. */
    MASKED_TEXT {
        @Override
        Task task(Tokenization tokens, int context, @Nullable Path data) {
            Path file = required(data, "texts: give --data, a file with a text a line, a folder or JSON lines");
            return Learned.read(file, context).masked(tokens::masked);
        }
    },
    /** One text from another, of the user's pairs. */
    PAIRS {
        @Override
        Task task(Tokenization tokens, int context, @Nullable Path data) {
            Path file = required(data, "pairs of texts: give --data FILE.tsv or FILE.jsonl");
            return Learned.read(file, context).written(texts -> Pairs.Sides.alike(tokens.paired(texts)));
        }
    },
    /** Masked words of the worlds' English sentences, pronouns among them. */
    SENTENCES {
        @Override
        Task task(Tokenization tokens, int context, @Nullable Path data) {
            refuse(data);
            return new MaskedWords(
                    Documents.worlds(tokens), "The animal didn't cross the street because [MASK] was too tired.");
        }
    },
    /** German for the worlds' English sentences; it names again what "it" stands for. */
    TRANSLATION {
        @Override
        Task task(Tokenization tokens, int context, @Nullable Path data) {
            refuse(data);
            return new Translation(Pairs.naming(tokens), THE_ANIMAL);
        }
    },
    /** German for the worlds' English sentences, with er, sie or es for "it". */
    TRANSLATION_OF_PRONOUNS {
        @Override
        Task task(Tokenization tokens, int context, @Nullable Path data) {
            refuse(data);
            return new Translation(Pairs.withPronouns(tokens), THE_ANIMAL);
        }
    },
    /** The next word of generated stories. */
    STORIES {
        @Override
        Task task(Tokenization tokens, int context, @Nullable Path data) {
            refuse(data);
            return new NextToken(Documents.stories(tokens), "One day", 0);
        }
    };

    private static final String THE_ANIMAL = "The animal didn't cross the street because it was too tired.";

    /**
     * The data, read or generated.
     *
     * @param tokens what new texts are cut into
     * @param context tokens of a sequence of running text; longer texts of the user's are cut
     * @param data a file that the user gives, where the lesson needs one
     */
    abstract Task task(Tokenization tokens, int context, @Nullable Path data);

    /** As it is written in a recipe. */
    String word() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    private static Path required(@Nullable Path data, String what) {
        if (data == null) {
            throw new IllegalArgumentException("train: this recipe needs " + what);
        }
        return data;
    }

    private static void refuse(@Nullable Path data) {
        if (data != null) {
            throw new IllegalArgumentException(
                    "train: this recipe generates its own data, so --data must not be given, got " + data);
        }
    }

    /** Refuses what its texts cannot be cut into. */
    void requireTokens(Tokenization tokens) {
        boolean fits = switch (this) {
            case OF_THE_MODEL, TEXT -> true;
            case SENTENCES -> tokens instanceof Tokenization.Words; // what a pronoun stands for must be one token
            case MASKED_TEXT, PAIRS, TRANSLATION, TRANSLATION_OF_PRONOUNS, STORIES ->
                !(tokens instanceof Tokenization.Characters);
        };
        if (!fits) {
            throw new IllegalArgumentException("train: what learns " + word() + " needs the tokenizer "
                    + (this == SENTENCES ? "words" : "words or bpe") + ", got " + tokens.word());
        }
    }
}
