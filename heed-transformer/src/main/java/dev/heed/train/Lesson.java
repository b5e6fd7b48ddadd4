package dev.heed.train;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** What a recipe teaches: which data, and what is to be predicted of it. */
public enum Lesson {
    /** What a model that was trained before learns from data: its architecture and the data tell, see {@link FineTuning}. */
    OF_THE_MODEL {
        @Override
        public Task task(@Nullable Path data) {
            throw new IllegalArgumentException("train: to go on with a model that was trained before, give --from DIR");
        }
    },
    /** The next character of a text, which the user gives. */
    CHARACTERS {
        @Override
        public Task task(@Nullable Path data) {
            if (data == null) {
                throw new IllegalArgumentException("train: this recipe needs a text: give --data FILE, UTF-8");
            }
            return Corpus.characters(data);
        }
    },
    /** Masked words of the worlds' English sentences, pronouns among them. */
    SENTENCES {
        @Override
        public Task task(@Nullable Path data) {
            refuse(data);
            return new MaskedWords(
                    Documents.worlds(), "The animal didn't cross the street because [MASK] was too tired.");
        }
    },
    /** German for the worlds' English sentences; it names again what "it" stands for. */
    TRANSLATION {
        @Override
        public Task task(@Nullable Path data) {
            refuse(data);
            return new Translation(Pairs.naming(), THE_ANIMAL);
        }
    },
    /** German for the worlds' English sentences, with er, sie or es for "it". */
    TRANSLATION_OF_PRONOUNS {
        @Override
        public Task task(@Nullable Path data) {
            refuse(data);
            return new Translation(Pairs.withPronouns(), THE_ANIMAL);
        }
    },
    /** The next word of generated stories. */
    STORIES {
        @Override
        public Task task(@Nullable Path data) {
            refuse(data);
            return new NextToken(Documents.stories(), "One day", 0);
        }
    };

    private static final String THE_ANIMAL = "The animal didn't cross the street because it was too tired.";

    /**
     * The data, read or generated.
     *
     * @param data a file that the user gives, where the lesson needs one
     */
    public abstract Task task(@Nullable Path data);

    private static void refuse(@Nullable Path data) {
        if (data != null) {
            throw new IllegalArgumentException(
                    "train: this recipe generates its own data, so --data must not be given, got " + data);
        }
    }
}
